"""Headers: every way in which one can arrive, and the forms that one may have."""

from harness.case import Kind, Message, Recorder, Single, each, octets, recipe, text
from harness.codec import encode
from harness.expect import cut, delivered

AFTER = text("and one more")


def _stream(*messages: Message) -> bytes:
    return b"".join(encode(message.frame()) for message in messages)


@each("length", [1, 63, 64, 8191, 8192, 1048575, 1048576])
@each("kind", ["text", "bytes"])
def case_cut_at_every_octet(single: Single, check: Recorder, kind: Kind, length: int) -> None:
    """Every octet of a header arrives alone, and the payload after it in one piece.

    STREAM-1: A receiver MUST deliver the same messages however the transport cuts or joins the
        octets.
    FRAME-10: A receiver MUST deliver a message with the kind that its frame states.
    """
    message = recipe(kind, 11, length)
    header = len(encode(message.frame())) - length
    connection, tester = single.meet()
    schedule = ",".join(["1"] * header + [str(length)])
    cut(check, tester, _stream(message), schedule)
    tester.send(_stream(AFTER))
    delivered(check, connection.read(2), [message, AFTER], "FRAME-10", "STREAM-1")


@each("header", range(2, 11))
@each("kind", ["text", "bytes"])
def case_longer_than_shortest(single: Single, check: Recorder, kind: Kind, header: int) -> None:
    """A header of two to ten octets that says what one octet could say.

    FRAME-6: A receiver MUST accept a header of up to 10 octets that is longer than the shortest
        one, with the same meaning.
    """
    message = recipe(kind, 12, 5)
    connection, tester = single.meet()
    tester.send(encode(message.frame(), header_octets=header) + _stream(AFTER))
    delivered(check, connection.read(2), [message, AFTER], "FRAME-6")


@each("schedule", ["whole", "1*"])
def case_eleventh_octet(single: Single, check: Recorder, schedule: str) -> None:
    """A header that goes on beyond ten octets, behind a good message and before another one.

    FRAME-7: A receiver MUST treat a frame as malformed when an eleventh header octet arrives.
    TEXT-4: A receiver that meets a malformed frame or a malformed text MUST deliver every message
        that came before it and then end the connection.
    END-7: After a malformed frame a receiver MUST NOT deliver anything that follows it.
    """
    before = text("before")
    connection, tester = single.meet()
    cut(check, tester, _stream(before) + b"\x41" + b"\x00" * 10, schedule)
    tester.try_send(b"\x80" + _stream(AFTER))
    reading = connection.read(2, within=10.0)
    delivered(check, reading.messages[:1], [before], "TEXT-4")
    check("FRAME-7", reading.ended, "the connection ends", f"ended: {reading.ended}")
    check(
        "END-7",
        len(reading.messages) == 1,
        "nothing after the malformed frame",
        reading.messages[1:],
    )


@each("kind", ["text", "bytes"])
@each("header", [1, 2, 10])
def case_empty(single: Single, check: Recorder, kind: Kind, header: int) -> None:
    """A frame of length zero, in the shortest header and in longer ones.

    FRAME-8: A receiver MUST deliver a frame of length zero as an empty message of its kind.
    """
    message = recipe(kind, 1, 0)
    connection, tester = single.meet()
    tester.send(encode(message.frame(), header_octets=header) + _stream(AFTER))
    delivered(check, connection.read(2), [message, AFTER], "FRAME-8")


def case_nothing_but_frames(single: Single, check: Recorder) -> None:
    """From the first octet to the last one, a peer sends frames and nothing else.

    FRAME-11: An endpoint MUST NOT send any octet that is not part of a frame.
    FRAME-5: A sender MUST use the shortest header that can hold the payload length.
    """
    messages = [text("a"), octets(b"a"), recipe("bytes", 2, 64), recipe("text", 2, 65)]
    connection, tester = single.meet()
    connection.write(*messages)
    parsed = tester.receive_frames(len(messages))
    closing = connection.begin_close()
    tester.expect_end()
    tester.finish()
    closing.result()
    wanted = _stream(*messages)
    got = tester.octets_received
    headers = [one.header.hex() for one in parsed if not one.shortest]
    check("FRAME-5", not headers, "shortest headers", headers or "shortest headers")
    check("FRAME-11", got == wanted, f"exactly {wanted.hex()}", got.hex())
