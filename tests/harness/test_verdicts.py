"""The truth table of the judge: which observations give which verdict and exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from harness.verdicts import (
    GREEN,
    LETTER,
    RED,
    STYLE,
    UNTRUSTED,
    Check,
    Judgement,
    Level,
    Trouble,
    Verdict,
    difference,
    exit_code,
    judge,
    one_line,
    overlay,
    worst,
)


def kept(clause: str, level: Level = "MUST") -> Check:
    return Check(clause, level, True, "the message", "the message")


def broken(clause: str, level: Level = "MUST", observed: str = "nothing") -> Check:
    return Check(clause, level, False, "the message", observed)


def trouble(kind: Verdict, clause: str | None = None) -> Trouble:
    return Trouble(kind, "read", clause, "it went wrong")


A, B = "FRAME-1", "FRAME-9"

ROWS = [
    # Nothing went wrong.
    ("one clause kept", [A], [kept(A)], None, Verdict.PASS, None),
    ("two clauses kept", [A, B], [kept(B, "SHOULD"), kept(A)], None, Verdict.PASS, None),
    ("kept and noted", [A, B], [kept(A), broken(B, "INFO")], None, Verdict.PASS, None),
    ("kept, and a MAY not taken", [A, B], [kept(A), broken(B, "MAY")], None, Verdict.PASS, None),
    # A check failed.
    ("a MUST broken", [A], [broken(A)], None, Verdict.FAIL, A),
    ("the first broken MUST names it", [A, B], [broken(B), broken(A)], None, Verdict.FAIL, B),
    ("MUST before SHOULD", [A, B], [broken(B, "SHOULD"), broken(A)], None, Verdict.FAIL, A),
    ("a MUST kept, then broken", [A], [kept(A), broken(A)], None, Verdict.FAIL, A),
    ("broken, another unchecked", [A, B], [broken(A)], None, Verdict.FAIL, A),
    ("an undeclared one broken", [A], [broken(B)], None, Verdict.FAIL, B),
    ("a SHOULD not met", [A, B], [kept(A), broken(B, "SHOULD")], None, Verdict.WARN, B),
    # Only observations.
    ("a MAY alone", [A], [kept(A, "MAY")], None, Verdict.INFO, A),
    ("a MAY alone, not taken", [A], [broken(A, "MAY")], None, Verdict.INFO, A),
    ("a note alone", [A], [broken(A, "INFO")], None, Verdict.INFO, A),
    # Something interrupted.
    *(
        (f"{kind} before any check", [A], [], trouble(kind), kind, None)
        for kind in (Verdict.CRASH, Verdict.TIMEOUT, Verdict.UNTESTABLE, Verdict.HARNESS)
    ),
    *(
        (f"{kind} after kept checks", [A], [kept(A)], trouble(kind), kind, None)
        for kind in (Verdict.CRASH, Verdict.TIMEOUT, Verdict.UNTESTABLE, Verdict.HARNESS)
    ),
    *(
        (f"{kind} after a broken MUST", [A], [broken(A)], trouble(kind), Verdict.FAIL, A)
        for kind in (Verdict.CRASH, Verdict.TIMEOUT, Verdict.UNTESTABLE)
    ),
    ("HARNESS after a MUST", [A], [broken(A)], trouble(Verdict.HARNESS), Verdict.HARNESS, None),
    (
        "CRASH after a SHOULD",
        [A],
        [broken(A, "SHOULD")],
        trouble(Verdict.CRASH),
        Verdict.CRASH,
        None,
    ),
    ("the library raised", [A], [kept(A)], trouble(Verdict.FAIL, A), Verdict.FAIL, A),
    ("it broke an undeclared one", [A], [kept(A)], trouble(Verdict.FAIL, B), Verdict.FAIL, B),
    ("TIMEOUT keeps its clause", [A], [], trouble(Verdict.TIMEOUT, A), Verdict.TIMEOUT, A),
    # The case itself is wrong.
    ("no clause, no check", [], [], None, Verdict.HARNESS, None),
    ("no clause, a check", [], [kept(A)], None, Verdict.HARNESS, None),
    ("no observation", [A], [], None, Verdict.HARNESS, None),
    ("a clause never checked", [A, B], [kept(A)], None, Verdict.HARNESS, B),
    ("a clause not declared", [A], [kept(A), kept(B)], None, Verdict.HARNESS, B),
    ("unchecked beside a WARN", [A, B], [broken(A, "SHOULD")], None, Verdict.HARNESS, B),
]


@pytest.mark.parametrize(
    ("declared", "checks", "interrupted", "verdict", "clause"),
    [row[1:] for row in ROWS],
    ids=[row[0].replace(" ", "-") for row in ROWS],
)
def test_truth_table(
    declared: Sequence[str],
    checks: Sequence[Check],
    interrupted: Trouble | None,
    verdict: Verdict,
    clause: str | None,
) -> None:
    judgement = judge(declared, checks, interrupted)
    assert (judgement.verdict, judgement.clause) == (verdict, clause)
    assert judgement.verdict is Verdict.PASS or judgement.reason


def test_a_failure_says_what_was_expected_and_observed_on_one_line() -> None:
    judgement = judge([A], [broken(A, observed="two\n  lines")], None)
    assert judgement.reason == "expected the message; observed two lines"
    assert judgement.step is None


def test_what_came_after_a_failure_is_mentioned() -> None:
    judgement = judge([A], [broken(A)], trouble(Verdict.TIMEOUT))
    assert judgement.reason == "expected the message; observed nothing (then TIMEOUT at read)"
    without_step = judge([A], [broken(A)], Trouble(Verdict.CRASH, None, None, "gone"))
    assert without_step.reason.endswith("(then CRASH)")


def test_our_own_fault_still_names_the_failure_before_it() -> None:
    judgement = judge([A], [broken(A)], trouble(Verdict.HARNESS))
    assert judgement.reason == f"it went wrong (after a failed check of {A})"
    assert judge([A], [kept(A)], trouble(Verdict.HARNESS)).reason == "it went wrong"


def test_trouble_keeps_its_step_and_reason() -> None:
    judgement = judge([A], [], trouble(Verdict.TIMEOUT, A))
    assert judgement == Judgement(Verdict.TIMEOUT, A, "it went wrong", "read")


def test_a_case_that_is_wrong_says_how() -> None:
    assert judge([A], [], None).reason == "the case recorded no observation"
    assert judge([], [kept(A)], None).reason == "the case declares no clause"


def test_a_pass_needs_no_words() -> None:
    assert judge([A], [kept(A)], None) == Judgement(Verdict.PASS, None, "", None)


def test_an_observation_is_told() -> None:
    assert judge([A], [kept(A, "MAY")], None).reason == "observed the message"


def test_a_check_has_a_level_that_exists() -> None:
    with pytest.raises(ValueError, match=r"FRAME-1.*'COULD'"):
        Check(A, "COULD", True, "", "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "kind",
    sorted(
        set(Verdict)
        - {Verdict.CRASH, Verdict.TIMEOUT, Verdict.UNTESTABLE, Verdict.HARNESS, Verdict.FAIL}
    ),
)
def test_not_every_verdict_interrupts_a_case(kind: Verdict) -> None:
    with pytest.raises(ValueError, match=kind.value):
        trouble(kind, A)


def test_a_fail_is_always_bound_to_a_clause() -> None:
    with pytest.raises(ValueError, match=r"^a FAIL has to name the clause that was broken$"):
        trouble(Verdict.FAIL)


@dataclass(frozen=True)
class Line:
    """A line of a known-failing list."""

    verdict: Verdict
    clause: str | None
    line: int = 7
    reason: str = "it has always been so"


class TestOverlay:
    """A judgement held against a known-failing line."""

    FAIL = Judgement(Verdict.FAIL, A, "expected this; observed that", None)

    def test_without_line_nothing_changes(self) -> None:
        assert overlay(self.FAIL, None) is self.FAIL

    def test_an_exact_match_is_excused(self) -> None:
        judgement = overlay(self.FAIL, Line(Verdict.FAIL, A))
        assert (judgement.verdict, judgement.clause) == (Verdict.XFAIL, A)
        assert judgement.reason == "known failing, line 7: it has always been so"

    def test_a_verdict_without_clause_can_match(self) -> None:
        crash = Judgement(Verdict.CRASH, None, "exit status 1", "read")
        judgement = overlay(crash, Line(Verdict.CRASH, None))
        assert (judgement.verdict, judgement.step) == (Verdict.XFAIL, "read")

    @pytest.mark.parametrize(
        "line", [Line(Verdict.FAIL, B), Line(Verdict.FAIL, None), Line(Verdict.CRASH, A)]
    )
    def test_another_failure_is_a_new_failure(self, line: Line) -> None:
        assert overlay(self.FAIL, line) is self.FAIL

    @pytest.mark.parametrize("verdict", sorted(GREEN))
    def test_green_where_failure_is_known_is_stale(self, verdict: Verdict) -> None:
        judgement = overlay(Judgement(verdict, None, "", "read"), Line(Verdict.FAIL, A))
        assert (judgement.verdict, judgement.clause) == (Verdict.STALE, A)
        assert judgement.step == "read"
        assert "line 7 expects FAIL by FRAME-1" in judgement.reason
        assert f"observed {verdict}" in judgement.reason

    def test_a_stale_line_without_clause_names_none(self) -> None:
        judgement = overlay(Judgement(Verdict.PASS, None, "", None), Line(Verdict.CRASH, None))
        assert "expects CRASH, observed PASS" in judgement.reason

    @pytest.mark.parametrize("verdict", sorted(RED))
    def test_red_is_never_stale(self, verdict: Verdict) -> None:
        judgement = Judgement(verdict, B, "", None)
        assert overlay(judgement, Line(Verdict.FAIL, A)) is judgement


EXITS = [
    ([], True, 2),
    ([], False, 3),
    ([Verdict.PASS], True, 0),
    ([Verdict.PASS], False, 3),
    ([Verdict.PASS, Verdict.FAIL], True, 1),
    ([Verdict.PASS, Verdict.FAIL], False, 3),
    ([Verdict.FAIL, Verdict.HARNESS], True, 3),
    ([Verdict.FAIL, Verdict.UNTESTABLE], True, 3),
    (sorted(GREEN), True, 0),
    (sorted(RED), True, 3),
    (sorted(RED - UNTRUSTED), True, 1),
    *(([verdict], True, 0) for verdict in sorted(GREEN)),
    *(([verdict], True, 1) for verdict in sorted(RED - UNTRUSTED)),
    *(([verdict], True, 3) for verdict in sorted(UNTRUSTED)),
]


@pytest.mark.parametrize(("verdicts", "complete", "status"), EXITS)
def test_exit_code(verdicts: list[Verdict], complete: bool, status: int) -> None:
    assert exit_code(verdicts, complete) == status
    assert exit_code(iter(reversed(verdicts)), complete) == status


def test_every_red_verdict_is_worse_than_every_green_one() -> None:
    for red in RED:
        for green in GREEN:
            assert worst([red, green]) is red


@pytest.mark.parametrize("verdict", [one for one in Verdict if one is not Verdict.INFO])
def test_an_observation_never_hides_a_judgement(verdict: Verdict) -> None:
    assert worst([Verdict.INFO, verdict, Verdict.INFO]) is verdict


def test_what_cannot_be_trusted_is_worst() -> None:
    assert worst(Verdict) in UNTRUSTED
    assert worst(set(Verdict) - {worst(Verdict)}) in UNTRUSTED


def test_there_is_no_worst_of_nothing() -> None:
    with pytest.raises(ValueError):
        worst([])


def test_which_verdicts_are_green_and_which_say_nothing_of_the_peer() -> None:
    # Word by word, since the tables of these tests are made from these sets.
    assert {"PASS", "WARN", "INFO", "UNSUPPORTED", "XFAIL"} == {one.value for one in GREEN}
    assert {"HARNESS", "UNTESTABLE"} == {one.value for one in UNTRUSTED}


def test_green_and_red_share_nothing_and_leave_nothing_out() -> None:
    assert set(Verdict) == GREEN | RED
    assert not GREEN & RED


def test_letters_are_told_apart_without_colour() -> None:
    assert LETTER.keys() == STYLE.keys() == set(Verdict)
    assert len(set(LETTER.values())) == len(Verdict)
    assert all(len(letter) == 1 and letter.isascii() for letter in LETTER.values())


@pytest.mark.parametrize("verdict", Verdict)
def test_only_green_letters_are_small(verdict: Verdict) -> None:
    letter = LETTER[verdict]
    assert (letter == "." or letter.islower()) == (verdict in GREEN)


def test_a_verdict_reads_as_its_word() -> None:
    assert f"{Verdict.FAIL} {Verdict.PASS!s}" == "FAIL PASS"


def test_words_of_a_check() -> None:
    assert difference(broken(A)) == "expected the message; observed nothing"
    assert one_line(" a\r\n\tb ") == "a b"
