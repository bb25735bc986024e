"""What a peer did that breaks a clause, by what went over the wire and by what it said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from harness.story.account import Blame, Exchange, Side, exchanges, over_at
from harness.story.asked import first_missing, first_wrong, seen, words
from harness.story.lines import Checked, Line, Spoken

#: Clauses about what an endpoint tells of an end; nothing of it goes over the wire.
TOLD = ("END-2", "END-6", "END-11", "END-12")


def deeds(side: Side, other: Side) -> Iterator[Blame]:
    """Yield what one peer did wrong on a wire; of each sort the first, in no order."""
    yield from _sent_wrongly(side)
    yield from _ended_wrongly(side, other)
    yield from _delivered_wrongly(side)
    yield from _ended_for_itself(side)
    yield from _ready_wrongly(side)


def processes(body: Sequence[Line], peers: Sequence[str]) -> Iterator[Blame]:
    """A process that ended by itself, or that broke the protocol, or refused to go on."""
    over = over_at(body)
    for line in body:
        if isinstance(line, Spoken) and line.what in ("ended", "garbage") and line.ns <= over:
            yield Blame(line.ns, line.peer, str(line.body.get("text")))
    for peer in dict.fromkeys(peers):
        for one in exchanges(body, peer):
            if "fault" in one.answer and one.answered is not None and one.answered <= over:
                yield Blame(one.answered, peer, f"its adapter reports a fault in {one.verb}")


def told(body: Sequence[Line], peers: Sequence[str]) -> Iterator[Blame]:
    """What a peer said of an end, where a check found that wrong."""
    over = over_at(body)
    said = [
        (one.answered, peer)
        for peer in dict.fromkeys(peers)
        for one in exchanges(body, peer)
        if one.answered is not None and one.tells_end
    ]
    for check in body:
        if isinstance(check, Checked) and not check.ok and check.clause in TOLD:
            before = [one for one in said if one[0] < check.ns <= over]
            if before:
                # The case asks one peer, looks at the answer, and goes on to the other.
                what = f"did not tell the end for what it was ({check.clause})"
                yield Blame(check.ns, max(before)[1], what)


def _sent_wrongly(side: Side) -> Iterator[Blame]:
    """Octets that are no frame, headers that are too long, frames that nobody asked for."""
    if side.out.bad is not None:
        bad = side.out.bad
        yield Blame(bad.ns, side.peer, f"sent what is no frame ({bad.clause}): {bad.what}")
    for frame in side.out.frames:
        if not frame.shortest:
            what = f"sent a header of {len(frame.header)} octets for {frame.length} (FRAME-5)"
            yield Blame(frame.ns, side.peer, what)
            break
    if side.plain:
        wrong = first_wrong(side)
        if wrong is not None:
            what = f"sent {words(seen(wrong))}, which is not what it was asked to write next"
            yield Blame(wrong.ns, side.peer, what)


def _ended_wrongly(side: Side, other: Side) -> Iterator[Blame]:
    """An end that nobody asked for, or one inside a frame."""
    end = side.out.end
    if end is None or side.cut or not side.plain:
        return
    theirs = other.out.end
    broken = other.out.bad
    if (theirs is not None and theirs.ns < end.ns) or (broken is not None and broken.ns < end.ns):
        return
    if side.asked_to_end(end.ns, "abort", "discard") or side.out.bad is not None:
        return
    ended = f"ended the connection ({end.what})"
    missing = first_missing(side)
    if not side.asked_to_end(end.ns) and not side.fails:
        yield Blame(end.ns, side.peer, f"{ended} without being asked to")
    elif missing is not None and end.what == "fin":
        yield Blame(end.ns, side.peer, f"{ended} before it had sent {words(missing)}")
    elif end.offset > (side.out.frames[-1].end if side.out.frames else 0):
        yield Blame(end.ns, side.peer, f"{ended} inside a frame")


def _delivered_wrongly(side: Side) -> Iterator[Blame]:
    """A message that is not the one that the wire had at its place."""
    reads = side.each("read")
    if not side.plain or _overlap(reads):
        return
    at = len(side.steps("receive", "expect"))
    for one in reads:
        if one.answered is None:
            return
        frames = side.into.until(one.answered)
        for message in one.given:
            if at >= len(frames):
                what = f"delivered {words(message)}, which the wire did not have"
            elif seen(frames[at]) != message:
                what = f"delivered {words(message)}; the wire had {words(seen(frames[at]))}"
            else:
                at += 1
                continue
            yield Blame(one.answered, side.peer, what)
            return


def _ended_for_itself(side: Side) -> Iterator[Blame]:
    """An end that it tells of, while nobody has ended anything."""
    if side.cut or side.fails or not side.plain:
        return
    for one in side.exchanges:
        if one.answered is None or not one.tells_end or side.asked_to_end(one.answered):
            continue
        if side.into.end is None or side.into.end.ns > one.answered:
            what = "says that the connection has ended, and nobody had ended it"
            yield Blame(one.answered, side.peer, what)
            return


def _ready_wrongly(side: Side) -> Iterator[Blame]:
    """A connection that is ready while its handshake goes on, or although it is to fail."""
    for one in side.exchanges:
        state = one.tells_ready
        if one.answered is not None and (state == "running" or (state == "done" and side.fails)):
            what = f"says that it is ready with its handshake {state}"
            yield Blame(one.answered, side.peer, what)
            return


def _overlap(reads: Sequence[Exchange]) -> bool:
    """Whether a read began before the one in front of it was answered: then they have no order."""
    return any(
        one.answered is None or one.answered > following.ns
        for one, following in pairwise(reads)
    )
