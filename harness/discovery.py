"""Which Python interpreters this machine has.

Where to look is the knowledge of the library pythonfinder (PATH, asdf, pyenv, the Windows registry,
the `py` launcher), with a short table of places that it does not know. What is there is asked by
running it: pythonfinder's own asking is one interpreter at a time, overlooks `python3.10` and later
on PATH, and leaves a candidate that hangs running.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pythonfinder import Finder  # type: ignore[import-untyped]  # it ships no type information

from harness import command as commands
from harness import system
from harness.fields import Fields, Invalid

#: Seconds that a candidate gets to say what it is. The first start of an interpreter on a machine
#: with a virus scanner takes a few, and where twenty processes want each core all sixteen that are
#: asked at a time have taken more than ten; one that hangs takes them all.
PROBE_LIMIT = 30.0
#: How the reason begins for passing over one that used it up.
SILENT = "gave no answer"
#: The same for one that the user has named: it is no stray file that hangs, and may have to start
#: a whole foreign system before it answers.
NAMED_LIMIT = 120.0
#: Candidates asked at the same time. Starting an interpreter is half waiting for the disk, and a
#: few that hang must not hold up the others.
AT_ONCE = 16

#: The implementations that the harness runs by itself. Any other one can be a peer by its command.
IMPLEMENTATIONS = ("cpython", "pypy")
#: How an interpreter's file is called; `t` is a free-threaded build, `m` one of 3.4 to 3.7.
FILE_NAME = re.compile(r"(?:python|pypy)(?:\d(?:\.\d+)?[tm]?)?(?:\.exe)?", re.IGNORECASE)
#: Folders with one installation each: the variable that moves the root, the root, the pattern.
INSTALLATIONS = (
    ("PYENV_ROOT", "~/.pyenv", "versions/*"),
    ("PYENV_ROOT", "~/.pyenv/pyenv-win", "versions/*"),
    ("UV_PYTHON_INSTALL_DIR", "~/.local/share/uv/python", "*"),
    ("UV_PYTHON_INSTALL_DIR", "~/AppData/Roaming/uv/python", "*"),
    ("XDG_DATA_HOME", "~/.local/share", "uv/python/*"),
    ("APPDATA", "~/AppData/Roaming", "uv/data/python/*"),
    ("MISE_DATA_DIR", "~/.local/share/mise", "installs/python/*"),
    ("HOMEBREW_PREFIX", "/opt/homebrew", "opt/py*"),
    ("HOMEBREW_PREFIX", "/usr/local", "opt/py*"),
    ("", "/home", "linuxbrew/.linuxbrew/opt/py*"),
    ("", "/Library/Frameworks/Python.framework/Versions", "*"),
    # Debian's own (pypy3 among them), for a PATH that was cut short.
    ("", "/", "usr"),
    ("", "/usr", "local"),
)

MARK = "stockings-interpreter:"
# Run without -I, which 2.7 does not have, and with site, without which a virtualenv looks like the
# interpreter that it was made from.
PROBE = f"""
import json, sys
implementation = getattr(getattr(sys, "implementation", None), "name", None)
if implementation is None:
    import platform
    implementation = platform.python_implementation().lower()
free_threaded = False
if sys.version_info >= (3, 13):
    import sysconfig
    free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
