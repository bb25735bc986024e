"""`python -m tools.wine`: the library's tests on Windows CPython, and pairs of it with ours.

Needs wine, a compiler for Windows and CPythons of the same versions on this machine; what is not
there is named and left out. What wine itself does unlike Windows is in `infidelities.txt` for tests
and in `known-failing.txt` for cases. Exit codes: 0 all passed, or nothing could be run; 1 a test or
a case failed; 3 something could not be made.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import command, environments, system
from harness.discovery import Interpreter, discover
from tools.wine import pythons, session

ROOT = Path(__file__).resolve().parent.parent.parent
#: The oldest, the first that can be had of 3.x, one with everything that came in between, and the
#: newest that the harness meets everywhere.
VERSIONS = ("2.7", "3.6", "3.10", "3.13")
#: What the library's tests need on Windows: pytest wants the last two there, and later versions of
#: hypothesis are compiled, for our own system only.
REQUIRES = ("hypothesis<6.156", "pytest", "pytest-timeout", "colorama", "atomicwrites")
#: Seconds for the library's tests on one interpreter. They take two minutes on an idle machine, and
#: took 847 s where twenty processes wanted two processors. Wine itself was seen to hang at an end.
TESTS_LIMIT = 1200.0
#: The cases for pairs, both directions each: messages of all sizes, senders that are stuck, ends.
PAIR_CASES = ("interop/**", "sending/**", "end/**", "handshake/order/**")
#: pytest's last line when all is well. Wine ends a program that it cannot go on with by 0.
PASSED = re.compile(r"^=+ (?!.*(failed|error)).*\d passed.* =+$")
UNFAITHFUL = Path(__file__).with_name("infidelities.txt")
KNOWN = Path(__file__).with_name("known-failing.txt")


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.wine", description=__doc__)
    parser.add_argument("versions", nargs="*", metavar="VERSION", default=VERSIONS,
                        help=f"Windows CPythons to run; without any: {' '.join(VERSIONS)}")
    parser.add_argument("--case", action="append", metavar="GLOB",
                        help=f"the cases for pairs; without it: {' '.join(PAIR_CASES)}")
    options = parser.parse_args()
    for program in ("wine", "wineserver", "wineboot", pythons.COMPILER):
        if shutil.which(program) is None:
            print(f"wine: SKIPPED: {program} is not installed")
            return 0
    there = {one.name: one for one in discover()}
    names = [f"cpython{version}" for version in options.versions]
    for name in names:
        if name not in there:
            print(f"wine: SKIPPED: {name} is not on this machine, and its library is needed")
    likes = [there[name] for name in names if name in there]
    try:
        return _run(likes, options.case or PAIR_CASES) if likes else 0
    except (pythons.NotMade, environments.PreparationFailed) as error:
        print(f"wine: {error}", file=sys.stderr)
        return 3


def _run(likes: Sequence[Interpreter], cases: Sequence[str]) -> int:
    with ThreadPoolExecutor(2) as pool:
        made = list(pool.map(pythons.python, likes))
        tools = list(pool.map(lambda like: environments.prepare(like, REQUIRES, print), likes))
    failed = []
    with session.opened(made[0]):
        for like, python, tool in zip(likes, made, tools, strict=True):
            print(f"wine: the library's tests on win32-{like.name}", flush=True)
            if not _tests(like, python, tool):
                failed.append(f"win32-{like.name}")
        print("wine: pairs", flush=True)
        if not _pairs(likes, made, cases):
            failed.append("pairs")
    print(f"wine: FAILED: {', '.join(failed)}" if failed else "wine: all passed")
    return 1 if failed else 0


def unfaithful(version: str) -> dict[str, str]:
    """Return the tests that wine cannot run as Windows would, with the reason for each."""
    found = {}
    for line in UNFAITHFUL.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            test, versions, reason = line.split(None, 2)
            if versions == "*" or version in versions.split(","):
                found[test] = reason
    return found


def _tests(like: Interpreter, python: Path, tool: Interpreter) -> bool:
    """Run the library's tests on one Windows Python, with the packages of an environment."""
    where = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    packages = Path(command.run([*tool.command, "-c", where], 60).last_line)
    environment = {
        **command.clean_environment(), "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": system.search_path_for("win32", [ROOT, packages]),
    }
    skipped = unfaithful("{}.{}".format(*like.release))
    for test, reason in skipped.items():
        print(f"wine: left out: {test}: {reason}")
    return shown([
        *session.words(python), "-m", "pytest", "-c", system.path_for("win32", ROOT / "tox.ini"),
        "--rootdir", system.path_for("win32", ROOT), "-p", "no:cacheprovider", "--timeout", "300",
        "--tb", "short",
        *(word for test in skipped for word in ("--deselect", test)), "tests/library",
    ], environment)


def shown(argv: Sequence[str], environment: Mapping[str, str]) -> bool:
    """Run pytest, hand on what it prints, through a pipe; say whether it came to a good end."""
    with subprocess.Popen(
        list(argv), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env=environment, cwd=ROOT, text=True, errors="replace", **system.group_options(),
    ) as process:
        assert process.stdout is not None
        # Its end is what counts: a process that a test left may have its pipe for longer.
        watch = threading.Thread(target=_ended, args=[process])
        watch.start()
        passed = False
        for line in process.stdout:
            print(line, end="", flush=True)
            passed = passed or PASSED.match(line.rstrip()) is not None
        watch.join()
        return passed and process.returncode == 0


def _ended(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(TESTS_LIMIT)
    system.end_group(process)


def _pairs(likes: Sequence[Interpreter], made: Sequence[Path], cases: Sequence[str]) -> bool:
    """Pair our interpreters with the Windows ones, each with its own version and the newest."""
    file = pythons.folder() / "peers.toml"
    lines = ",\n".join(f"    {json.dumps(session.words(python))}" for python in made)
    file.write_text(f"interpreters = [\n{lines}\n]\n", encoding="utf-8")
    # A start takes wine a second, on a busy machine many.
    words = [sys.executable, "-m", "harness", "run", "--patience", "3", "--peers", str(file),
             "--known-failing", str(KNOWN)]
    for like in likes:
        words += ["--peer", f"reference@win32-{like.name}-select"]
    for like in {likes[0].name, likes[-1].name}:
        words += ["--with", f"reference@{like}-poll"]
    for case in cases:
        words += ["--case", case]
    return subprocess.run(
        [*words, "--results", os.path.join("results", "wine.jsonl")], cwd=ROOT, check=False
    ).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
