"""The pytest plugin: turns case functions, peers and pairs into judged test items.

pytest collects, selects, parallelises (with xdist) and runs; this plugin gives each item its case
id, its peers and its recorder, runs it, looks what it left behind, and has it judged. It is loaded
in the worker processes too; whatever only the main process does is in `harness.run`.
"""

from __future__ import annotations

import json
import re
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import clock
from harness.case import CaseOver, Recorder, Untestable, declared
from harness.known import find
from harness.peer import Hello, Pair, Peer, Pool, Single
from harness.plan import CASES, Plan, Stem
from harness.process import (
    AdapterFault,
    Died,
    Garbage,
    LibraryRaised,
    NotStarted,
    PeerError,
    StepTimeout,
    Unsupported,
)
from harness.results import Known, Result
from harness.tester import Misframed, OutOfTime, PeerEnded
from harness.verdicts import RED, Judgement, Trouble, Verdict, judge, overlay

#: Decided after every case, without being declared: nothing of a closed connection may remain.
LEFTOVERS = "END-8"

PLAN = pytest.StashKey[Plan]()
POOL = pytest.StashKey[Pool]()
STEM = pytest.StashKey[Stem]()
IDENT = pytest.StashKey[str]()
RESULT = pytest.StashKey[Result]()

#: What a case id may consist of, so that it can be typed, globbed and quoted in a shell.
ID_CHARACTERS = re.compile(r"[A-Za-z0-9@~/.,:;=+*!|()\[\]<>_-]+")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option by which worker processes find the plan."""
    parser.addoption("--plan", metavar="FILE", help="the plan of the run, made by `harness run`")


def pytest_configure(config: pytest.Config) -> None:
    """Load the plan and make the pool of peers that this process will use."""
    config.addinivalue_line("markers", "needs(*features): features that each peer must declare")
    path = config.getoption("plan")
    if path is None:
        raise pytest.UsageError("cases are run by: python -m harness run")
    plan = Plan.load(Path(path))
    clock.set_patience(plan.patience)
    folder = tempfile.mkdtemp(prefix="peers-", dir=plan.stderr_folder)
    config.stash[PLAN] = plan
    config.stash[POOL] = Pool(plan.specs, Path(folder), plan.validate)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End every peer that this process has started."""
    pool = config.stash.get(POOL, None)
    if pool is not None:
        pool.stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a case to each peer, or to each pair of peers, of the plan."""
    plan = metafunc.config.stash[PLAN]
    if "single" in metafunc.fixturenames:
        metafunc.parametrize("single", plan.singles, ids=plan.singles, indirect=True)
    if "pair" in metafunc.fixturenames:
        names = ["~".join(pair) for pair in plan.pairs]
        metafunc.parametrize("pair", names, ids=names, indirect=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give the items their case ids and leave only those that the plan holds."""
    plan = config.stash[PLAN]
    kept: list[pytest.Item] = []
    seen: set[str] = set()
    for item in items:
        assert isinstance(item, pytest.Function)
        ident = _name(item)
        if ident in seen:
            raise pytest.UsageError(f"two cases have the id {ident}")
        if ID_CHARACTERS.fullmatch(ident) is None:
            raise pytest.UsageError(f"the case id {ident!r} has a character that ids must not have")
        if not item.stash[STEM].clauses:
            raise pytest.UsageError(f"the case {ident} quotes no clause in its docstring")
        seen.add(ident)
        item.stash[IDENT] = ident
        if plan.ids is None or ident in plan.ids:
            kept.append(item)
    items[:] = kept


def _name(item: pytest.Function) -> str:
    values = dict(item.callspec.params)
    shape = "single" if "single" in values else "pair"
    peers = values.pop(shape)
    path = item.path.relative_to(CASES).with_suffix("").as_posix()
    function = item.originalname.removeprefix("case_").replace("_", "-")
    params = "[" + ",".join(str(value) for value in values.values()) + "]" if values else ""
    item.stash[STEM] = Stem(
        f"{path}/{function}", params, shape,
        declared(item.function),
        tuple(word for mark in item.iter_markers("needs") for word in mark.args),
        item.nodeid,
    )
    return f"{path}/{function}{params}@{peers}"


@pytest.fixture
def check() -> Recorder:
    """The record of the case."""
    return Recorder()


@pytest.fixture
def single(request: pytest.FixtureRequest) -> Iterator[Single]:
    """One peer, opposite the tester's raw socket."""
    one = Single(request.config.stash[POOL].get(request.param))
    yield one
    one.tidy()


