"""Cached virtual environments for peers that need packages from an index.

An environment is made once for an interpreter and a list of requirements, and serves every later
run. It is made in its place (a virtualenv cannot be moved), under a lock that other runs wait for;
a stamp that is written last tells a whole one from a half-made one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import platformdirs

from harness import command, system
from harness.discovery import Interpreter
from harness.fields import Invalid

#: The variable that moves the cache.
CACHE_VARIABLE = "STOCKINGS_HARNESS_CACHE"
#: Raise it when environments made by an older harness are no longer what this one makes.
FORMAT = 1
#: The file that makes an environment a whole one.
STAMP = "stockings-harness.json"
#: Seconds for making an empty environment: a second when all is well, much more on the first time,
#: when virtualenv unpacks its wheels.
MAKE_LIMIT = 120.0
#: Seconds for an installation: pip's own network limits end sooner, a large build may take this.
INSTALL_LIMIT = 600.0
#: Seconds to wait for another run that makes the same environment.
LOCK_LIMIT = 2 * (MAKE_LIMIT + INSTALL_LIMIT)
#: How many lines of a failed step's output are quoted.
QUOTED_LINES = 20

#: From this version on the setuptools that virtualenv brings does not even import, and pip gets a
#: working one by itself if there is none; before it, pip needs the one that is there.
NO_SETUPTOOLS_FROM = (3, 12)
#: From this version on the pip that virtualenv brings (23.1) is broken, and this one works.
OTHER_PIP_FROM, OTHER_PIP = (3, 15), "25.3"
#: The last virtualenv that makes environments for 2.7 and 3.6 is in this range.
VIRTUALENV = "virtualenv<20.22"
#: Runs it from the folder that is the first argument.
RUN_VIRTUALENV = (
    "import runpy, sys; sys.path.append(sys.argv.pop(1));"
    " runpy.run_module('virtualenv', run_name='__main__', alter_sys=True)"
)
#: pip settings of the user's that would install somewhere else than into the environment.
MISLEADING = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER")


class PreparationFailed(Exception):
    """An environment could not be made: the step, the interpreter, the reason, pip's last lines."""


def prepare(
    interpreter: Interpreter, requires: Sequence[str], say: Callable[[str], None] | None = None
) -> Interpreter:
    """Return the interpreter of an environment in which all of `requires` are installed.

    `requires` are requirements as pip takes them: a name with versions, or the path of an archive.
    An environment that is there already is returned at once. `say` is told, in one line, when one
    has to be made. Nothing is left of an environment that could not be made. May be called from
    several threads and processes at once. Raises `PreparationFailed`.
    """
    if len(interpreter.command) != 1:
        raise PreparationFailed(
            f"no environment can be made for '{' '.join(interpreter.command)}': it takes an"
            " interpreter that is a single executable; give the peer by its 'command' instead"
        )
    home = cache() / f"{interpreter.name}-{_key(interpreter, requires)}"
    try:
        ready = _whole(home, interpreter)
        if ready is None:
            home.parent.mkdir(parents=True, exist_ok=True)
            with locked(home):
                # Another run may have made it while we waited.
                ready = _whole(home, interpreter) or _make(home, interpreter, requires, say)
    except OSError as error:
        raise PreparationFailed(
            f"cannot keep an environment in {home}: {error}; {CACHE_VARIABLE} names another folder"
        ) from error
    return ready


def cache(kind: str = "environments") -> Path:
    """Return the folder that holds what is made once; the variable CACHE_VARIABLE moves it."""
    chosen = os.environ.get(CACHE_VARIABLE)
    folder = Path(chosen) if chosen else platformdirs.user_cache_path("stockings-harness", False)
    return folder.absolute() / kind


def _key(interpreter: Interpreter, requires: Sequence[str]) -> str:
    parts = [FORMAT, interpreter.command, interpreter.executable, interpreter.version,
             sorted((requirement, _state(requirement)) for requirement in set(requires))]
    # Short, since Windows' limit on paths has to hold all of site-packages behind it.
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _state(requirement: str) -> list[int]:
    """What tells one state of an archive from the next: it may be built anew under its old name."""
    if not os.path.isabs(requirement):
        return []
    try:
        state = os.stat(requirement)
    except (OSError, ValueError):
        return []
    return [state.st_mtime_ns, state.st_size]


