"""The truth table: which observation gives which verdict and which exit code, through everything.

Each row is a run of the command line, as a real process, over a peer with one known property.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from commandline import ROOT, RUNTIME, TRUTH, Ended, begin, broken, run, scripted

from harness import clock, system
from harness.results import Result, read
from harness.verdicts import Verdict

#: Cases, by what they let a peer do.
WRITES = "frame/header/nothing-but-frames"
READS = "frame/header/empty[1,text]"
SHAKES = "handshake/order/glued[whole]"
STUCK = "sending/partial/slow-reader[bytes]"
EMPTY = "interop/exchange/empty[text]"

#: Of a row that waits for what never comes.
HASTE = 0.1


@dataclass(frozen=True)
class Row:
    """A peer, what it is asked to do, and what has to come of it."""

    peers: str
    case: str
    verdict: Verdict
    code: int
    clause: str | None = None
    step: str | None = None
    words: str = ""
    known: str = ""
    patience: float = 1.0

    def run(self, folder: Path) -> Ended:
        """Run the row's case on the row's one peer."""
        name = self.peers.partition("peers.")[2].partition("]")[0]
        options = ["--peer", f"{name}*", "--case", self.case, "--jobs", "1",
                   "--patience", str(self.patience)]
        if self.known:
            (folder / "known").write_text(self.known, encoding="utf-8")
            options += ["--known-failing", str(folder / "known")]
        return run(self.peers, *options, folder=folder)


def of(cls: str, pairs: str = "none") -> str:
    """The peer of a broken library."""
    return broken("truth", cls, pairs)


ROWS = {
    "correct": Row(of("Correct"), READS, Verdict.PASS, 0),
    "should-not-met": Row(of("DropsEmpty", "all"), EMPTY, Verdict.WARN, 0, "FRAME-9"),
    "wrong-content": Row(of("Reverses"), READS, Verdict.FAIL, 1, "FRAME-8"),
    "wrong-kind": Row(of("MixesKinds"), READS, Verdict.FAIL, 1, "FRAME-8"),
    "no-frame": Row(of("SendsGarbage"), WRITES, Verdict.FAIL, 1, "FRAME-7"),
    "refuses": Row(
        of("RaisesInWrite"), WRITES, Verdict.FAIL, 1, "FRAME-11", "write", "ValueError: not today"
    ),
    "dies": Row(
        of("DiesInWrite"), WRITES, Verdict.CRASH, 1, None, "write",
        "exit code 7; last line on stderr: my last words",
    ),
    "dies-behind-the-case": Row(
        of("DiesBehindIt"), READS, Verdict.CRASH, 1, None, "after the case", "exit code 7"
    ),
    "hangs": Row(
        of("HangsInWrite"), WRITES, Verdict.TIMEOUT, 1, None, "write", "no answer within 3 s",
        patience=HASTE,
    ),
    "hangs-in-handshake": Row(
        of("HangsInHandshake"), READS, Verdict.TIMEOUT, 1, None, "for=ready",
        "not ready within 1 s", patience=HASTE,
    ),
    "leaves-a-thread": Row(
        of("LeavesThread"), READS, Verdict.FAIL, 1, "END-8", "after the case", "1 threads",
        patience=0.5,
    ),
    "declined": Row(
        scripted("declines"), SHAKES, Verdict.UNSUPPORTED, 0, words="does not declare handshake"
    ),
    "prerequisite": Row(
        of("Swallows"), STUCK, Verdict.UNTESTABLE, 3, words="no proof", patience=HASTE
    ),
    "adapter-faults": Row(
        scripted("faults"), READS, Verdict.UNTESTABLE, 3, None, "open", "out of sockets"
    ),
    "adapter-knows-less": Row(
        scripted("unsupported"), READS, Verdict.UNTESTABLE, 3, None, "open", "does not support"
    ),
    "adapter-prints-garbage": Row(
        scripted("garbage"), READS, Verdict.UNTESTABLE, 3, None, "open", "Segmentation fault (not"
    ),
    "adapter-leaves-out-what-was-asked": Row(
        scripted("incomplete"), READS, Verdict.UNTESTABLE, 3, None, "open", "lacks 'local'"
    ),
    "known": Row(
        of("Reverses"), READS, Verdict.XFAIL, 0, "FRAME-8", known="* FAIL FRAME-8  # reverses"
    ),
    "known-for-something-else": Row(
        of("Reverses"), READS, Verdict.FAIL, 1, "FRAME-8", known="* FAIL FRAME-6  # something else"
    ),
    "known-and-mended": Row(
        of("Correct"), READS, Verdict.STALE, 1, "FRAME-8", known="* FAIL FRAME-8  # was reversed"
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_the_truth_table(name: str, tmp_path: Path) -> None:
    row = ROWS[name]
    ended = row.run(tmp_path)
    (result,) = ended.run.results
    assert (result.verdict, result.clause, ended.code) == (row.verdict, row.clause, row.code)
    assert row.step is None or row.step in str(result.step)
    assert row.words in result.reason
    assert ended.run.complete
    assert ended.run.footer is not None and ended.run.footer.exit == row.code


def by_peer(results: tuple[Result, ...]) -> dict[str, Verdict]:
    """The verdict of each peer's one result."""
    return {one.where.partition("@")[0]: one.verdict for one in results}