@pytest.fixture
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Two peers, with a recording relay between them."""
    pool = request.config.stash[POOL]
    first, second = request.param.split("~")
    both = Pair(pool.get(first), pool.get(second))
    yield both
    both.tidy()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Run a case, look what it left behind, and have the record judged."""
    plan = pyfuncitem.config.stash[PLAN]
    stem = pyfuncitem.stash[STEM]
    recorder = pyfuncitem.funcargs["check"]
    assert isinstance(recorder, Recorder)
    ident = pyfuncitem.stash[IDENT]
    names = tuple(ident.partition("@")[2].split("~"))
    peers = [pyfuncitem.config.stash[POOL].get(name) for name in dict.fromkeys(names)]
    began = clock.now()
    lacking = _lacking(plan, stem, peers)
    if lacking:
        judgement = Judgement(Verdict.UNSUPPORTED, None, lacking, None)
    else:
        trouble = _run(pyfuncitem, peers)
        trouble = _look_behind(peers) or trouble
        judgement = judge([ident for ident, _ in stem.clauses], recorder.checks, trouble)
    known = find(plan.known, ident, judgement.verdict, judgement.clause)
    final = overlay(judgement, known)
    stderr = "".join(peer.stderr_since_mark() for peer in peers) if final.verdict in RED else ""
    pyfuncitem.stash[RESULT] = Result(
        id=ident, case=stem.case, params=stem.params, peers=names,
        verdict=final.verdict, clause=final.clause, reason=final.reason,
        checks=tuple(recorder.checks), clauses=tuple(ident for ident, _ in stem.clauses),
        step=final.step, seconds=round(clock.now() - began, 6),
        segmentation=recorder.segmentation, stderr=stderr,
        expected_verdict=None if known is None else known.verdict,
        known=None if known is None else Known(known.line, known.reason),
    )
    return True


def _lacking(plan: Plan, stem: Stem, peers: list[Peer]) -> str | None:
    for peer in peers:
        missing = [word for word in stem.needs if word not in Hello(plan.hellos[peer.name]).features]
        if missing:
            return f"{peer.name} does not declare {', '.join(missing)}"
    return None


def _run(item: pytest.Function, peers: list[Peer]) -> Trouble | None:
    """Run the case function; say what interrupted it, if anything did."""
    stem = item.stash[STEM]
    try:
        for peer in peers:
            peer.ensure()
            peer.mark()
        item.obj(**{name: item.funcargs[name] for name in item._fixtureinfo.argnames})
    except CaseOver:
        return None
    except Exception as error:
        trouble = trouble_of(error, stem)
        if not isinstance(error, (LibraryRaised, Untestable)):
            # What the peer does now is nobody's business any more: it starts anew.
            for peer in peers:
                peer.kill()
        return trouble
    return None


def trouble_of(error: Exception, stem: Stem) -> Trouble:
    """Say what an exception that ended a case means for its verdict."""
    if isinstance(error, LibraryRaised):
        return Trouble(Verdict.FAIL, error.step, _first_clause(stem), str(error))
    if isinstance(error, (PeerEnded, Misframed)):
        clause = error.malformed.clause if isinstance(error, Misframed) else _first_clause(stem)
        return Trouble(Verdict.FAIL, "the tester's end", clause, str(error))
    if isinstance(error, OutOfTime):
        return Trouble(Verdict.TIMEOUT, "the tester's end", None, str(error))
    if isinstance(error, StepTimeout):
        return Trouble(Verdict.TIMEOUT, error.step, None, str(error))
    if isinstance(error, Died):
        return Trouble(Verdict.CRASH, error.step, None, str(error))
    if isinstance(error, (NotStarted, Garbage, AdapterFault, Unsupported)):
        return Trouble(Verdict.UNTESTABLE, error.step, None, str(error))
    if isinstance(error, Untestable):
        return Trouble(Verdict.UNTESTABLE, None, None, str(error))
    place = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    return Trouble(Verdict.HARNESS, None, None, f"{type(error).__name__}: {error} ({where})")


def _first_clause(stem: Stem) -> str | None:
    """The clause that a case is about first of all: the first one that it quotes."""
    return stem.clauses[0][0] if stem.clauses else None


def _look_behind(peers: list[Peer]) -> Trouble | None:
    """Drop what the case has left open, and see that the peers are whole and free of it."""
    for peer in peers:
        try:
            left = peer.tidy()
        except PeerError as error:
            peer.kill()
            kind = Verdict.CRASH if isinstance(error, Died) else Verdict.TIMEOUT
            return Trouble(kind, f"after the case: {error.step}", None, str(error))
        if left:
            peer.kill()
            reason = f"{left} threads of closed connections are left in {peer.name}"
            return Trouble(Verdict.FAIL, "after the case: state", LEFTOVERS, reason)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[Any]:
    """Put the result where xdist carries it to the main process."""
    report = yield
    result = item.stash.get(RESULT, None)
    if report.when == "call" and result is not None:
        report.case_result = json.dumps(result.to_json())
        report.outcome = "failed" if result.verdict in RED else "passed"
    return report
