"""The pytest plugin: turns case functions, peers and pairs into judged test items.

pytest collects, selects, parallelises (with xdist) and runs; this plugin gives each item its case
id, its peers and its recorder, and hands it to `harness.trial`. It is loaded in the worker
processes too; whatever only the main process does is in `harness.run`.
"""

from __future__ import annotations

import gc
import json
import re
import tempfile
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from harness import clock
from harness.case import Recorder, declared
from harness.meeting import Pair, Single
from harness.openaxis import NoValue, OpenAxis, Where
from harness.plan import CASES, NOBODY, Plan, Stem
from harness.pool import Pool
from harness.records import Result
from harness.repeats import repeated
from harness.story.keeping import Keeping
from harness.trial import Trial

PLAN = pytest.StashKey[Plan]()
POOL = pytest.StashKey[Pool]()
STEM = pytest.StashKey[Stem]()
IDENT = pytest.StashKey[str]()

#: The property under which pytest, and xdist, carry a result to the main process.
PROPERTY = "stockings-result"
#: A worker keeps a process for each peer that it has met. Where there are more peers than this
#: (twice as many as there are interpreters with two flavours), one is met after the other.
AT_ONCE = 40
#: What a case id may consist of, so that it can be typed, globbed and quoted in a shell.
ID_CHARACTERS = re.compile(r"[A-Za-z0-9@~/.,:;=+*!|()\[\]<>&_-]+")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one option by which worker processes find the plan."""
    parser.addoption("--plan", metavar="FILE", help="the plan of the run, made by `harness run`")


def pytest_configure(config: pytest.Config) -> None:
    """Load the plan and make the pool of peers that this process will use."""
    config.addinivalue_line("markers", "needs(*features): features that each peer must declare")
    config.addinivalue_line("markers", "open_axis(axis): an axis whose values are not all named")
    config.addinivalue_line("markers", "with_itself: only for pairs of a peer with itself")
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
    meetings: dict[str, Sequence[Where]] = {
        "single": [(name,) for name in plan.singles], "pair": plan.pairs,
    }
    for shape, everybody in meetings.items():
        if shape not in metafunc.fixturenames:
            continue
        if metafunc.definition.get_closest_marker("with_itself"):
            everybody = [where for where in everybody if len(set(where)) == 1]
        # Whoever meets nobody is left out later, like every case that is not planned.
        everybody = everybody or [(NOBODY,) if shape == "single" else (NOBODY, NOBODY)]
        axis = _open_axis(metafunc.definition)
        if axis is None:
            names = _planned(metafunc, ["~".join(where) for where in everybody])
            metafunc.parametrize(shape, names, ids=names, indirect=True)
        else:
            _open(metafunc, shape, axis, everybody)


def _planned(metafunc: pytest.Metafunc, names: list[str]) -> list[str]:
    """Return which of the peers, or pairs, a case is planned for.

    One without any keeps the first, and is left out later like every case that is not planned.
    """
    plan = metafunc.config.stash[PLAN]
    if plan.ids is None:
        return names
    planned = plan.peers_of(_case_name(metafunc.definition))
    return [name for name in names if name in planned] or names[:1]


def _open_axis(item: pytest.Item) -> OpenAxis | None:
    mark = item.get_closest_marker("open_axis")
    return None if mark is None else mark.args[0]


def _open(
    metafunc: pytest.Metafunc, shape: str, axis: OpenAxis, everybody: Sequence[Where]
) -> None:
    """Give a case with an open axis its values: those that are planned, or else the named ones."""
    given = [("~".join(where), value) for where in everybody for value in axis.named]
    plan = metafunc.config.stash[PLAN]
    if plan.ids is not None:
        # Without a planned one the named ones stay, and are left out later like every case that is
        # not planned.
        given = plan.values_of(_case_name(metafunc.definition)) or given[:1]
    ids = [f"{names}-{value}" for names, value in given]
    metafunc.parametrize([shape, axis.name], given, ids=ids, indirect=[shape])


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
            _allow_time(item, plan.repeat * max(1.0, plan.patience))
    if len(plan.specs) > AT_ONCE:
        kept.sort(key=lambda item: _first_of(plan, item.stash[IDENT]))
    items[:] = kept
    # Thousands of items that live to the end: a collector that looks at them again and again took
    # a tenth of a worker's time.
    gc.freeze()


def _first_of(plan: Plan, ident: str) -> int:
    """Return the place of that peer of a case which stands first among all peers of the plan."""
    return min(plan.places[name] for name in ident.partition("@")[2].split("~"))


def _allow_time(item: pytest.Item, factor: float) -> None:
    """Let the limit that ends a harness which hangs itself be one for each try, times patience."""
    if factor > 1:
        item.add_marker(pytest.mark.timeout(factor * float(item.config.getini("timeout"))))


def _case_name(item: pytest.Function) -> str:
    return f"{_place(item.path)}/{item.originalname.removeprefix('case_').replace('_', '-')}"


@cache
def _place(path: Path) -> str:
    """The first part of a case's name; kept, as thousands of items ask for a few of them."""
    return path.relative_to(CASES).with_suffix("").as_posix()


