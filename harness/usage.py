"""What the operating system says of a peer's process: memory, descriptors, threads, idleness.

Cases that ask what an implementation keeps, or does while nothing happens, do not ask the peer: its
own system is the better witness. The process is found by the number in the peer's `hello`, which
counts only if that process was started from here; a peer on another machine cannot be watched.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from harness import clock

#: Seconds between two looks at whether a process is busy: a hundredth of a processor is what a look
#: at twenty threads takes.
LOOK = 0.005
#: In /proc a thread that runs, or would run if a processor were free.
_RUNNABLE = b"R"


class NotWatched(Exception):
    """A process cannot be watched from here; the text says why."""


class Watched:
    """One process, watched through its system. Raises `NotWatched` when it cannot be, or not now.

    `pid` has to be a descendant of this process: any other number says nothing about a peer.
    """

    def __init__(self, pid: int) -> None:
        try:
            self._process = psutil.Process(pid)
            mine = os.getpid() in (parent.pid for parent in self._process.parents())
        except psutil.Error as error:
            raise NotWatched(f"process {pid} is not on this machine: {error}") from error
        if not mine:
            raise NotWatched(f"process {pid} was not started by this harness")
        tasks = Path("/proc", str(pid), "task")
        self._tasks = tasks if tasks.is_dir() else None

    @property
    def memory(self) -> int:
        """Octets of memory that the process has for itself alone, used already or not.

        What it has asked for counts, since a system grants memory lazily; reserved addresses do not
        count where the system can tell them apart.
        """
        try:
            info = self._process.memory_info()
        except psutil.Error as error:
            raise NotWatched(str(error)) from error
        # "data" on Linux: writable and private. "private" on Windows. The last one is everywhere.
        for name in ("data", "private", "vms"):
            octets = getattr(info, name, None)
            if octets is not None:
                return int(octets)
        raise NotWatched("the system does not tell how much memory a process has")

    @property
    def descriptors(self) -> int | None:
        """How many descriptors are open; None where the system has no such count."""
        count = getattr(self._process, "num_fds", None)
        try:
            return None if count is None else int(count())
        except psutil.Error as error:
            raise NotWatched(str(error)) from error

    @property
    def threads(self) -> int:
        """How many threads there are."""
        try:
            return int(self._process.num_threads())
        except psutil.Error as error:
            raise NotWatched(str(error)) from error

    def busy(self, seconds: float) -> float:
        """Watch for so many seconds, not scaled; return the share in which a processor was wanted.

        Where the system tells which threads could run, that is what counts: how much an overloaded
        machine lets them run makes no difference. Elsewhere the processor time has to do.
        """
        try:
            return self._runnable(seconds) if self._tasks else self._running(seconds)
        except psutil.Error as error:
            raise NotWatched(str(error)) from error

    @property
    def worked(self) -> float:
        """Seconds of processor time that the process has had so far, in steps of a hundredth."""
        try:
            return self._seconds()
        except psutil.Error as error:
            raise NotWatched(str(error)) from error

    def _runnable(self, seconds: float) -> float:
        looks = found = 0
        deadline = clock.Deadline(seconds, scaled=False)
        while not (deadline.over and looks):
            looks += 1
            found += self._can_run()
            clock.pause(LOOK, "a look at every moment would be a burden of its own")
        return found / looks

    def _can_run(self) -> bool:
        assert self._tasks is not None
        for stat in self._tasks.glob("*/stat"):
            try:
                # The name, in brackets, may hold anything; the state is the first word behind it.
                state = stat.read_bytes().rpartition(b")")[2].split()[:1]
            except OSError:
                # A thread that has ended since wants nothing any more.
                continue
            if state == [_RUNNABLE]:
                return True
        return False

    def _running(self, seconds: float) -> float:
        before, began = self._seconds(), clock.now()
        clock.pause(seconds, "processor time is counted over a time")
        return (self._seconds() - before) / (clock.now() - began)

    def _seconds(self) -> float:
        times = self._process.cpu_times()
        return float(times.user + times.system)
