"""Makes the log of a case out of what it has left: wires, dialogues, checks.

Nothing is written down while a case runs but what its own parts remember anyway; only for the few
cases whose log is wanted is it brought into one order of time here.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from harness.case import Recorder
from harness.codec import FrameReader, Malformed
from harness.dialogue import Dialogue
from harness.kernel import Address
from harness.meeting import Pair, Single
from harness.relay import Relay
from harness.skimmer import Seen
from harness.story import shorten
from harness.story.lines import (
    Bad,
    Checked,
    Dropped,
    FrameLine,
    Line,
    Mark,
    Octets,
    Over,
    Spoken,
    Wire,
)
from harness.tester import Tester
from harness.wirelog import Event, Record

#: Frames of a direction that are written down from either end: as many as events.
KEPT = 4000


class Speaker(Protocol):
    """A peer, as far as its words count."""

    @property
    def name(self) -> str:
        """The peer's name."""

    @property
    def dialogue(self) -> Dialogue:
        """What was said to it and by it."""


@dataclass(frozen=True)
class _Way:
    """One direction of a wire, with what was found in it as it passed."""

    direction: str
    frames: Sequence[Seen]
    malformed: Malformed | None


def gather(meeting: Single | Pair, speakers: Sequence[Speaker], recorder: Recorder) -> list[Line]:
    """Return everything that is known of a case but its verdict, in the order of time."""
    found = [*_wires(meeting), *_checks(recorder)]
    for speaker in speakers:
        found += _spoken(speaker)
    return sorted(found, key=lambda line: line.ns)


def _wires(meeting: Single | Pair) -> Iterator[Line]:
    if isinstance(meeting, Single):
        for number, tester in enumerate(meeting.testers):
            yield from _of_tester(number, tester, meeting.peer.name)
    else:
        for number, relay in enumerate(meeting.relays):
            yield from _of_relay(number, relay, [meeting.first.name, meeting.second.name])


def _of_tester(number: int, tester: Tester, peer: str) -> Iterator[Line]:
    record = tester.record
    events = record.events
    ends = ["tester", peer]
    yield Wire(record.began, number, ends, _address(tester.local), _address(tester.remote))
    moments = _Moments(events, "received")
    arrived = [Seen.of(parsed, moments.of(parsed.start)) for parsed in tester.frames]
    out = _read_sent(events)
    ways = [out, _Way("received", arrived, tester.reader.malformed)]
    yield from _of_wire(number, record, ways)


def _of_relay(number: int, relay: Relay, ends: list[str]) -> Iterator[Line]:
    record = relay.record
    yield Wire(record.began, number, ends, _address(relay.address), _address(relay.target))
    ways = [
        _Way("forward", relay.forward.frames, relay.forward.malformed),
        _Way("backward", relay.backward.frames, relay.backward.malformed),
    ]
    yield from _of_wire(number, record, ways)


def _of_wire(number: int, record: Record, ways: Sequence[_Way]) -> Iterator[Line]:
    events = record.events
    if record.lost:
        yield Dropped(events[len(events) // 2].ns, f"wire {number}", record.lost)
    for event in events:
        yield _event(number, event)
    for way in ways:
        moments = _Moments(events, way.direction)
        for seen in _ends(way.frames):
            yield _frame(number, way.direction, seen, moments)
        bad = way.malformed
        if bad is not None:
            ns = moments.of(bad.offset)
            yield Bad(ns, number, way.direction, bad.clause, bad.offset, bad.what)


def _event(wire: int, event: Event) -> Line:
    if event.what == "octets":
        return Octets(
            event.ns, wire, event.direction, event.offset, event.length, event.head, event.chunk
        )
    queues = None if event.queues is None else asdict(event.queues)
    return Mark(event.ns, wire, event.direction, event.what, event.offset, event.chunk, queues)


def _frame(wire: int, direction: str, seen: Seen, moments: _Moments) -> FrameLine:
    end = seen.start + len(seen.header) + seen.length
    return FrameLine(
        moments.of(end - 1), wire, direction, seen.start, seen.header, seen.kind, seen.length,
        seen.crc32, seen.head, seen.shortest,
    )


def _ends(frames: Sequence[Seen]) -> list[Seen]:
    """The first frames and the last ones."""
    return list(frames) if len(frames) <= 2 * KEPT else [*frames[:KEPT], *frames[-KEPT:]]


def _read_sent(events: Sequence[Event]) -> _Way:
    """Read what the tester itself has sent, as far as it was kept without a gap."""
    reader = FrameReader()
    moments = _Moments(events, "sent")
    frames: list[Seen] = []
    for event in events:
        if event.direction != "sent" or event.what != "octets":
            continue
        if event.offset != reader.octets:
            break
        frames += [
            Seen.of(parsed, moments.of(parsed.start)) for parsed in reader.feed(event.head)
        ]
    return _Way("sent", frames, reader.malformed)


class _Moments:
    """When which octet of a direction passed."""

    def __init__(self, events: Sequence[Event], direction: str) -> None:
        chunks = [one for one in events if one.what == "octets" and one.direction == direction]
        self._offsets = [one.offset for one in chunks]
        self._moments = [one.ns for one in chunks]

    def of(self, offset: int) -> int:
        """Return the time of the chunk that had the octet at `offset`; 0 without any chunk."""
        at = bisect.bisect_right(self._offsets, offset) - 1
        return self._moments[max(0, at)] if self._moments else 0


def _checks(recorder: Recorder) -> Iterator[Line]:
    for check, ns in zip(recorder.checks, recorder.moments, strict=True):
        yield Checked(ns, check.clause, check.level, check.ok, check.expected, check.observed)
    if recorder.over is not None:
        yield Over(recorder.over)


def _spoken(speaker: Speaker) -> Iterator[Line]:
    said = speaker.dialogue.said
    for one in said:
        yield Spoken(one.ns, speaker.name, one.what, shorten.body(one.body))
    if speaker.dialogue.dropped:
        yield Dropped(said[len(said) // 2].ns, speaker.name, speaker.dialogue.dropped)


def _address(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
