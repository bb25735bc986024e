"""Partial sends: the transport takes a piece of a message, and the rest follows without a flaw.

Each case proves that the sender really was stuck inside a message: the kernel says how many octets
the sender has handed to it, that this is less than the frame, and that it does not change. Where
the system has no such kernel, the library has to say that something is still queued.
"""

from harness.case import Kind, Pair, Recorder, Single, each, needs, prerequisite, recipe
from harness.codec import encode
from harness.expect import NARROW, TIGHT, arrived, delivered, fill, held_up, sent

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
    STREAM-3: A receiver MUST NOT deliver a part of a message.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    meeting = pair.meet(first={"sndbuf": TIGHT}, rcvbuf=NARROW)
    meeting.relay.forward.pause()
    message, after = recipe("text", 3, SMALL // 2), recipe("bytes", 3, 100)
    writing = meeting.first.begin_write(message, after)
    held_up(meeting.first, meeting.relay.forward, len(encode(message.frame())))
    early = meeting.second.read(1, within=0)
    check(
        "STREAM-3",
        not early.messages,
        "nothing is delivered of an unfinished message",
        early.messages,
    )
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
    stream = encode(message.frame())
    writing = connection.begin_write(message)
    held_up(connection, tester, len(stream))
    got = tester.receive_slowly(len(stream), SIP)
    writing.result()
    pace = tester.pace
    if pace is not None and pace.proved:
        prerequisite(pace.refills > 1, f"the sender continued only {pace.refills} times")
    check("SEND-2", got == stream, f"the frame of {len(stream)} octets", _difference(stream, got))


def case_untouched_buffers(single: Single, check: Recorder) -> None:
    """A message larger than all buffers together, on a socket that nobody has prepared.

    SEND-2: A sender of whose octets the transport took only a part MUST continue with the first
        octet that was not taken.
    """
    connection, tester = single.meet()
    message = recipe("bytes", 6, LARGE)
    stream = encode(message.frame())
    writing = connection.begin_write(message)
    held_up(connection, tester, len(stream))
    got = tester.receive_exactly(len(stream))
    writing.result()
    check("SEND-2", got == stream, f"the frame of {len(stream)} octets", _difference(stream, got))


@needs("buffers")
def case_receives_while_stuck(single: Single, check: Recorder) -> None:
    """While its sending is held up in the middle of a message, a peer takes what comes in.

    SEND-3: An endpoint MUST go on receiving while its own sending is held up.
    SEND-2: A sender of whose octets the transport took only a part MUST continue with the first
        octet that was not taken.
    """
    connection, tester = single.meet(rcvbuf=TIGHT, sndbuf=TIGHT)
    large, replies = (
        recipe("text", 8, SMALL),
        [recipe("bytes", 8, 50 + number) for number in range(3)],
    )
    stream = encode(large.frame())
    writing = connection.begin_write(large)
    held_up(connection, tester, len(stream))
    tester.send(b"".join(encode(reply.frame()) for reply in replies))
    delivered(check, connection.read(len(replies)), replies, "SEND-3")
    got = tester.receive_exactly(len(stream))
    writing.result()
    check("SEND-2", got == stream, f"the frame of {len(stream)} octets", _difference(stream, got))


def case_sends_while_unread(single: Single, check: Recorder) -> None:
    """The application does not read; what it writes goes out all the same.

    SEND-4: An endpoint MUST go on sending while its application does not read.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    connection, tester = single.meet()
    unread = [recipe("bytes", 8, 8000 + number) for number in range(64)]
    fill(tester, b"".join(encode(message.frame()) for message in unread))
    word = recipe("text", 9, 1000)
    writing = connection.begin_write(word)
    wanted = encode(word.frame())
    got = arrived(tester, len(wanted))
    check("SEND-4", got == wanted, f"the frame of {len(wanted)} octets", f"{len(got)} octets")
    delivered(check, connection.read(len(unread)), unread, "STREAM-2")
    writing.result()


def _difference(wanted: bytes, got: bytes) -> str:
    if wanted == got:
        return "exactly these octets"
    first = next(
        (at for at, (a, b) in enumerate(zip(wanted, got, strict=False)) if a != b),
        min(len(wanted), len(got)),
    )
    return f"{len(got)} octets; the first difference is at octet {first}"
