"""A run whose output has nowhere to go: it ends, tells what it can, and is no verdict."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest
from commandline import FULL, begin, broken, harness, needs_full
from runs import SOME, WHO, run_of

from harness.results import Writer, read
from harness.verdicts import Verdict

#: Fifty cases: more than are judged before a reader has closed a pipe.
CASES = ("--case", "frame/header/**")
PEER = broken("mine", "Correct")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no word of its own for it")
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_whoever_has_read_enough_ends_the_run(tmp_path: Path, jobs: str) -> None:
    """`run --verbose | head -1` blamed pytest, left a file behind and lost the footer.

    Its exit code is not 1, which would say that the peer does not conform.
    """
    started = begin(PEER, "--verbose", "--jobs", jobs, *CASES, folder=tmp_path)
    assert started.hang_up().startswith(b"PASS ")
    ended = started.ended()
    assert (ended.code, ended.err) == (3, "")
    run = read(started.results)
    assert run.footer is not None and run.footer.exit == 3 and run.footer.missing
    assert {result.verdict for result in run.results} == {Verdict.PASS}
    assert {path.name for path in tmp_path.iterdir()} == {"results.jsonl", "truth.toml"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows' locks would keep readers off")
def test_a_run_leaves_the_results_of_another_one_alone_that_is_on_its_way(tmp_path: Path) -> None:
    """Both had `results/results.jsonl`, and what was left of it was neither's."""
    with Writer(tmp_path / "results.jsonl", run_of(WHO, SOME).header) as other:
        other.add(SOME[0])
        ended = begin(PEER, *CASES, folder=tmp_path).ended()
        other.finish([one.id for one in SOME], 3, 1.0)
    what = "another run is writing it; this one needs another file"
    assert (ended.code, ended.err) == (3, f"harness: {tmp_path / 'results.jsonl'}: {what}\n")
    assert read(tmp_path / "results.jsonl").results == (SOME[0],)


@needs_full
def test_results_that_find_no_room_end_the_run_and_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(PEER, encoding="utf-8")
    ended = harness(
        "run", "--peers", str(tmp_path / "mine.toml"), "--results", FULL, *CASES, folder=tmp_path
    )
    assert ended.code == 3
    assert ended.err == f"harness: {FULL}: {os.strerror(errno.ENOSPC)}\n"
    assert {path.name for path in tmp_path.iterdir()} == {"mine.toml"}
