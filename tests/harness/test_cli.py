"""The command line: what it refuses, in which words, and with which exit code."""

from __future__ import annotations

from pathlib import Path

import pytest
from commandline import RUNTIME, UNUSABLE, Cli, file, unusable

from harness import clauses, clock, suite
from harness.plan import Stem
from harness.run import Request

CASE = "frame/header/nothing-but-frames"


@pytest.fixture
def forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be run: whatever is refused has to be refused before that."""

    def carry_out(request: Request, *_: object) -> None:
        raise AssertionError("it was run")

    monkeypatch.setattr("harness.cli.carry_out", carry_out)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "--clause", "NOSUCH-1"], "--clause NOSUCH-1: SPEC.md has no such clause"),
        (["run", "--case", "frame/**", "--case", "nosuch/**"], "--case nosuch/**: matches no case"),
        (["run", "--clause", "FRAME-1", "--case", "end/**"], "fits both --case and --clause"),
        (["run", "--peer", "nobody@*"], "no peer fits 'nobody@*'; the peers are: reference@"),
        (["run", "--with", "nobody@*"], "no peer fits 'nobody@*'; the peers are: reference@"),
        (["run", "--peers", "missing.toml"], "'missing.toml' does not exist"),
        (["run", "--known-failing", "missing"], "'missing' does not exist"),
        (["run", "--results", "."], "is a directory"),
        (["run", "--jobs", "0"], "'--jobs'"),
        (["run", "--patience", "0"], "'--patience'"),
        (["run", "--patience", "nan"], "'nan' is not a number"),
        (["run", "--load", "inf"], "'--load'"),
        (["explore", "--time", "nan"], "'nan' is not a number"),
        (["run", "--plugh"], "--plugh"),
        (["run", "plugh"], "unexpected extra argument"),
        (["plugh"], "No such command 'plugh'"),
        (["list", "plugh"], "'plugh' is not one of 'cases', 'peers', 'clauses'"),
        (["list", "--case", "nosuch"], "--case nosuch: matches no case"),
        (["list", "clauses", "--clause", "NOSUCH-1"], "SPEC.md has no such clause"),
        (["smoke", "nobody"], "no peer fits 'nobody'"),
        (["smoke"], "Missing argument 'PEER'"),
        (["replay", "nosuch/case@reference@x"], "no case is called 'nosuch/case'"),
        (["replay", CASE], f"an id reads CASE@PEER or CASE@FIRST~SECOND, not '{CASE}'"),
        (["replay", f"{CASE}@reference@{RUNTIME}-*"], f"'{CASE}' is not a case for"),
        (["replay", f"{CASE}@nobody"], "no peer fits 'nobody'"),
        (["report", "missing.jsonl"], "'missing.jsonl' does not exist"),
    ],
)
def test_what_cannot_mean_anything_is_refused(
    cli: Cli, forbidden: None, arguments: list[str], words: str
) -> None:
    said = cli(*arguments)
    assert said.code == 2
    assert words in said.text
    assert "Traceback" not in said.text


def test_a_clause_without_a_case_selects_nothing(
    cli: Cli, forbidden: None, stems: list[Stem]
) -> None:
    decided = {ident for stem in stems for ident, _ in stem.clauses}
    idle = next(ident for ident in clauses.load() if ident not in decided)
    said = cli("run", "--clause", idle)
    assert (said.code, said.text) == (
        2, f"harness: no case decides {idle} yet; see `list clauses`\n"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[peers.mine", "mine.toml:1: this is not TOML"),
        ("[peers.mine]\nplugh = 1\ncommand = ['x']", "[peers.mine]: 'plugh' is not known"),
        ("[peers.mine]\npython = ['cpython1.*']\nclass = {a = 'a:A'}", "no interpreter fits"),
    ],
)
def test_a_file_of_peers_that_cannot_be_used(
    cli: Cli, forbidden: None, text: str, words: str
) -> None:
    said = cli("run", "--peers", file("mine.toml", text))
    assert said.code == 2
    assert said.text.startswith("harness: ")
    assert words in said.text
    assert len(said.text.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("end/** FAIL", "known:1: a line must read 'PATTERN VERDICT CLAUSE  # reason'"),
        ("\nend/**@nobody@* FAIL END-5  # x", "known:2: 'end/**@nobody@*' matches no case of any"),
    ],
)
def test_a_known_failing_list_that_cannot_be_used(
    cli: Cli, forbidden: None, text: str, words: str
) -> None:
    said = cli("run", "--known-failing", file("known", text))
    assert said.code == 2
    assert words in said.text
    assert len(said.text.splitlines()) == 1


@pytest.mark.parametrize("option", ["--results", "--junit"])
def test_an_output_that_cannot_be_written_is_found_before_the_run(
    cli: Cli, forbidden: None, option: str
) -> None:
    file("a-file", "")
    said = cli("run", option, "a-file/out")
    assert said.code == 2
    assert said.text.startswith(f"harness: {option} ")
    assert said.text.splitlines()[0].partition(": cannot be written: ")[2]


def test_a_run_that_is_refused_leaves_older_results_alone(cli: Cli) -> None:
    file("old.jsonl", "something")
    said = cli("run", "--results", "old.jsonl", "--junit", "new.xml", "--peer", "nobody")
    assert said.code == 2
    assert Path("old.jsonl").read_text("utf-8") == "something"
    assert not Path("new.xml").exists()


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_peer_that_cannot_be_used_is_named_with_its_step(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name == "hangs":
        monkeypatch.setattr(clock, "HELLO", 2.0)
    peers = file("mine.toml", unusable(name))
    said = cli("run", "--peers", peers, "--peer", name, "--case", CASE)
    assert said.code == 3
    assert said.text.startswith(f"harness: nothing was run: {name}: {UNUSABLE[name][1]}")
    assert len(said.text.splitlines()) == 1


def test_several_peers_that_cannot_be_used_have_a_line_each(cli: Cli) -> None:
    peers = file("mine.toml", unusable("nowhere") + unusable("dies"))
    said = cli("run", "--peers", peers, "--case", CASE, "--peer", "nowhere", "--peer", "dies")
    assert said.code == 3
    lines = said.text.splitlines()
    assert lines[0] == "harness: nothing was run: 2 peers cannot be used:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["nowhere", "dies"]


def test_mirrors_alone_are_nothing_to_run(cli: Cli) -> None:
    said = cli("run", "--peers", file("mine.toml", unusable("dies", level=0)), "--peer", "dies")
    assert said.code == 2
    assert said.text == (
        "harness: nothing to run: dies is a mirror (level 0): `smoke` checks it, but no case can\n"
    )


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (KeyboardInterrupt(), "harness: interrupted\n"),
        (ZeroDivisionError("oh"), "harness: the harness itself has failed; the traceback says"),
        (ModuleNotFoundError("oh"), "harness: the harness itself has failed; the traceback says"),
    ],
)
def test_no_accident_has_the_exit_code_of_a_verdict(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: BaseException, words: str
) -> None:
    def discover() -> None:
        raise error

    monkeypatch.setattr("harness.discovery.candidates", discover)
    said = cli("list", "peers")
    assert said.code == 3
    assert words in said.text


def test_a_suite_that_cannot_be_collected_is_told_in_one_line(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    def collect() -> None:
        raise suite.SuiteError("pytest failed; it said: SyntaxError")

    monkeypatch.setattr("harness.suite.collect", collect)
    said = cli("run")
    assert said.code == 3
    assert said.text == (
        "harness: the cases cannot be collected: pytest failed; it said: SyntaxError\n"
    )
