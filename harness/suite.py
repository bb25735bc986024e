"""What the suite consists of: its cases as pytest collects them, and its digest."""

from __future__ import annotations

import hashlib
import io
import tempfile
from pathlib import Path

import pytest

from harness import plugin
from harness.plan import NOBODY, ROOT, Plan, Stem

#: The version of the requirements that verdicts are given against: SPEC.md's.
VERSION = "1.0"


class SuiteError(Exception):
    """The cases cannot be collected: a fault of ours, told with pytest's own words."""


class _Collector:
    """Takes the collected items out of pytest."""

    def __init__(self) -> None:
        self.stems: list[Stem] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.stems = [item.stash[plugin.STEM] for item in session.items]


class Quiet:
    """Silences pytest's own terminal report, and keeps it for when pytest itself fails."""

    def __init__(self) -> None:
        self.buffer = io.StringIO()

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Put a terminal reporter that writes into our buffer in the place of the real one."""
        loud = config.pluginmanager.get_plugin("terminalreporter")
        config.pluginmanager.unregister(loud)
        reporter = pytest.TerminalReporter(config, self.buffer)
        config.pluginmanager.register(reporter, "terminalreporter")


def pytest_arguments(plan: Path) -> list[str]:
    """Return the arguments with which pytest finds the cases and the plan."""
    conformance = ROOT / "conformance"
    return [
        f"--rootdir={conformance}", "-c", str(conformance / "pytest.ini"), f"--plan={plan}",
        str(conformance / "cases"),
    ]


def collect() -> list[Stem]:
    """Return every case with every combination of its parameters, in the suite's order.

    Raises `SuiteError` when pytest cannot collect them.
    """
    collector, quiet = _Collector(), Quiet()
    with tempfile.TemporaryDirectory(prefix="stockings-") as folder:
        plan = Path(folder) / "plan.json"
        nobody = Plan(
            specs=(), hellos={}, singles=(NOBODY,), pairs=((NOBODY, NOBODY),), stderr_folder=folder
        )
        nobody.save(plan)
        arguments = ["--collect-only", "-p", "no:xdist", *pytest_arguments(plan)]
        status = pytest.main(arguments, plugins=[collector, quiet])
    if status != pytest.ExitCode.OK:
        raise SuiteError(f"the cases cannot be collected:\n{quiet.buffer.getvalue()}")
    return sorted(collector.stems, key=lambda stem: stem.case)


def digest() -> str:
    """Return a digest of everything that decides a verdict: SPEC.md, vectors and cases."""
    sha = hashlib.sha256()
    for path in sorted((ROOT / "conformance").rglob("*")):
        if path.suffix in {".md", ".json", ".py"} and "__pycache__" not in path.parts:
            sha.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()
