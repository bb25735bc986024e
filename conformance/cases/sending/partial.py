"""Partial sends: the transport takes a piece of a message, and the rest follows without a flaw.

Each case proves that the sender really was stuck inside a message: the kernel says how many octets
the sender has handed to it, that this is less than the frame, and that it does not change. Where
the system has no such kernel, the library has to say that something is still queued.
"""

from harness.case import Kind, Pair, Recorder, Single, each, needs, prerequisite, recipe
from harness.expect import NARROW, TIGHT, delivered, held_up, sent
from harness.opposite import difference, framed

# Small enough to be quick, large enough for a hundred refusals by the smallest buffers.
SMALL = 1 << 18
# More than the socket buffers on both sides take when nobody has touched them: Linux lets the
# sender's grow to 4 MiB and the receiver's to 6 MiB.
LARGE = 1 << 24
# How much a slow reader takes at a time: less than the smallest segment.
SIP = 512


@needs("buffers")
def case_stalled_relay(pair: Pair, check: Recorder) -> None:
    """Nothing is taken from the first peer until it is stuck; then everything arrives.

    SEND-2: A sender of whose octets the transport took only a part MUST continue with the first
        octet that was not taken.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    meeting = pair.meet(first={"sndbuf": TIGHT}, rcvbuf=NARROW)
    meeting.relay.forward.pause()
    message, after = recipe("text", 3, SMALL // 2), recipe("bytes", 3, 100)
    writing = meeting.first.begin_write(message, after)
    held_up(meeting.first, meeting.relay.forward, len(framed(message)))
    meeting.relay.forward.resume()
    writing.result()
    reading = meeting.second.read(2)
    sent(check, meeting.relay.forward, [message, after], "SEND-2")
    delivered(check, reading, [message, after], "STREAM-2")


@needs("buffers")
@each("kind", ["text", "bytes"])
def case_slow_reader(single: Single, check: Recorder, kind: Kind) -> None:
    """The smallest buffers on both sides, and a reader that takes a sip at a time.

    SEND-2: A sender of whose octets the transport took only a part MUST continue with the first
        octet that was not taken.
    """
    connection, tester = single.meet(rcvbuf=TIGHT, sndbuf=TIGHT)
    message = recipe(kind, 5, SMALL)
    stream = framed(message)
    writing = connection.begin_write(message)
    held_up(connection, tester, len(stream))
    got = tester.receive_slowly(len(stream), SIP)
    writing.result()
    pace = tester.pace
    if pace is not None and pace.proved:
        prerequisite(pace.refills > 1, f"the sender continued only {pace.refills} times")
    check("SEND-2", got == stream, f"the frame of {len(stream)} octets", difference(stream, got))


def case_untouched_buffers(single: Single, check: Recorder) -> None:
    """A message larger than all buffers together, on a socket that nobody has prepared.

    SEND-2: A sender of whose octets the transport took only a part MUST continue with the first
        octet that was not taken.
    """
    connection, tester = single.meet()
    message = recipe("bytes", 6, LARGE)
    stream = framed(message)
    writing = connection.begin_write(message)
    held_up(connection, tester, len(stream))
    got = tester.receive_exactly(len(stream))
    writing.result()
    check("SEND-2", got == stream, f"the frame of {len(stream)} octets", difference(stream, got))
