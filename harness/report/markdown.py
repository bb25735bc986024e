"""The outcome of a run in Markdown, for a pull request, a release or a build's summary."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.report import kills
from harness.report.badge import words
from harness.report.findings import commands, counted, explain, findings
from harness.results import Run
from harness.verdicts import RED, Verdict

SHOWN: Final = 20
"""Findings that are told: more than that nobody reads, and GitHub takes 1 MiB at most."""

LONGEST: Final = 500
"""Characters of one fact; a payload in a reason may be far longer."""

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def write(run: Run, path: Path) -> None:
    """Write the summary. Raises OSError."""
    path.write_text(summary(run), encoding="utf-8", newline="\n")


def summary(run: Run) -> str:
    """The summary: the outcome, how often each verdict was given, and what is red."""
    return "".join(f"{line}\n" for line in _lines(run))


def code(text: str) -> str:
    """A text as Markdown that is shown as it is: nothing in it is markup, and it is one line."""
    text = CONTROL.sub(" ", text)
    if len(text) > LONGEST:
        text = text[:LONGEST] + "…"
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{fence} {text} {fence}" if text.strip() else "(nothing)"


def _lines(run: Run) -> Iterator[str]:
    header = run.header
    yield f"## Stockings: {words(run)[0]}"
    yield ""
    planned = f"{len(run.results)} of {counted(header.planned, 'planned case')}"
    what = f"{planned}, {counted(len(header.peers), 'peer')}"
    if kills.about_mutants(run):
        what = "Endpoints with one defect each, on which some case has to fail"
    yield f"{what}, suite {code(header.suite.version)}, begun {code(header.started)}."
    if not run.complete:
        yield ""
        yield "**The run is incomplete: what has no result is not shown to conform.**"
    yield ""
    yield from _table(run)
    found = findings(run.results, RED)
    for finding in found[:SHOWN]:
        one = finding.example
        yield ""
        yield f"### {one.verdict} {code(one.case)}"
        yield ""
        yield f"{finding.spread}, for one {code(one.where)}"
        yield ""
        facts = [*([("clause", one.clause)] if one.clause else []), *explain(one)]
        for label, fact in [*facts, *commands(run, one)]:
            yield f"- {label}: {code(fact)}"
    if len(found) > SHOWN:
        yield ""
        yield f"and {counted(len(found) - SHOWN, 'further finding')}."


def _table(run: Run) -> Iterator[str]:
    """How often each verdict was given, by family and in all."""
    given = [verdict for verdict in Verdict if verdict in run.counts]
    yield "| family | " + " | ".join([*given, "total"]) + " |"
    yield "|---|" + "--:|" * (len(given) + 1)
    families = sorted({one.family for one in run.results})
    rows = [(code(name).replace("|", "\\|"), _counts(run, name)) for name in families]
    for name, counts in [*rows, ("**total**", run.counts)]:
        cells = [str(counts[verdict] or "") for verdict in given]
        yield f"| {name} | " + " | ".join([*cells, str(counts.total())]) + " |"


def _counts(run: Run, family: str) -> Counter[Verdict]:
    return Counter(one.verdict for one in run.results if one.family == family)