print("{MARK}" + json.dumps({{
    "implementation": implementation,
    "version": list(sys.version_info),
    "free_threaded": free_threaded,
    "platform": sys.platform,
    "executable": sys.executable or "",
    "prefix": sys.prefix,
    "base": getattr(sys, "real_prefix", None) or getattr(sys, "base_prefix", sys.prefix),
    "base_executable": getattr(sys, "_base_executable", None) or "",
}}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A Python interpreter.

    `command` is what its arguments are put behind, which may be several words (`wine python.exe`);
    `implementation` is `cpython` or `pypy`; `version` is like `2.7.18`; `executable` is the path by
    which it knows itself. `platform` is the `sys.platform` of one that is made for another system
    than ours and runs here all the same, else empty. A value: may be shared between threads.
    """

    command: tuple[str, ...]
    implementation: str
    version: str
    executable: str
    free_threaded: bool = False
    platform: str = ""

    @property
    def release(self) -> tuple[int, int]:
        """The major and minor version, like `(2, 7)`."""
        major, minor = self.version.split(".")[:2]
        return int(major), int(minor)

    @property
    def name(self) -> str:
        """The name that peers and globs use, like `cpython2.7`, `cpython3.13t`, `win32-cpython3.6`.

        The platform stands first, so that `cpython*` still means those of our own.
        """
        major, minor = self.release
        before = f"{self.platform}-" if self.platform else ""
        return f"{before}{self.implementation}{major}.{minor}{'t' if self.free_threaded else ''}"

    def to_json(self) -> dict[str, Any]:
        """Return the interpreter as a JSON object."""
        return {
            "command": list(self.command), "implementation": self.implementation,
            "version": self.version, "executable": self.executable,
            "free_threaded": self.free_threaded, "platform": self.platform,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Interpreter:
        """Read what `to_json` returned; raises `fields.Invalid`."""
        fields = Fields(values, "interpreter.")
        interpreter = cls(
            fields.texts("command"), fields.text("implementation"), fields.text("version"),
            fields.text("executable"), fields.truth("free_threaded"), fields.text("platform"),
        )
        fields.done()
        return interpreter


@dataclass(frozen=True)
class Discovery:
    """What a search has found, and what it has passed over: the command and the reason."""

    found: tuple[Interpreter, ...]
    skipped: tuple[tuple[tuple[str, ...], str], ...]

    @property
    def silent(self) -> list[str]:
        """What to say of candidates that did not answer in time, and may be interpreters."""
        return [
            f"{' '.join(command)} {why}; it takes no part" for command, why in self.skipped
            if why.startswith(SILENT)
        ]


@dataclass(frozen=True)
class _Answer:
    """What a candidate has said of itself.

    `rank` orders releases; `bases` are, for a virtualenv's, what it may have been made from.
    """

    interpreter: Interpreter
    rank: tuple[int, int, int, str, int]
    bases: tuple[tuple[str, ...], ...] | None


def discover() -> list[Interpreter]:
    """Return the machine's interpreters, sorted, one per implementation and minor version.

    Takes a few tenths of a second, and up to `PROBE_LIMIT` if a candidate hangs.
    """
    return list(survey(candidates()).found)


def survey(commands: Iterable[tuple[str, ...]], within: float = PROBE_LIMIT) -> Discovery:
    """Ask every command what it is, at the same time, and keep the newest patch of each version.

    `within` is the time in seconds that each of them gets. Of two with the same version the one
    that comes first is kept. A virtualenv's interpreter stands for the one it was made from.
    """
    answers: list[_Answer] = []
    skipped: list[tuple[tuple[str, ...], str]] = []
    seen: set[tuple[str, ...]] = set()
    fresh = list(dict.fromkeys(commands))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        while fresh:
            seen.update(fresh)
            bases: list[tuple[str, ...]] = []
            answered = pool.map(lambda one: _ask(one, within), fresh)
            for command, answer in zip(fresh, answered, strict=True):
                if isinstance(answer, str):
                    skipped.append((command, answer))
                elif answer.bases is not None:
                    skipped.append((command, "belongs to a virtualenv"))
                    bases.extend(answer.bases)
                else:
                    answers.append(answer)
            fresh = [one for one in dict.fromkeys(bases) if one not in seen]
    return _newest(answers, skipped)


def _newest(answers: list[_Answer], skipped: list[tuple[tuple[str, ...], str]]) -> Discovery:
    best: dict[str, _Answer] = {}
    for answer in answers:
        name = answer.interpreter.name
        if name not in best or answer.rank > best[name].rank:
            best[name] = answer
    for answer in answers:
        kept = best[answer.interpreter.name].interpreter
        if answer.interpreter is not kept:
            reason = f"{kept.name} is {kept.version} at {' '.join(kept.command)}"
            skipped.append((answer.interpreter.command, reason))
    order = sorted((one.interpreter.implementation, one.rank, name) for name, one in best.items())
    return Discovery(tuple(best[name].interpreter for _, _, name in order), tuple(skipped))


def candidates() -> list[tuple[str, ...]]:
    """Return the commands that may be interpreters, those on PATH first, none of them run yet."""
    finder = Finder(system=False, global_search=True)
    folders = [*finder.system_finder.paths, *finder.pyenv_finder.paths, *finder.asdf_finder.paths]
    files = [file for folder in folders for file in _interpreters_in(folder)]
    for windows in (finder.py_launcher_finder, finder.windows_finder):
        if windows is not None:
            files.extend(found.path for found in windows.find_all_python_versions())
    for variable, default, pattern in INSTALLATIONS:
        root = Path(os.path.expanduser(os.environ.get(variable) or default))
        files.extend(file for home in sorted(root.glob(pattern)) for file in _interpreters_of(home))
    # Our own base is there even if PATH does not know it.
    files.append(Path(sys.executable))
    return list(dict.fromkeys((str(_followed(file)),) for file in files))


def _interpreters_of(home: Path) -> list[Path]:
    """The interpreters of one installation; on Windows they lie in its top folder."""
    return _interpreters_in(home / "bin" if os.path.isdir(home / "bin") else home)


def _interpreters_in(folder: Path) -> list[Path]:
    if folder.name == "shims":
        # A version manager's shims only lead to installations beside them, and cost a shell each.
        homes = [home for pattern in ("versions/*", "installs/python/*")
                 for home in sorted(folder.parent.glob(pattern))]
        if homes:
            return [file for home in homes for file in _interpreters_of(home)]
    try:
        names = sorted(name for name in os.listdir(folder) if FILE_NAME.fullmatch(name))
    except OSError:
        # PATH may name folders that are not there or not ours to read.
        return []
    files = [folder / name for name in names]
    return [file for file in files if os.path.isfile(file) and os.access(file, os.X_OK)]


def _followed(file: Path) -> Path:
    # Three names of one file are one interpreter. A link to something with another kind of name
    # leads to a program that looks at the name it is called by: that one stays as it is.
    target = Path(os.path.realpath(file))
    return target if FILE_NAME.fullmatch(target.name) else Path(os.path.abspath(file))


def _ask(command: tuple[str, ...], within: float) -> _Answer | str:
    """Run a candidate; return its answer, or why it is no interpreter for us."""
    try:
        ended = commands.run((*command, "-c", PROBE), within)
    except OSError as error:
        return f"cannot be started: {error}"
    if ended.code is None:
        return f"{SILENT} within {within:g} s"
    marked = [line for line in ended.output.splitlines() if line.startswith(MARK)]
    if ended.code != 0 or not marked:
        return f"ended with exit code {ended.code}: {ended.last_line[:200] or 'no output'}"
    try:
        return _read(command, json.loads(marked[-1][len(MARK):]))
    except (ValueError, TypeError, KeyError, Invalid) as error:
        return f"answered with something else: {error}"


def _read(command: tuple[str, ...], body: Mapping[str, Any]) -> _Answer | str:
    fields = Fields(body)
    major, minor, micro, level, serial = rank = tuple(body["version"])
    early = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(level)
    version = f"{major:d}.{minor:d}.{micro:d}" + (f"{early}{serial:d}" if early else "")
    executable = fields.text("executable") or command[-1]
    interpreter = Interpreter(
        command, fields.text("implementation"), version, executable,
        fields.truth("free_threaded"), system.foreign(fields.text("platform")),
    )
    prefix, base, direct = (fields.text(key) for key in ("prefix", "base", "base_executable"))
    if interpreter.implementation not in IMPLEMENTATIONS:
        return f"is {interpreter.name}; the harness runs only {' and '.join(IMPLEMENTATIONS)}"
    if rank[:2] != (2, 7) and rank[:2] < (3, 4):
        return f"is {interpreter.name}; the versions from 3.4 on and 2.7 are supported"
    if os.path.realpath(prefix) == os.path.realpath(base):
        return _Answer(interpreter, rank, None)
    makers = [Path(direct)] if direct and direct != executable else []
    makers += _interpreters_of(Path(base))
    bases = dict.fromkeys((str(_followed(maker)),) for maker in makers)
    return _Answer(interpreter, rank, tuple(one for one in bases if one != command))
