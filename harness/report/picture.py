"""The picture report: the end of a run as a terminal shows it, as an SVG file."""

from __future__ import annotations

import io
import re
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from harness.report.terminal import Clauses, summary
from harness.results import Run

#: Columns: what a terminal has at least.
WIDTH = 80


def write(run: Run, path: Path, clauses: Clauses) -> None:
    """Write the summary of a run as a picture. Raises OSError."""
    console = Console(
        record=True, force_terminal=True, width=WIDTH, file=io.StringIO(), highlight=False
    )
    summary(run, console, clauses)
    # rich's own template loads its font from the network; a picture in a document must not.
    template = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    title = "python -m harness run"
    path.write_text(console.export_svg(title=title, code_format=template), encoding="utf-8")
