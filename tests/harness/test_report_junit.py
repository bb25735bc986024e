"""The JUnit XML of a run, read back by the library that others use, and by an XML parser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite
from runs import failed, gave, passed, peers, results, run_of, warned

from harness.report import junit
from harness.results import Result, Run
from harness.verdicts import RED, UNTRUSTED, Verdict

WHO = peers()
FIRST, SECOND = (peer.name for peer in WHO[:2])
PASSED = passed("interop/kinds/text", "[1]", FIRST, SECOND)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the report goes."""
    return tmp_path / "junit.xml"


def suites(run: Run, path: Path) -> list[TestSuite]:
    """The suites of the run's report."""
    junit.write(run, path)
    return list(JUnitXml.fromfile(str(path)))


def case_of(result: Result, path: Path) -> TestCase:
    """The test case that stands for one result."""
    (suite,) = suites(run_of(WHO, [result]), path)
    (case,) = suite
    assert isinstance(case, TestCase)
    return case


def cases(path: Path) -> Iterator[ElementTree.Element]:
    """All test cases of a report, by a plain XML parser."""
    return ElementTree.parse(path).iter("testcase")


def test_a_family_is_a_suite_and_a_result_is_a_case(path: Path) -> None:
    outcome = results(WHO)
    report = suites(run_of(WHO, outcome), path)
    assert [suite.name for suite in report] == sorted({one.family for one in outcome})
    assert [suite.tests for suite in report] == [
        sum(one.family == suite.name for one in outcome) for suite in report
    ]
    names = {(case.get("classname"), case.get("name")) for case in cases(path)}
    assert len(names) == len(outcome)


def test_a_case_is_named_by_its_parameters_and_peers(path: Path) -> None:
    case = case_of(PASSED, path)
    assert case.classname == "interop/kinds/text"
    assert case.name == f"[1]@{FIRST}~{SECOND}"
    assert case.time == 0.012
    assert case_of(replace(PASSED, params=""), path).name == f"{FIRST}~{SECOND}"


def test_a_suite_says_what_was_judged_and_by_what(path: Path) -> None:
    (suite,) = suites(run_of(WHO[:2], [PASSED]), path)
    properties = ElementTree.parse(path).iter("property")
    assert {one.get("name"): one.get("value") for one in properties} == {
        "suite.version": "1.0",
        "suite.digest": "0" * 64,
        "harness": "2.0.0",
        "peers": f"{FIRST} {SECOND}",
    }
    assert suite.timestamp == "2026-01-02T03:04:05+00:00"


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_its_place(path: Path, verdict: Verdict) -> None:
    case = case_of(gave(PASSED, verdict, "because"), path)
    outcome = case.result[0] if case.result else None
    if verdict in UNTRUSTED:
        assert isinstance(outcome, Error)
    elif verdict in RED:
        assert isinstance(outcome, Failure)
    elif verdict in (Verdict.UNSUPPORTED, Verdict.XFAIL):
        assert isinstance(outcome, Skipped)
    else:
        assert outcome is None
        assert bool(case.system_out) == (verdict is not Verdict.PASS)
    if outcome is not None:
        assert (outcome.type, outcome.message) == (verdict.value, "because")


def test_a_failure_says_what_was_expected_and_how_to_repeat_it(path: Path) -> None:
    case = case_of(replace(failed(PASSED), stderr="at the end"), path)
    assert case.result[0].text.splitlines() == [
        "clause: FRAME-5",
        "expected: the header 00 81",
        "observed: the header 00 80 81",
        f"replay: python -m harness replay '{PASSED.id}'",
    ]
    assert case.system_err == "at the end"


def test_a_warning_passes_and_is_told(path: Path) -> None:
    case = case_of(warned(PASSED), path)
    assert case.is_passed
    assert case.system_out == "WARN\nclause: FRAME-9\nexpected: 80\nobserved: nothing"


def test_the_numbers_add_up(path: Path) -> None:
    outcome = [gave(replace(PASSED, params=f"[{one}]"), one, "because") for one in Verdict]
    (suite,) = suites(run_of(WHO, outcome), path)
    assert (suite.tests, suite.failures, suite.errors, suite.skipped) == (12, 5, 2, 2)
    root = ElementTree.parse(path).getroot()
    assert [root.get(key) for key in ("tests", "failures", "errors", "skipped")] == [
        "12",
        "5",
        "2",
        "2",
    ]


def test_what_xml_cannot_carry_is_replaced(path: Path) -> None:
    text = "a\x00b\x1b[2J\ud800\uffff <&\"'> ]]> \u00e9\U0001f600\ttab"
    case = case_of(gave(PASSED, Verdict.CRASH, text, stderr=text), path)
    legal = "a\ufffdb\ufffd[2J\ufffd\ufffd <&\"'> ]]> \u00e9\U0001f600\ttab"
    assert case.system_err == legal
    assert legal in case.result[0].text
    # XML lets a parser turn a tab in an attribute into a space, and parsers differ.
    assert case.result[0].message.replace("\t", " ") == legal.replace("\t", " ")


def test_a_run_that_is_not_whole_has_an_error(path: Path) -> None:
    whole, incomplete = suites(run_of(WHO, [PASSED], missing=["a/b@c", "a/b@d"]), path)
    assert (whole.errors, incomplete.name, incomplete.errors) == (0, "run", 1)
    (case,) = incomplete
    assert case.result[0].message == "2 of 3 cases have no result"
    assert case.result[0].text == "a/b@c\na/b@d"


def test_a_run_that_was_killed_has_an_error(path: Path) -> None:
    run = replace(run_of(WHO, [PASSED], missing=["a/b@c"]), footer=None)
    assert suites(run, path)[-1].errors == 1


def test_the_same_run_gives_the_same_octets(path: Path, tmp_path: Path) -> None:
    run = run_of(WHO, results(WHO))
    junit.write(run, path)
    junit.write(run, tmp_path / "again.xml")
    assert path.read_bytes() == (tmp_path / "again.xml").read_bytes()
