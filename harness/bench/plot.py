"""The plot of a run: the median ratios, as bars in an SVG file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.bench.outcome import Line
from harness.problem import Usage


def require() -> None:
    """Raise `Usage` if there is nothing to draw with."""
    try:
        import pygal  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: F401
    except ImportError:
        raise Usage(
            "--plot needs pygal: `pip install pygal`, or `python -m tox run -e bench`, which has it"
        ) from None


def draw(found: Sequence[Line], title: str, file: Path) -> None:
    """Write the plot: a group of bars for each workload, a colour for each contender."""
    import pygal

    compared = [line for line in found if line.ratio is not None]
    workloads = list(dict.fromkeys(line.workload.name for line in compared))
    # A busy reader is five times as fast at what blocking sockets wait for: only this scale shows
    # both it and what is a hundred times as slow.
    chart = pygal.HorizontalBar(
        title=title, x_title="times the raw sockets, logarithmic", logarithmic=True, js=(),
        legend_at_bottom=True, height=60 + 26 * len(compared), no_prefix=True,
    )
    chart.x_labels = workloads
    for contender in dict.fromkeys(line.contender for line in compared):
        medians = {
            line.workload.name: line.ratio.median for line in compared
            if line.contender == contender and line.ratio is not None
        }
        chart.add(contender, [medians.get(workload) for workload in workloads])
    file.write_bytes(chart.render())
