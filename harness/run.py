"""Carries out a run: musters the peers, settles the plan, lets pytest run it, writes it down."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from harness import __version__, clock, suite
from harness.hello import Hello
from harness.intake import Intake, Watcher
from harness.known import KnownLine
from harness.muster import Mustered, MusterFailed, muster
from harness.peerspec import PeerSpec
from harness.plan import Plan, Roster, Stem, case_ids
from harness.results import Header, PeerInfo, Run, Suite, Writer, plan_digest, read
from harness.verdicts import exit_code

Watch = Callable[[int], AbstractContextManager[Watcher]]


class NothingToRun(Exception):
    """Of the selection, nothing is left to run; the message says why."""


@dataclass(frozen=True)
class Request:
    """What the user asked for, checked and resolved.

    `ids` narrows the cases down to some ids. `options` go into the results file as they are.
    `repeat`, `logs` and `keep_logs` are those of `Plan`; `load` is how many busy processes per core
    the run has to bear.
    """

    stems: Sequence[Stem]
    roster: Roster
    results: Path
    known: Sequence[KnownLine] = ()
    ids: frozenset[str] | None = None
    jobs: int = 1
    patience: float = 1.0
    validate: bool = False
    repeat: int = 1
    load: float = 0.0
    logs: Path | None = None
    keep_logs: str = "red"
    options: dict[str, Any] = field(default_factory=dict)


def carry_out(request: Request, watch: Watch, folder: Path) -> Run:
    """Run the request's cases and return what was written to its results file.

    `watch(total)` is a context manager that gives a `Watcher`. `folder` is for temporary files.
    A run that the user interrupts has a footer, too, which names what is missing. Raises
    `MusterFailed`, `NothingToRun`, and `suite.SuiteError` when pytest itself fails.
    """
    began = clock.now()
    mustered = muster(request.roster.specs, folder)
    if mustered.errors:
        raise MusterFailed(mustered.errors)
    gone = [spec.name for spec in request.roster.specs if spec.name not in mustered.hellos]
    roster = request.roster.without(gone)
    ids = [
        ident for ident in case_ids(request.stems, roster)
        if request.ids is None or ident in request.ids
    ]
    if not ids:
        why = "; ".join(mustered.left_out) or "the selected cases and peers do not meet"
        raise NothingToRun(why)
    header = _header(request, roster, mustered, ids)
    plan_file = folder / "plan.json"
    _plan(request, roster, mustered, ids, folder).save(plan_file)
    jobs = min(request.jobs, len(ids))
    workers = ["-n", str(jobs)] if jobs > 1 else ["-p", "no:xdist"]
    with Writer(request.results, header) as writer, watch(len(ids)) as watcher:
        intake = Intake(writer, watcher, request.stems, ids)
        suite.run_pytest(plan_file, workers, intake)
        if intake.late:
            raise suite.SuiteError("the harness broke behind a case: " + "; ".join(intake.late))
        code = exit_code(intake.verdicts, intake.seen == set(ids))
        writer.finish(ids, code, round(clock.now() - began, 3))
    return read(request.results)


def _header(
    request: Request, roster: Roster, mustered: Mustered, ids: Sequence[str]
) -> Header:
    return Header(
        Suite(suite.VERSION, suite.digest()), __version__,
        datetime.now(timezone.utc).isoformat(timespec="seconds"),
        tuple(_info(spec, mustered.hellos[spec.name]) for spec in roster.specs),
        len(ids), plan_digest(ids),
        {
            **request.options, "patience": request.patience, "validate": request.validate,
            "left_out": list(mustered.left_out),
        },
        {"platform": platform.platform(), "python": platform.python_version()},
    )


def _info(spec: PeerSpec, hello: Hello) -> PeerInfo:
    return PeerInfo(spec.name, spec.implementation, spec.runtime, spec.flavour, dict(hello.body))


def _plan(
    request: Request, roster: Roster, mustered: Mustered, ids: Sequence[str], folder: Path
) -> Plan:
    return Plan(
        specs=roster.specs,
        hellos={name: dict(hello.body) for name, hello in mustered.hellos.items()},
        singles=tuple(spec.name for spec in roster.judged), pairs=tuple(roster.pairs()),
        stderr_folder=str(folder), ids=frozenset(ids), known=tuple(request.known),
        patience=request.patience, validate=request.validate, repeat=request.repeat,
        logs=None if request.logs is None else str(request.logs),
        keep_logs=request.keep_logs,
    )
