"""Carries out a run: musters the peers, settles the plan, lets pytest run it, writes it down."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from typing import Any

from harness import __version__, clock, program, suite, system
from harness.cover.again import Explain, explainer
from harness.hello import Hello
from harness.intake import Intake, Watcher
from harness.known import KnownLine
from harness.muster import Mustered, MusterFailed, muster
from harness.peerspec import PeerSpec
from harness.plan import Plan, Roster, Stem, case_ids
from harness.results import Header, PeerInfo, Run, Share, Suite, Writer, plan_digest, read
from harness.shard import Shard
from harness.story import keeping
from harness.verdicts import exit_code

#: Cases per core that are worth a third worker on it. What it gains is a tenth of the time, and its
#: start takes nearly three seconds of the processor, as much as 90 cases.
MANY = 1000

Watch = Callable[[int], AbstractContextManager[Watcher]]


class NothingToRun(Exception):
    """Of the selection, nothing is left to run; the message says why."""


@dataclass(frozen=True)
class Request:
    """What the user asked for, checked and resolved.

    `ids` are the cases, if not all that the stems and the roster make together. `options` go into
    the results file as they are. `repeat`, `logs` and `keep_logs` are those of `Plan`;
    `load` is how many busy processes per core the run has to bear; with a `shard` only that part
    of the cases runs here. Without `jobs` there are as many workers as the cases are worth.
    """

    stems: Sequence[Stem]
    roster: Roster
    results: Path
    known: Sequence[KnownLine] = ()
    ids: frozenset[str] | None = None
    jobs: int | None = None
    patience: float = 1.0
    validate: bool = False
    repeat: int = 1
    load: float = 0.0
    logs: Path | None = None
    keep_logs: str = "red"
    options: dict[str, Any] = field(default_factory=dict)
    shard: Shard | None = None


def carry_out(request: Request, watch: Watch, folder: Path) -> Run:
    """Run the request's cases and return what was written to its results file.

    `watch(total)` is a context manager that gives a `Watcher`. `folder` is for temporary files.
    A run that the user interrupts has a footer, too, which names what is missing. Raises
    `MusterFailed`, `NothingToRun`, `suite.SuiteError` when pytest itself fails, and the OSError by
    which a result could not be written or shown.
    """
    began = clock.now()
    mustered = muster(request.roster.specs, folder)
    if mustered.errors:
        raise MusterFailed(mustered.errors)
    gone = [spec.name for spec in request.roster.specs if spec.name not in mustered.hellos]
    roster = request.roster.without(gone)
    ids = _ids(request, roster)
    if not ids:
        why = "; ".join(mustered.left_out) or "the selected cases and peers do not meet"
        raise NothingToRun(why)
    share, ids = _share(request, ids)
    given = {**_options(request), "left_out": list(mustered.left_out)}
    header = replace(header_of(roster, mustered, ids, given, started_now()), shard=share)
    plan_file = folder / "plan.json"
    _plan(request, roster, mustered, ids, folder).save(plan_file)
    if request.logs is not None:
        keeping.clear(request.logs)
    jobs = min(request.jobs or workers(len(ids)), len(ids))
    # Cases that wait for something stand side by side in the plan. A worker that got a row of them
    # would still be at it when all the others had nothing left, so those take over from it.
    spread = ["-n", str(jobs), "--dist", "worksteal"] if jobs > 1 else ["-p", "no:xdist"]
    with Writer(request.results, header) as writer, watch(len(ids)) as watcher:
        intake = Intake(writer, watcher, request.stems, ids)
        through = False
        try:
            through = suite.run_pytest(plan_file, spread, intake)
        finally:
            explain = partial(_explainer, request, roster, mustered, folder)
            intake.settle(explain if through else None)
        if intake.late:
            raise suite.SuiteError("the harness broke behind a case: " + "; ".join(intake.late))
        code = exit_code(intake.verdicts, intake.seen == set(ids))
        writer.finish(ids, code, round(clock.now() - began, 3))
        if intake.refusal:
            raise intake.refusal
    return read(request.results)


def workers(cases: int) -> int:
    """How many workers so many cases are worth, if nobody says.

    Much of the time goes by in waiting: two workers per core leave a sixth of the processors idle,
    three a sixteenth, four no less. Each has a process per peer.
    """
    cores = system.cores()
    return cores * (3 if cases >= MANY * cores else 2)


def _ids(request: Request, roster: Roster) -> list[str]:
    """The cases to run: those that were asked for, or else all that stems and peers make."""
    if request.ids is None:
        return case_ids(request.stems, roster)
    here = {spec.name for spec in roster.specs}
    return sorted(
        ident for ident in request.ids if here.issuperset(ident.partition("@")[2].split("~"))
    )


def _share(request: Request, ids: list[str]) -> tuple[Share | None, list[str]]:
    """The part of the cases that this run is for, and how the header states it."""
    if request.shard is None:
        return None, ids
    mine = [ident for ident in ids if request.shard.holds(ident)]
    if not mine:
        raise NothingToRun(f"shard {request.shard} has none of the {len(ids)} cases")
    return Share(request.shard.number, request.shard.of, len(ids), plan_digest(ids)), mine


def _pairs(ids: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The pairs that the cases are for, each once."""
    pairs = dict.fromkeys(ident.partition("@")[2] for ident in ids if "~" in ident)
    return tuple((one, other) for one, _, other in (pair.partition("~") for pair in pairs))


def _explainer(
    request: Request, roster: Roster, mustered: Mustered, folder: Path, stem: Stem
) -> Explain:
    hellos = {name: hello.body for name, hello in mustered.hellos.items()}
    # The one file of a replay is that of its case.
    logs = None if request.logs is None or request.logs.suffix == keeping.FILE else request.logs
    return explainer(
        stem, roster.specs, hellos, frozenset(roster.pairs()), folder / "again", logs,
        _options(request),
    )


def started_now() -> str:
    """Return the present time as a header states it: ISO 8601, in UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def header_of(
    roster: Roster, mustered: Mustered, ids: Sequence[str], options: Mapping[str, Any],
    started: str,
) -> Header:
    """Return the header of a results file for these cases on these peers; see `started_now`."""
    return Header(
        Suite(suite.VERSION, suite.digest()), __version__,
        started, tuple(_info(spec, mustered.hellos[spec.name]) for spec in roster.specs),
        len(ids), plan_digest(ids), dict(options),
        {"platform": platform.platform(), "python": platform.python_version()},
    )


def _options(request: Request) -> dict[str, Any]:
    """The options that a replay repeats, and how it is started if not as usual."""
    words = program.words()
    return {
        **request.options, "patience": request.patience, "validate": request.validate,
        **({} if words == program.WORDS else {"program": list(words)}),
    }


def _info(spec: PeerSpec, hello: Hello) -> PeerInfo:
    return PeerInfo(spec.name, spec.implementation, spec.runtime, spec.flavour, dict(hello.body))


def _plan(
    request: Request, roster: Roster, mustered: Mustered, ids: Sequence[str], folder: Path
) -> Plan:
    return Plan(
        specs=roster.specs,
        hellos={name: dict(hello.body) for name, hello in mustered.hellos.items()},
        singles=tuple(spec.name for spec in roster.judged), pairs=_pairs(ids),
        stderr_folder=str(folder), ids=frozenset(ids), known=tuple(request.known),
        patience=request.patience, validate=request.validate, repeat=request.repeat,
        logs=None if request.logs is None else str(request.logs),
        keep_logs=request.keep_logs, home=str(request.results.parent), options=_options(request),
    )
