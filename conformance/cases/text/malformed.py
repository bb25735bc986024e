"""Malformed text: delivered to nobody, and the end of its connection."""

from harness.case import Message, Recorder, Single, each, needs, text
from harness.codec import Frame, encode
from harness.expect import delivered, refusal
from harness.opposite import NOTICED, ended, framed, taken

# One of every sort that section 5 of SPEC.md names; where a sort has lengths, one of each.
BAD = {
    "stray-continuation": b"a\x80b",
    "cut-short-of-2": b"ab\xc3",
    "cut-short-of-3": b"ab\xe2\x82",
    "cut-short-of-4": b"ab\xf0\x9f\xa7",
    "interrupted": b"a\xe2\x82b",
    "overlong-2": b"a\xc0\xafb",
    "overlong-3": b"a\xe0\x80\xafb",
    "overlong-4": b"a\xf0\x80\x80\xafb",
    "overlong-nul": b"a\xc0\x80b",
    "high-surrogate": b"a\xed\xa0\x80b",
    "low-surrogate": b"a\xed\xbf\xbfb",
    # U+1F9E6 as two surrogates, each encoded by itself.
    "pair-surrogate": b"a\xed\xa0\xbe\xed\xb7\xa6b",
    "above-U10FFFF": b"a\xf4\x90\x80\x80b",
    "five-octets": b"a\xf8\x88\x80\x80\x80b",
    "octet-FF": b"a\xffb",
    "latin-1": b"d\xe9j\xe0 vu",
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
    _refused(check, single, [Frame("text", BAD[what])], schedule)


@each("schedule", ["whole", "1*"])
def case_code_point_over_two_frames(single: Single, check: Recorder, schedule: str) -> None:
    """A text that ends in the middle of a code point, which the next text goes on with.

    TEXT-3: A receiver MUST NOT deliver a text message whose payload is malformed.
    TEXT-4: A receiver that meets a malformed frame or a malformed text MUST deliver every message
        that came before it and then end the connection.
    END-7: After a malformed frame a receiver MUST NOT deliver anything that follows it.
    """
    halves = [Frame("text", b"caf\xc3"), Frame("text", b"\xa9!")]
    _refused(check, single, halves, schedule)


def _refused(check: Recorder, single: Single, bad: list[Frame], schedule: str) -> None:
    """Check what becomes of malformed frames between a good message and two others."""
    connection, tester = single.meet()
    stream = framed(BEFORE) + b"".join(map(encode, bad)) + framed(AFTER, AFTER)
    # Whoever takes nothing more while a message is unread must not be stuck in the cuts.
    first = connection.begin_read(1)
    taken(check, tester, stream, schedule)
    delivered(check, first.result(), [BEFORE], "TEXT-4")
    # Whoever delivers everything is not waited for.
    reading = connection.read(len(bad) + 2, within=NOTICED)
    behind = list(reading.messages)
    made = [one for one in behind if not one.matches(AFTER)]
    check("TEXT-3", not made, "no message made of malformed text", made)
    check("END-7", not behind, "nothing that follows it", behind)
    ended(check, "TEXT-4", reading, tester)


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
