"""Covering arrays: rows in which every t values of different axes meet at least once.

A greedy generator: each row begins with combinations that no row has yet, and takes for each
further axis the value that adds most new ones. The published libraries were tried first (allpairspy
does not cover three ways, covertable needs seconds); this one takes a fraction of a second for the
suite's axes, and a test holds its rows against every combination that the rules allow.

Deterministic: the same space gives the same rows on every machine and every Python.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product


@dataclass(frozen=True)
class Rule:
    """Which values of some axes (their numbers) go together."""

    axes: tuple[int, ...]
    allows: Callable[..., bool]


@dataclass(frozen=True)
class Space:
    """Axes, each a sequence of its values, and the rules that a row has to obey."""

    axes: tuple[tuple[str, ...], ...]
    rules: tuple[Rule, ...] = ()

    def allowed(self, row: Sequence[str]) -> bool:
        """Whether a whole row obeys every rule."""
        return all(rule.allows(*(row[axis] for axis in rule.axes)) for rule in self.rules)


def covering_array(space: Space, strength: int = 3) -> list[tuple[str, ...]]:
    """Return rows that cover every combination of `strength` values that some allowed row has.

    With fewer axes than that, every allowed row. ValueError if the rules allow no row at all.
    """
    generator = _Generator(space, min(strength, len(space.axes)))
    rows = list(iter(generator.next_row, None))
    if not rows:
        raise ValueError("the rules allow no row at all")
    return [tuple(values[at] for values, at in zip(space.axes, row, strict=True)) for row in rows]


#: The values of some axes, as numbers; None where they are not known yet.
Known = tuple[int | None, ...]


@dataclass
class _Table:
    """The combinations of one choice of axes: a flag for each, 1 while no row has it."""

    axes: tuple[int, ...]
    strides: tuple[int, ...]
    open: bytearray
    left: int
    at: int = 0


@dataclass
class _Generator:
    """Makes one row after the other. Values are numbers here."""

    space: Space
    strength: int
    tables: list[_Table] = field(init=False)
    #: For each axis: the tables that have it, with its stride, and the other axes with theirs.
    beside: list[list[tuple[_Table, int, list[tuple[int, int]]]]] = field(init=False)
    #: For each axis: the rules that it is subject to, as sets of what they allow. Those hold every
    #: allowed combination, and every part of one, with None in the place of what is not known.
    bound: list[list[tuple[tuple[int, ...], frozenset[Known]]]] = field(init=False)
    used: list[list[int]] = field(init=False)

    def __post_init__(self) -> None:
        axes = self.space.axes
        self.tables = [self._table(some) for some in combinations(range(len(axes)), self.strength)]
        self.used = [[0] * len(values) for values in axes]
        self.beside = [[] for _ in axes]
        for table in self.tables:
            for place, axis in enumerate(table.axes):
                pairs = list(zip(table.axes, table.strides, strict=True))
                stride = pairs.pop(place)[1]
                self.beside[axis].append((table, stride, pairs))
        self.bound = [[] for _ in axes]
        for rule in self.space.rules:
            together = frozenset(
                part
                for numbers in product(*(range(len(axes[axis])) for axis in rule.axes))
                if rule.allows(*(axes[a][n] for a, n in zip(rule.axes, numbers, strict=True)))
                for part in product(*((number, None) for number in numbers))
            )
            for axis in rule.axes:
                self.bound[axis].append((rule.axes, together))

    def _table(self, some: tuple[int, ...]) -> _Table:
        strides, size = [], 1
        for axis in reversed(some):
            strides.append(size)
            size *= len(self.space.axes[axis])
        return _Table(some, tuple(reversed(strides)), bytearray(b"\1" * size), size)

    def next_row(self) -> list[int] | None:
        """Return a row with at least one new combination; None when there are none left."""
        while True:
            table = max(self.tables, key=lambda table: table.left)
            if not table.left:
                return None
            at = table.open.index(1, table.at)
            table.at = at
            row: list[int | None] = [None] * len(self.space.axes)
            for axis, stride in zip(table.axes, table.strides, strict=True):
                row[axis] = at // stride % len(self.space.axes[axis])
            whole = self._filled(row)
            if whole is not None:
                self._take(whole)
                return whole
            # No allowed row has this combination.
            table.open[at] = 0
            table.left -= 1

    def _filled(self, row: list[int | None]) -> list[int] | None:
        """Fill a row, the axes with most values first, with the best values that the rules allow.

        None if what is there cannot be part of any allowed row.
        """
        fixed = [axis for axis, value in enumerate(row) if value is not None]
        if not all(self._fits(row, axis) for axis in fixed):
            return None
        empty = [axis for axis, value in enumerate(row) if value is None]
        # Rules first: what they restrict is harder to place than what is free.
        empty.sort(key=lambda axis: (-len(self.bound[axis]), -len(self.space.axes[axis])))
        return self._fill(row, empty)

    def _fill(self, row: list[int | None], empty: list[int]) -> list[int] | None:
        if not empty:
            return [value for value in row if value is not None]
        axis, rest = empty[0], empty[1:]
        for value in self._ranked(row, axis):
            row[axis] = value
            if self._fits(row, axis):
                whole = self._fill(row, rest)
                if whole is not None:
                    return whole
        row[axis] = None
        return None

    def _ranked(self, row: list[int | None], axis: int) -> list[int]:
        """The values of an axis: most new combinations first, then the least used one."""
        values = range(len(self.space.axes[axis]))
        gains = [0] * len(values)
        for table, stride, others in self.beside[axis]:
            if not table.left:
                continue
            base = 0
            for other, step in others:
                number = row[other]
                if number is None:
                    break
                base += number * step
            else:
                for value in values:
                    gains[value] += table.open[base + value * stride]
        used = self.used[axis]
        return sorted(values, key=lambda value: (-gains[value], used[value], value))

    def _fits(self, row: list[int | None], axis: int) -> bool:
        """Whether each rule about an axis allows something that goes with what is known."""
        return all(
            tuple([row[one] for one in axes]) in together for axes, together in self.bound[axis]
        )

    def _take(self, row: list[int]) -> None:
        for table in self.tables:
            at = sum(row[a] * step for a, step in zip(table.axes, table.strides, strict=True))
            table.left -= table.open[at]
            table.open[at] = 0
        for axis, value in enumerate(row):
            self.used[axis][value] += 1
