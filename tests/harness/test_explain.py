"""The verb `explain` as a user types it, and the logs that runs and replays leave for it."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import runs
from commandline import Cli, broken, harness, run
from jsonschema import Draft202012Validator
from logs import FIRST, SECOND, Made, log_of

from harness.results import Result, read
from harness.story import keeping, lines, logfile
from harness.verdicts import Verdict

READS = "frame/header/empty[1,text]"
EMPTY = "interop/exchange/empty[text]"


def a_log(path: str = "log.jsonl") -> Path:
    """A log of a pair in the current folder."""
    made = Made().writes(FIRST, ("text", b"a")).wire("forward", ("text", b"a"))
    logfile.write(log_of(made.lines), Path(path))
    return Path(path)


def some_results(*logged: str | None) -> Path:
    """A results file in the current folder whose results have these logs."""
    who = runs.peers()
    results: list[Result] = []
    for number, log in enumerate(logged):
        one = runs.passed("frame/length/cut", f"[{number}*]", who[0].name)
        results.append(replace(one, log=log))
        if log is not None:
            a_log(log)
    return runs.write(runs.run_of(who, results), Path("results.jsonl"))


def test_a_log_is_told(cli: Cli) -> None:
    said = cli("explain", str(a_log()))
    assert said.code == 0
    assert said.text.startswith("FAIL  interop/exchange/made@first@x~second@y\n")
    assert "first -> second" in said.text and "frame 1: text of 1" in said.text


def test_a_place_is_told(cli: Cli) -> None:
    log = str(a_log())
    assert "after octet 1 of 2, forward" in cli("explain", log, "--at", "1").text
    both = cli("explain", log, "--at", "0").text
    assert "of 2, forward" in both and "of 0, backward" in both
    assert "forward" not in cli("explain", log, "--at", "0", "--direction", "backward").text
    too_far = cli("explain", log, "--at", "7")
    assert (too_far.code, too_far.text) == (
        2, "harness: --at 7: forward has 2 octets, backward has 0 octets\n"
    )
    assert cli("explain", log, "--at", "-1").code == 2


def test_a_way_that_the_log_does_not_have_is_refused(cli: Cli) -> None:
    """The story would leave out all that went over the wire, and not say so."""
    log = str(a_log())
    for words in (["--wire", "7"], ["--direction", "received"]):
        said = cli("explain", log, *words)
        assert (said.code, "no such wire or direction" in said.text) == (2, True)
    assert "frame 1" in cli("explain", log, "--wire", "0", "--direction", "forward").text


def test_the_log_of_a_result_is_found(cli: Cli) -> None:
    """By the id, even one that looks like a glob; by a glob; or because it is the only one."""
    results = str(some_results("a/0.jsonl", "a/1.jsonl", None))
    ident = "frame/length/cut[1*]@reference@cpython2.7-poll"
    for case in (ident, "*[1*]@*", "frame/*cut[1*"):
        assert cli("explain", results, "--case", case).code == 0
    only = some_results("a/only.jsonl", None)
    assert cli("explain", str(only)).text.startswith("FAIL ")


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("nonsense", "--case nonsense: results.jsonl has no such result"),
        ("frame/length/cut[2*]@*", "its result has no wire log; replay it with --log FILE.jsonl"),
        ("frame/*", "fits 2 logs; say one of: frame/length/cut[0*]@reference@cpython2.7-poll, "),
        (None, "results.jsonl has 2 logs; say --case ID, one of: frame/length/cut[0*]@"),
    ],
)
def test_a_case_that_is_not_one(case: str | None, words: str, cli: Cli) -> None:
    results = str(some_results("a/0.jsonl", "a/1.jsonl", None))
    said = cli("explain", results, *(["--case", case] if case else []))
    assert said.code == 2 and words in said.text


def test_results_without_a_log(cli: Cli) -> None:
    said = cli("explain", str(some_results(None)))
    assert said.code == 2 and "none of its results has a wire log; `run --logs all`" in said.text


def test_what_is_no_log_is_one_clear_line(cli: Cli) -> None:
    """A missing file is a mistake of the command line; a broken one is incomplete."""
    assert cli("explain", "absent.jsonl").code == 2
    log = a_log()
    assert cli("explain", str(log), "--case", "x").code == 2
    log.write_text("".join(log.read_text("utf-8").splitlines(True)[:-1]), "utf-8")
    cut_off = cli("explain", str(log))
    assert (cut_off.code, cut_off.text.count("\n")) == (3, 1)
    assert cut_off.text.startswith("harness: log.jsonl: cut off behind line ")
    for text in ("", "\x00\x01", "{}\n", "[1]\n"):
        log.write_text(text, "utf-8")
        said = cli("explain", str(log))
        assert said.code == 3 and said.text.count("\n") == 1
    log.write_bytes(b"\xff\xfe")
    assert cli("explain", str(log)).code == 3
    gone = some_results("a/0.jsonl")
    Path("a/0.jsonl").unlink()
    said = cli("explain", str(gone))
    assert said.code == 3 and "0.jsonl: cannot be read" in said.text


# --- the logs that runs leave


SCHEMA = Draft202012Validator(
    json.loads(Path(lines.__file__).with_name("log.schema.json").read_text("utf-8"))
)


def test_red_cases_leave_a_log_beside_the_results(tmp_path: Path) -> None:
    """And `explain` tells it from the results file; nothing is left of the run before."""
    folder = tmp_path / "results.logs"
    folder.mkdir()
    (folder / "0123456789ab.jsonl").write_text("of an earlier run")
    (folder / "notes.txt").write_text("somebody's")
    peers = broken("wrong", "Reverses") + broken("right", "Correct")
    ended = run(
        peers, "--peer", "wrong@*", "--peer", "right@*", "--case", READS, "--jobs", "1",
        folder=tmp_path,
    )
    red, green = sorted(ended.run.results, key=lambda one: one.verdict is Verdict.PASS)
    assert green.log is None and red.log == f"results.logs/{logfile.file_name(red.id)}"
    assert {path.name for path in folder.iterdir()} == {Path(red.log).name, "notes.txt"}
    log = logfile.read(tmp_path / red.log)
    for line in (log.header, *log.body, log.judged):
        SCHEMA.validate(lines.to_json(line))
    (command,) = [line for line in ended.out.splitlines() if line.split()[:1] == ["explain"]]
    words = shlex.split(command.partition("explain")[2])
    assert words[:4] == ["python", "-m", "harness", "explain"]
    told = harness(*words[3:], folder=tmp_path)
    assert told.code == 0 and told.out.startswith(f"FAIL  {red.id}\n")
    assert "must      FRAME-8: " in told.out and "check            FRAME-8 broken" in told.out


@pytest.mark.parametrize(("logs", "count"), [("all", 4), ("none", 0)])
def test_all_or_none(logs: str, count: int, tmp_path: Path) -> None:
    """`--logs all` keeps green cases, too; each can be told."""
    peers = broken("right", "Correct", pairs="all")
    ended = run(
        peers, "--peer", "right@*", "--case", "frame/header/empty[1,*]", "--case", EMPTY,
        "--case", "frame/header/nothing-but-frames", "--logs", logs, "--jobs", "1",
        folder=tmp_path,
    )
    assert ended.code == 0
    kept = [one.log for one in ended.run.results if one.log]
    assert len(kept) == count == len(list(tmp_path.glob("results.logs/*")))
    for name in kept:
        assert logfile.read(tmp_path / name).judged.verdict == "PASS"


def test_a_replay_writes_its_log_where_it_is_told(tmp_path: Path) -> None:
    """Whatever the verdict; then `explain` works at once."""
    peers = tmp_path / "peers.toml"
    peers.write_text(broken("right", "Correct"), "utf-8")
    log, results = tmp_path / "deep" / "case.jsonl", tmp_path / "results.jsonl"
    (name,) = [line for line in peers.read_text().splitlines() if "python" in line]
    ident = f"{READS}@right@{json.loads(name.partition('= ')[2])[0]}-own"
    words = ("replay", ident, "--peers", str(peers))
    assert harness(*words, "--log", str(log), folder=tmp_path).code == 0
    assert logfile.read(log).header.id == ident
    assert harness(*words, "--results", str(results), folder=tmp_path).code == 0
    (result,) = read(results).results
    assert result.log == f"results.logs/{logfile.file_name(ident)}"
    assert harness(
        *words, "--results", str(results), "--log", str(log), folder=tmp_path
    ).code == 0
    assert read(results).results[0].log == "deep/case.jsonl"
    told = harness("explain", str(results), folder=tmp_path)
    assert told.code == 0 and told.out.startswith(f"PASS  {ident}\n")


def test_the_name_of_a_log_file_shows_what_it_is(cli: Cli) -> None:
    said = cli("replay", f"{READS}@reference@cpython3.11-poll", "--log", "log.txt")
    assert said.code == 2 and "--log log.txt: the name of a wire log ends in .jsonl" in said.text


def test_only_our_own_files_are_cleared(tmp_path: Path) -> None:
    for name in ("0123456789ab.jsonl", "0123456789ab.txt", "results.jsonl", "0123456789abc.jsonl"):
        (tmp_path / name).write_text("x")
    keeping.clear(tmp_path)
    keeping.clear(tmp_path / "absent")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"0123456789ab.txt", "results.jsonl", "0123456789abc.jsonl"}
    keeping.clear(tmp_path / "results.jsonl")


def test_blame_is_in_the_story(tmp_path: Path) -> None:
    """The peer, and by what."""
    peers = broken("garbage", "SendsGarbage", pairs="all")
    ended = run(
        peers, "--peer", "garbage@*", "--case", EMPTY, "--jobs", "1", folder=tmp_path
    )
    (result,) = ended.run.results
    assert result.blame == result.peers[0] == result.peers[1]
    assert result.log is not None
    judged = logfile.read(tmp_path / result.log).judged
    assert judged.blame == result.blame and "FRAME-7" in str(judged.why)
    assert SECOND not in str(judged)
