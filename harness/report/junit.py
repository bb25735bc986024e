"""The results as JUnit XML, for build servers and everything else that reads it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from junitparser import (
    Error,
    Failure,
    JUnitXml,
    Properties,
    Property,
    Skipped,
    TestCase,
    TestSuite,
)

from harness.report.bounds import steadiness, told
from harness.report.findings import commands, explain
from harness.results import Result, Run
from harness.verdicts import RED, UNTRUSTED, Verdict

ILLEGAL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot carry, in no spelling."""

SKIPPED: Final = frozenset({Verdict.UNSUPPORTED, Verdict.XFAIL})
"""Verdicts that JUnit can only call skipped: they are green and yet no pass."""


def write(run: Run, path: Path) -> None:
    """Write a run as JUnit XML: a suite for each family, a test case for each result.

    An error stands for what says nothing about a peer. A run that is not complete gets one of
    its own, so that what is missing cannot look like success. OSError is the caller's.
    """
    report = JUnitXml("stockings conformance")
    families = dict.fromkeys(result.family for result in run.results)
    for family in sorted(families):
        suite = _suite(run, family)
        suite.add_testcases([_case(run, one) for one in run.results if one.family == family])
        report.add_testsuite(suite)
    if not run.complete:
        suite = _suite(run, "run")
        suite.add_testcase(_incomplete(run))
        report.add_testsuite(suite)
    report.update_statistics()  # type: ignore[no-untyped-call]  # the library's annotation ends here
    report.write(str(path), pretty=True)


def _suite(run: Run, name: str) -> TestSuite:
    """An empty suite that says what was judged, and by what."""
    suite = TestSuite(name)
    suite.timestamp = run.header.started
    suite.add_property("suite.version", _legal(run.header.suite.version))
    suite.add_property("suite.digest", _legal(run.header.suite.digest))
    suite.add_property("harness", _legal(run.header.harness))
    suite.add_property("peers", _legal(" ".join(peer.name for peer in run.header.peers)))
    return suite


def _case(run: Run, result: Result) -> TestCase:
    """One result."""
    name = f"{result.params}@{result.where}" if result.params else result.where
    case = TestCase(_legal(name), _legal(result.case), result.seconds)
    if sum(result.tries.values()) > 1:
        case.append(_tries(result))  # type: ignore[no-untyped-call]  # see `write`
    facts = [("clause", result.clause)] if result.clause else []
    text = "\n".join(f"{label}: {fact}" for label, fact in [*facts, *explain(result)])
    if result.verdict in RED:
        kind = Error if result.verdict in UNTRUSTED else Failure
        outcome = kind(_legal(result.reason), result.verdict.value)
        further = "".join(f"\n{label}: {command}" for label, command in commands(run, result))
        outcome.text = _legal(text + further)
        case.result = [outcome]
    elif result.verdict in SKIPPED:
        case.result = [Skipped(_legal(result.reason), result.verdict.value)]
    elif result.verdict is not Verdict.PASS:
        case.system_out = _legal(f"{result.verdict}\n{text}")
    if result.stderr:
        case.system_err = _legal(result.stderr)
    return case


def _tries(result: Result) -> Properties:
    """What repeated tries of a case came to, as properties."""
    (steady,) = steadiness([result])
    properties = Properties()  # type: ignore[no-untyped-call]  # see `write`
    for name, value in (
        ("tries", told(result.tries)), ("astray", steady.astray),
        ("astray.upper95", f"{steady.bound:.6g}"),
    ):
        properties.add_property(Property(name, str(value)))
    return properties


def _incomplete(run: Run) -> TestCase:
    """The test case that stands for the results that are not there."""
    gap = run.header.planned - len(run.results)
    case = TestCase("complete", "run")
    error = Error(f"{gap} of {run.header.planned} cases have no result", "INCOMPLETE")
    error.text = _legal("\n".join(run.footer.missing if run.footer else ()))
    case.result = [error]
    return case


def _legal(text: str) -> str:
    """The text without what XML cannot carry; a replacement character stands in its place."""
    return ILLEGAL.sub("\ufffd", text)
