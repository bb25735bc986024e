"""`python -m harness` where it cannot run: one line, whatever the Python."""

from __future__ import annotations

import subprocess
import sys

import pytest
from commandline import ROOT

from harness import discovery

#: As this interpreter is without what harness/requirements.txt asks for.
BARE = [sys.executable, "-S"]


def started(*command: str) -> subprocess.CompletedProcess[str]:
    """Start `harness list` by a Python."""
    return subprocess.run(
        [*command, "-m", "harness", "list"], cwd=ROOT, text=True, timeout=60,
        capture_output=True,
    )


def test_what_has_to_be_installed_is_named() -> None:
    ended = started(*BARE)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr.startswith("harness: click is missing: python -m pip install -r")
    assert ended.stderr.count("\n") == 1


def test_a_python_that_is_too_old_is_told(python27: list[str]) -> None:
    ended = started(*python27)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert ended.stderr == ("harness: needs Python 3.10 or later, and this is 2.7; it finds the "
                            "others by itself\n")


@pytest.fixture
def python27() -> list[str]:
    """A CPython 2.7, as it is started."""
    found = discovery.survey(discovery.candidates()).found
    commands = [list(each.command) for each in found if each.name == "cpython2.7"]
    if not commands:
        pytest.skip("there is no CPython 2.7 here")
    return commands[0]
