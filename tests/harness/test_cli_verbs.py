"""The command line: lists, smoke and reports."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import runs
from commandline import ROOT, RUNTIME, Cli, file, unusable

from harness import clauses
from harness.plan import Stem
from harness.verdicts import Verdict

CASE = "frame/header/nothing-but-frames"


def test_cases_are_listed(cli: Cli, stems: list[Stem]) -> None:
    said = cli("list")
    assert said.code == 0
    assert len(said.text.splitlines()) == len(stems)
    assert f"{CASE}  (single: FRAME-11, FRAME-5)\n" in cli("list", "cases", "--case", CASE).text


def test_peers_are_listed_with_what_they_say(cli: Cli) -> None:
    said = cli("list", "peers", "--peer", "*-select")
    assert said.code == 0
    assert said.text.startswith(f"reference@{RUNTIME}-select  reference ")
    assert "passed over" not in said.text


def test_more_of_the_peers_is_told_if_asked(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    both = [(sys.executable,), ("/no/such/python",)]
    monkeypatch.setattr("harness.discovery.candidates", lambda: both)
    said = cli("list", "peers", "-v", "--peer", "*-select")
    assert " kind:bytes kind:text " in said.text
    assert "passed over: /no/such/python: cannot be started" in said.text


def test_peers_that_cannot_be_used_do_not_hide_the_others(cli: Cli) -> None:
    said = cli("list", "peers", "--peers", file("mine.toml", unusable("nowhere")))
    assert said.code == 3
    assert f"reference@{RUNTIME}-select  reference " in said.text
    assert "harness: nowhere: start: cannot run" in said.text


def test_clauses_are_listed_with_the_cases_that_decide_them(cli: Cli) -> None:
    said = cli("list", "--clauses")
    assert said == cli("list", "clauses")
    assert said.code == 0
    *lines, total = said.text.splitlines()
    assert [line.split()[0] for line in lines] == list(clauses.load())
    decided = [line for line in lines if not line.endswith("  -") and "  no case: " not in line]
    assert total == f"{len(decided)} of {len(lines)} clauses decided by a case"


def test_one_clause_is_listed_with_its_sentence(cli: Cli) -> None:
    said = cli("list", "clauses", "-v", "--clause", "FRAME-11")
    line, sentence, total = said.text.splitlines()
    assert line.split()[:2] == ["FRAME-11", "MUST"]
    assert CASE in line.replace(",", "").split()[2:]
    assert sentence.strip() == clauses.load()["FRAME-11"].sentence
    assert total == "1 of 1 clause decided by a case"


def test_what_is_looked_at_behind_every_case_is_no_gap(cli: Cli) -> None:
    (line, _) = cli("list", "clauses", "--clause", "END-8", "--case", CASE).text.splitlines()
    assert line.split(maxsplit=2)[2] == "behind every case"


def test_smoke_of_a_command_that_does_not_exist(cli: Cli) -> None:
    said = cli("smoke", "now*", "--peers", file("mine.toml", unusable("nowhere")))
    assert said.code == 3
    assert said.text.startswith("harness: nowhere: start: cannot run '/no/such/adapter': ")
    assert len(said.text.splitlines()) == 1


def test_smoke_of_something_that_is_no_adapter(cli: Cli) -> None:
    peers = file("mine.toml", unusable("dies"))
    said = cli("smoke", "dies", "--peers", peers, "--patience", "0.1")
    assert said.code == 1
    assert said.text.startswith("dies\n  FAIL  starts: ")


def test_smoke_of_a_mirror_asks_nothing_of_a_driver(cli: Cli) -> None:
    adapter = ROOT / "harness" / "adapters" / "python_adapter.py"
    command = [sys.executable, str(adapter), "--class", "default=stockings:Stocking"]
    peers = (
        f"[peers.mine]\ncommand = {command!r}\nlevel = 0\n"
        f"environment = {{PYTHONPATH = {str(ROOT)!r}}}\n"
    )
    said = cli("smoke", "mine", "--peers", file("mine.toml", peers))
    assert said.code == 0
    assert {line.split()[1].split("-")[0] for line in said.text.splitlines()[1:]} == {"mirror"}


def test_a_report_ends_as_its_run_did(cli: Cli, tmp_path: Path) -> None:
    who = runs.peers()[:2]
    run = runs.run_of(who, runs.results(who))
    runs.write(run, tmp_path / "run.jsonl")
    said = cli("report", "run.jsonl", "--junit", "run.xml")
    assert said.code == 0
    assert "conforms: " in said.text
    assert Path("run.xml").read_text("utf-8").startswith("<?xml")


@pytest.mark.parametrize(("words", "told"), [((), 10), (("--verbose",), 12), (("-v",), 12)])
def test_a_report_tells_all_findings_in_full_if_asked(
    cli: Cli, tmp_path: Path, words: tuple[str, ...], told: int
) -> None:
    who = runs.peers()[:1]
    red = [runs.gave(runs.passed(f"a/b/c{at}", "", who[0].name), Verdict.CRASH, f"reason {at}")
           for at in range(12)]
    runs.write(runs.run_of(who, red), tmp_path / "run.jsonl")
    said = cli("report", "run.jsonl", *words)
    assert said.code == 1
    assert said.text.count("  replay  ") == told
    assert ("slowest" in said.text) is bool(words)


def test_a_results_file_that_cannot_be_trusted(cli: Cli) -> None:
    said = cli("report", file("run.jsonl", "{}\n"))
    assert said.code == 3
    assert said.text.startswith("harness: run.jsonl, line 1: ")


def test_help_names_the_exit_codes(cli: Cli) -> None:
    said = cli("-h")
    assert said.code == 0
    for words in ("0 conforms, 1 does not conform", "list", "replay", "report", "run", "smoke"):
        assert words in said.text
