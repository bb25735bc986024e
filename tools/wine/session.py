"""One Windows that stays up for a run, so that its services are started once, and end with it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
from filelock import FileLock

from harness import command
from tools.wine import pythons

#: Seconds for making a Windows (4 on an idle machine) and for ending it.
MAKE_LIMIT, END_LIMIT = 180.0, 60.0
#: Seconds to wait for another run that uses the same Windows: as long as one may take.
LOCK_LIMIT = 1800.0
#: Runs its arguments by wine, with a pipe for stderr.
PIPED = 'exec wine "$0" "$@" 2> >(exec cat >&2)'
#: The program that keeps a Windows up. The first that asks for the desktop, as OpenSSL does, starts
#: a process which then has that program's pipes for good, and whoever reads them waits for it.
KEEPER = """
import ctypes, sys
ctypes.windll.user32.GetDesktopWindow()
sys.stdout.write("up\\n")
sys.stdout.flush()
sys.stdin.read()
"""


def wine() -> str | None:
    """Return wine's path, or None where it is not installed."""
    return shutil.which("wine")


def prefix() -> Path:
    """Return the folder that is the Windows."""
    return pythons.folder() / "prefix"


def settings() -> dict[str, str]:
    """Return the variables that make wine use our Windows, without a screen and without a word."""
    return {"WINEPREFIX": str(prefix()), "WINEARCH": "win64", "WINEDEBUG": "-all", "DISPLAY": ""}


def words(python: Path) -> list[str]:
    """Return the words of a command behind which the arguments of a Windows Python stand.

    Under wine, Python from 3.x on does not start with a file as its stderr, which a peer's is: it
    gets a pipe. The shell becomes wine, so that the process is the peer's.
    """
    variables = [f"{name}={value}" for name, value in settings().items()]
    return ["env", *variables, "bash", "-c", PIPED, str(python)]


@contextlib.contextmanager
def opened(python: Path) -> Iterator[None]:
    """Keep a Windows up, for one run at a time; raises `NotMade`."""
    environment = {**command.clean_environment(), **settings()}
    prefix().parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{prefix()}.lock", timeout=LOCK_LIMIT):
        try:
            ended = command.run(["wineboot", "--init"], MAKE_LIMIT, environment)
            if ended.code != 0:
                raise pythons.NotMade(f"wineboot: exit code {ended.code}: {ended.output[-600:]}")
            # Windows' services stay as long as some program does.
            with subprocess.Popen(
                ["wine", str(python), "-c", KEEPER], env=environment, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
            ) as keeper:
                assert keeper.stdin is not None and keeper.stdout is not None
                if keeper.stdout.readline().strip() != b"up":
                    raise pythons.NotMade(f"{python} does not start under wine")
                yield
                keeper.stdin.close()
                command.run(["wineserver", "--kill"], END_LIMIT, environment)
        finally:
            _end_all()


def _end_all() -> None:
    """End every process of our Windows: a wineserver that crashed leaves the others waiting."""
    for process in psutil.process_iter():
        try:
            if process.environ().get("WINEPREFIX") == os.fspath(prefix()):
                process.kill()
        except psutil.Error:
            # Gone by itself, or not ours to look at, and so none that we started.
            continue
