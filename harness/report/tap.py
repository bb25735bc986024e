"""The results as TAP 14, for whatever reads test results as lines of text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from harness.report.findings import commands, explain
from harness.results import Result, Run
from harness.verdicts import RED, Verdict

CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
"""What would end a line, or a terminal's patience; also what UTF-8 cannot carry."""

DIRECTIVE: Final = {Verdict.UNSUPPORTED: "SKIP", Verdict.XFAIL: "TODO"}
"""Green verdicts that are no pass, and the word that TAP has for each."""


def write(run: Run, path: Path) -> None:
    """Write a run as TAP. A planned case without a result is a test that failed."""
    path.write_text("".join(f"{line}\n" for line in lines(run)), encoding="utf-8", newline="\n")


def lines(run: Run) -> Iterator[str]:
    """The lines of the report: the version, the plan, and each test in its order."""
    gap = max(0, run.header.planned - len(run.results))
    named = run.footer.missing if run.footer else ()
    yield "TAP version 14"
    yield f"1..{len(run.results) + gap}"
    for number, result in enumerate(run.results, start=1):
        yield from _test(run, number, result)
    for at in range(gap):
        what = named[at] if at < len(named) else "one of the planned cases"
        yield f"not ok {len(run.results) + at + 1} - {_words(what)} has no result"


def _test(run: Run, number: int, result: Result) -> Iterator[str]:
    """One result: its line, and what it rests on as YAML unless it is a plain pass."""
    fine = result.verdict not in RED | {Verdict.XFAIL}
    directive = DIRECTIVE.get(result.verdict)
    because = f" # {directive} {_words(result.reason)}".rstrip() if directive else ""
    yield f"{'ok' if fine else 'not ok'} {number} - {_words(result.id)}{because}"
    if result.verdict is Verdict.PASS:
        return
    facts = [("verdict", result.verdict.value), ("clause", result.clause or ""), *explain(result)]
    facts += commands(run, result) if result.verdict in RED else []
    facts.append(("stderr", result.stderr))
    yield "  ---"
    for label, fact in facts:
        if fact:
            # A JSON string is a YAML one, too, and stays on its line whatever is in it.
            yield f"  {label}: {json.dumps(fact)}"
    yield "  ..."


def _words(text: str) -> str:
    """A text on one line, in which nothing reads as a directive."""
    return CONTROL.sub(" ", text).replace("\\", "\\\\").replace("#", "\\#")
