"""Closing: what was written still goes out, a second close does no harm, and nothing is kept."""

from harness import clock
from harness.case import Recorder, Single, each, needs, octets, recipe, text
from harness.codec import encode
from harness.connection import Closing
from harness.expect import TIGHT, alive, arrived, cut, held_up, on_wire, refusal
from harness.opposite import watched
from harness.payloads import Message
from harness.tester import Tester

# Seconds in which a close that waits for nobody has returned; well below the two seconds that our
# own library gives the other side, whatever the patience.
SETTLED = 0.1

# Seconds, times the patience, in which a peer has taken up a close, whatever else its machine does.
TAKEN_UP = 1.0

# Seconds, times the patience, in which what a closed connection had is given back: close has
# returned, so that no more than the end of a thread is waited for.
FREED = 2.0

# Connections of a kind that have to cost nothing: more than the descriptors of one, so that a few
# which were still being given back when the counting began cannot make up for those that stay.
SERVED = 5
ENDS = ["open", "fin", "reset", "malformed"]

# Octets of a message that fills every buffer and leaves most of itself in the queue: more than
# glibc keeps for later when it is given back (32 MiB). Several connections lose one, since what
# was sent last may stay with a runtime for other reasons.
QUEUED, LOST = 33 << 20, 4

WHOLE = [text("first"), octets(b"second")]
MALFORMED = b"\x81\xff"
PART = encode(recipe("bytes", 31, 300).frame())[:1]
MESSAGES = [recipe("bytes", 33, 1000 + number) for number in range(50)]


@needs("buffers")
@each("meanwhile", ["nothing", "octet-unread", "messages-unread", "more-arrives", "fin"])
def case_delivers(single: Single, check: Recorder, meanwhile: str) -> None:
    """Fifty messages are written, more than the buffers take, and the connection is closed.

    A socket that is closed with unread input resets its connection, and so does input that comes
    to a closed one; the reset destroys what is still on its way. An endpoint must not fall for it.

    END-5: An endpoint that is closed MUST deliver the messages that were written before the close,
        within the bounded time that it documents.
    SEND-1: A sender MUST send messages in the order in which they were written, and MUST NOT
        interleave the octets of two frames.
    """
    connection, tester = single.meet(sndbuf=TIGHT, rcvbuf=TIGHT)
    before = {"octet-unread": PART, "messages-unread": on_wire(*WHOLE)}
    if meanwhile in before:
        cut(check, tester, before[meanwhile], "whole")
    stream = on_wire(*MESSAGES)
    connection.write(*MESSAGES)
    held_up(connection, tester, len(stream))
    closing = connection.begin_close()
    _let_it_close(closing)
    if meanwhile == "more-arrives":
        tester.send(on_wire(*WHOLE))
    elif meanwhile == "fin":
        tester.finish()
    got = arrived(tester, len(stream))
    tester.close()
    closing.result()
    check("END-5", len(got) == len(stream), f"{len(stream)} octets", f"{len(got)} octets")
    check("SEND-1", got == stream, "the frames in the order of writing", "other octets")


@needs("keep")
@each("end", ["open", "fin", "reset"])
def case_twice(single: Single, check: Recorder, end: str) -> None:
    """A connection, open or ended by the other side, is closed and then closed again.

    END-13: An endpoint that was closed, or whose connection has ended, MUST take another close
        without an error.
    """
    connection, tester = single.meet()
    alive(connection, tester)
    _end(tester, end)
    if end != "open":
        connection.wait("ended")
    closing = connection.begin_close(keep=True)
    if end != "reset":
        tester.expect_end()
        tester.close()
    failed = refusal(closing.result)
    check("END-13", failed is None, "the close returns", f"it raises {failed}")
    failed = refusal(lambda: connection.close(keep=True))
    check("END-13", failed is None, "the second close returns", f"it raises {failed}")


@needs("buffers", "keep")
def case_from_two_threads(single: Single, check: Recorder) -> None:
    """Two threads close at the same time, while most of what was written is still queued.

    END-13: An endpoint that was closed, or whose connection has ended, MUST take another close
        without an error.
    END-5: An endpoint that is closed MUST deliver the messages that were written before the close,
        within the bounded time that it documents.
    """
    connection, tester = single.meet(sndbuf=TIGHT, rcvbuf=TIGHT)
    stream = on_wire(*MESSAGES)
    connection.write(*MESSAGES)
    held_up(connection, tester, len(stream))
    closings = [connection.begin_close(keep=True) for _ in range(2)]
    _let_it_close(closings[1])
    got = arrived(tester, len(stream))
    check("END-5", got == stream, f"{len(stream)} octets", f"{len(got)} octets")
    tester.close()
    for closing in closings:
        failed = refusal(closing.result)
        check("END-13", failed is None, "both return", f"one raises {failed}")


