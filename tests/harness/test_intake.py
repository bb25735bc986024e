"""What the main process makes of what its workers report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.intake import Intake
from harness.plan import Stem
from harness.plugin import PROPERTY
from harness.results import Header, PeerInfo, Result, Suite, Writer, plan_digest
from harness.verdicts import Verdict

STEM = Stem("a/b/c", "[1]", "pair", (("SEND-1", "…"),), (), "cases/a/b.py::case_c[PEER~PEER-1]")
IDENT = "a/b/c[1]@one~two"
NODE = "cases/a/b.py::case_c[one~two-1]"
RESULT = Result(IDENT, "a/b/c", "[1]", ("one", "two"), Verdict.PASS)


class Watching(list[Result]):
    """A watcher that remembers."""

    def add(self, result: Result) -> None:
        """Take one result."""
        self.append(result)


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    """The intake of a run of one case."""
    peers = (PeerInfo("one", "x", None, "f"), PeerInfo("two", "x", None, "f"))
    header = Header(Suite("1", "0"), "2", "now", peers, 1, plan_digest([IDENT]))
    return Intake(Writer(tmp_path / "results", header), Watching(), [STEM], [IDENT])


def report(when: Any, outcome: Any, text: str = "", result: Result | None = None) -> Any:
    """A report of pytest's."""
    properties = [] if result is None else [(PROPERTY, json.dumps(result.to_json()))]
    return pytest.TestReport(
        NODE, ("", 0, ""), {}, outcome, text, when, user_properties=properties
    )


def watched(intake: Intake) -> list[Result]:
    """What the watcher was told."""
    found = intake._watcher
    assert isinstance(found, Watching)
    return found


def test_a_result_is_taken_once(intake: Intake) -> None:
    for when in ("setup", "call", "teardown"):
        intake.pytest_runtest_logreport(report(when, "passed", result=RESULT))
    assert watched(intake) == [RESULT]
    assert (intake.seen, intake.verdicts, intake.late) == ({IDENT}, [Verdict.PASS], [])


@pytest.mark.parametrize(
    ("when", "text", "reason"),
    [
        ("setup", "Traceback\nKeyError: 'x'", "KeyError: 'x'"),
        ("call", "Failed: Timeout >600.0s", "Failed: Timeout >600.0s"),
        ("???", "worker 'gw0' crashed while running 'x'", "worker 'gw0' crashed while running 'x'"),
        ("???", "", "a worker process ended"),
    ],
)
def test_a_case_without_a_result_is_our_fault(
    intake: Intake, when: str, text: str, reason: str
) -> None:
    intake.pytest_runtest_logreport(report(when, "failed", text))
    (result,) = watched(intake)
    assert (result.id, result.peers, result.verdict) == (IDENT, ("one", "two"), Verdict.HARNESS)
    assert (result.reason, result.stderr, result.clauses) == (reason, text, ("SEND-1",))


def test_what_breaks_behind_a_judged_case_is_not_lost(intake: Intake) -> None:
    intake.pytest_runtest_logreport(report("call", "passed", result=RESULT))
    intake.pytest_runtest_logreport(report("teardown", "failed", "RelayBroken: it has"))
    assert intake.late == [f"{IDENT}: RelayBroken: it has"]
    assert watched(intake) == [RESULT]


def test_a_worker_that_dies_between_two_cases_takes_nothing_back(intake: Intake) -> None:
    intake.pytest_runtest_logreport(report("call", "failed", result=RESULT))
    intake.pytest_runtest_logreport(report("???", "failed", "worker 'gw0' crashed"))
    assert (watched(intake), intake.late) == ([RESULT], [])
