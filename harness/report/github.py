"""What a run found, as the annotations that GitHub Actions reads from the output of a step."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from harness.report.findings import commands, counted, explain, findings
from harness.results import Run
from harness.verdicts import RED, Verdict

SHOWN: Final = 9
"""GitHub shows ten errors of a step; the tenth says what is missing, or how many more there are."""

WARNINGS: Final = 10
"""And ten warnings."""


def annotate(run: Run, file: str) -> Iterator[str]:
    """One command line for each finding: an error if it is red, a warning for a WARN.

    They name the results file, since a third party has none of the sources of a case.
    """
    found = findings(run.results, RED)
    for finding in found[:SHOWN]:
        one = finding.example
        facts = [("clause", one.clause or "none"), *explain(one), *commands(run, one)]
        text = "\n".join([finding.spread, *(f"{label}: {fact}" for label, fact in facts)])
        yield _command("error", file, f"{one.verdict} {one.case}", text)
    gap = run.header.planned - len(run.results)
    more = len(found) - SHOWN
    rest = [f"{counted(more, 'further finding')}"] if more > 0 else []
    rest += [f"{counted(gap, 'planned case')} without a result"] if gap > 0 else []
    if not run.complete and not rest:
        rest = ["the results have no end"]
    if rest:
        yield _command("error", file, "and more", "\n".join(rest))
    for finding in findings(run.results, [Verdict.WARN])[:WARNINGS]:
        one = finding.example
        text = "\n".join(f"{label}: {fact}" for label, fact in explain(one))
        yield _command("warning", file, f"WARN {one.case}", f"{finding.spread}\n{text}")


def _command(level: str, file: str, title: str, text: str) -> str:
    """A workflow command. What is escaped cannot end the line, and so cannot begin another."""
    return f"::{level} file={_property(file)},title={_property(title)}::{_text(text)}"


def _text(text: str) -> str:
    clean = text.encode("utf-8", "replace").decode("utf-8")
    return clean.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _text(text).replace(":", "%3A").replace(",", "%2C")
