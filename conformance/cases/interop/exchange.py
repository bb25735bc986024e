"""Interoperability: whatever one peer writes, the other one reads, unchanged and in order.

Each case goes both ways: the first peer writes to the second, then the second to the first. The
relay between them shows which octets the writer has put on the wire, so that a failure names its
side: a frame that is wrong on the wire is the writer's, a message that is wrong behind a right
frame is the reader's.
"""

from harness import clock
from harness.case import Kind, Pair, Recorder, each, needs, octets, recipe, text
from harness.expect import NARROW, TIGHT, both_ways, delivered, held_up, sent

# Both sides of every length at which the header grows: 0 and 1, 6 bits, 13 bits, 20 bits. The
# empty message has a case of its own, since a sender may drop it.
BOUNDARIES = (1, 63, 64, 8191, 8192, 1048575, 1048576)
# These go one way only: the same two peers also meet with their roles exchanged.
LONG = 1000000
# Seconds in which a peer has taken what it takes while its application does not read.
UNREAD = 1.0
# Seconds in which a peer has sent four messages to another one that takes them: what an overloaded
# machine may take.
SENT = 5.0


@each("kind", ["text", "bytes"])
def case_boundaries(pair: Pair, check: Recorder, kind: Kind) -> None:
    """Messages at every header boundary, back and forth; the long ones from the first peer only.

    FRAME-2: In the first header octet, bit 7 MUST be 1 exactly when it is the last header octet,
        bit 6 MUST be 1 for a bytes message and 0 for a text message, and bits 5 to 0 MUST hold the
        lowest 6 bits of the payload length.
    FRAME-3: In each further header octet, bit 7 MUST be 1 exactly when it is the last header
        octet, and bits 6 to 0 MUST hold the next 7 bits of the payload length, least significant
        group first.
    FRAME-5: A sender MUST use the shortest header that can hold the payload length.
    FRAME-10: A receiver MUST deliver a message with the kind that its frame states.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    meeting = pair.meet()
    for writer, reader, wire in both_ways(meeting):
        limit = BOUNDARIES[-1] if writer is meeting.first else LONG
        messages = [recipe(kind, 7, length) for length in BOUNDARIES if length <= limit]
        writer.write(*messages)
        reading = reader.read(len(messages))
        sent(check, wire, messages, "FRAME-3", "FRAME-2", "FRAME-5")
        delivered(check, reading, messages, "FRAME-10", "STREAM-2")


def case_contents(pair: Pair, check: Recorder) -> None:
    """Text with code points of every length, and bytes of all 256 values.

    FRAME-4: The payload length MUST count the octets of the payload; for a text message these are
        the octets of its UTF-8 encoding.
    FRAME-10: A receiver MUST deliver a message with the kind that its frame states.
    TEXT-5: An endpoint MUST deliver the code points of a text unaltered, including U+0000, a
        leading U+FEFF and line ends.
    """
    messages = [
        text("\ufeffBOM, NUL \0, line ends \r\n \n \r, Ω, ש, 中文, €, 🧦 and \U0010ffff"),
        text("é" * 40),
        octets(bytes(range(256))),
        octets(bytes(reversed(range(256)))),
        text("the same octets as text"),
        octets(b"the same octets as text"),
    ]
    meeting = pair.meet()
    for writer, reader, wire in both_ways(meeting):
        writer.write(*messages)
        reading = reader.read(len(messages))
        sent(check, wire, messages, "FRAME-4")
        delivered(check, reading, messages, "FRAME-10", "TEXT-5")


@each("kind", ["text", "bytes"])
def case_empty(pair: Pair, check: Recorder, kind: Kind) -> None:
    """An empty message between two others.

    FRAME-9: A sender SHOULD send an empty message as a frame of length zero rather than drop it.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    before, empty, after = (recipe(kind, 1, length) for length in (3, 0, 5))
    meeting = pair.meet()
    for writer, reader, wire in both_ways(meeting):
        writer.write(before, empty, after)
        got = list(reader.read(2).messages)
        # Whoever drops the empty message has put the last one in its place.
        if len(got) == 2 and not got[1].matches(after):
            got += reader.read(1).messages
        lengths = [frame.length for frame in wire.frames]
        check("FRAME-9", lengths == [3, 0, 5], "frames of 3, 0 and 5 octets", lengths)
        wanted = [before, empty, after] if 0 in lengths else [before, after]
        delivered(check, got, wanted, "STREAM-2")


def case_back_to_back(pair: Pair, check: Recorder) -> None:
    """A hundred short messages written without a pause, every one of them different.

    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    messages = [recipe(("text", "bytes")[number % 2], 7, number) for number in range(1, 101)]
    meeting = pair.meet()
    for writer, reader, wire in both_ways(meeting):
        writer.write(*messages)
        reading = reader.read(len(messages))
        sent(check, wire, messages, "SEND-1")
        delivered(check, reading, messages, "STREAM-2")


@needs("buffers")
def case_both_directions_at_once(pair: Pair, check: Recorder) -> None:
    """Both peers write more than the connection holds, and neither reads before it has written.

    Both are stuck when the first one gets what the second has written. Its application does not
    read any of that, and what it has written itself has to go on.

    SEND-4: An endpoint MUST go on sending while its application does not read.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    messages = [recipe("bytes", 7, 65536 + number) for number in range(4)]
    meeting = pair.meet(first={"sndbuf": TIGHT}, second={"sndbuf": TIGHT}, rcvbuf=NARROW)
    there, back = meeting.relay.forward, meeting.relay.backward
    for wire in (there, back):
        wire.pause()
    writings = [side.begin_write(*messages) for side in (meeting.first, meeting.second)]
    # The first one began earlier: when the second one has stood still for a while, both have.
    held_up(meeting.second, back, sum(message.length for message in messages))
    back.resume()
    # All of it, or as much as the first peer is willing to hold for its application.
    clock.until(lambda: len(back.frames) == len(messages), UNREAD)
    reading = meeting.second.begin_read(len(messages))
    there.resume()
    clock.until(lambda: len(there.frames) == len(messages), SENT)
    frames = len(there.frames)
    check("SEND-4", frames == len(messages), f"{len(messages)} frames on the wire", frames)
    delivered(check, reading.result(), messages, "STREAM-2")
    delivered(check, meeting.first.read(len(messages)), messages, "STREAM-2")
    for writing in writings:
        writing.result()
