"""A log file: one JSON object a line; a header first, a verdict last, and in between in time order.

A file without its last line was cut off, and is refused: a story without its end misleads.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from harness.fields import Invalid
from harness.story import lines
from harness.story.lines import Bad, Dropped, FrameLine, Header, Judged, Line, Octets, Wire

_Kind = TypeVar("_Kind")

#: Hexadecimal digits of the digest that names a file: 48 bits, so that a million names do not meet.
DIGITS = 12


class LogError(Exception):
    """A log file cannot be used; the message names the file, the line and the reason."""


@dataclass(frozen=True)
class CaseLog:
    """All that one log file says. `body` are the lines between the header and the verdict."""

    header: Header
    body: tuple[Line, ...]
    judged: Judged

    def each(self, kind: type[_Kind]) -> Iterator[_Kind]:
        """Yield the lines of one kind, in order."""
        return (line for line in self.body if isinstance(line, kind))

    @property
    def wires(self) -> list[Wire]:
        """The connections, by their numbers."""
        return sorted(self.each(Wire), key=lambda wire: wire.wire)

    def octets(self, wire: int, direction: str) -> list[Octets]:
        """The chunks of a direction."""
        return [one for one in self.each(Octets) if (one.wire, one.direction) == (wire, direction)]

    def frames(self, wire: int, direction: str) -> list[FrameLine]:
        """The frames of a direction."""
        found = self.each(FrameLine)
        return [one for one in found if (one.wire, one.direction) == (wire, direction)]

    def bad(self, wire: int, direction: str) -> Bad | None:
        """What is wrong with a direction; None if nothing is."""
        found = (one for one in self.each(Bad) if (one.wire, one.direction) == (wire, direction))
        return next(found, None)

    @property
    def whole(self) -> bool:
        """Whether nothing was let go."""
        return not any(self.each(Dropped))


def file_name(ident: str) -> str:
    """Return the name of the file that holds the log of a case."""
    return hashlib.sha256(ident.encode()).hexdigest()[:DIGITS] + ".jsonl"


def write(log: CaseLog, path: Path) -> None:
    """Write a log file; one that is there is replaced. OSError if that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    every = (log.header, *log.body, log.judged)
    text = "".join(
        json.dumps(lines.to_json(line), allow_nan=False, separators=(",", ":")) + "\n"
        for line in every
    )
    path.write_text(text, encoding="utf-8", newline="\n")


def read(path: Path) -> CaseLog:
    """Read a log file and check it against itself; raises `LogError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LogError(f"{path}: cannot be read: {error}") from error
    rows = text.split("\n")
    cut_off = bool(rows.pop())
    if not rows:
        raise LogError(f"{path}: is no wire log: there is no header")
    every = [_line(path, number, row) for number, row in enumerate(rows, 1)]
    if cut_off:
        raise LogError(f"{path}, line {len(rows) + 1}: cut off in the middle of a line")
    return _checked(path, every)


def _line(path: Path, number: int, row: str) -> Line:
    try:
        body: Any = json.loads(row)
    except (ValueError, RecursionError):
        raise LogError(f"{path}, line {number}: is not JSON: {row[:40]!r}") from None
    try:
        if number == 1 and (not isinstance(body, dict) or "case" not in body):
            raise Invalid("is not the header of a wire log")
        if not isinstance(body, dict):
            raise Invalid("is no JSON object")
        return lines.from_json(body)
    except Invalid as error:
        raise LogError(f"{path}, line {number}: {error}") from None


def _checked(path: Path, every: list[Line]) -> CaseLog:
    first, *body, last = every[0], *every[1:-1], every[-1]
    if not isinstance(first, Header):
        raise LogError(f"{path}, line 1: is not the header of a wire log")
    if not isinstance(last, Judged) or len(every) < 2:
        raise LogError(f"{path}: cut off behind line {len(every)}: there is no verdict")
    for number, line in enumerate(body, 2):
        if isinstance(line, (Header, Judged)):
            raise LogError(f"{path}, line {number}: a second {line.type}")
    wires = {line.wire for line in body if isinstance(line, Wire)}
    for number, line in enumerate(body, 2):
        if getattr(line, "wire", None) not in {None, *wires}:
            raise LogError(f"{path}, line {number}: there is no wire of that number")
    return CaseLog(first, tuple(body), last)


def in_order(body: Iterable[Line]) -> tuple[Line, ...]:
    """Return lines by their time; of the same time, in the order in which they are given."""
    return tuple(sorted(body, key=lambda line: line.ns))
