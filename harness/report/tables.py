"""The tables of a report as lines of styled text that fit a given width."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Final

from rich.text import Text

from harness.report.grid import GAP, Grid, Peers, grids, number_width
from harness.report.matrix import Cell, Matrix, cell_of
from harness.results import Run
from harness.verdicts import LETTER, STYLE, Verdict

HEAD: Final = "dim"
"""The style of whatever only leads the eye."""

Look = Callable[[str, str], Cell]
"""What a table shows for a row and a column."""


def peer_tables(table: Matrix, peers: Peers, width: int) -> list[Text]:
    """Pairs and single peers under the same columns.

    A row of the upper part is the peer that connects and writes first, the column the one
    that listens. A row of the lower part is a family of cases that each peer has by itself.
    """
    shown = {*table.columns, *table.singles}
    columns = [name for name in peers if name in shown]
    labels = [*table.rows, *table.single_families]
    label = min(max(map(len, labels), default=0), width // 2)
    lines: list[Text] = []
    for grid in grids(columns, peers, label + GAP, width):
        lines += _panel(table, peers, grid, label)
    return lines


def _panel(table: Matrix, peers: Peers, grid: Grid, room: int) -> list[Text]:
    """The rows of one set of columns, below its head."""
    lines = [Text(line, HEAD) for line in grid.head]
    digits = number_width(peers) - 1
    numbers = {name: str(at).rjust(digits) + " " for at, name in enumerate(peers, start=1)}

    def label(name: str) -> Text:
        # The part up to the @ is the same in row after row; what differs should stand out.
        head, at, tail = shortened(name, room).rpartition("@")
        number = numbers.get(name, " " * (digits + 1)) if grid.numbered else ""
        return Text.assemble((number, HEAD), (head + at, HEAD), tail)

    for _, block in groupby(table.rows, lambda name: peers[name].implementation):
        lines += [_row(label(name), name, grid, table.cell) for name in block]
        lines.append(Text())
    if not table.single_families:
        return lines
    lines.append(Text.assemble(("alone", "bold"), ("  each peer opposite the tester", HEAD)))
    for family in table.single_families:
        lines.append(_row(label(family), family, grid, lambda row, peer: table.single(peer, row)))
    return [*lines, Text()]


def _row(line: Text, row: str, grid: Grid, look: Look) -> Text:
    """One row: after its label, a letter in every column that has results."""
    for column, at in grid.columns:
        verdict = look(row, column).verdict
        if verdict is not None:
            line.append(" " * (at - len(line)))
            line.append(LETTER[verdict], STYLE[verdict])
    return line


def total_table(run: Run, table: Matrix, width: int) -> list[Text]:
    """How often each verdict was given, by family and in all; its head explains the letters.

    Where the words do not fit, the letters stand alone and a line below explains them.
    """
    rows = [(family, table.family(family)) for family in table.families]
    rows.append(("total", cell_of(run.results)))
    given = [verdict for verdict in Verdict if any(verdict in cell.counts for _, cell in rows)]
    words = [f"{LETTER[verdict]} {verdict}" for verdict in given]
    label = min(max(len(name) for name, _ in rows), width // 3)
    lines = _totals(rows, given, words, label)
    if max(map(len, lines)) <= width:
        return lines
    letters = _totals(rows, given, [LETTER[verdict] for verdict in given], label)
    return letters + _legend(given, words, width)


def _totals(
    rows: Sequence[tuple[str, Cell]], given: Sequence[Verdict], heads: Sequence[str], label: int
) -> list[Text]:
    """The table of totals under the heads."""
    digits = len(str(max(cell.total for _, cell in rows)))
    sizes = [max(len(head), digits) + GAP for head in heads]
    first = Text(" " * label)
    for head, size, verdict in zip(heads, sizes, given, strict=True):
        first.append(head.rjust(size), STYLE[verdict])
    lines = [first.append("total".rjust(max(5, digits) + GAP), HEAD)]
    for name, cell in rows:
        line = Text(shortened(name, label).ljust(label), "bold" if name == "total" else "")
        for size, verdict in zip(sizes, given, strict=True):
            line.append(str(cell.counts.get(verdict, "")).rjust(size))
        lines.append(line.append(str(cell.total).rjust(max(5, digits) + GAP)))
    return lines


def _legend(given: Sequence[Verdict], words: Sequence[str], width: int) -> list[Text]:
    """The letters with their words, in as many lines as they need."""
    lines = [Text()]
    for verdict, word in zip(given, words, strict=True):
        if len(lines[-1]) + len(word) + GAP > width:
            lines.append(Text())
        lines[-1].append(word, STYLE[verdict]).append(" " * GAP)
    for line in lines:
        line.rstrip()
    return lines


def shortened(name: str, room: int) -> str:
    """A name that fits: its start and its end with two dots between, where it is too long."""
    if len(name) <= room:
        return name
    tail = room // 2
    return name[: room - tail - 2] + ".." + name[len(name) - tail :]
