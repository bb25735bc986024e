"""The outcome of a run as a badge: a small SVG picture for a web page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from harness.report import kills
from harness.report.findings import counted
from harness.results import Run
from harness.verdicts import Verdict, exit_code

GREEN, RED, GREY = "#1a7f37", "#b42318", "#57606a"

LETTER: Final = 6.6
"""How wide a letter is on average, in a font of 11 pixels; `textLength` sees to the rest."""

ILLEGAL: Final = re.compile("[^\x20-\ud7ff\ue000-\ufffd]")

TEMPLATE: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="20" role="img" aria-label="{all}">
<title>{all}</title>
<clipPath id="r"><rect width="{width}" height="20" rx="4"/></clipPath>
<g clip-path="url(#r)"><rect width="{left}" height="20" fill="#24292f"/>\
<rect x="{left}" width="{right}" height="20" fill="{colour}"/></g>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="{label_x}" y="14" textLength="{label_w}">{label}</text>
<text x="{words_x}" y="14" textLength="{words_w}">{words}</text>
</g>
</svg>
"""


def words(run: Run) -> tuple[str, str]:
    """What the badge says of a run, and its colour.

    It says "conforms" only of a whole suite that was kept: not of selected cases, nor of failures
    that are excused.
    """
    code = exit_code((one.verdict for one in run.results), run.complete)
    if kills.about_mutants(run) and code in (0, 1):
        text = kills.told(run)
        return (f"not proved: {text}", RED) if code else (text, GREEN)
    if code == 0:
        peers = counted(len({peer for one in run.results for peer in one.peers}), "peer")
        known = run.counts.get(Verdict.XFAIL, 0)
        if run.partial:
            return f"part of {run.header.suite.version} passes · {peers}", GREY
        if known:
            return f"{counted(known, 'known failure')} · {peers}", GREY
        return f"conforms {run.header.suite.version} · {peers}", GREEN
    return {1: ("does not conform", RED), 2: ("nothing was run", GREY)}.get(
        code, ("incomplete", RED)
    )


def write(run: Run, path: Path) -> None:
    """Write the badge. Raises OSError."""
    label, (text, colour) = "stockings", words(run)
    text = escape(ILLEGAL.sub("\ufffd", text), {'"': "&quot;"})
    label_w, words_w = round(len(label) * LETTER), round(len(words(run)[0]) * LETTER)
    left, right = label_w + 14, words_w + 14
    svg = TEMPLATE.format(
        width=left + right, left=left, right=right, colour=colour, label=label, words=text,
        all=f"{label}: {text}", label_w=label_w, words_w=words_w, label_x=left / 2,
        words_x=left + right / 2,
    )
    path.write_text(svg, encoding="utf-8", newline="\n")
