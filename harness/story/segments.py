"""A wire log as the TCP segments that Wireshark shows: who sent what, when, at which number.

A log has chunks, ends and proofs, and nothing below them. What is below is made up so that it fits:
an opening handshake, sequence numbers by the offsets of the octets, an acknowledgement wherever the
kernel proved that octets were taken. A pair has two connections, one on each side of the relay. The
log has the times at which the relay received; behind it, pieces are cut where it was proved that
they arrived alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from harness.story.lines import OUTWARD, Checked, Mark, Octets, Over, Spoken, Wire
from harness.story.logfile import CaseLog

#: Octets of a segment: a chunk that is longer becomes several, all but the last without PSH.
MOST = 32768
#: Characters of a comment: enough of a long answer to recognise it.
COMMENT = 600
#: The first port of those that are made up for ends which the log does not name.
MADE_UP = 50000
#: What a relay proved, or gave up proving, of a piece that it handed on.
SETTLED = ("consumed", "unread", "unproved", "gone")
ENDS = {"fin": "FA", "ended-fin": "FA", "reset": "RA", "ended-reset": "RA"}

Address = tuple[str, int]


@dataclass(frozen=True)
class Leg:
    """One TCP connection: its name, and the addresses of its ends, the one that opened it first."""

    name: str
    opener: Address
    other: Address


@dataclass
class Segment:
    """One TCP segment on a leg: `forward` is away from the opener, `at` the place of its octets.

    `flags` are letters of S, F, R, P and A. Of `length` octets those in `octets` were kept.
    """

    ns: int
    leg: int
    forward: bool
    flags: str
    at: int = 0
    length: int = 0
    octets: bytes = b""
    comments: list[str] = field(default_factory=list)
    acknowledged: int = 0


def legs_of(log: CaseLog) -> list[Leg]:
    """Return the connections of a log: one a wire opposite the tester, two a wire of a pair."""
    legs = []
    for wire in log.wires:
        near, far = _address(wire.near), _address(wire.far)
        if wire.ends[0] == "tester":
            legs.append(Leg(f"wire {wire.wire}: {wire.ends[1]} to tester", far, near))
            continue
        first, second = wire.ends
        made_up = MADE_UP + 2 * len(legs)
        legs.append(Leg(f"wire {wire.wire}: {first} to relay", (near[0], made_up), near))
        legs.append(Leg(f"wire {wire.wire}: relay to {second}", (far[0], made_up + 1), far))
    return legs


def segments_of(log: CaseLog) -> list[Segment]:
    """Return the segments of all legs, in order of time, with everything else as comments."""
    found: list[Segment] = []
    leg = 0
    for wire in log.wires:
        pair = wire.ends[0] != "tester"
        for number in range(leg, leg + 1 + pair):
            found += _opening(number, wire.ns)
        found += _of_wire(log, wire, leg, pair)
        leg += 1 + pair
    # Stable: what happens at the same time stays in the order in which it was found.
    found.sort(key=lambda one: one.ns)
    _acknowledge(found)
    _comment(log, found)
    return found


def _opening(leg: int, ns: int) -> Iterator[Segment]:
    for forward, flags in ((True, "S"), (False, "SA"), (True, "A")):
        yield Segment(ns, leg, forward, flags)


def _of_wire(log: CaseLog, wire: Wire, leg: int, pair: bool) -> Iterator[Segment]:
    for direction in ("forward", "backward") if pair else ("sent", "received"):
        # The peer has opened the connection to a tester, the first peer the one to a relay.
        away = direction in ("forward", "received")
        chunks = log.octets(wire.wire, direction)
        marks = [one for one in log.each(Mark)
                 if (one.wire, one.direction) == (wire.wire, direction)]
        into, out = (leg, leg + 1) if away else (leg + 1, leg)
        if not pair:
            yield from _chunks(chunks, (), leg, away)
            yield from _marks(marks, leg, away)
            continue
        settled = [one for one in marks if one.what in SETTLED]
        yield from _chunks(chunks, (), into, away)
        yield from _chunks(chunks, settled, out, away)
        own = [one for one in marks if one.what not in SETTLED and not one.what.startswith("ended")]
        yield from _marks(own, into, away)
        behind = [one for one in marks if one.what in (*SETTLED, *ENDS)]
        yield from _marks(behind, out, away)
        for one in marks:
            if one.what == "ended-reset":
                yield Segment(one.ns, into, not away, "RA", -1, comments=[_mark(one)])


def _chunks(
    chunks: Sequence[Octets], settled: Sequence[Mark], leg: int, forward: bool
) -> Iterator[Segment]:
    """The chunks as segments, cut where pieces were settled; a piece follows the one before it."""
    cuts = {one.offset: one.ns for one in settled}
    for chunk in chunks:
        end = chunk.offset + chunk.length
        stops = sorted({*(at for at in cuts if chunk.offset < at < end), end})
        start = chunk.offset
        for stop in stops:
            ns = max(chunk.ns, cuts.get(start, 0))
            while start < stop:
                length = min(MOST, stop - start)
                kept = chunk.octets[start - chunk.offset :][:length]
                flags = "PA" if start + length == stop else "A"
                yield Segment(ns, leg, forward, flags, start, length, kept)
                start += length


def _marks(marks: Sequence[Mark], leg: int, forward: bool) -> Iterator[Segment]:
    for one in marks:
        if one.what in ENDS:
            yield Segment(one.ns, leg, forward, ENDS[one.what], one.offset, comments=[_mark(one)])
        else:
            yield Segment(one.ns, leg, not forward, "A", -1, comments=[_mark(one)])


def _acknowledge(segments: Sequence[Segment]) -> None:
    """Number the segments: each acknowledges all that came the other way, a FIN included."""
    come: dict[tuple[int, bool], int] = {}
    for one in segments:
        there = come.setdefault((one.leg, one.forward), 0)
        if one.at < 0:
            one.at = there
        end = one.at + one.length + ("F" in one.flags)
        come[one.leg, one.forward] = max(there, end)
        one.acknowledged = come.get((one.leg, not one.forward), 0)


def _comment(log: CaseLog, segments: Sequence[Segment]) -> None:
    """Put what else happened into the comments of the segment that came next, or came last."""
    if not segments:
        return
    waiting = iter(segments)
    target = next(waiting)
    last = segments[-1]
    for line in log.body:
        words = _words(line)
        if words is None:
            continue
        while target.ns < line.ns and target is not last:
            target = next(waiting)
        target.comments.append(words[:COMMENT])
    judged = log.judged
    clause = f" {judged.clause}" if judged.clause else ""
    reason = f": {judged.reason}" if judged.reason else ""
    last.comments.append(f"verdict {judged.verdict}{clause}{reason}"[:COMMENT])


def _words(line: object) -> str | None:
    if isinstance(line, Spoken):
        return f"{line.peer} {line.what}: {json.dumps(line.body, ensure_ascii=False)}"
    if isinstance(line, Checked):
        kept = "kept" if line.ok else "NOT KEPT"
        return f"check {line.clause} {kept}: expected {line.expected}; observed {line.observed}"
    return "the case is over" if isinstance(line, Over) else None


def _mark(mark: Mark) -> str:
    way = "out" if mark.direction in OUTWARD else "back"
    queues = "" if mark.queues is None else f"; the kernel: {json.dumps(mark.queues)}"
    return f"{mark.what} behind octet {mark.offset}, {mark.direction} ({way}){queues}"


def _address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)
