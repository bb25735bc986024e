"""What the suite consists of: its cases as pytest collects them, and its digest."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from harness import plugin
from harness.plan import NOBODY, ROOT, Plan, Stem

#: The version of the requirements that verdicts are given against: SPEC.md's.
VERSION = "1.0"
#: How variables begin by which a user sets up pytest; they are meant for other tests than ours.
USERS_OWN = "PYTEST_"
#: The lines of pytest's output that tell what went wrong, and how many of the last are quoted.
TELLING = re.compile(r"^(?:E  +|ERROR:? |INTERNALERROR> (?=\w))(?P<what>.*\S)", re.MULTILINE)
QUOTED = 6

#: How files are called that keep what a pytest that failed has said, and the seconds for which they
#: are kept: a day, which is time to read one. Whoever runs pytest next removes older ones.
KEPT_PREFIX, KEPT_SUFFIX, KEPT = "stockings-pytest-", ".log", 86400.0


class SuiteError(Exception):
    """pytest itself failed, a fault of ours: what it said last, and where all of it is kept."""


class _Collector:
    """Takes the collected items out of pytest."""

    def __init__(self) -> None:
        self.stems: list[Stem] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.stems = [item.stash[plugin.STEM] for item in session.items]


class _Quiet:
    """Puts a terminal reporter that writes into a buffer in the place of pytest's own."""

    def __init__(self, buffer: io.StringIO) -> None:
        self.buffer = buffer

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        loud = config.pluginmanager.get_plugin("terminalreporter")
        config.pluginmanager.unregister(loud)
        reporter = pytest.TerminalReporter(config, self.buffer)
        config.pluginmanager.register(reporter, "terminalreporter")


def run_pytest(plan: Path, options: Sequence[str], watcher: object) -> bool:
    """Let pytest do what a plan says, without a word on the terminal; say whether it got through.

    It does not get through when the user interrupts it. `watcher` is a pytest plugin of the main
    process. Raises `SuiteError` when pytest itself fails.
    """
    _forget()
    buffer = io.StringIO()
    conformance = ROOT / "conformance"
    arguments = [
        # No case uses Hypothesis, and its plugin takes a while to import it in each worker.
        "-p", "no:hypothesispytest",
        # Workers have one whether or not a case asks for it, and pytest would leave its own behind.
        f"--basetemp={plan.parent / 'pytest'}",
        *options, "--import-mode=importlib", f"--rootdir={conformance}",
        "-c", str(conformance / "pytest.ini"), f"--plan={plan}", str(conformance / "cases"),
    ]
    # pytest tells usage errors on stderr, past its own reporter.
    with contextlib.redirect_stderr(buffer), _without(USERS_OWN):
        status = pytest.main(arguments, plugins=[watcher, _Quiet(buffer)])
    if status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return True
    if status == pytest.ExitCode.INTERRUPTED and not TELLING.search(buffer.getvalue()):
        return False
    raise SuiteError(_told(buffer.getvalue()))


@contextlib.contextmanager
def _without(prefix: str) -> Iterator[None]:
    taken = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(prefix)}
    try:
        yield
    finally:
        os.environ.update(taken)


def _told(output: str) -> str:
    """Return the telling lines of pytest's output, and keep all of it in a file."""
    with tempfile.NamedTemporaryFile(
        "w", prefix=KEPT_PREFIX, suffix=KEPT_SUFFIX, delete=False, encoding="utf-8"
    ) as file:
        file.write(output)
    told = [match["what"] for match in TELLING.finditer(output)] or output.splitlines()
    quoted = "".join(f"\n    {line}" for line in told[-QUOTED:])
    return f"pytest failed; its whole output is in {file.name}; it said:{quoted}"


def _forget() -> None:
    """Remove what was kept long enough."""
    for path in Path(tempfile.gettempdir()).glob(f"{KEPT_PREFIX}*{KEPT_SUFFIX}"):
        # Another run may be at it as well, and another user's file is not ours to remove.
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > KEPT:
                path.unlink()


def collect() -> list[Stem]:
    """Return every case with every combination of its parameters, in the suite's order.

    Raises `SuiteError` when pytest cannot collect them.
    """
    collector = _Collector()
    with tempfile.TemporaryDirectory(prefix="stockings-") as folder:
        plan = Path(folder) / "plan.json"
        nobody = Plan(
            specs=(), hellos={}, singles=(NOBODY,), pairs=((NOBODY, NOBODY),), stderr_folder=folder
        )
        nobody.save(plan)
        if not run_pytest(plan, ["--collect-only", "-p", "no:xdist"], collector):
            raise KeyboardInterrupt
    return sorted(collector.stems, key=lambda stem: stem.case)


def digest() -> str:
    """Return a digest of everything that decides a verdict: SPEC.md, vectors and cases."""
    sha = hashlib.sha256()
    for path in sorted((ROOT / "conformance").rglob("*")):
        if path.suffix in {".md", ".json", ".py"} and "__pycache__" not in path.parts:
            name = path.relative_to(ROOT).as_posix().encode()
            sha.update(name + b"\0" + path.read_bytes() + b"\0")
    return sha.hexdigest()
