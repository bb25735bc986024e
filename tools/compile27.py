"""Byte-compile with a real Python 2.7 what must run on it: the library and the Python adapter.

No linter of today reads 2.7's syntax, so 2.7 itself is asked. Run from the checkout as
`python -m tools.compile27`. Without a Python 2.7 on the machine it says so and passes, except in CI
(where the variable CI is set): there it is asked for.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.discovery import Interpreter, discover

ROOT = Path(__file__).resolve().parent.parent

#: What 2.7 runs, relative to the checkout. The tests of the library are compiled by pytest itself.
SOURCES = (
    "stockings", "Stockings.py", "setup.py", "harness/adapters", "harness/bench/contenders",
)
#: Folders in there that are for 3.x alone, and compiled files.
LEFT_OUT = ("modern", "*.py[co]")


def compiles(interpreter: Interpreter) -> bool:
    """Whether all sources compile; what 2.7 has to say goes to the terminal.

    A copy is compiled, so that no 2.7 byte code lies about in the checkout; `-d` has messages name
    the original places.
    """
    with tempfile.TemporaryDirectory() as folder:
        for source in SOURCES:
            copy = Path(folder, source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            if Path(ROOT, source).is_dir():
                shutil.copytree(ROOT / source, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
            else:
                shutil.copy(ROOT / source, copy)
        command = [*interpreter.command, "-m", "compileall", "-q", "-f", "-d", ".", folder]
        return subprocess.run(command, check=False).returncode == 0


def main() -> int:
    """Return the exit code: 0 if all compiles or there is nothing to ask, else 1."""
    found = [each for each in discover() if each.name == "cpython2.7"]
    if not found:
        print("compile27: no Python 2.7 on this machine: its syntax was not checked")
        return 1 if os.environ.get("CI") else 0
    print(f"compile27: {', '.join(SOURCES)} on Python {found[0].version}")
    return 0 if compiles(found[0]) else 1


if __name__ == "__main__":
    sys.exit(main())