def locked(home: Path, limit: float = LOCK_LIMIT) -> AbstractContextManager[object]:
    """Keep other runs from making the same; `limit`: seconds to wait for one that does.

    Raises `PreparationFailed` if it goes on for longer.
    """
    # Here, since few runs make anything, and it takes as long to import as the rest of this file.
    from filelock import FileLock, Timeout

    # The lock's file stays behind on purpose: taking it away would let a third run lock a new one
    # while a second still holds the old.
    lock = FileLock(f"{home}.lock", timeout=limit)
    try:
        return lock.acquire()
    except Timeout:
        raise PreparationFailed(
            f"another run has been making {home} for {limit:g} s; end it, then try again"
        ) from None


def _whole(home: Path, interpreter: Interpreter) -> Interpreter | None:
    """The interpreter of the environment if it is complete and can still be started, else None."""
    try:
        made = Interpreter.from_json(json.loads((home / STAMP).read_text(encoding="utf-8")))
    except (OSError, ValueError, Invalid):
        return None
    runs = made == _within(home, interpreter) and os.path.isfile(made.executable)
    return made if runs else None


def _within(home: Path, interpreter: Interpreter) -> Interpreter:
    python = str(system.environment_python(home))
    return replace(interpreter, command=(python,), executable=python)


def _make(
    home: Path, interpreter: Interpreter, requires: Sequence[str], say: Callable[[str], None] | None
) -> Interpreter:
    wanted = ", ".join(requires)
    if say is not None:
        say(f"making an environment of {interpreter.name} with {wanted} (once)")
    made = _within(home, interpreter)
    install = [*made.command, "-m", "pip", "install", "--progress-bar", "off", "--no-input"]
    try:
        # The stamp first: an end in the middle of the clearing must not leave it behind.
        (home / STAMP).unlink(missing_ok=True)
        if home.exists():
            shutil.rmtree(home)
        _step(f"making a virtual environment of {interpreter.name} (with {VIRTUALENV})",
              _virtualenv(home, interpreter), MAKE_LIMIT)
        _step(f"installing {wanted} for {interpreter.name} ({interpreter.executable})",
              [*install, "--", *requires], INSTALL_LIMIT)
        stamp = home / f"{STAMP}.new"
        stamp.write_text(json.dumps(made.to_json()), encoding="utf-8")
        os.replace(stamp, home / STAMP)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    return made


def _virtualenv(home: Path, interpreter: Interpreter) -> list[str]:
    if interpreter.release >= OTHER_PIP_FROM:
        options = ["--download", "--pip", OTHER_PIP]
    else:
        # Not the newest pip that the index shows: it may be too new for the interpreter.
        options = ["--no-download", "--pip", "embed"]
    if interpreter.release >= NO_SETUPTOOLS_FROM:
        options += ["--no-setuptools", "--no-wheel"]
    options.append("--no-periodic-update")
    # Here for the same reason as the lock. It ships no type information.
    import virtualenv  # type: ignore[import-untyped]

    # Found where ours is: a harness that is carried as one file is not on the interpreter's path.
    packages = str(Path(virtualenv.__file__).parent.parent)
    start = [sys.executable, "-c", RUN_VIRTUALENV, packages]
    return [*start, *options, "-p", *interpreter.command, str(home)]


def _step(what: str, argv: Sequence[str], within: float) -> None:
    ended = command.run(argv, within, _environment())
    if ended.code == 0:
        return
    how = f"exit code {ended.code}" if ended.code is not None else f"no end within {within:g} s"
    lines = ended.output.strip().splitlines()[-QUOTED_LINES:]
    quoted = "".join(f"\n    {line}" for line in lines)
    raise PreparationFailed(f"{what} failed: {how}" + (f"; it said:{quoted}" if quoted else ""))


def _environment() -> Mapping[str, str]:
    kept = {key: text for key, text in command.clean_environment().items() if key not in MISLEADING}
    return {**kept, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
