"""`python -m tools.judge`: change the judge in many small ways, and see that tests notice each.

mutmut changes the code and runs the tests; which modules and which tests is in `workspace`. A
change that no test notices has to be in `survivors.txt`, with the reason why none can. Exit codes:
0 each change was noticed or is listed; 1 one is not, or a listed one is noticed or gone; 2 usage;
3 the tests fail without any change, or mutmut does.

What it cannot change: statements outside of functions, and functions that click decorates. The
tables of verdicts are of the first kind; tests/harness/test_verdicts.py holds each entry of them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from mutmut.stats import status_by_exit_code

from tools.judge import survivors, workspace

LIST = Path(__file__).with_name("survivors.txt")

#: What mutmut says of a change that no test has noticed; `no tests` means that none came by.
UNNOTICED = ("survived", "no tests")
#: What it says of one that was noticed. A worker that a change lets crash or hang is a notice, too.
NOTICED = ("killed", "timeout", "segfault", "suspicious")
#: Lines of mutmut's own output that are shown when it fails.
SHOWN = 30


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.judge", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true",
        help="change only the innermost modules, a third of all changes",
    )
    parser.add_argument(
        "--only", action="append", choices=workspace.MODULES, metavar="MODULE",
        help="change only this module; may be repeated",
    )
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, metavar="N",
        help="worker processes; one per core without it",
    )
    options = parser.parse_args()
    try:
        listed = survivors.read(LIST)
    except survivors.ListError as error:
        print(f"judge: {error}", file=sys.stderr)
        return 2
    modules = options.only or (workspace.CORE if options.quick else workspace.MODULES)
    with tempfile.TemporaryDirectory(prefix="stockings-judge-") as name:
        return _judge(Path(name), modules, options.jobs, listed)


def _judge(
    folder: Path, modules: Sequence[str], jobs: int, listed: list[survivors.Entry]
) -> int:
    began = time.monotonic()
    workspace.make(folder, modules)
    if not _run(folder, jobs):
        return 3
    outcomes = dict(_outcomes(folder))
    counts = Counter(outcomes.values())
    if not outcomes or set(counts) - {*UNNOTICED, *NOTICED}:
        print(f"judge: mutmut did not get through: {dict(counts)}", file=sys.stderr)
        return 3
    found = [_change(folder, name) for name, what in outcomes.items() if what in UNNOTICED]
    unlisted, stale = survivors.compared(found, listed, modules)
    for change in unlisted:
        print(f"No test notices this change, and {LIST.name} does not list it:\n{change}\n")
    for entry in stale:
        print(f"{LIST.name}:{entry.line}: noticed by now, or gone: take it out\n{entry.change}\n")
    print(
        f"judge: {len(outcomes)} changes of {len(modules)} modules in "
        f"{time.monotonic() - began:.0f} s: {sum(counts[one] for one in NOTICED)} noticed, "
        f"{len(found) - len(unlisted)} not and listed, {len(unlisted)} not and unlisted, "
        f"{len(stale)} listed in vain"
    )
    return 1 if unlisted or stale else 0


def _run(folder: Path, jobs: int) -> bool:
    """Let mutmut make all changes and run the tests on each; say whether it could."""
    # Where UTF-8 is the default, only the warning tells a file that is opened without an encoding.
    environment = {**os.environ, "PYTHONWARNDEFAULTENCODING": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs)], cwd=folder,
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )
    if done.returncode:
        said = [line for line in done.stdout.splitlines() if "\r" not in line]
        print("judge: mutmut failed; it said last:", *said[-SHOWN:], sep="\n", file=sys.stderr)
    return not done.returncode


def _outcomes(folder: Path) -> Iterator[tuple[str, str]]:
    """Every mutant that was made, with what mutmut says of it."""
    for path in sorted(folder.glob("mutants/**/*.meta")):
        for name, code in json.loads(path.read_text("utf-8"))["exit_code_by_key"].items():
            yield name, status_by_exit_code[code]


def _change(folder: Path, name: str) -> survivors.Change:
    shown = subprocess.run(
        [sys.executable, "-m", "mutmut", "show", name], cwd=folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, text=True, check=True,
    )
    return survivors.change_of(name, shown.stdout)


if __name__ == "__main__":
    sys.exit(main())
