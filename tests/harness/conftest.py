"""What several tests of the harness share: the suite as it is, and the command line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from commandline import Cli, Said

from harness import clock, suite
from harness.cli import main
from harness.plan import Stem

# What a terminal is, and whether it has colours, is for each test to say, not for whoever runs it.
for wish in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
    os.environ.pop(wish, None)
os.environ["TERM"] = "xterm"


@pytest.fixture(scope="session")
def stems() -> list[Stem]:
    """The suite, collected once for all tests."""
    return suite.collect()


@pytest.fixture
def cli(stems: list[Stem], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Cli]:
    """Run the command line in this process, in an empty folder, with this interpreter alone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("harness.suite.collect", lambda: stems)
    monkeypatch.setattr("harness.discovery.candidates", lambda: [(sys.executable,)])

    def run(*arguments: str) -> Said:
        result = CliRunner().invoke(main, arguments, prog_name="harness")
        return Said(result.exit_code, result.output)

    yield run
    clock.set_patience(1.0)
