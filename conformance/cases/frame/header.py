"""Headers: every way in which one can arrive, and the forms that one may have."""

from harness.case import Kind, Recorder, Single, each, octets, recipe, text
from harness.codec import encode
from harness.expect import cut, delivered
from harness.opposite import NOTICED, ended, framed, taken

BEFORE, AFTER = text("before"), text("and one more")

# Ten octets without the end of a header, and what comes from the eleventh on. None of them adds to
# the length, so that whoever goes on counting has an empty message, and not more than it can hold.
TEN = b"\x40" + b"\x00" * 9
ELEVENTH = {
    "ends-there": b"\x80",
    "goes-on": b"\x00\x80",
    # Far more than anybody would take for a header.
    "endless": b"\x00" * 300 + b"\x80",
}


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
    cut(check, tester, framed(message), schedule)
    tester.send(framed(AFTER))
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
    tester.send(encode(message.frame(), header_octets=header) + framed(AFTER))
    delivered(check, connection.read(2), [message, AFTER], "FRAME-6")


@each("length", [63, 64, 8191, 8192])
@each("header", ["one-more", "ten"])
def case_longer_at_boundaries(single: Single, check: Recorder, header: str, length: int) -> None:
    """The lengths at which the shortest header grows, in headers that are longer than that.

    FRAME-6: A receiver MUST accept a header of up to 10 octets that is longer than the shortest
        one, with the same meaning.
    """
    message = recipe("bytes", 13, length)
    shortest = len(framed(message)) - length
    long = encode(message.frame(), header_octets=10 if header == "ten" else shortest + 1)
    connection, tester = single.meet()
    cut(check, tester, long + framed(AFTER), "1,1,1,whole")
    delivered(check, connection.read(2), [message, AFTER], "FRAME-6")


@each("header", list(ELEVENTH))
@each("schedule", ["whole", "1,2,3*"])
def case_eleventh_octet(single: Single, check: Recorder, schedule: str, header: str) -> None:
    """A header that goes on beyond ten octets, behind a good message and before another one.

    FRAME-7: A receiver MUST treat a frame as malformed when an eleventh header octet arrives.
    TEXT-4: A receiver that meets a malformed frame or a malformed text MUST deliver every message
        that came before it and then end the connection.
    END-7: After a malformed frame a receiver MUST NOT deliver anything that follows it.
    """
    connection, tester = single.meet()
    first = connection.begin_read(1)
    taken(check, tester, framed(BEFORE) + TEN + ELEVENTH[header] + framed(AFTER, AFTER), schedule)
    delivered(check, first.result(), [BEFORE], "TEXT-4")
    reading = connection.read(3, within=NOTICED)
    behind = list(reading.messages)
    made = [one for one in behind if not one.matches(AFTER)]
    check("FRAME-7", not made, "no message made of that frame", made)
    check("END-7", not behind, "nothing that follows it", behind)
    ended(check, "FRAME-7", reading, tester)


@each("kind", ["text", "bytes"])
@each("header", [1, 2, 10])
def case_empty(single: Single, check: Recorder, kind: Kind, header: int) -> None:
    """A frame of length zero, in the shortest header and in longer ones.

    FRAME-8: A receiver MUST deliver a frame of length zero as an empty message of its kind.
    """
    message = recipe(kind, 1, 0)
    connection, tester = single.meet()
    tester.send(encode(message.frame(), header_octets=header) + framed(AFTER))
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
    wanted = framed(*messages)
    got = tester.octets_received
    headers = [one.header.hex() for one in parsed if not one.shortest]
    check("FRAME-5", not headers, "shortest headers", headers or "shortest headers")
    check("FRAME-11", got == wanted, f"exactly {wanted.hex()}", got.hex())
