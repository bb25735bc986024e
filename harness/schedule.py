"""Schedules: how octets are cut and how the sending ends, as a short text that is also data.

A schedule appears in the id of a case and replays the case, so each one has exactly one canonical
text (`str(schedule)`), which holds no space, `@`, `~`, `[`, `]`, `/` or quote.

    schedule = [ steps ] [ end ]            ; not both absent
    steps    = step *( "," step )
    step     = size [ "*" ]                 ; so many octets alone; with "*" again and again
             / "whole"                      ; all octets that are left, at once
    size     = 1*DIGIT                      ; 1 or more, no leading zero
    end      = "."                          ; then FIN: our sending direction ends
             / "!"                          ; then RST: the connection is reset

`*` and `whole` take all that is left, so nothing but an end may follow them.

    whole       one piece               1*          every octet alone
    1,2,3*      1, then 2, then threes  5,whole     cut behind the fifth octet
    3.          three octets, then FIN  1*!         every octet alone, then RST

Steps of sizes that do not take everything are followed by `whole`, unless an end is given: `2,3` is
read as `2,3,whole`, while `2,3.` sends five octets, ends, and never sends the rest.

How it grows: a step is known by its first character. Digits and `whole` are octets; the small
letters `p` (pause), `s` (stall: stop reading), `r` (read again) and the sign `&` (glue what follows
to the next message) are reserved for the steps that are to come between them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Ending = Literal["fin", "reset"]

_ENDS: dict[str, Ending] = {".": "fin", "!": "reset"}
_SIGNS = {ending: sign for sign, ending in _ENDS.items()}
_SIZE = re.compile(r"([1-9][0-9]*)(\*?)", re.ASCII)
_ALL = "whole"


class ScheduleError(ValueError):
    """A text is no schedule: `text`, `position` (characters from its start, from 0) and `what`."""

    def __init__(self, text: str, position: int, what: str) -> None:
        super().__init__(text, position, what)
        self.text = text
        self.position = position
        self.what = what

    def __str__(self) -> str:
        return f"schedule {self.text!r}, character {self.position + 1}: {self.what}"


@dataclass(frozen=True, slots=True)
class Octets:
    """One step: a piece of `size` octets (None: all that are left), `repeated` to the last one."""

    size: int | None
    repeated: bool = False

    def __str__(self) -> str:
        return _ALL if self.size is None else f"{self.size}{'*' if self.repeated else ''}"


@dataclass(frozen=True, slots=True)
class Schedule:
    """A parsed schedule; equal schedules do the same. Made by `parse`."""

    steps: tuple[Octets, ...]
    end: Ending | None = None

    def __str__(self) -> str:
        return ",".join(map(str, self.steps)) + (_SIGNS[self.end] if self.end else "")

    def sizes(self) -> Iterator[int | None]:
        """Yield the size of each piece, None for all octets that are left; maybe without end."""
        for step in self.steps:
            yield step.size
            while step.repeated:
                yield step.size

    def pieces(self, octets: bytes) -> list[bytes]:
        """Cut octets into the pieces to be sent. No piece is empty.

        Together they are all the octets, unless the schedule ends before.
        """
        pieces = []
        at = 0
        for size in self.sizes():
            stop = len(octets) if size is None else min(len(octets), at + size)
            if at == stop:
                break
            pieces.append(octets[at:stop])
            at = stop
        return pieces


def parse(text: str) -> Schedule:
    """Read a schedule; raises `ScheduleError`, which says where and what was expected."""
    end = _ENDS.get(text[-1:])
    body = text[:-1] if end else text
    if not body:
        if end is None:
            raise ScheduleError(text, 0, "is empty; say 'whole' to send everything at once")
        return Schedule((), end)
    steps: list[Octets] = []
    at = 0
    for word in body.split(","):
        if steps and _takes_all(steps[-1]):
            raise ScheduleError(text, at, f"nothing but an end may follow {str(steps[-1])!r}")
        steps.append(_step(text, at, word))
        at += len(word) + 1
    if end is None and not _takes_all(steps[-1]):
        steps.append(Octets(None))
    return Schedule(_shortest(steps), end)


def _takes_all(step: Octets) -> bool:
    return step.repeated or step.size is None


def _step(text: str, at: int, word: str) -> Octets:
    if word == _ALL:
        return Octets(None)
    match = _SIZE.fullmatch(word)
    if match:
        return Octets(int(match[1]), bool(match[2]))
    for offset, sign in enumerate(word):
        if sign in _ENDS:
            raise ScheduleError(text, at + offset, f"{sign!r} is an end and stands only at the end")
    if word == "*":
        raise ScheduleError(text, at, "'*' needs a size before it: '3*'")
    what = f"expected 'whole' or a size such as 3 or 3*, without a leading zero, not {word!r}"
    raise ScheduleError(text, at, what)


def _shortest(steps: list[Octets]) -> tuple[Octets, ...]:
    # One meaning, one text: `2,1,1*` is `2,1*`.
    last = steps[-1]
    before = steps[:-1]
    while last.repeated and before and before[-1].size == last.size:
        before.pop()
    return (*before, last)
