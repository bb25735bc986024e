"""Watching a process: what a peer's system says of it, tried on a process of our own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import psutil
import pytest

from harness import clock
from harness.usage import NotWatched, Watched

#: What the other process does for each line: an expression, whose value it keeps.
CHILD = """
import sys, threading
kept = []
for line in sys.stdin:
    kept.append(eval(line))
    print("done", flush=True)
"""
MIB = 1 << 20


@dataclass(frozen=True)
class Child:
    """A process that does what it is told and sleeps in between."""

    process: subprocess.Popen[str]

    def tell(self, expression: str) -> None:
        """Let it evaluate an expression; returns when it has."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(expression + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"


@pytest.fixture
def child() -> Iterator[Child]:
    """Give a process, and end it afterwards."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdin=pipe, stdout=pipe, text=True
    ) as process:
        one = Child(process)
        one.tell("None")
        yield one
        process.kill()


def test_memory_that_is_asked_for_counts_before_it_is_used(child: Child) -> None:
    watched = Watched(child.process.pid)
    before = watched.memory
    child.tell(f"bytearray({256 * MIB})")
    assert watched.memory - before >= 256 * MIB
    child.tell("kept.clear()")
    assert watched.memory - before < 64 * MIB


def test_threads_and_descriptors_are_counted(child: Child) -> None:
    watched = Watched(child.process.pid)
    threads, descriptors = watched.threads, watched.descriptors
    child.tell("[threading.Thread(target=threading.Event().wait, daemon=True).start()"
               " for _ in range(3)]")
    child.tell("[open(sys.executable) for _ in range(5)]")
    assert watched.threads == threads + 3
    if sys.platform == "win32":
        assert descriptors is None
    else:
        assert watched.descriptors == (descriptors or 0) + 5


def test_who_sleeps_is_idle_and_who_asks_again_and_again_is_busy(child: Child) -> None:
    watched = Watched(child.process.pid)
    assert clock.until(lambda: watched.busy(0.05) < 0.5, 30.0)
    spin = "exec('def spin():\\n while True: pass')"
    child.tell(f"[{spin}, threading.Thread(target=spin, daemon=True).start()]")
    assert clock.until(lambda: watched.busy(0.05) > 0.5, 30.0)


def test_where_no_thread_can_be_looked_at_the_processor_time_has_to_do(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(child.process.pid)
    monkeypatch.setattr(watched, "_tasks", None)
    spin = "exec('def spin():\\n while True: pass')"
    child.tell(f"[{spin}, threading.Thread(target=spin, daemon=True).start()]")
    assert clock.until(lambda: watched.busy(0.1) > 0, 30.0)


def test_a_process_that_was_not_started_from_here_says_nothing_about_a_peer() -> None:
    with pytest.raises(NotWatched, match=f"process {os.getppid()} was not started by this"):
        Watched(os.getppid())
    gone = max(psutil.pids()) + 100000
    with pytest.raises(NotWatched, match=f"process {gone} is not on this machine"):
        Watched(gone)


def test_a_process_that_has_ended_cannot_be_watched_any_more(child: Child) -> None:
    watched = Watched(child.process.pid)
    child.process.kill()
    child.process.wait()
    for look in (lambda: watched.memory, lambda: watched.threads, lambda: watched.descriptors):
        if sys.platform != "win32":
            with pytest.raises(NotWatched):
                look()
