"""The plan of a run: in every round every contender, one right after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from harness.bench.contender import Contender
from harness.bench.measure import Failure, Figure
from harness.bench.workload import Workload

Measure = Callable[[Contender, Workload], Figure | Failure]


@dataclass
class Row:
    """What a contender has shown in one workload: a figure a round, or why it has none."""

    contender: Contender
    workload: Workload
    figures: dict[int, Figure] = field(default_factory=dict)
    failure: Failure | None = None


def rows(contenders: Sequence[Contender], workloads: Sequence[Workload]) -> list[Row]:
    """Return the empty rows of a run."""
    return [
        Row(contender, workload) for workload in workloads for contender in contenders
        if workload.name in contender.workloads
    ]


def carry_out(table: Sequence[Row], rounds: int, measure: Measure) -> None:
    """Fill the rows, round by round.

    Within a round the contenders of a workload follow each other at once, so that what else the
    machine does meets all of them alike; in each round another one begins. A contender that failed
    is not asked again: one that hangs would cost its limit in every round.
    """
    for number in range(rounds):
        for workload in dict.fromkeys(row.workload for row in table):
            some = [row for row in table if row.workload == workload]
            begin = number % len(some)
            for row in (*some[begin:], *some[:begin]):
                if row.failure is not None:
                    continue
                outcome = measure(row.contender, workload)
                if isinstance(outcome, Figure):
                    row.figures[number] = outcome
                else:
                    row.failure = outcome
