"""A results file of mutants, in every report: who killed whom, and no word of conforming."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from commandline import harness
from runs import failed, gave, passed, run_of, shown, warned, write

from harness import clauses
from harness.report import badge, github, junit, kills, markdown, tap
from harness.report.kills import OPTION, Terms
from harness.results import PeerInfo, Result, Run
from harness.site import build
from harness.verdicts import Verdict

NAMES = ("header.Late", "header.Early", "sound.Sound", "nulls.Silent")
LATE, EARLY, SOUND, NULL = (
    PeerInfo(f"{name}@cpython3.12-select", name, "cpython3.12", "select") for name in NAMES
)
KILL = replace(failed(passed("frame/a", "", LATE.name, SOUND.name)), clauses=("FRAME-5",))
GENTLE = replace(warned(passed("frame/b", "", EARLY.name)), clauses=("FRAME-9",))
MISS = passed("frame/b", "", EARLY.name)
BREAKS = {"header.Late": ["FRAME-5"], "header.Early": ["FRAME-9"]}


def of(*outcome: Result, missing: tuple[str, ...] = (), **terms: object) -> Run:
    """A run of mutants with these results, retold."""
    whole = {"breaks": BREAKS, "whole": True, "sound": [NAMES[2]], "nulls": [NAMES[3]],
             "idle": [], "undecided": [], **terms}
    who = (LATE, EARLY, SOUND, NULL)
    return kills.retold(run_of(who, outcome, options={OPTION: whole}, missing=missing))


PROVED = of(KILL, GENTLE, passed("frame/a", "", SOUND.name))
SURVIVED = of(KILL, MISS)


def in_junit(run: Run, folder: Path) -> str:
    """The names of the failed tests."""
    junit.write(run, folder / "j.xml")
    root = ElementTree.parse(folder / "j.xml").getroot()
    return " ".join(one.get("classname", "") for one in root.iter("testcase") if len(one))


def in_html(run: Run, folder: Path) -> str:
    """The first page."""
    build.write(run, folder / "site", clauses.load())
    return (folder / "site" / "index.html").read_text("utf-8")


REPORTS: dict[str, Callable[[Run, Path], str]] = {
    "terminal": lambda run, _: "\n".join(shown(run)),
    "markdown": lambda run, _: markdown.summary(run),
    "badge": lambda run, _: badge.words(run)[0],
    "html": in_html,
}


@pytest.mark.parametrize("form", REPORTS)
def test_kills_are_counted_and_nothing_is_said_to_conform(form: str, tmp_path: Path) -> None:
    """That a mutant fails is what the run is for."""
    text = REPORTS[form](PROVED, tmp_path)
    assert "2 of 2 mutants killed" in text
    assert "onform" not in text and "not proved" not in text.lower()
    text = REPORTS[form](SURVIVED, tmp_path)
    assert "ot proved: 1 of 2 mutants killed" in text
    assert "onform" not in text
    assert "ncomplete" in REPORTS[form](of(KILL, missing=("frame/b@x",)), tmp_path)


def test_a_survivor_is_red_in_the_reports_for_machines(tmp_path: Path) -> None:
    """By its own name, with the command that looks at it again; the killed are green."""
    lines = list(tap.lines(SURVIVED))
    assert lines[1] == "1..2"
    assert lines[2].startswith("ok 1 - header/Late@")
    assert lines[3].startswith("not ok 2 - header/Early@")
    assert any("python -m harness mutants --mutant header.Early" in line for line in lines)
    assert in_junit(SURVIVED, tmp_path) == "header/Early"
    assert not list(tap.lines(PROVED))[2].startswith("not")
    (error,) = github.annotate(SURVIVED, "file")
    assert error.startswith("::error") and "no case has killed it by FRAME-9" in error
    assert not list(github.annotate(PROVED, "file"))


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        (of(KILL, GENTLE, failed(passed("frame/a", "", SOUND.name))), "and yet fails: frame/a"),
        (of(KILL, GENTLE, passed("frame/a", "", NULL.name)), "and yet passes: frame/a"),
        (of(KILL, GENTLE, idle=["frame/c[1]"]), "kills no mutant"),
        (of(KILL, GENTLE, undecided=["frame/c"]), "kills none by a clause that it quotes"),
        (of(KILL, replace(GENTLE, clause="FRAME-5")), "no case has killed it"),
        (of(KILL, replace(GENTLE, clauses=("FRAME-5",))), "no case has killed it"),
    ],
)
def test_what_has_to_be_mended_is_red_and_says_why(run: Run, reason: str) -> None:
    """Whatever else keeps the suite from being proved."""
    assert run.footer is not None and run.footer.exit == 1
    (bad,) = [one for one in run.results if one.verdict is Verdict.FAIL]
    assert reason in bad.reason


def test_a_broken_case_is_nobodys_kill() -> None:
    """It decides nothing, neither about the mutant nor about the suite."""
    run = of(KILL, GENTLE, gave(passed("frame/c", "", LATE.name), Verdict.HARNESS, "ours"))
    assert run.footer is not None and run.footer.exit == 3


def test_the_exit_code_of_a_file_of_mutants_is_not_taken_on_trust(tmp_path: Path) -> None:
    """Issue of the review: `report` ended as the file said, whatever became of the mutants."""
    for run, code in ((PROVED, 0), (SURVIVED, 1), (of(KILL, missing=("frame/b@x",)), 3)):
        assert run.footer is not None and run.footer.exit == code
    nobody_met = of(KILL, breaks={**BREAKS, "header.Never": ["FRAME-1"]})
    assert nobody_met.footer is not None and nobody_met.footer.exit == 1
    options = {OPTION: {"breaks": {NAMES[1]: ["FRAME-9"]}, "whole": True, "sound": [],
                        "nulls": [], "idle": [], "undecided": []}}
    lie = run_of((EARLY,), [MISS], options=options)
    file = write(lie, tmp_path / "results.jsonl")
    assert lie.footer is not None and lie.footer.exit == 0
    assert harness("report", str(file), folder=tmp_path).code == 1


def test_a_few_cases_do_not_say_that_a_mutant_has_survived() -> None:
    """It was not for them to find it out."""
    run = of(KILL, MISS, whole=False)
    assert run.footer is not None and run.footer.exit == 0
    assert badge.words(run)[0] == "1 of 2 mutants killed"


def test_terms_come_back_from_the_file_as_they_were() -> None:
    terms = Terms({"a.B": ("X-1",)}, True, ("s.S",), ("n.N",), ("c/d",), ("e/f",))
    assert Terms.from_json(terms.to_json()) == terms


def test_a_header_with_broken_terms_gets_one_clear_error(tmp_path: Path) -> None:
    """No traceback."""
    run = run_of((LATE,), [passed("frame/a", "", LATE.name)], options={OPTION: {"breaks": 1}})
    file = write(run, tmp_path / "results.jsonl")
    ended = harness("report", str(file), folder=tmp_path)
    assert ended.code == 3
    assert "line 1: not a header of mutants: 'options.mutants.breaks' has to be an object" in (
        ended.err
    )
