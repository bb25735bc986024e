"""Pressure on the processors: processes that do nothing but burn time while cases run.

Verdicts must not depend on how busy a machine is; this makes it busy.
"""

from __future__ import annotations

import subprocess
import sys
from types import TracebackType
from typing import Final

from harness import system

BURNER: Final = """
import os, sys, threading

def follow():
    sys.stdin.buffer.read()
    os._exit(0)

threading.Thread(target=follow, daemon=True).start()
while True:
    pass
"""
"""What a burner runs. Its stdin is a pipe from us, so that it ends with us even if we are killed
and can end nothing any more."""


def burners(load: float) -> int:
    """Return how many processes a load of so many per core means; none only for a load of 0."""
    return max(1, round(load * system.cores())) if load else 0


class Load:
    """A number of burners, `load` for each core, as a context manager.

    They run with our own priority, each in a process group of its own, so that a Ctrl-C at the
    terminal reaches only us; leaving the block ends each by its process id, whatever happened.
    ValueError for a negative load.
    """

    def __init__(self, load: float) -> None:
        if load < 0:
            raise ValueError(f"a load cannot be negative: {load!r}")
        self._number = burners(load)
        self._burning: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> list[int]:
        """The process ids of the burners that run."""
        return [burner.pid for burner in self._burning]

    def __enter__(self) -> Load:
        """Start the burners; OSError if the system does not let us."""
        try:
            for _ in range(self._number):
                self._burning.append(subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", BURNER], stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                    **system.group_options(),
                ))
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End them all."""
        self._end()

    def _end(self) -> None:
        while self._burning:
            burner = self._burning.pop()
            system.end_group(burner)
            assert burner.stdin is not None
            burner.stdin.close()
