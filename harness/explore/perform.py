"""Carries a program out, to its end, and holds what is observed against the model.

What stands here is how a connection ends, and what both sides must make of it.
"""

from __future__ import annotations

import contextlib

from harness import clock
from harness.case import Recorder, prerequisite
from harness.connection import Connection
from harness.explore import meaning
from harness.explore.model import NAMES, SIDES, further
from harness.explore.performance import STANDSTILL, Performance
from harness.explore.program import End, Read, Side, other
from harness.meeting import Pair
from harness.peererror import LibraryRaised

#: Seconds in which a close that drops what is queued has dropped it. One that takes longer does not
#: lose it for certain, and that is all that depends on it.
SETTLED = 0.1
#: Seconds in which a side notices an end, and reads what came before it.
NOTICED = 10.0
#: Seconds for octets to be consumed where no kernel can prove it: a thousand times what they need.
UNPROVED = 0.05


def end_of(performance: Performance, end: End) -> None:
    """End the connection as a program's last step says, and check what follows."""
    performance.model.apply(end)
    if end.how == "close":
        _close(performance, end.side)
    elif end.how == "fin":
        _fin(performance, end)
    else:
        _reset(performance, end)


def _close(performance: Performance, side: Side) -> None:
    """A side closes, with whatever it has queued; the other side gets all of it."""
    ways, hands = performance.model.ways, performance.hands
    for one in SIDES:
        # What a write that still waits has not taken may be lost without any fault.
        if hands[one].busy:
            performance.let_go(one)
            hands[one].finish()
    if not ways[side].held and ways[side].unread <= performance.model.sure:
        _delivered(performance, side)
    closing = hands[side].connection.begin_close()
    if ways[side].held:
        closing.returns(SETTLED)
    else:
        # The end is to be there before anybody reads, not just then.
        clock.until(lambda: hands[side].wire.ended is not None, SETTLED)
    for one in SIDES:
        hands[one].wire.resume()
        ways[one].hold(False)
    reader = other(side)
    performance.take(reader, performance.model.due(reader), "STREAM-2", wire="END-5")
    performance.sent_all(side, "END-5")
    _clean(performance, reader)
    # The closer was free to go before it had everything.
    performance.sent(reader, min(len(ways[reader].owed), len(hands[reader].wire.frames)))
    hands[reader].connection.close()
    closing.result()


def _fin(performance: Performance, end: End) -> None:
    """A side's direction ends; what the other side still has to send arrives all the same."""
    side, reader = end.side, other(end.side)
    _delivered(performance, side)
    performance.hands[side].wire.cut(f"{end.inside or ''}.")
    _begin_further(performance, end)
    _end_arrives(performance, end, reader)
    _read_rest(performance, reader)
    if performance.model.ways[reader].held:
        performance.let_go(reader)
    performance.take(side, performance.model.due(side), "STREAM-2")
    performance.sent_all(reader)
    # Not before: as long as the reader has something to send, its connection has not ended.
    if end.inside:
        _no_part(performance, reader)
        _told_apart(performance, "END-2", reader)
    else:
        _clean(performance, reader)


def _reset(performance: Performance, end: End) -> None:
    """The connection is reset; nothing that either side had got is lost by it."""
    for side in SIDES:
        _delivered(performance, side)
    performance.hands[end.side].wire.cut(f"{end.inside or ''}!")
    _begin_further(performance, end)
    _end_arrives(performance, end, *SIDES)
    for side in SIDES:
        _read_rest(performance, side)
        _no_part(performance, side)
    _told_apart(performance, "END-6", *SIDES)


def _delivered(performance: Performance, side: Side) -> None:
    """Have everything that a side has written consumed by the other one's implementation."""
    if performance.model.ways[side].held:
        performance.let_go(side)
    performance.arrived(side)
    refusal = performance.witness(other(side)).refusal
    if refusal:
        performance.check.note_segmentation("unproved")
        clock.pause(UNPROVED, f"nobody can be asked: {refusal}")
        return
    taken = performance.comes(lambda: bool(performance.consumed(side)), STANDSTILL)
    prerequisite(taken, f"{NAMES[other(side)]} does not take the few octets that are unread")


def _begin_further(performance: Performance, end: End) -> None:
    """Write the message inside which the connection ends, if it is to end inside one."""
    if end.inside:
        number = len(performance.model.ways[end.side].owed)
        # The end may be quicker than the answer to this write, which may then say so.
        with contextlib.suppress(LibraryRaised):
            performance.hands[end.side].write([further(end.side, number)])
            performance.hands[end.side].finish()


def _end_arrives(performance: Performance, end: End, *readers: Side) -> None:
    """Let the end have got to the implementations before anybody reads, not just then.

    They need not read unasked, so nothing depends on it; whether they get it, reading decides.
    """
    clock.until(lambda: performance.hands[end.side].wire.handed_on, clock.END_READ)
    for reader in readers:
        performance.witness(reader).await_ended(clock.END_READ)
        # Who has the end makes something of it before it answers.
        performance.hands[reader].connection.state()


def _read_rest(performance: Performance, side: Side) -> None:
    """Read, behind the end, what came before it."""
    due = performance.model.due(side)
    performance.take(side, due, "END-3", "STREAM-2")
    performance.model.apply(Read(side, len(due)))


def _clean(performance: Performance, side: Side) -> None:
    reading = performance.hands[side].connection.read(1, within=NOTICED)
    ended = reading.ended and not reading.messages
    performance.check("END-1", ended, "the end, and no message", reading)


def _no_part(performance: Performance, side: Side) -> None:
    reading = performance.hands[side].connection.read(1, within=NOTICED)
    performance.check("STREAM-3", not reading.messages, "no part of a message", reading.messages)


def _told_apart(performance: Performance, clause: str, *sides: Side) -> None:
    """Check that the end differs from the clean end of another connection."""
    meeting = performance.pair.meet()
    for wire in (meeting.relay.forward, meeting.relay.backward):
        wire.cut(".")
    controls = dict(zip(SIDES, (meeting.first, meeting.second), strict=True))
    for side in sides:
        seen = _word(performance.hands[side].connection)
        clean = _word(controls[side])
        observed = f"clean end: {clean!r}, this one: {seen!r}"
        performance.check(clause, seen != clean, "an end that differs from a clean one", observed)


def _word(connection: Connection) -> str | None:
    """What a side says of the end of its connection."""
    connection.read(1, within=NOTICED)
    connection.happens("ended", within=NOTICED)
    word: str | None = connection.state()["end"]
    return word


def perform(pair: Pair, check: Recorder, text: str) -> None:
    """Carry out a program; raises `ProgramError` if it is none, and `CaseOver` when it is decided.

    What it records are checks of the clauses that the case for the program's family quotes.
    """
    performance = Performance(pair, check, meaning.parse(text))
    performance.steps()
    end = performance.program.steps[-1]
    if isinstance(end, End):
        end_of(performance, end)
    else:
        performance.drain()
