"""Carries out a run: musters the peers, settles the plan, lets pytest run it, writes it down."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

import pytest

from harness import __version__, clock, suite
from harness.known import KnownLine
from harness.peer import FlavourMissing, Hello, one_peer
from harness.peers import PeerSpec
from harness.plan import NOBODY, Plan, Roster, Stem, case_ids
from harness.process import PeerError
from harness.results import Header, PeerInfo, Result, Run, Suite, Writer, plan_digest, read
from harness.verdicts import Verdict, exit_code


class Watcher(Protocol):
    """Who is told of each result as it comes."""

    def add(self, result: Result) -> None:
        """Take one result."""


@dataclass(frozen=True)
class Request:
    """What the user asked for, checked and resolved."""

    stems: Sequence[Stem]
    roster: Roster
    results: Path
    known: Sequence[KnownLine] = ()
    ids: frozenset[str] | None = None
    jobs: int = 1
    patience: float = 1.0
    validate: bool = False
    options: dict[str, Any] = field(default_factory=dict)


class MusterFailed(Exception):
    """Some peers could not be brought to say hello: one `PeerError` each."""

    def __init__(self, errors: Sequence[PeerError]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


@dataclass(frozen=True)
class Mustered:
    """The peers that said hello, what they said, and who is left out for a lacking flavour."""

    hellos: dict[str, Hello]
    left_out: list[str]


def muster(specs: Iterable[PeerSpec], folder: Path) -> Mustered:
    """Start every peer once, let it say hello, and end it again.

    A flavour that the system lacks (no `select.poll`, say) leaves out a peer of a Python library;
    everything else that goes wrong raises `MusterFailed`.
    """
    hellos: dict[str, Hello] = {}
    left_out: list[str] = []
    errors: list[PeerError] = []

    def greet(spec: PeerSpec) -> tuple[PeerSpec, Hello | PeerError]:
        try:
            with one_peer(spec, folder) as peer:
                return spec, peer.hello
        except PeerError as error:
            return spec, error

    # Starting an interpreter is mostly waiting; four at a time keep two cores busy.
    with ThreadPoolExecutor(4) as pool:
        for spec, answer in pool.map(greet, [spec for spec in specs if spec.level > 0]):
            if isinstance(answer, Hello):
                hellos[spec.name] = answer
            elif isinstance(answer, FlavourMissing) and spec.interpreter is not None:
                left_out.append(str(answer))
            else:
                errors.append(answer)
    if errors:
        raise MusterFailed(errors)
    return Mustered(hellos, left_out)


class _Main:
    """The main process's part of the pytest run: it writes down every result."""

    def __init__(
        self, writer: Writer, watcher: Watcher, stems: Sequence[Stem], ids: Sequence[str]
    ) -> None:
        self.writer = writer
        self.watcher = watcher
        self.stems = {stem.name: stem for stem in stems}
        self.ids = ids
        self.verdicts: list[Verdict] = []
        self.seen: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the result that a worker has attached to its report, or note that there is none."""
        body = getattr(report, "case_result", None)
        if body is not None:
            self._take(Result.from_json(json.loads(body)))
        elif report.failed:
            self._fault(report)

    def _take(self, result: Result) -> None:
        self.seen.add(result.id)
        self.verdicts.append(result.verdict)
        self.writer.add(result)
        self.watcher.add(result)

    def _fault(self, report: pytest.TestReport) -> None:
        """Judge a case whose worker broke: it is our fault until the opposite is shown."""
        ident = self._ident(report.nodeid)
        if ident in self.seen:
            return
        stem_name, _, names = ident.partition("@")
        stem = self.stems[stem_name]
        lines = report.longreprtext.strip().splitlines() or ["a worker process ended"]
        self._take(Result(
            id=ident, case=stem.case, params=stem.params, peers=tuple(names.split("~")),
            verdict=Verdict.HARNESS, reason=f"{report.when}: {lines[-1]}",
            stderr=report.longreprtext[-4000:],
        ))

    def _ident(self, node: str) -> str:
        """Return the id of the case that pytest knows by its node id."""
        for ident in self.ids:
            stem_name, _, names = ident.partition("@")
            stem = self.stems[stem_name]
            nobody = NOBODY if stem.shape == "single" else f"{NOBODY}~{NOBODY}"
            if stem.node.replace(nobody, names) == node:
                return ident
        raise suite.SuiteError(f"pytest reported on {node!r}, which is no case of the plan")


def carry_out(request: Request, watch: Any, folder: Path) -> Run:
    """Run the request's cases and return what was written to its results file.

    `watch(total)` is a context manager that gives a `Watcher`. `folder` is for temporary files.
    Raises `MusterFailed`, and `suite.SuiteError` when pytest itself fails.
    """
    began = clock.now()
    mustered = muster(request.roster.specs, folder)
    roster = request.roster.without(_flavourless(request.roster, mustered))
    ids = [ident for ident in case_ids(request.stems, roster) if request.ids is None or ident in request.ids]
    header = Header(
        Suite(suite.VERSION, suite.digest()), __version__,
        datetime.now(timezone.utc).isoformat(timespec="seconds"),
        tuple(_info(spec, mustered.hellos) for spec in roster.specs),
        len(ids), plan_digest(ids), {**request.options, "left_out": mustered.left_out},
        {"platform": platform.platform(), "python": platform.python_version()},
    )
    plan = Plan(
        specs=roster.specs, hellos={name: dict(hello.body) for name, hello in mustered.hellos.items()},
        singles=tuple(spec.name for spec in roster.judged), pairs=tuple(roster.pairs()),
        stderr_folder=str(folder), ids=frozenset(ids), known=tuple(request.known),
        patience=request.patience, validate=request.validate,
    )
    plan_file = folder / "plan.json"
    plan.save(plan_file)
    with Writer(request.results, header) as writer, watch(len(ids)) as watcher:
        main = _Main(writer, watcher, request.stems, ids)
        _run_pytest(request, plan_file, main)
        code = exit_code(main.verdicts, main.seen == set(ids))
        writer.finish(ids, code, round(clock.now() - began, 3))
    return read(request.results)


def _flavourless(roster: Roster, mustered: Mustered) -> list[str]:
    return [
        spec.name for spec in roster.specs if spec.level > 0 and spec.name not in mustered.hellos
    ]


def _info(spec: PeerSpec, hellos: dict[str, Hello]) -> PeerInfo:
    hello = hellos.get(spec.name)
    return PeerInfo(
        spec.name, spec.implementation, spec.runtime, spec.flavour,
        dict(hello.body) if hello is not None else {},
    )


def _run_pytest(request: Request, plan_file: Path, main: _Main) -> None:
    quiet = suite.Quiet()
    workers = ["-n", str(request.jobs)] if request.jobs > 1 else ["-p", "no:xdist"]
    status = pytest.main([*workers, *suite.pytest_arguments(plan_file)], plugins=[main, quiet])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
        raise suite.SuiteError(f"pytest ended with {status!r}:\n{quiet.buffer.getvalue()}")
