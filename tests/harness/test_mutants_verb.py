"""The verb `mutants`: what it prints and how it ends, on selections of a few cases."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from click.testing import CliRunner
from commandline import harness
from runs import passed, peers, run_of

from harness.cli import main
from harness.mutation.hunt import Hunt
from harness.mutation.zoo import Mutant
from harness.results import Run, read

ORDER = "stream/segments/two-messages-in-one-segment[0]"


def test_a_mutant_that_is_killed_ends_with_0(tmp_path: Path) -> None:
    """Every result is told, since they are few, and kept in a file of the usual kind."""
    file = tmp_path / "mutants.jsonl"
    ended = harness(
        "mutants", "--mutant", "stream.DeliversTwice", "--case", ORDER, "--results", str(file),
        folder=tmp_path,
    )
    assert (ended.code, ended.err) == (0, "")
    assert f"kills FAIL {ORDER}@stream.DeliversTwice@" in " ".join(ended.out.split())
    assert "proved: 1 of 1 mutant killed" in ended.out
    run = read(file)
    assert run.complete and run.footer is not None and run.footer.exit == 0
    assert [result.case for result in run.results] == [ORDER.partition("[")[0]]
    again = harness("report", str(file), folder=tmp_path)
    assert again.code == 0
    assert "proved: 1 of 1 mutant killed" in again.out


def test_a_mutant_that_survives_ends_with_1(tmp_path: Path) -> None:
    """It is listed with its defect, and with the command that tries again."""
    ended = harness("mutants", "--mutant", "DecodesEachPiece", "--case", ORDER, folder=tmp_path)
    assert ended.code == 1
    assert "SURVIVED  stream.DecodesEachPiece" in ended.out
    assert "A text is decoded piece by piece, so that a cut inside a code point" in ended.out
    assert "python -m harness mutants --mutant stream.DecodesEachPiece" in ended.out
    assert "not proved: 0 of 1 mutant killed" in ended.out


def test_what_passes_on_nothing_is_listed(tmp_path: Path) -> None:
    """An implementation of nothing is run when it is selected, and here it fails, as it must."""
    ended = harness("mutants", "--mutant", "nulls.ClosesAtOnce", "--case", ORDER, folder=tmp_path)
    assert ended.code == 0
    assert "floor: 1 case on implementations of nothing, 0 passed" in ended.out


def test_a_sound_endpoint_passes(tmp_path: Path) -> None:
    """It is the control: a case that fails on it is wrong."""
    ended = harness("mutants", "--mutant", "sound.Sound", "--case", ORDER, folder=tmp_path)
    assert ended.code == 0
    assert f"PASS {ORDER}@sound.Sound@" in " ".join(ended.out.split())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--mutant", "stream.Nonesuch"], "--mutant stream.Nonesuch: matches no mutant"),
        (["--case", "none/**"], "--case none/**: matches no case; see `list cases`"),
        (
            ["--mutant", "interface.SetsNoDelay", "--case", ORDER],
            "nothing to run: no selected case quotes a clause that a selected mutant breaks",
        ),
    ],
)
def test_a_selection_that_matches_nothing_ends_with_2(
    options: list[str], message: str, tmp_path: Path
) -> None:
    """One line says what there is not."""
    ended = harness("mutants", *options, folder=tmp_path)
    assert ended.code == 2
    assert ended.err.startswith(f"harness: {message}")
    assert ended.out == ""


def test_an_interrupted_run_is_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are up to four; and what is said then is no proof."""
    asked = []

    def run(
        self: Hunt, listed: Iterable[Mutant], ids: Iterable[str], patience: float, title: str
    ) -> Run:
        asked.append(title)
        return run_of(peers()[:1], [passed("a/b/c", "", "one")], missing=list(ids))

    monkeypatch.setattr(Hunt, "run", run)
    ended = CliRunner().invoke(
        main, ["mutants", "--mutant", "stream.*", "--mutant", "nulls.*", "--case", "stream/**"])
    assert asked == ["mutants"]
    assert ended.exit_code == 3
    assert "the run was interrupted" in ended.output and "proved" not in ended.output