@needs("keep")
def case_under_a_read(single: Single, check: Recorder) -> None:
    """One thread is in the loop "while active: read", and another one closes.

    API-4: An endpoint MUST report itself as active until the connection has ended and every
        received message was taken, or until a local close begins.
    """
    connection, tester = single.meet()
    alive(connection, tester)
    begun = connection.begin_read(1)
    closing = connection.begin_close(keep=True)
    tester.expect_end()
    tester.close()
    closing.result()
    reading = begun.result()
    check("API-4", reading.ended and not reading.messages, "the loop ends", reading)


@needs("buffers", "keep")
def case_under_a_write(single: Single, check: Recorder) -> None:
    """One thread writes more than the buffers take, and another one closes meanwhile.

    END-5: An endpoint that is closed MUST deliver the messages that were written before the close,
        within the bounded time that it documents.
    """
    connection, tester = single.meet(sndbuf=TIGHT, rcvbuf=TIGHT)
    message = recipe("bytes", 34, 1 << 17)
    stream = on_wire(message)
    writing = connection.begin_write(message)
    held_up(connection, tester, len(stream))
    closing = connection.begin_close(keep=True)
    _let_it_close(closing)
    got = arrived(tester, len(stream))
    # A write that waits may fail now; one that returns has written its message.
    failed = refusal(writing.result)
    kept = got == stream or failed is not None
    check("END-5", kept, f"{len(stream)} octets, or an error", f"{len(got)} octets, no error")
    tester.close()
    closing.result()


def _let_it_close(closing: Closing) -> None:
    """Wait until who closes with messages in its queue has lost them; others wait for us now.

    Without it we would take the messages before a busy peer has come to close.
    """
    closing.taken_up(TAKEN_UP)
    closing.returns(SETTLED / clock.patience())


@needs("threads", "descriptors", "keep")
def case_nothing_kept(single: Single, check: Recorder) -> None:
    """Connections that have served are closed, in every state, and cost nothing any more.

    Their objects are still there, so that no collector of garbage gives back what they forgot.

    END-8: An endpoint MUST NOT keep a thread, a descriptor or a queued message of a connection
        after the connection has ended and was closed.
    """
    single.peer.restart()
    for end in ENDS:
        _serve_and_close(single, end)
    before = _held(single)

    def free() -> bool:
        now = _held(single)
        return all(now[what] <= before[what] for what in before)

    for end in ENDS:
        for _ in range(SERVED):
            _serve_and_close(single, end)
        freed = clock.until(free, FREED)
        expected = f"{before}, as before {SERVED} connections"
        check("END-8", freed, expected, f"{_held(single)} behind the end {end!r}")


@needs("keep", "collect")
def case_no_queue_kept(single: Single, check: Recorder) -> None:
    """Connections are reset with most of a long message unsent, and closed; their objects stay.

    Garbage is collected before the process is looked at: when a runtime does so by itself depends
    on the machine, its caches even.

    END-8: An endpoint MUST NOT keep a thread, a descriptor or a queued message of a connection
        after the connection has ended and was closed.
    """
    process = watched(single)
    before = process.memory
    for _ in range(LOST):
        _lose_queue(single, recipe("bytes", 35, QUEUED))

    def given_back() -> bool:
        single.peer.call("state", collect=True)
        return process.memory - before < QUEUED * LOST // 2

    freed = clock.until(given_back, FREED)
    grown = (process.memory - before) >> 20
    check("END-8", freed, f"less than half of {LOST} times {QUEUED >> 20} MiB", f"{grown} MiB more")


def _lose_queue(single: Single, message: Message) -> None:
    """Have the peer write a message, reset the connection with most of it unsent, and close."""
    connection, tester = single.meet()
    alive(connection, tester)
    writing = connection.begin_write(message)
    held_up(connection, tester, QUEUED)
    tester.reset()
    refusal(writing.result)  # a write that waits may fail now, and one that queues has returned
    connection.wait("ended")
    connection.close(keep=True)


def _serve_and_close(single: Single, end: str) -> None:
    connection, tester = single.meet()
    alive(connection, tester)
    _end(tester, end)
    if end != "open":
        connection.read(1)  # until the end: who looks for one finds it there
    closing = connection.begin_close(keep=True)
    if end != "reset":
        tester.expect_end()
        tester.close()
    closing.result()


def _held(single: Single) -> dict[str, int]:
    """Return how many threads and descriptors the peer's process has."""
    state = single.peer.call("state")
    return {what: state[what] for what in ("threads", "descriptors")}


def _end(tester: Tester, how: str) -> None:
    if how == "fin":
        tester.finish()
    elif how == "reset":
        tester.reset()
    elif how == "malformed":
        tester.send(MALFORMED)