def _name(item: pytest.Function) -> str:
    case = _case_name(item)
    values = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    shapes = values.keys() & {"single", "pair"}
    if len(shapes) != 1 or "check" not in item.fixturenames:
        raise pytest.UsageError(
            f"the case {case} has to take 'check', and either 'single' or 'pair'"
        )
    shape = shapes.pop()
    peers = values.pop(shape)
    axis = _open_axis(item)
    if axis is not None:
        _require_value(case, axis, values)
    params = "[" + ",".join(str(value) for value in values.values()) + "]" if values else ""
    quoted = clauses = declared(item.function)
    # A stem with rows stands for them all, as long as nothing is planned.
    if axis is not None and (axis.rows is None or item.config.stash[PLAN].ids is not None):
        clauses = axis.decided(params[1:-1], quoted)
    item.stash[STEM] = Stem(
        case, params, shape,
        clauses,
        tuple(word for mark in item.iter_markers("needs") for word in mark.args),
        item.nodeid,
        item.get_closest_marker("with_itself") is not None,
        axis,
        quoted,
    )
    return f"{case}{params}@{peers}"


def _require_value(case: str, axis: OpenAxis, values: dict[str, object]) -> None:
    if values.keys() != {axis.name}:
        raise pytest.UsageError(f"the case {case} can have no other axis beside its open one")
    try:
        axis.require(str(values[axis.name]))
    except NoValue as error:
        raise pytest.UsageError(f"the case {case}: {error}") from error


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
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool:
    """Run an item, and report no more of it than the main process uses.

    xdist carries each note by itself; two of six are left: the result, and that the item is done.
    """
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    return True


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Run a case in the place of pytest, and put its result where xdist carries it along."""
    plan = pyfuncitem.config.stash[PLAN]
    stem = pyfuncitem.stash[STEM]
    given = pyfuncitem.funcargs
    wanted = {name: given[name] for name in pyfuncitem._fixtureinfo.argnames}
    meeting = given[stem.shape]
    assert isinstance(meeting, (Single, Pair))

    def attempt(earlier: Sequence[Result]) -> Result:
        # Each try has a record of its own. The meeting is empty again after each.
        check = Recorder()
        ident = pyfuncitem.stash[IDENT]
        keeping = Keeping.of(plan).behind(earlier)
        trial = Trial(ident, stem, check, meeting, plan.hellos, keeping)
        return trial.result(lambda: pyfuncitem.obj(**{**wanted, "check": check}), plan.known)

    result = repeated(attempt, plan.repeat)
    pyfuncitem.user_properties.append((PROPERTY, json.dumps(result.to_json())))
    return True
