"""Whatever the harness does differently per operating system, in one place.

Everything else in the harness is written as if there were one kind of system.
"""

from __future__ import annotations

import os
import signal
import stat
import struct
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import psutil

if sys.platform != "win32":
    import fcntl

WINDOWS = sys.platform == "win32"
LINUX = sys.platform == "linux"
#: SO_LINGER's value for "no time at all": two ints, on Windows two shorts.
LINGER_NONE = struct.pack("hh" if WINDOWS else "ii", 1, 0)


def cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def ending_signals() -> list[int]:
    """Return the signals by which we are told to end, besides that of the keyboard.

    A program under `nohup` ignores that its terminal has gone, and so do we there.
    """
    named = [getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")]
    there = [int(number) for number in named if number is not None]
    return [number for number in there if signal.getsignal(number) is not signal.SIG_IGN]


def foreign(platform: str) -> str:
    """Return the `sys.platform` of a Python for another system than ours, empty for our own.

    2.7 says linux2 where 3 says linux.
    """
    ours = platform == sys.platform or (LINUX and platform.startswith("linux"))
    return "" if ours else platform


def path_for(platform: str, path: Path) -> str:
    """Return an absolute path as a program for that platform (see `foreign`) has to be told it.

    A Windows program that runs elsewhere, under wine, sees our root folder as its drive Z.
    """
    if platform == "win32" and not WINDOWS:
        return "Z:" + str(path).replace("/", "\\")
    return str(path)


def search_path_for(platform: str, folders: Iterable[Path]) -> str:
    """Return the value of a variable like PYTHONPATH as a program for that platform reads it."""
    separator = ";" if platform == "win32" else os.pathsep
    return separator.join(path_for(platform, folder) for folder in folders)


def environment_python(home: Path) -> Path:
    """Return where a virtual environment keeps its interpreter."""
    return home / ("Scripts/python.exe" if WINDOWS else "bin/python")


def group_options() -> dict[str, Any]:
    """Return the keyword arguments of `subprocess.Popen` that start a process group of its own.

    A peer may start processes; as one group they can all be ended together, and a Ctrl-C at the
    terminal reaches the harness alone, which then ends its peers in order.
    """
    if WINDOWS:
        return {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    return {"start_new_session": True}


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process started with `group_options` and everything that it started; reap it.

    Never raises for processes that are gone already, and never touches others: once a leader has
    been reaped and its group is empty, the system may give their number to somebody else.
    """
    if WINDOWS:
        _end_tree(process.pid)
    elif process.returncode is None or not psutil.pid_exists(process.pid):
        try:
            # The group's id is the leader's pid, and stays reserved while a member is left, so a
            # leader that died before its children does not hide them.
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            # PermissionError is macOS's word for a group of zombies only.
            pass
    process.wait()


def _end_tree(pid: int) -> None:
    try:
        leader = psutil.Process(pid)
        members = [*leader.children(recursive=True), leader]
    except psutil.NoSuchProcess:
        return
    for member in members:
        try:
            member.kill()
        except psutil.NoSuchProcess:
            continue


def exit_text(code: int) -> str:
    """Say in words how a process ended: `exit code 3` or `signal SIGSEGV`."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"


def claim(file: IO[Any]) -> bool:
    """Keep an open file for its only writer, until it is closed; False if it has one already.

    Only a regular file is kept, and on Windows none: a lock would keep readers off as well there.
    """
    if sys.platform == "win32" or not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        # Not every file system can do that.
        return True
    return True


def drop_what_cannot_be_printed() -> None:
    """Send what is left for stdout nowhere, if that takes nothing.

    Or Python would try once more in the end, and exit with a code of its own.
    """
    try:
        sys.stdout.flush()
    except OSError:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
