"""A wire log as rows on a sequence diagram, and its octets as annotated hexadecimal digits."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.story.lines import (
    OUTWARD,
    Bad,
    Checked,
    FrameLine,
    Line,
    Mark,
    Octets,
    Over,
    Spoken,
    Wire,
)
from harness.story.logfile import CaseLog
from harness.story.stream import Stream
from harness.story.talk import Talk
from harness.story.where import MOST_HEADER

#: Rows of a diagram, and octets of a chunk that are shown; `explain` tells the others.
ROWS, OCTETS = 200, 96
#: The measures of the diagram.
LEFT, APART, STEP, TOP = 150, 420, 30, 46
#: Characters that fit between two lanes.
NOTE = 60


@dataclass(frozen=True)
class Row:
    """One event: an arrow between two lanes, or a note on one lane where both are the same."""

    y: int
    time: str
    x1: int
    x2: int
    label: str
    kind: str

    @property
    def note(self) -> str:
        """The label, cut to the room that a note has in the diagram."""
        return self.label if len(self.label) <= NOTE else self.label[: NOTE - 1] + "…"


@dataclass(frozen=True)
class Run:
    """Octets next to each other that mean the same: `header`, `payload` or `malformed`."""

    kind: str
    digits: str


@dataclass(frozen=True)
class Chunk:
    """What arrived at once."""

    time: str
    way: str
    offset: int
    length: int
    runs: tuple[Run, ...]
    left_out: int


@dataclass(frozen=True)
class Diagram:
    """The lanes with their places, the rows, and how many of them did not fit."""

    lanes: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]
    left_out: int
    width: int
    height: int

    def way(self, row: Row) -> str:
        """Return where an event was, or from where to where."""
        names = {x: name for name, x in self.lanes}
        return names[row.x1] if row.x1 == row.x2 else f"{names[row.x1]} → {names[row.x2]}"


def diagram(log: CaseLog) -> Diagram:
    """Arrange what happened as a diagram, in the order of time."""
    names = _lanes(log)
    places = {name: LEFT + APART * at for at, name in enumerate(names)}
    drawn = [line for line in log.body if _told(line)]
    talk = Talk()
    rows = tuple(
        _row(log, line, places, TOP + STEP * (at + 1), talk) for at, line in enumerate(drawn[:ROWS])
    )
    return Diagram(
        tuple(places.items()), rows, len(drawn) - len(rows),
        LEFT + APART * (len(names) - 1) + 190, TOP + STEP * (len(rows) + 1),
    )


def chunks(log: CaseLog) -> Iterator[Chunk]:
    """The chunks in the order of time, their octets told apart by the frames around them."""
    ends = {wire.wire: _ends(wire) for wire in log.wires}
    marks: dict[tuple[int, str], _Marks] = {}
    for line in log.each(Octets):
        near, far = _between(ends[line.wire], line.direction)
        way = f"{near} → {far}" + (f", connection {line.wire}" if len(ends) > 1 else "")
        if (stream := (line.wire, line.direction)) not in marks:
            marks[stream] = _Marks(log, stream)
        runs = tuple(_runs(line, marks[stream]))
        shown = min(len(line.octets), OCTETS)
        yield Chunk(_time(log, line), way, line.offset, line.length, runs, line.length - shown)


def _ends(wire: Wire) -> tuple[str, str]:
    """The names of the two ends; of a peer that meets itself they say which one it is."""
    first, second = wire.ends
    return (first, second) if first != second else (f"{first} (first)", f"{second} (second)")


def _lanes(log: CaseLog) -> list[str]:
    names = [end for wire in log.wires for end in _ends(wire)]
    return list(dict.fromkeys([*names, *log.header.peers, "case"]))


def _told(line: Line) -> bool:
    return isinstance(line, Octets | Mark | FrameLine | Bad | Spoken | Checked | Over)


def _row(log: CaseLog, line: Line, places: dict[str, int], y: int, talk: Talk) -> Row:
    time = _time(log, line)
    if isinstance(line, Octets | Mark | FrameLine | Bad):
        ends = next(_ends(wire) for wire in log.wires if wire.wire == line.wire)
        near, far = (places[end] for end in _between(ends, line.direction))
        start = near if isinstance(line, Octets) else far
        which = f" (connection {line.wire})" if len(log.wires) > 1 else ""
        return Row(y, time, start, far, _label(line) + which, line.type)
    if isinstance(line, Spoken):
        at = places.get(line.peer, places["case"])
        return Row(y, time, at, at, talk.words(line), line.type)
    kind = "failed" if isinstance(line, Checked) and not line.ok else line.type
    return Row(y, time, places["case"], places["case"], _label(line), kind)


def _label(line: Line) -> str:
    if isinstance(line, Octets):
        return f"{line.length} octets from {line.offset}"
    if isinstance(line, FrameLine):
        return f"frame: {line.kind}, length {line.length}"
    if isinstance(line, Mark):
        return f"{line.what} at {line.offset}"
    if isinstance(line, Bad):
        return f"{line.clause}: {line.what}"
    if isinstance(line, Checked):
        return f"{line.clause} {'holds' if line.ok else 'FAILS'}"
    return "the case has ended"


def _between(ends: Sequence[str], direction: str) -> Sequence[str]:
    return ends if direction in OUTWARD else ends[::-1]


def _time(log: CaseLog, line: Line) -> str:
    return f"{(line.ns - log.header.ns) / 1e6:.3f} ms"


class _Marks:
    """What the octets of one direction mean, by their offsets."""

    def __init__(self, log: CaseLog, stream: tuple[int, str]) -> None:
        self._frames = sorted(log.frames(*stream), key=_start)
        self._bad = log.bad(*stream)
        # Behind the last whole frame: one that was cut off, or is malformed.
        last = self._frames[-1] if self._frames else None
        self._open = last.start + len(last.header) + last.length if last else 0
        beginning = Stream(log.octets(*stream)).known(self._open, MOST_HEADER)
        self._header = self._open + _header_length(beginning)

    def kind(self, offset: int) -> str:
        """Return `header`, `payload` or `malformed`."""
        if self._bad is not None and offset >= self._bad.offset:
            return "malformed"
        if offset >= self._open:
            return "header" if offset < self._header else "payload"
        at = bisect_right(self._frames, offset, key=_start)
        frame = self._frames[at - 1] if at else None
        inside = frame is not None and offset < frame.start + len(frame.header)
        return "header" if inside else "payload"


def _header_length(octets: bytes) -> int:
    """How many of a frame's first octets are its header: to the end of it, or all of them."""
    return next((at for at, octet in enumerate(octets, 1) if octet >= 128), len(octets))


def _start(frame: FrameLine) -> int:
    return frame.start


def _runs(line: Octets, marks: _Marks) -> Iterator[Run]:
    """The octets of a chunk, cut where their meaning changes."""
    shown = line.octets[:OCTETS]
    kinds = [marks.kind(line.offset + at) for at in range(len(shown))]
    start = 0
    for at in range(1, len(shown) + 1):
        if at == len(shown) or kinds[at] != kinds[start]:
            yield Run(kinds[start], shown[start:at].hex(" "))
            start = at
