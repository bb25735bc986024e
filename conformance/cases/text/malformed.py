"""Malformed text: delivered to nobody, and the end of its connection."""

from harness.case import Message, Recorder, Single, each, needs, text
from harness.codec import Frame, encode
from harness.expect import cut, delivered, refusal

BAD = {
    "stray-continuation": b"a\x80b",
    "cut-short": b"ab\xe2\x82",
    "overlong": b"a\xc0\xafb",
    "surrogate": b"a\xed\xa0\x80b",
    "above-U10FFFF": b"a\xf4\x90\x80\x80b",
}
BEFORE, AFTER = text("before"), text("after")


@each("what", sorted(BAD))
@each("schedule", ["whole", "1*"])
def case_received(single: Single, check: Recorder, schedule: str, what: str) -> None:
    """A text that is no UTF-8, between two good ones.

    TEXT-3: A receiver MUST NOT deliver a text message whose payload is malformed.
    TEXT-4: A receiver that meets a malformed frame or a malformed text MUST deliver every message
        that came before it and then end the connection.
    END-7: After a malformed frame a receiver MUST NOT deliver anything that follows it.
    """
    stream = encode(BEFORE.frame()) + encode(Frame("text", BAD[what]))
    connection, tester = single.meet()
    cut(check, tester, stream, schedule)
    tester.try_send(encode(AFTER.frame()))
    reading = connection.read(3, within=10.0)
    delivered(check, reading.messages[:1], [BEFORE], "TEXT-4")
    others = [one for one in reading.messages[1:] if not one.matches(AFTER)]
    check("TEXT-3", not others, "no message made of the malformed text", others)
    check(
        "END-7",
        len(reading.messages) == 1,
        "nothing after the malformed text",
        reading.messages[1:],
    )
    check("TEXT-4", reading.ended, "the connection ends", f"ended: {reading.ended}")


@needs("surrogates")
def case_written(single: Single, check: Recorder) -> None:
    """An application writes a text with a lone surrogate, and then a good one.

    TEXT-2: An endpoint MUST refuse to write a text that has no well-formed UTF-8 encoding, before
        any octet of it is queued.
    TEXT-1: The payload of a text message MUST be well-formed UTF-8 as defined by RFC 3629, which
        excludes surrogates.
    """
    connection, tester = single.meet()
    refused = refusal(lambda: connection.write(Message.surrogate()))
    check("TEXT-2", refused, "the write raises an error", refused or "the write was accepted")
    connection.write(AFTER)
    frames = [parsed.frame for parsed in tester.receive_frames(1)]
    check("TEXT-1", frames == [AFTER.frame()], "the good text alone", frames)
