"""What a run has shown, as plain data: the one thing that tables, JSON and plot are made from."""

from __future__ import annotations

import statistics as numbers
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from harness.bench import floors
from harness.bench.rounds import Row
from harness.bench.statistics import Latency, Spread, latency, ratios, spread
from harness.bench.workload import MIB, Workload


@dataclass(frozen=True)
class Line:
    """One contender in one workload.

    `value` is in the workload's unit, `ratio` to the best of `bases`; None if there is nothing to
    compare with. `failure` is why there are no figures, and `missed` says which floors are.
    """

    workload: Workload
    contender: str
    bases: tuple[str, ...]
    value: Spread | None = None
    ratio: Spread | None = None
    floor: float | None = None
    latency: Latency | None = None
    facts: tuple[tuple[str, float], ...] = ()
    failure: str | None = None
    kind: str | None = None
    missed: tuple[str, ...] = ()


def lines(rows: Sequence[Row], major: int, one_core: bool) -> list[Line]:
    """Return what the rows of a run have shown; `major` is the Python's major version."""
    return [_line(row, rows, major, one_core) for row in rows]


def _line(row: Row, rows: Sequence[Row], major: int, one_core: bool) -> Line:
    workload, name = row.workload, row.contender.name
    bases = floors.bases(workload.name, major)
    if row.failure is not None:
        return Line(workload, name, bases, failure=row.failure.what, kind=row.failure.kind)
    figures = row.figures
    measures = [
        other.figures for other in rows
        if other.workload == workload and other.contender.name in bases
    ]
    ratio = None if workload.cost else spread(ratios(figures, measures))
    facts = {
        word: numbers.median(one.facts[word] for one in figures.values() if word in one.facts)
        for word in ("peak", "memory", "threads", "descriptors")
        if any(word in one.facts for one in figures.values())
    }
    floor = floors.floor(workload.name, name, major, one_core)
    return Line(
        workload, name, bases, spread(one.value for one in figures.values()), ratio, floor,
        latency(figures.values()), tuple(facts.items()),
        missed=tuple(_missed(workload, name, ratio, floor, facts.get("peak"), major)),
    )


def _missed(
    workload: Workload, contender: str, ratio: Spread | None, floor: float | None,
    peak: float | None, major: int,
) -> list[str]:
    missed = []
    if floor is not None and ratio is not None and ratio.median < floor:
        missed.append(f"{ratio.median:.2f} instead of {floor:.2f}")
    if workload.name == "large" and contender.startswith("stockings-") and peak is not None:
        times, beside = floors.PEAK[2 if major == 2 else 3]
        allowed = workload.size * times + beside
        if peak > allowed:
            missed.append(f"a peak of {peak / MIB:.0f} MiB instead of {allowed / MIB:.0f}")
    return missed


def document(found: Sequence[Line], about: dict[str, Any]) -> dict[str, Any]:
    """Return a run as a JSON object: `about` it, and `lines`, each with names in full."""
    return {"format": 1, "about": about, "lines": [
        {
            "workload": line.workload.name, "unit": line.workload.unit,
            "size": line.workload.size, "links": line.workload.links,
            "contender": line.contender, "bases": list(line.bases),
            "value": _plain(line.value), "ratio": _plain(line.ratio), "floor": line.floor,
            "latency_ns": _plain(line.latency), "facts": dict(line.facts),
            "failure": line.failure, "kind": line.kind, "missed": list(line.missed),
        }
        for line in found
    ]}


def _plain(thing: Spread | Latency | None) -> dict[str, float] | None:
    return None if thing is None else asdict(thing)
