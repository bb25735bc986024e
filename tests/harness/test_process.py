"""The conversation with a peer process: every way in which it can go wrong, and what is left."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from harness.peererror import (
    AdapterFault,
    Died,
    Garbage,
    LibraryRaised,
    NotStarted,
    StepTimeout,
    Unsupported,
)
from harness.process import PeerProcess

Launch = Callable[[str], PeerProcess]

ANSWERING = """
    import json, sys
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps({"id": request["id"], %s}), flush=True)
"""


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Start a peer from the text of a Python program; whatever happens, end it."""
    processes: list[PeerProcess] = []

    def start(program: str) -> PeerProcess:
        command = [sys.executable, "-c", textwrap.dedent(program)]
        processes.append(PeerProcess(command, {}, "fake", tmp_path / "stderr"))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        assert not psutil.pid_exists(process.pid)


def test_an_answer_is_matched_to_its_request_whatever_the_order(launch: Launch) -> None:
    process = launch("""
        import json, sys
        ids = [json.loads(sys.stdin.readline())["id"] for _ in range(2)]
        for ident in reversed(ids):
            print(json.dumps({"id": ident, "ok": {"number": ident}}), flush=True)
        sys.stdin.read()
    """)
    first, second = process.start("state"), process.start("state")
    assert first.result(10) == {"number": 1}
    assert second.result(10) == {"number": 2}


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        ('"raised": {"name": "NotReady", "message": "wait"}', LibraryRaised, "NotReady"),
        ('"unsupported": "gate"', Unsupported, "gate"),
        ('"fault": {"message": "broken"}', AdapterFault, "broken"),
        ('"ok": {}, "raised": {}', Garbage, "one of ok"),
        ('"nothing": 1', Garbage, "one of ok"),
        ('"ok": 3', Garbage, "must be an object"),
    ],
)
def test_each_kind_of_answer_that_is_not_ok(
    launch: Launch, answer: str, kind: type[Exception], words: str
) -> None:
    process = launch(ANSWERING % answer)
    with pytest.raises(kind, match=words) as caught:
        process.call("write", 10, conn="c1")
    assert "fake: write conn=c1" in str(caught.value)


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(NotStarted, match="cannot run '/nowhere/adapter'"):
        PeerProcess(["/nowhere/adapter"], {}, "fake", tmp_path / "stderr")


def test_a_line_that_is_no_json(launch: Launch) -> None:
    process = launch("print('Welcome to my adapter!', flush=True); input()")
    with pytest.raises(Garbage, match="Welcome to my adapter"):
        process.call("hello", 10)
    assert not process.alive


def test_a_line_that_is_nested_too_deeply(launch: Launch) -> None:
    """It ended the thread that reads, so that the case waited in vain for its answer."""
    process = launch("print('[' * 100_000, flush=True); input()")
    with pytest.raises(Garbage, match=r"is no answer: b'\[\[\["):
        process.call("hello", 10)
    assert not process.alive


def test_a_line_that_never_ends(launch: Launch) -> None:
    process = launch("import sys; sys.stdout.write('x' * (2 << 20)); sys.stdout.flush(); input()")
    with pytest.raises(Garbage, match="longer than"):
        process.call("hello", 10)


def test_an_answer_to_nothing(launch: Launch) -> None:
    process = launch("""print('{"id": 99, "ok": {}}', flush=True); input()""")
    with pytest.raises(Garbage, match="not made"):
        process.call("hello", 10)


def test_a_peer_that_dies_is_quoted(launch: Launch) -> None:
    process = launch("import sys; sys.stdin.readline(); sys.exit('no such module')")
    with pytest.raises(Died, match="exit code 1; last line on stderr: no such module"):
        process.call("hello", 10)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals")
def test_a_peer_that_crashes_is_named_by_its_signal(launch: Launch) -> None:
    process = launch("import os, sys; sys.stdin.readline(); os.kill(os.getpid(), 11)")
    with pytest.raises(Died, match="SIGSEGV"):
        process.call("hello", 10)


def test_a_peer_that_hangs_runs_out_of_time(launch: Launch) -> None:
    process = launch("import sys; sys.stdin.read()")
    with pytest.raises(StepTimeout, match=r"hello: no answer within 0\.05 s"):
        process.call("hello", 0.05)


def test_a_peer_that_does_not_read_cannot_hang_a_long_request(
    launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.clock.TAKE_LINE", 0.05)
    process = launch("import threading; threading.Event().wait()")
    with pytest.raises(StepTimeout, match="did not read its request"):
        process.start("write", messages=["x" * (1 << 20)])


def test_what_a_peer_started_ends_with_it(launch: Launch) -> None:
    process = launch("""
        import json, subprocess, sys
        program = "import threading; threading.Event().wait()"
        child = subprocess.Popen([sys.executable, "-c", program])
        request = json.loads(sys.stdin.readline())
        print(json.dumps({"id": request["id"], "ok": {"child": child.pid}}), flush=True)
        sys.stdin.read()
    """)
    child = psutil.Process(process.call("hello", 10)["child"])
    process.kill()
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
