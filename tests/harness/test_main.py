"""`python -m harness` where it cannot run, or print: one line, whatever the Python."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import FULL, ROOT, needs_full

from harness import discovery

#: As this interpreter is without what harness/requirements.txt asks for.
BARE = [sys.executable, "-S"]


def started(*command: str) -> subprocess.CompletedProcess[str]:
    """Start `harness list` by a Python."""
    return subprocess.run(
        [*command, "-m", "harness", "list"], cwd=ROOT, text=True, timeout=240,
        capture_output=True,
    )


def test_what_has_to_be_installed_is_named() -> None:
    ended = started(*BARE)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("harness: click is missing: python -m pip install -r")
    assert ended.stderr.count("\n") == 1


def test_what_one_option_alone_needs_is_named(tmp_path: Path) -> None:
    """Before the work begins."""
    program = ("import runpy, sys; sys.modules['jinja2'] = None; sys.argv[0] = 'harness';"
               "runpy.run_module('harness', run_name='__main__')")
    ended = subprocess.run(
        [sys.executable, "-c", program, "run", "--html", str(tmp_path / "site")], cwd=ROOT,
        text=True, timeout=240, capture_output=True,
    )
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("harness: jinja2 is missing: python -m pip install -r")
    assert ended.stderr.count("\n") == 1


def test_a_python_that_is_too_old_is_told(python27: list[str]) -> None:
    ended = started(*python27)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == ("harness: needs Python 3.10 or later, and this is 2.7; it finds the "
                            "others by itself\n")


@needs_full
@pytest.mark.parametrize("words", [["--version"], ["--help"], ["list"], ["list", "--help"]])
def test_a_full_disk_under_stdout_is_one_line(words: list[str]) -> None:
    """It gave a traceback, and 1 (does not conform) for the first two.

    With a buffer, as usual: what is left in it is tried once more in the end.
    """
    usual = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with open(FULL, "w", encoding="utf-8") as full:
        ended = subprocess.run([sys.executable, "-m", "harness", *words], stdout=full, text=True,
                               stderr=subprocess.PIPE, cwd=ROOT, timeout=240, env=usual)
    (line,) = ended.stderr.splitlines()
    assert ended.returncode == 3
    assert line.startswith("harness: ") and line.endswith(os.strerror(errno.ENOSPC))


@pytest.fixture
def python27() -> list[str]:
    """A CPython 2.7, as it is started."""
    found = discovery.survey(discovery.candidates()).found
    commands = [list(each.command) for each in found if each.name == "cpython2.7"]
    if not commands:
        pytest.skip("there is no CPython 2.7 here")
    return commands[0]
