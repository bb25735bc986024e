"""Pure functions from figures to what a table shows."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.bench.measure import Figure


@dataclass(frozen=True)
class Spread:
    """The least, the median and the greatest of some numbers."""

    least: float
    median: float
    greatest: float


def spread(numbers: Iterable[float]) -> Spread | None:
    """Return the spread of some numbers; None if there are none."""
    some = sorted(numbers)
    return Spread(some[0], statistics.median(some), some[-1]) if some else None


def ratios(
    figures: Mapping[int, Figure], bases: Sequence[Mapping[int, Figure]]
) -> list[float]:
    """Return each figure by the best of the bases in the same round, where both have one."""
    found = []
    for number, figure in figures.items():
        measures = [base[number].value for base in bases if number in base]
        if measures:
            found.append(figure.value / max(measures))
    return found


@dataclass(frozen=True)
class Latency:
    """Percentiles of a distribution, and its greatest value, in nanoseconds."""

    p50: int
    p99: int
    p999: int
    greatest: int


def latency(figures: Iterable[Figure]) -> Latency | None:
    """Return the percentiles over all rounds together; None if nothing was timed one by one.

    A percentile is the least time that so many of the round trips did not exceed.
    """
    counts: Counter[int] = Counter()
    for figure in figures:
        counts.update(dict(figure.laps))
    if not counts:
        return None
    total = counts.total()

    def least(thousandths: int) -> int:
        seen = 0
        for lap in sorted(counts):
            seen += counts[lap]
            if seen * 1000 >= total * thousandths:
                return lap
        raise AssertionError("the last one has seen all")

    return Latency(least(500), least(990), least(999), max(counts))