def test_what_cannot_be_trusted_goes_before_what_failed(tmp_path: Path) -> None:
    peers = broken("wrong", "Reverses") + scripted("faults") + broken("right", "Correct")
    options = ["--peer", "wrong@*", "--peer", "faults", "--peer", "right@*", "--case", READS]
    ended = run(peers, *options, "--jobs", "1", folder=tmp_path)
    verdicts = by_peer(ended.run.results)
    assert verdicts == {
        "wrong": Verdict.FAIL, "faults": Verdict.UNTESTABLE, "right": Verdict.PASS
    }
    assert ended.code == 3


def test_what_a_peer_prints_is_kept_with_its_red_case_alone(tmp_path: Path) -> None:
    peers = broken("dies", "DiesInWrite")
    ended = run(
        peers, "--peer", "dies@*", "--case", WRITES, "--case", READS, "--jobs", "1",
        folder=tmp_path,
    )
    stderr = {one.verdict: one.stderr for one in ended.run.results}
    assert stderr == {Verdict.CRASH: "my last words\n", Verdict.PASS: ""}
    assert ended.code == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_worker_that_is_killed_is_our_fault_and_the_run_goes_on(tmp_path: Path) -> None:
    peers = broken("kills", "KillsWorker") + broken("right", "Correct")
    ended = run(
        peers, "--peer", "kills@*", "--peer", "right@*", "--case", WRITES, "--jobs", "2",
        folder=tmp_path,
    )
    assert by_peer(ended.run.results) == {"kills": Verdict.HARNESS, "right": Verdict.PASS}
    assert ended.code == 3
    assert ended.run.complete


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other signals")
@pytest.mark.parametrize("signum", [signal.SIGINT, *system.ending_signals()])
def test_an_interrupted_run_ends_in_order(signum: int, tmp_path: Path) -> None:
    sign = tmp_path / "hanging"
    started = begin(
        broken("hangs", "HangsInWrite"), "--peer", "hangs@*", "--case", WRITES, "--jobs", "1",
        folder=tmp_path, environment={"STOCKINGS_TRUTH_HANGING": str(sign)},
    )
    assert clock.until(sign.exists, 60.0)
    assert len(list(started.processes())) >= 2
    os.kill(started.process.pid, signum)
    ended = started.ended()
    assert ended.code == 3
    assert ended.err.startswith("harness: 1 case without result, " + WRITES)
    assert "Traceback" not in ended.out + ended.err
    assert not ended.run.complete


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_run_that_is_killed_leaves_no_peer_and_a_file_that_says_so(tmp_path: Path) -> None:
    sign = tmp_path / "hanging"
    started = begin(
        broken("hangs", "HangsInWrite"), "--peer", "hangs@*", "--case", WRITES, "--case", READS,
        "--jobs", "2", folder=tmp_path, environment={"STOCKINGS_TRUTH_HANGING": str(sign)},
    )
    assert clock.until(sign.exists, 60.0)
    assert len(list(started.processes())) >= 2
    os.kill(started.process.pid, signal.SIGKILL)
    ended = started.ended()
    assert read(ended.results, partial=True).footer is None


@pytest.mark.skipif(sys.platform == "win32", reason="the printed command is for a POSIX shell")
@pytest.mark.parametrize("name", ["wrong-content", "known-and-mended"])
def test_the_printed_command_replays_a_red_case(name: str, tmp_path: Path) -> None:
    row = replace(ROWS[name], patience=2.0)
    ended = row.run(tmp_path)
    (line,) = [line for line in ended.out.splitlines() if line.split()[:1] == ["replay"]]
    command = line.partition("replay")[2].strip()
    assert "--patience 2" in command
    again = tmp_path / "again.jsonl"
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    replayed = subprocess.run(
        f"{command} --results {again}", shell=True, cwd=ROOT, env={**os.environ, "PATH": path},
        capture_output=True, check=False,
    )
    (first,), (second,) = ended.run.results, read(again).results
    assert (first.id, first.verdict, first.clause) == (second.id, second.verdict, second.clause)
    assert replayed.returncode == ended.code == row.code


def test_every_broken_library_is_used() -> None:
    classes = re.findall(r"^class (\w+)", (TRUTH / "broken.py").read_text("utf-8"), re.MULTILINE)
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    assert [cls for cls in classes if not re.search(rf"\b{cls}\b", tests)] == []
    assert RUNTIME in " ".join(row.peers for row in ROWS.values())
