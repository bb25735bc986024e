"""The tables of a run, for a terminal and as Markdown; pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.bench.outcome import Line
from harness.bench.statistics import Spread
from harness.bench.workload import KIB, MIB, Workload


def show(console: Console, found: Sequence[Line]) -> None:
    """Print one table for each workload."""
    for workload, some in grouped(found):
        console.print()
        console.print(Text(f"{workload.name}: {workload.title}", "bold"))
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for number, heading in enumerate(headings(workload, some)):
            table.add_column(heading, justify="left" if number == 0 else "right", no_wrap=True)
        for line in some:
            if line.failure is None:
                table.add_row(*cells(line))
        if table.row_count:
            console.print(table)
        for line in some:
            if line.failure is not None:
                console.print(f"{line.contender}: {line.failure}", soft_wrap=True, markup=False)


def markdown(found: Sequence[Line]) -> str:
    """Return the tables as Markdown."""
    said: list[str] = []
    for workload, some in grouped(found):
        names = headings(workload, some)
        said += [f"**{workload.title}** ({workload.name})", "", _row(names),
                 _row(["---", *["---:"] * (len(names) - 1)])]
        for line in some:
            if line.failure is None:
                said.append(_row(cells(line)))
            else:
                said.append(_row([line.contender, line.kind or "failed", *[""] * (len(names) - 2)]))
        said.append("")
    return "\n".join(said)


def _row(words: Sequence[str]) -> str:
    return f"| {' | '.join(words)} |"


def grouped(found: Sequence[Line]) -> Iterator[tuple[Workload, list[Line]]]:
    """Return each workload with its lines."""
    for workload in dict.fromkeys(line.workload for line in found):
        yield workload, [line for line in found if line.workload == workload]


def headings(workload: Workload, some: Sequence[Line]) -> list[str]:
    """Return the headings of a table."""
    names = ["", workload.unit]
    if not workload.cost:
        names += [f"x {' or '.join(some[0].bases)} min", "median", "max", "floor"]
    if workload.name == "ping":
        names += ["p50", "p99", "p99.9", "max (us)"]
    if workload.name in ("large", "both"):
        names.append("peak MiB")
    if workload.links > 1:
        names += ["threads", "descriptors each", "KiB each"]
    return names


def cells(line: Line) -> list[str]:
    """Return what stands in a row: as many as there are headings."""
    workload = line.workload
    words = [line.contender, _amount(line.value)]
    if not workload.cost:
        ratio = line.ratio
        words += ["", "", ""] if ratio is None else [
            f"{each:.2f}" for each in (ratio.least, ratio.median, ratio.greatest)]
        words.append(_floor(line))
    if workload.name == "ping":
        laps = line.latency
        words += ["", "", "", ""] if laps is None else [
            f"{each / 1000:.0f}" for each in (laps.p50, laps.p99, laps.p999, laps.greatest)]
    facts = dict(line.facts)
    if workload.name in ("large", "both"):
        words.append(f"{facts['peak'] / MIB:.0f}" if "peak" in facts else "")
    if workload.links > 1:
        words += [
            f"{facts['threads']:.0f}" if "threads" in facts else "",
            f"{facts['descriptors']:.1f}" if "descriptors" in facts else "",
            f"{facts['memory'] / KIB:.1f}" if "memory" in facts else "",
        ]
    return words


def _amount(value: Spread | None) -> str:
    if value is None:
        return ""
    return f"{value.median:,.0f}" if value.median >= 100 else f"{value.median:.3g}"


def _floor(line: Line) -> str:
    if line.floor is None:
        return "" if not line.missed else "missed"
    return f"{line.floor:.2f} {'missed' if line.missed else 'reached'}"
