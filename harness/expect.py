"""Expectations that several cases share, each named by what it claims."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from harness import clock
from harness.case import Recorder
from harness.peer import Connection, Meeting, Reading
from harness.payloads import Message, Received, describe
from harness.process import LibraryRaised
from harness.relay import Direction
from harness.schedule import parse
from harness.tester import PeerEnded, Tester

#: Seconds for octets that a reader has got already to show in the relay's record.
RECORDED = 5.0


def both_ways(meeting: Meeting) -> Iterator[tuple[Connection, Connection, Direction]]:
    """Give writer, reader and the wire between them, for each direction of a meeting."""
    yield meeting.first, meeting.second, meeting.relay.forward
    yield meeting.second, meeting.first, meeting.relay.backward


def sent(check: Recorder, wire: Direction, messages: Sequence[Message], *clauses: str) -> None:
    """Check that a wire has carried exactly the frames of the messages.

    Each clause is decided by what it speaks of: FRAME-2 by the kinds, FRAME-3 and FRAME-4 by the
    lengths, FRAME-5 by the headers; any other one by whether the frames are the right ones at all.
    """
    clock.until(lambda: len(wire.frames) >= len(messages) or wire.malformed is not None, RECORDED)
    frames = list(wire.frames)
    for clause in clauses:
        if clause == "FRAME-2":
            _same(check, clause, "kinds", [one.kind for one in messages], [one.kind for one in frames])
        elif clause in ("FRAME-3", "FRAME-4"):
            _same(check, clause, "payload lengths", [one.length for one in messages], [one.length for one in frames])
        elif clause == "FRAME-5":
            longer = [frame.length for frame in frames if not frame.shortest]
            check(clause, not longer, "shortest headers", f"longer headers at the lengths {longer}")
        else:
            wanted = [f"{one.kind} of {one.length} octets, crc {one.crc32}" for one in messages]
            got = [f"{one.kind} of {one.length} octets, crc {one.crc32}" for one in frames]
            ok = got == wanted and wire.malformed is None
            observed = str(wire.malformed) if wire.malformed is not None else _first_difference(wanted, got)
            check(clause, ok, f"exactly the {len(messages)} frames of the written messages", observed)


def delivered(
    check: Recorder, reading: Reading | Sequence[Received], messages: Sequence[Message], *clauses: str
) -> None:
    """Check that exactly the messages were read: FRAME-10 by the kinds, any other by everything."""
    got = list(reading.messages if isinstance(reading, Reading) else reading)
    for clause in clauses:
        if clause == "FRAME-10":
            _same(check, clause, "kinds", [one.kind for one in messages], [one.kind for one in got])
            continue
        ok = len(got) == len(messages) and all(
            one.matches(message) for one, message in zip(got, messages, strict=True)
        )
        wanted = [describe(message) for message in messages]
        check(
            clause, ok, f"exactly the {len(messages)} messages that were sent",
            _first_difference(wanted, [describe(one) for one in got]),
        )


def cut(check: Recorder, tester: Tester, octets: bytes, schedule: str) -> None:
    """Send octets in the pieces of a schedule, and note how sure it is that they arrived so."""
    check.note_segmentation(tester.send_cut(octets, parse(schedule)))


def offer(tester: Tester, octets: bytes) -> None:
    """Send octets to a peer that may have ended the connection already, as it should have."""
    # A peer that is gone takes nothing: that is what the caller wants to see.
    with contextlib.suppress(PeerEnded):
        tester.send(octets)


def refusal(call: Callable[[], object]) -> str | None:
    """Return the name of the exception with which the implementation refuses a call, or None."""
    try:
        call()
    except LibraryRaised as error:
        return error.name or "an exception without a name"
    return None


def _same(check: Recorder, clause: str, what: str, wanted: list[object], got: list[object]) -> None:
    check(clause, got == wanted, f"{what} {_short(wanted)}", f"{what} {_short(got)}")


def _short(values: list[object]) -> str:
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
    return "exactly these"
