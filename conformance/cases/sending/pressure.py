"""Back-pressure: a side that does not read must not bring the other direction to a halt."""

from harness.case import Connection, Recorder, Single, needs, recipe, text
from harness.expect import TIGHT, arrived, delivered, fill, held_up
from harness.opposite import difference, framed
from harness.tester import Tester

# Large enough for a hundred refusals by the smallest buffers.
SMALL = 1 << 18
# 64 MiB a direction: more than all buffers of two systems, and more than an implementation that
# holds messages for its application wants to hold. In messages of 1 MiB, every one different, and
# none longer than what every receiver has to take (FRAME-14).
FLOOD = [recipe("bytes", 8, (1 << 20) - number) for number in range(64)]
# How often a word goes one way while the other way is stuck.
ROUNDS = 20


@needs("buffers")
def case_receives_while_stuck(single: Single, check: Recorder) -> None:
    """While its sending is held up in the middle of a message, a peer takes what comes in.

    SEND-3: An endpoint MUST go on receiving while its own sending is held up.
    SEND-2: A sender of whose octets the transport took only a part MUST continue with the first
        octet that was not taken.
    """
    connection, tester = single.meet(rcvbuf=TIGHT, sndbuf=TIGHT)
    large = recipe("text", 8, SMALL)
    replies = [recipe("bytes", 8, 50 + number) for number in range(3)]
    stream = framed(large)
    writing = connection.begin_write(large)
    held_up(connection, tester, len(stream))
    tester.send(framed(*replies))
    delivered(check, connection.read(len(replies)), replies, "SEND-3")
    got = tester.receive_exactly(len(stream))
    writing.result()
    check("SEND-2", got == stream, f"the frame of {len(stream)} octets", difference(stream, got))


def case_sends_while_unread(single: Single, check: Recorder) -> None:
    """The application does not read; whatever it writes goes out all the same.

    SEND-4: An endpoint MUST go on sending while its application does not read.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    """
    connection, tester = single.meet()
    unread = [recipe("bytes", 8, 8000 + number) for number in range(64)]
    fill(tester, framed(*unread))
    for number in range(ROUNDS):
        word = recipe("text", 9, 1000 + number)
        connection.begin_write(word)
        wanted = framed(word)
        got = arrived(tester, len(wanted))
        check("SEND-4", got == wanted, f"the frame of {len(wanted)} octets", f"{len(got)} octets")
    delivered(check, connection.read(len(unread)), unread, "STREAM-2")


@needs("buffers")
def case_other_side_never_reads(single: Single, check: Recorder) -> None:
    """The other side reads nothing, to the very end, and goes on talking.

    SEND-3: An endpoint MUST go on receiving while its own sending is held up.
    """
    connection, tester = single.meet(rcvbuf=TIGHT, sndbuf=TIGHT)
    large = recipe("bytes", 8, SMALL)
    connection.begin_write(large)
    held_up(connection, tester, SMALL)
    for number in range(ROUNDS):
        word = text(f"word {number}")
        tester.try_send(framed(word))
        delivered(check, connection.read(1, within=10.0), [word], "SEND-3")


def case_both_write_before_reading(single: Single, check: Recorder) -> None:
    """Both sides write 64 MiB before one of them reads; then first one reads and then the other.

    The application takes nothing while half of what it has written is taken from it; then it takes
    everything while nothing more is taken from it.

    SEND-4: An endpoint MUST go on sending while its application does not read.
    SEND-3: An endpoint MUST go on receiving while its own sending is held up.
    STREAM-2: A receiver MUST deliver every complete message exactly once, in the order in which
        the frames arrived.
    SEND-2: A sender of whose octets the transport took only a part MUST continue with the first
        octet that was not taken.
    """
    connection, tester = single.meet()
    stream = framed(*FLOOD)
    writing = connection.begin_write(*FLOOD)
    held_up(connection, tester, len(stream))
    fill(tester, stream)
    half = len(stream) // 2
    came = _flowing(tester, half)
    check("SEND-4", came == half, f"{half} octets", f"{came} octets")
    _takes_the_rest(check, connection, tester, stream[_sent(tester) :])
    _flowing(tester, len(stream) - half)
    got = tester.octets_received
    check("SEND-2", got == stream, f"the {len(FLOOD)} frames", difference(stream, got))
    writing.result()


def _flowing(tester: Tester, size: int) -> int:
    """Take so many octets, as long as none of them is waited for too long; return how many came."""
    came = 0
    while came < size:
        wanted = min(size - came, FLOOD[0].length)
        piece = len(arrived(tester, wanted))
        came += piece
        if piece < wanted:
            break
    return came


def _takes_the_rest(check: Recorder, connection: Connection, tester: Tester, rest: bytes) -> None:
    """Let the application read what has come and what comes now, its own sending being stuck."""
    reading = connection.begin_read(len(FLOOD))
    all_sent = tester.try_send(rest)
    result = reading.result()
    count = f"{len(result.messages)} messages, all sent: {all_sent}"
    check("SEND-3", len(result.messages) == len(FLOOD), f"{len(FLOOD)} messages", count)
    delivered(check, result, FLOOD, "STREAM-2")


def _sent(tester: Tester) -> int:
    """Return how many octets the system has taken from the tester."""
    return max(
        event.offset + event.length
        for event in tester.log
        if (event.direction, event.what) == ("sent", "octets")
    )
