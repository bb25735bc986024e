"""What repeated tries of a case come to: the truth table, without any peer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from runs import failed, gave, passed, warned

from harness.records import Result
from harness.repeats import ENOUGH, agreed, outcome, repeated
from harness.verdicts import Verdict, exit_code

PASSED = passed("end/reset/noticed", "", "one")
FAILED = failed(PASSED)
OTHERWISE = replace(FAILED, clause="STREAM-1", reason="expected order; observed disorder")
WARNED = warned(PASSED)
LATE = gave(PASSED, Verdict.TIMEOUT, "no answer", step="read")
OURS = gave(PASSED, Verdict.HARNESS, "KeyError")
NOT_MET = gave(PASSED, Verdict.UNTESTABLE, "it was never stuck")
EXCUSED = replace(FAILED, verdict=Verdict.XFAIL, expected_verdict=Verdict.FAIL)
STALE = gave(PASSED, Verdict.STALE, "line 3 expects FAIL")
DECLINED = gave(PASSED, Verdict.UNSUPPORTED, "does not declare gate")


@pytest.mark.parametrize("one", [PASSED, FAILED, WARNED, LATE, OURS, NOT_MET, EXCUSED, STALE])
def test_tries_that_agree_keep_their_verdict(one: Result) -> None:
    came = agreed([one] * 5)
    assert (came.verdict, came.clause, came.reason) == (one.verdict, one.clause, one.reason)
    assert came.tries == {outcome(one): 5}


DISAGREEING = [
    ([PASSED, PASSED, FAILED], Verdict.FLAKY, "FRAME-5"),
    ([FAILED, PASSED, FAILED], Verdict.FLAKY, "FRAME-5"),
    ([FAILED, FAILED, OTHERWISE], Verdict.FLAKY, None),
    ([PASSED, WARNED, WARNED], Verdict.FLAKY, "FRAME-9"),
    ([PASSED, LATE, PASSED], Verdict.FLAKY, None),
    ([PASSED, NOT_MET, NOT_MET], Verdict.FLAKY, None),
    ([EXCUSED, EXCUSED, STALE], Verdict.FLAKY, "FRAME-5"),
    ([EXCUSED, EXCUSED, FAILED], Verdict.FLAKY, "FRAME-5"),
    ([PASSED, OURS, PASSED], Verdict.HARNESS, None),
    ([FAILED, OURS, OURS], Verdict.HARNESS, None),
]


@pytest.mark.parametrize(("tries", "verdict", "clause"), DISAGREEING)
def test_tries_that_disagree_are_flaky(
    tries: list[Result], verdict: Verdict, clause: str | None
) -> None:
    came = agreed(tries)
    assert (came.verdict, came.clause) == (verdict, clause)
    assert sum(came.tries.values()) == len(tries)
    assert exit_code([came.verdict], True) == (3 if verdict is Verdict.HARNESS else 1)


def test_tries_of_several_runs_are_all_counted() -> None:
    """Of the review: two runs of 50 tries were merged into two tries, which agreed."""
    run = agreed([PASSED] * 4 + [FAILED] + [PASSED] * 5)
    both = agreed([run, run])
    assert (both.verdict, both.clause) == (Verdict.FLAKY, "FRAME-5")
    assert both.tries == {"PASS": 18, "FAIL FRAME-5": 2}
    assert both.reason.startswith("most tries gave PASS; in run 1, most tries gave PASS, try 5")
    steady = agreed([PASSED] * 10)
    assert agreed([steady, steady]).tries == {"PASS": 20}
    later = agreed([steady, FAILED])
    assert later.tries == {"PASS": 10, "FAIL FRAME-5": 1}
    assert later.reason.startswith("most tries gave PASS, try 11 gave FAIL FRAME-5: ")
    assert agreed([steady, agreed([FAILED, OTHERWISE])]).clause is None
    lie = replace(PASSED, tries={"PASS": 1, "FAIL END-5": 1})
    assert (agreed([lie, lie]).verdict, agreed([lie, lie]).clause) == (Verdict.FLAKY, "END-5")


def test_the_same_clause_broken_in_other_words_is_no_disagreement() -> None:
    assert agreed([FAILED, replace(FAILED, reason="late")]).verdict is Verdict.FAIL


def test_a_flaky_result_tells_the_first_try_that_was_otherwise() -> None:
    came = agreed([PASSED, LATE, replace(LATE, reason="later"), PASSED, PASSED])
    assert came.reason == "most tries gave PASS, try 2 gave TIMEOUT: no answer"
    assert came.step == "read"
    assert came.tries == {"PASS": 3, "TIMEOUT": 2}


def test_where_most_fail_the_try_that_did_not_is_told() -> None:
    came = agreed([FAILED, FAILED, PASSED])
    assert came.reason == "most tries gave FAIL FRAME-5, try 3 gave PASS"


def test_a_result_took_as_long_as_its_tries_together() -> None:
    slow = replace(PASSED, seconds=0.25)
    for tries in ([slow] * 4, [slow, FAILED, slow]):
        assert agreed(tries).seconds == pytest.approx(sum(one.seconds for one in tries))


def test_the_time_of_all_tries_is_told_in_microseconds() -> None:
    assert agreed([replace(PASSED, seconds=2e-7)] * 4).seconds == 1e-6


def test_the_log_is_the_one_that_a_try_has_left() -> None:
    logged = replace(LATE, log="logs/1.jsonl")
    assert agreed([PASSED, logged, LATE, PASSED, PASSED]).log == "logs/1.jsonl"
    assert agreed([logged, LATE]).log == "logs/1.jsonl"
    assert agreed([PASSED, PASSED]).log is None


class Attempts:
    """Gives one result after the other, and counts; each is told of all that were before it."""

    def __init__(self, *results: Result) -> None:
        self.made = 0
        self._results = results

    def __call__(self, earlier: Sequence[Result]) -> Result:
        assert len(earlier) == self.made
        self.made += 1
        return self._results[(self.made - 1) % len(self._results)]


def test_without_repetition_a_result_stays_as_it_is() -> None:
    attempts = Attempts(FAILED)
    assert repeated(attempts, 1) is FAILED
    assert attempts.made == 1


@pytest.mark.parametrize(
    ("results", "made"),
    [
        ([PASSED], 50),
        ([EXCUSED], 50),
        ([WARNED], 50),
        ([PASSED, FAILED], 50),
        ([FAILED, OTHERWISE], 50),
        ([FAILED], ENOUGH),
        ([LATE], ENOUGH),
        ([DECLINED], 1),
    ],
)
def test_a_case_is_tried_as_often_as_it_can_tell_something(
    results: list[Result], made: int
) -> None:
    attempts = Attempts(*results)
    came = repeated(attempts, 50)
    assert attempts.made == sum(came.tries.values()) == made


def test_a_case_that_fails_late_is_flaky_however_often_it_failed_before() -> None:
    assert repeated(Attempts(*[FAILED] * (ENOUGH - 1), PASSED), 50).verdict is Verdict.FLAKY
