"""Open axes: parameters of a case that can have more values than the suite names.

A schedule, a program or a row of a covering array is a short text that says all there is to say.
The suite names some of them; any other one that parses makes a case of its own, which runs and
replays by its id like every other case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

#: One peer, or the two of a pair.
Where = tuple[str, ...]
#: Clauses, each with its quotation.
Quotations = tuple[tuple[str, str], ...]
#: What an open value may consist of: the characters of a case id but those that structure the id.
VALUE_CHARACTERS = re.compile(r"[A-Za-z0-9/.,:;=+*!|()<>&_-]+")


class NoValue(ValueError):
    """A text is no value of an open axis; the message says where it goes wrong, and why."""


@dataclass(frozen=True)
class OpenAxis:
    """An axis `name` with the values that the suite names, and a parser for all others.

    `parse` raises ValueError (with a message for people) for a text that is no value; what it
    returns is not looked at. With `rows`, the suite does not give every named value to everybody:
    `rows(everybody)` says which value meets whom, where `everybody` lists all peers, or all pairs,
    that the case could meet. It must be deterministic. With `decides`, a value decides only those
    of the quoted clauses that `decides(value)` gives. With `requires`, a value needs the features
    that `requires(value)` gives, beside those that the case needs for all values.
    """

    name: str
    named: tuple[str, ...]
    parse: Callable[[str], object]
    rows: Callable[[Sequence[Where]], Iterable[tuple[str, Where]]] | None = None
    decides: Callable[[str], Collection[str]] | None = None
    requires: Callable[[str], Collection[str]] | None = None

    def decided(self, value: str, quoted: Quotations) -> Quotations:
        """Return those of a case's quotations that a value of the axis decides."""
        if self.decides is None:
            return quoted
        clauses = self.decides(value)
        return tuple(one for one in quoted if one[0] in clauses)

    def require(self, value: str) -> None:
        """Raise `NoValue` unless the text is a value of this axis."""
        if not value:
            raise NoValue(f"the {self.name} is empty")
        kept = VALUE_CHARACTERS.match(value)
        at = kept.end() if kept else 0
        if at < len(value):
            what = f"{value[at]!r} cannot stand in the id of a case"
            raise NoValue(f"{self.name} {value!r}, character {at + 1}: {what}")
        try:
            self.parse(value)
        except ValueError as error:
            raise NoValue(str(error)) from error
