"""What the main process makes of what its workers report."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.cover.row import parse
from harness.intake import Intake
from harness.openaxis import OpenAxis
from harness.plan import Stem
from harness.plugin import PROPERTY
from harness.results import Header, PeerInfo, Result, Suite, Writer, plan_digest, read
from harness.verdicts import Verdict, exit_code

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


def test_a_single_case_is_found_by_the_name_of_its_peer(tmp_path: Path) -> None:
    stem = Stem("a/b/d", "", "single", (("SEND-1", "…"),), (), "b.py::case_d[PEER]")
    name = "reference@cpython3.12-poll"
    peers = (PeerInfo(name, "x", None, "f"),)
    header = Header(Suite("1", "0"), "2", "now", peers, 1, plan_digest([f"a/b/d@{name}"]))
    intake = Intake(Writer(tmp_path / "single", header), Watching(), [stem], [f"a/b/d@{name}"])
    node = f"b.py::case_d[{name}]"
    intake.pytest_runtest_logreport(
        pytest.TestReport(node, ("", 0, ""), {}, "failed", "KeyError: 1", "setup")
    )
    (result,) = watched(intake)
    assert (result.id, result.case, result.params) == (f"a/b/d@{name}", "a/b/d", "")
    assert (result.peers, result.verdict) == ((name,), Verdict.HARNESS)


def test_what_breaks_behind_a_judged_case_is_not_lost(intake: Intake) -> None:
    intake.pytest_runtest_logreport(report("call", "passed", result=RESULT))
    intake.pytest_runtest_logreport(report("teardown", "failed", "RelayBroken: it has"))
    assert intake.late == [f"{IDENT}: RelayBroken: it has"]
    assert watched(intake) == [RESULT]


def test_a_worker_that_dies_between_two_cases_takes_nothing_back(intake: Intake) -> None:
    intake.pytest_runtest_logreport(report("call", "failed", result=RESULT))
    intake.pytest_runtest_logreport(report("???", "failed", "worker 'gw0' crashed"))
    assert (watched(intake), intake.late) == ([RESULT], [])


ROW = Stem(
    "cover/x/row", "[a]", "pair", (("SEND-1", "…"),), (), "x.py::case_row[PEER~PEER-a]",
    axis=OpenAxis("row", ("a",), parse),
)
ROWS = [
    Result(f"cover/x/row[{name}]@one~two", "cover/x/row", f"[{name}]", ("one", "two"), verdict)
    for name, verdict in (
        ("text,1,whole,first,none,reset,slow", Verdict.FAIL),
        ("text,2,whole,first,none,reset,slow", Verdict.PASS),
        ("text,3,whole,first,none,reset,slow", Verdict.TIMEOUT),
        ("text,4,whole,first,none,reset,slow", Verdict.HARNESS),
    )
]


def rows(tmp_path: Path) -> tuple[Intake, Callable[[], list[Result]]]:
    """The intake of a run of rows, and what finds out what it has written."""
    peers = (PeerInfo("one", "x", None, "f"), PeerInfo("two", "x", None, "f"))
    ids = [result.id for result in ROWS]
    header = Header(Suite("1", "0"), "2", "now", peers, len(ids), plan_digest(ids))
    writer = Writer(tmp_path / "results", header)
    intake = Intake(writer, Watching(), [ROW], ids)
    for result in ROWS:
        intake._take(result)

    def written() -> list[Result]:
        writer.finish(ids, exit_code(intake.verdicts, intake.seen == set(ids)), 1.0)
        writer.__exit__(None, None, None)
        return list(read(tmp_path / "results").results)

    return intake, written


def test_failed_rows_are_written_with_what_it_takes_to_fail(tmp_path: Path) -> None:
    intake, written = rows(tmp_path)
    assert watched(intake) == ROWS

    def explain(results: Sequence[Result]) -> Iterator[Result]:
        for result in results:
            yield replace(result, localised=f"what {result.verdict} takes")

    def explainer(stem: Stem) -> Callable[[Sequence[Result]], Iterator[Result]]:
        assert stem.name == ROWS[0].case + ROWS[0].params
        return explain

    intake.settle(explainer)
    assert [(result.id, result.localised) for result in written()] == [
        (ROWS[1].id, ""), (ROWS[3].id, ""),
        (ROWS[0].id, "what FAIL takes"), (ROWS[2].id, "what TIMEOUT takes"),
    ]


def test_failed_rows_are_written_even_if_nobody_explains_them(tmp_path: Path) -> None:
    intake, written = rows(tmp_path)

    def explain(results: Sequence[Result]) -> Iterator[Result]:
        yield replace(results[0], localised="this")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        intake.settle(lambda stem: explain)
    assert [result.localised for result in written()] == ["", "", "this", ""]


def test_a_run_that_was_broken_off_is_not_explained(tmp_path: Path) -> None:
    intake, written = rows(tmp_path)
    intake.settle(None)
    assert {result.id for result in written()} == {result.id for result in ROWS}
