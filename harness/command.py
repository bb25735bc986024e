"""One helper command, run to its end: what it printed last, how it ended, and never for ever.

Peers are not run this way: they have a conversation (`process`), though their environment is made
here. This is for the interpreters that
are asked what they are, and for the tools that make environments.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import psutil

#: What an implementation under test is set by, as its users do.
SETTINGS = frozenset({"STOCKING_SELECT_SEND_INTERVAL"})
#: Seconds between the end of a process and the end of its output, which a busy machine needs to
#: read it, and which are lost only if something else holds the pipe.
REAP = 10.0
#: How much of a command's output is kept: its end, which is where answers and errors stand.
OUTPUT_KEPT = 1 << 16


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or None if it was ended at its limit; its last output."""

    code: int | None
    output: str

    @property
    def last_line(self) -> str:
        """The last line of the output that is not empty, or an empty text."""
        lines = self.output.strip().splitlines()
        return lines[-1] if lines else ""


def clean_environment() -> dict[str, str]:
    """Return our environment without what makes an interpreter start unlike itself.

    PYTHONHOME and the like were meant for the one that runs us; macOS has a variable that makes
    every interpreter believe itself to be in our virtualenv.
    """
    return {
        name: value for name, value in os.environ.items()
        if not name.startswith("PYTHON") and name != "__PYVENV_LAUNCHER__"
    }


def peer_environment(own: Mapping[str, str]) -> dict[str, str]:
    """Return our environment for a peer, with the variables of its `own` that a peer file states.

    A setting of the implementations under test that the user has for programs of theirs must not
    decide a verdict, which no results file would tell.
    """
    return {
        **{name: value for name, value in os.environ.items() if name not in SETTINGS}, **own
    }


def run(argv: Sequence[str], within: float, environment: Mapping[str, str] | None = None) -> Ended:
    """Run a command to its end, with nothing on stdin; end it and its children after `within` s.

    It stays in our process group, so that Ctrl-C at the terminal ends it too. `environment`
    defaults to `clean_environment()`. Raises OSError if the command cannot be started.
    """
    process = subprocess.Popen(
        list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=clean_environment() if environment is None else dict(environment),
    )
    assert process.stdout is not None
    tail = bytearray()
    reader = threading.Thread(target=_keep_tail, args=(process.stdout, tail), daemon=True)
    reader.start()
    code: int | None = None
    try:
        code = process.wait(within)
    except subprocess.TimeoutExpired:
        pass
    finally:
        if code is None:
            _end(process)
    # Not for ever: a process that a shim left in the background may hold the pipe open.
    reader.join(REAP)
    return Ended(code, bytes(tail).decode("utf-8", "replace"))


def _keep_tail(stream: IO[bytes], tail: bytearray) -> None:
    with stream:
        while piece := os.read(stream.fileno(), OUTPUT_KEPT):
            tail += piece
            del tail[:-OUTPUT_KEPT]


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        children = psutil.Process(process.pid).children(recursive=True)
    except psutil.Error:
        children = []
    process.kill()
    for child in children:
        try:
            child.kill()
        except psutil.Error:
            # It has gone by itself in the meantime, or changed its user: no longer ours to end.
            continue
    process.wait()
