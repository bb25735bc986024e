"""Expectations that several cases share, each named by what it claims."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from harness import clock, kernel
from harness.case import Recorder, prerequisite
from harness.codec import encode
from harness.connection import Connection, Reading
from harness.meeting import Meeting
from harness.payloads import Message, Received, all_match, describe
from harness.peererror import LibraryRaised
from harness.relay import Direction, Seen
from harness.tester import PeerEnded, Tester

#: The smallest socket buffers that can be asked for, in octets; systems round them up to what they
#: can do. A sender with these is stuck within some ten thousand octets.
TIGHT = 4096
#: A receive buffer of the relay, in octets: a fraction of a message, and still quick to drain.
NARROW = 8192
#: What is said of observations that are all as they were expected.
SAME = "exactly these"
#: What `alive` exchanges: unlike each other, so that nobody gets by with sending back what came.
CALL, ANSWER = Message.text("call"), Message.octets(b"answer")


def both_ways(meeting: Meeting) -> Iterator[tuple[Connection, Connection, Direction]]:
    """Give writer, reader and the wire between them, for each direction of a meeting."""
    yield meeting.first, meeting.second, meeting.relay.forward
    yield meeting.second, meeting.first, meeting.relay.backward


def sent(check: Recorder, wire: Direction, messages: Sequence[Message], *clauses: str) -> None:
    """Check that a wire has carried exactly the frames of the messages.

    Each clause is decided by what it speaks of: FRAME-2 by the kinds, FRAME-3 and FRAME-4 by the
    lengths, FRAME-5 by the headers; any other one by whether the frames are the right ones at all.
    """
    clock.until(
        lambda: len(wire.frames) >= len(messages) or wire.malformed is not None, clock.RECORDED
    )
    frames = wire.frames
    for clause in clauses:
        if clause == "FRAME-2":
            _same(check, clause, "kinds", _kinds(messages), _kinds(frames))
        elif clause in ("FRAME-3", "FRAME-4"):
            lengths = [[one.length for one in some] for some in (messages, frames)]
            _same(check, clause, "payload lengths", *lengths)
        elif clause == "FRAME-5":
            prerequisite(frames, "no frame came whose header could be judged")
            longer = [frame.length for frame in frames if not frame.shortest]
            check(clause, not longer, "shortest headers", f"longer headers at the lengths {longer}")
        else:
            wanted, got = (list(map(_frame, some)) for some in (messages, frames))
            malformed = wire.malformed
            observed = _first_difference(wanted, got) if malformed is None else str(malformed)
            expected = f"exactly the {len(messages)} frames of the written messages"
            check(clause, malformed is None and got == wanted, expected, observed)


def delivered(
    check: Recorder,
    reading: Reading | Sequence[Received],
    messages: Sequence[Message],
    *clauses: str,
) -> None:
    """Check that exactly the messages were read: FRAME-10 by the kinds, any other by everything."""
    got = list(reading.messages if isinstance(reading, Reading) else reading)
    for clause in clauses:
        if clause == "FRAME-10":
            _same(check, clause, "kinds", _kinds(messages), _kinds(got))
            continue
        ok = all_match(got, messages)
        expected = f"exactly the {len(messages)} messages that were sent"
        # Words for messages that are as they should be would cost more than the look at them.
        check(clause, ok, expected, SAME if ok else _first_difference(
            [describe(message) for message in messages], [describe(one) for one in got]
        ))


def cut(check: Recorder, tester: Tester, octets: bytes, schedule: str) -> None:
    """Send octets in the pieces of a schedule, and note how sure it is that they arrived so."""
    check.note_segmentation(tester.send_cut(octets, schedule))


def end_comes(connection: Connection, tester: Tester) -> None:
    """Let our end have got to the peer before anybody reads, not just then.

    A peer need not read unasked, so nothing depends on it: whether it gets the end, reading tells.
    """
    tester.await_end_read()
    # Who has the end makes something of it before it answers.
    connection.state()


def arrived(tester: Tester, n: int, within: float | clock.Deadline = clock.ANSWER) -> bytes:
    """Return the next `n` octets, or those that came before the peer ended or the time was over."""
    return tester.receive_available(n, within)


def fill(tester: Tester, octets: bytes) -> None:
    """Send octets and wait until the peer has taken them, or takes no more for a while."""
    tester.send_until_full(octets)


def held_up(connection: Connection, wire: Tester | Direction, length: int) -> None:
    """Require that a sender is stuck inside the first `length` octets that it sends.

    The kernel proves it where it can. On other systems the library's own word has to do, that
    something is still queued although nothing has moved for a while; its octets then prove the
    rest, since more of them come later.
    """
    stuck = wire.stuck()
    if stuck is None and not kernel.available():
        queued = _stays_queued(connection)
        prerequisite(queued, f"{wire.unproved}, and the library says nothing of a queue")
        return
    prerequisite(stuck is not None, f"no proof that the sender was stuck: {wire.unproved}")
    handed = stuck.handed if stuck is not None else 0
    prerequisite(
        0 < handed < length,
        f"the sender was not stuck: it handed over {handed} of {length} octets",
    )


def _stays_queued(connection: Connection) -> bool:
    def queued() -> bool:
        return connection.state()["queued"] is True

    if connection.state()["queued"] is None or not clock.until(queued, clock.STUCK):
        return False
    return not clock.until(lambda: not queued(), clock.QUEUED)


def on_wire(*messages: Message) -> bytes:
    """Return the frames of messages, one behind the other."""
    return b"".join(encode(message.frame()) for message in messages)


def alive(connection: Connection, tester: Tester) -> None:
    """Require that a message gets through each way: only what lives can keep from doing wrong."""
    with contextlib.suppress(PeerEnded):
        tester.send(encode(CALL.frame()))
    reading = connection.read(1)
    prerequisite(reading.matches([CALL]), f"a message did not arrive: {reading}")
    connection.write(ANSWER)
    wanted = encode(ANSWER.frame())
    prerequisite(arrived(tester, len(wanted)) == wanted, "a written message was not sent")


def refusal(call: Callable[[], object]) -> str | None:
    """Return the name of the exception with which the implementation refuses a call, or None."""
    try:
        call()
    except LibraryRaised as error:
        return error.name or "an exception without a name"
    return None


def _kinds(some: Sequence[Message | Seen | Received]) -> list[str]:
    return [one.kind for one in some]


def _frame(one: Message | Seen) -> str:
    return f"{one.kind} of {one.length} octets, crc {one.crc32}"


def _same(
    check: Recorder, clause: str, what: str, wanted: Sequence[object], got: Sequence[object]
) -> None:
    check(clause, got == wanted, f"{what} {_short(wanted)}", f"{what} {_short(got)}")


def _short(values: Sequence[object]) -> str:
    shown = ", ".join(str(value) for value in values[:12])
    return f"{shown} and {len(values) - 12} more" if len(values) > 12 else shown


def _first_difference(wanted: Sequence[str], got: Sequence[str]) -> str:
    for number, (want, have) in enumerate(zip(wanted, got, strict=False), 1):
        if want != have:
            return f"number {number} is {have}, not {want}"
    if len(got) < len(wanted):
        return f"{len(got)} of {len(wanted)}; the first one missing is {wanted[len(got)]}"
    if len(got) > len(wanted):
        return f"{len(got)} instead of {len(wanted)}; the first one too many is {got[len(wanted)]}"
    return SAME
