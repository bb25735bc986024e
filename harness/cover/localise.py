"""Why a row failed: the smallest combination of axes with which it still does.

A red row has a dozen axes, and mostly two or three of them matter. So the row is run again with one
axis after the other set to a plain value, for as long as it goes on failing; what is left is then
run with every other value of each axis, which tells the axes that matter, and the values of them
that fail. This module decides what to run; how is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.clock import Deadline

#: A row with its peers: the value of each axis, by name.
Point = Mapping[str, str]
#: Runs a point: whether it fails; None if there is no such row, or it told nothing.
Fails = Callable[[Point], bool | None]


@dataclass(frozen=True)
class Combination:
    """What has to come together for a failure: for each axis that matters, the failing values.

    `axes` holds for each of them its name, its failing values, and all its values that were
    tried; `least` is the plainest point that was seen to fail. `reduced` is False if the time was
    up before everything was tried.
    """

    axes: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    least: Point
    reduced: bool = True

    def covers(self, point: Point) -> bool:
        """Whether the combination is part of a point."""
        return all(point[name] in failing for name, failing, _ in self.axes)

    def __str__(self) -> str:
        words = "; ".join(_words(*axis) for axis in self.axes) or "whatever the values"
        return words if self.reduced else f"{words} (not reduced any further: the time was up)"


def localise(
    point: Point, fails: Fails, values: Mapping[str, Sequence[str]], plain: Point, time: Deadline
) -> Combination | None:
    """Find the smallest combination; None if the point does not fail again.

    `values` are all the values of each axis, `plain` the value of each that it is set to first;
    axes without a plain value are left for the end.
    """
    if not fails(point):
        return None
    least = dict(point)
    changed = True
    while changed and not time.over:
        changed = False
        for axis, value in plain.items():
            if least[axis] != value and not time.over and fails({**least, axis: value}):
                least[axis] = value
                changed = True
    return _spread(least, fails, values, time)


def _spread(
    least: Point, fails: Fails, values: Mapping[str, Sequence[str]], time: Deadline
) -> Combination:
    """Try every value of each axis of a failing point."""
    axes = []
    reduced = True
    for axis, listed in values.items():
        found = {least[axis]: True}
        for value in listed:
            if time.over:
                reduced = False
                break
            answer = found.get(value) or fails({**least, axis: value})
            if answer is not None:
                found[value] = answer
        tried = tuple(value for value in listed if value in found) or (least[axis],)
        failing = tuple(value for value in tried if found[value])
        if failing != tried or (len(tried) < len(listed) and not reduced):
            axes.append((axis, failing, tried))
    return Combination(tuple(axes), least, reduced)


def _words(axis: str, failing: Sequence[str], tried: Sequence[str]) -> str:
    """An axis with its failing values, in words."""
    if axis == "length":
        return f"length {_lengths([int(one) for one in failing], [int(one) for one in tried])}"
    return f"{axis} {_listed(failing, tried)}"


def _lengths(failing: Sequence[int], tried: Sequence[int]) -> str:
    least, most = min(failing), max(failing)
    together = sorted(one for one in tried if least <= one <= most) == sorted(failing)
    if together and most == max(tried) and len(failing) > 1:
        return f"{least} or more"
    if together and least == min(tried) and len(failing) > 1:
        return f"{most} or less"
    return ", ".join(map(str, sorted(failing)))


def _listed(failing: Sequence[str], tried: Sequence[str]) -> str:
    """The failing values; rather the others, if those are few."""
    passing = [value for value in tried if value not in failing]
    if len(failing) > 2 and len(passing) == 1:
        return f"other than {passing[0]}"
    return " or ".join(failing)
