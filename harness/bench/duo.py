"""The two processes of one measurement: started, placed on their processors, asked, and ended."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil

from harness import clock
from harness.bench.contender import FOLDER, ROOT, Contender
from harness.bench.workload import Workload
from harness.peererror import PeerError
from harness.process import PeerProcess, Pending

WORKER = FOLDER / "worker.py"
SIDES = ("serve", "drive")
#: What a process is made more urgent by, where that is allowed.
NICE = -10
#: Seconds that the second of two processes gets to say what went wrong, when the first has failed.
AFTERWORD = 1.0


@dataclass(frozen=True)
class Place:
    """Where the two processes run: the processors of each, None for wherever the system likes."""

    serve: tuple[int, ...] | None = None
    drive: tuple[int, ...] | None = None


class Duo:
    """Both processes of a contender, connected with each other; use it in a `with`.

    `command` runs the interpreter. Raises `PeerError` for whatever goes wrong, which names the
    process and the step; nothing is left of either then.
    """

    def __init__(
        self, contender: Contender, command: Sequence[str], workload: Workload, place: Place,
        folder: Path, limit: float,
    ) -> None:
        self._limit = limit
        self._links = workload.links
        self._pool = ThreadPoolExecutor(2)
        self._processes: list[PeerProcess] = []
        path = str(ROOT if contender.ours else FOLDER)
        try:
            for side, processors in zip(SIDES, (place.serve, place.drive), strict=True):
                process = PeerProcess(
                    [*command, "-B", "-s", str(WORKER)], {"PYTHONPATH": path},
                    f"{contender.name} ({side})", folder / f"{side}.stderr",
                )
                self._processes.append(process)
                settle(process.pid, processors)
            asked = {"module": contender.module, "options": dict(contender.options),
                     "play": workload.play}
            #: The processors and the niceness that each process really has.
            self.where = [seen(process.pid) for process in self._processes]
            self.about = self._both(
                [process.start("prepare", **asked) for process in self._processes], clock.HELLO
            )
            #: What both processes held before they were connected.
            self.met = self.facts()
            self._meet()
        except BaseException:
            self.end()
            raise

    def _meet(self) -> None:
        server, driver = self._processes
        address = server.call("listen", clock.STEP)["address"]
        self._both(
            [server.start("accept", links=self._links),
             driver.start("connect", address=address, links=self._links)],
            self._limit,
        )

    def burst(self, size: int, count: int) -> list[dict[str, Any]]:
        """Play the workload once; return what the serving and the driving side say."""
        sides = zip(self._processes, SIDES, strict=True)
        return self._both(
            [one.start("burst", side=side, size=size, count=count) for one, side in sides],
            self._limit,
        )

    def facts(self) -> list[dict[str, Any]]:
        """Return what the serving and the driving process hold now."""
        return [process.call("facts", clock.STEP) for process in self._processes]

    def _both(self, pending: Sequence[Pending], within: float) -> list[dict[str, Any]]:
        """Return both answers. If one fails, the more telling of the two failures is raised."""
        futures = [self._pool.submit(one.result, within) for one in pending]
        failed = wait(futures, return_when=FIRST_EXCEPTION)
        if failed.not_done:
            wait(futures, AFTERWORD)
            for process in self._processes:
                process.kill()
        errors = [error for one in futures if (error := one.exception()) is not None]
        if errors:
            raise min(errors, key=_telling)
        return [one.result() for one in futures]

    def end(self) -> None:
        """End both processes, whatever they do."""
        for process in self._processes:
            process.kill()
        self._pool.shutdown()

    def __enter__(self) -> Duo:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()


def settle(pid: int, processors: Sequence[int] | None) -> None:
    """Pin a process, and make it more urgent, as far as the system lets us; `seen` tells how far.
    """
    process = psutil.Process(pid)
    if processors is not None:
        with contextlib.suppress(psutil.Error, AttributeError, OSError, ValueError):
            process.cpu_affinity(list(processors))
    with contextlib.suppress(psutil.Error, OSError, ValueError):
        process.nice(NICE)


def seen(pid: int) -> str:
    """Return where a process runs and how urgent it is, in the system's own numbers."""
    process = psutil.Process(pid)
    where = "wherever the system likes"
    with contextlib.suppress(psutil.Error, AttributeError, OSError):
        where = f"on processor {', '.join(map(str, process.cpu_affinity()))}"
    return f"{where} at priority {process.nice()}"


def _telling(error: BaseException) -> int:
    """Order failures: a process that died tells more than the other one's broken connection."""
    order = ("WrongOctets", "Died", "LibraryRaised", "StepTimeout")
    name = getattr(error, "name", "") if isinstance(error, PeerError) else ""
    for rank, word in enumerate(order):
        if word in (name, type(error).__name__):
            return rank
    return len(order)


def processors() -> list[int]:
    """Return the processors that a process may be pinned to; none where the system has no such."""
    with contextlib.suppress(psutil.Error, AttributeError, OSError):
        return sorted(psutil.Process().cpu_affinity() or ())
    return []
