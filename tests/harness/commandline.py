"""The command line as a user runs it: a real process, with nothing of it left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from harness.results import Run, read

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TRUTH = HERE / "truth"

#: A file to which nothing can be written, although it can be opened for it.
FULL = "/dev/full"
#: For tests that need it.
needs_full = pytest.mark.skipif(
    not Path(FULL).exists(), reason="there is no file that is always full")

#: By this variable the processes of one run are found, wherever they have got to.
MARK = "STOCKINGS_TEST_RUN"
#: Seconds for a process that was ended to be gone: what an overloaded machine may take.
GONE = 30.0

#: The running interpreter, as peers are named by.
RUNTIME = (
    f"{sys.implementation.name}{sys.version_info[0]}.{sys.version_info[1]}"
    + ("t" if getattr(sys, "_is_gil_enabled", lambda: True)() is False else "")
)

#: Third parties on the running interpreter: each broken library in a flavour of its own name.
BROKEN = """
[peers.{name}]
python = ["{runtime}"]
class = {{own = "broken:{cls}"}}
path = ["{truth}", "{root}"]
pairs = "{pairs}"
"""
#: Commands that are no adapters, and the one line that each of them gets.
UNUSABLE = {
    "nowhere": (["/no/such/adapter"], "start: cannot run '/no/such/adapter': "),
    "garbage": (["-c", "print('Welcome!', flush=True); input()"],
                "hello: printed a line that is no answer: b'Welcome!"),
    "hangs": (["-c", "import sys; sys.stdin.read()"], "hello: no answer within 2 s"),
    "dies": (["-c", "import sys; sys.exit('no such module')"],
             "hello: its process ended with exit code 1; last line on stderr: no such module"),
}
#: Third parties that are adapters of their own.
SCRIPTED = """
[peers.{name}]
command = ["{python}", "{truth}/scripted.py", "{name}"]
pairs = "none"
"""


def broken(name: str, cls: str, pairs: str = "none") -> str:
    """The entry of a broken library in a file of peers; its peer is `NAME@RUNTIME-own`."""
    return BROKEN.format(
        name=name, cls=cls, pairs=pairs, runtime=RUNTIME,
        truth=TRUTH.as_posix(), root=ROOT.as_posix(),
    )


def scripted(manner: str) -> str:
    """The entry of the scripted adapter; its peer is called by the manner."""
    return SCRIPTED.format(
        name=manner, python=Path(sys.executable).as_posix(), truth=TRUTH.as_posix()
    )


def unusable(name: str, level: int = 1) -> str:
    """The entry of a peer that cannot be used."""
    words = UNUSABLE[name][0]
    command = [sys.executable, *words] if words[0] == "-c" else words
    return f"[peers.{name}]\ncommand = {command!r}\nlevel = {level}\n"


@dataclass(frozen=True)
class Said:
    """How the command line ended in this process: its exit code, and all that it printed."""

    code: int
    text: str


#: The fixture that runs it so.
Cli = Callable[..., Said]


def file(name: str, text: str) -> str:
    """Write a file into the current folder; return its name."""
    Path(name).write_text(text, encoding="utf-8")
    return name


@dataclass(frozen=True)
class Ended:
    """How a run of the command line ended."""

    code: int
    out: str
    err: str
    results: Path

    @property
    def run(self) -> Run:
        """What the results file says."""
        return read(self.results)


class Started:
    """A command line on its way; `ended` waits for its end and for that of all its processes."""

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.mark = uuid.uuid4().hex
        self.results = folder / "results.jsonl"
        # The `python` of a printed command is the one that runs the tests.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        # A run that is killed cannot clear its temporary folder away: it is made in ours.
        temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
        self.environment = {
            **os.environ, **temporary, "PATH": path, "COLUMNS": "300", MARK: self.mark,
            **(environment or {}),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness", *arguments], cwd=ROOT, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    def hang_up(self) -> bytes:
        """Read the first line of its output and close that, as `head -1` does; return the line."""
        assert self.process.stdout is not None
        with self.process.stdout as out:
            line = out.readline()
        self.process.stdout = None
        return line

    def ended(self) -> Ended:
        """Wait for the end; nothing that was started may be left then."""
        out, err = self.process.communicate()
        left = list(self.processes())
        _, alive = psutil.wait_procs(left, timeout=GONE)
        commands = [process.cmdline() for process in alive]
        for process in alive:
            process.kill()
        assert not commands
        return Ended(
            self.process.returncode, (out or b"").decode("utf-8"), err.decode("utf-8"), self.results
        )

    def processes(self) -> Iterator[psutil.Process]:
        """Every process of the run that there is at the moment."""
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark:
                    yield process
            except psutil.Error:
                # It is gone, or it is somebody else's.
                continue


def harness(
    *arguments: str, folder: Path, environment: dict[str, str] | None = None
) -> Ended:
    """Run the command line to its end; `folder` is for its results file."""
    return Started(arguments, folder, environment).ended()


def run(
    peers: str, *arguments: str, folder: Path, environment: dict[str, str] | None = None
) -> Ended:
    """Run cases on third parties that are given as the text of a file of peers."""
    return begin(peers, *arguments, folder=folder, environment=environment).ended()


def begin(
    peers: str, *arguments: str, folder: Path, environment: dict[str, str] | None = None
) -> Started:
    """Begin what `run` does."""
    file = folder / "truth.toml"
    file.write_text(peers, encoding="utf-8")
    words = ["run", "--peers", str(file), "--results", str(folder / "results.jsonl")]
    return Started([*words, *arguments], folder, environment)
