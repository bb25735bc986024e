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
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import clock
from harness.case import Recorder, declared
from harness.meeting import Pair, Single
from harness.plan import CASES, Plan, Stem
from harness.pool import Pool
from harness.trial import Trial

PLAN = pytest.StashKey[Plan]()
POOL = pytest.StashKey[Pool]()
STEM = pytest.StashKey[Stem]()
IDENT = pytest.StashKey[str]()

#: The property under which pytest, and xdist, carry a result to the main process.
PROPERTY = "stockings-result"
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
    # Thousands of items that live to the end: a collector that looks at them again and again took
    # a tenth of a worker's time.
    gc.freeze()


def _name(item: pytest.Function) -> str:
    path = item.path.relative_to(CASES).with_suffix("").as_posix()
    function = item.originalname.removeprefix("case_").replace("_", "-")
    values = dict(item.callspec.params) if hasattr(item, "callspec") else {}
    shapes = values.keys() & {"single", "pair"}
    if len(shapes) != 1 or "check" not in item.fixturenames:
        raise pytest.UsageError(
            f"the case {path}/{function} has to take 'check', and either 'single' or 'pair'"
        )
    shape = shapes.pop()
    peers = values.pop(shape)
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
    """Run a case in the place of pytest, and put its result where xdist carries it along."""
    plan = pyfuncitem.config.stash[PLAN]
    stem = pyfuncitem.stash[STEM]
    given = pyfuncitem.funcargs
    wanted = {name: given[name] for name in pyfuncitem._fixtureinfo.argnames}
    recorder, meeting = given["check"], given[stem.shape]
    assert isinstance(recorder, Recorder) and isinstance(meeting, (Single, Pair))
    trial = Trial(pyfuncitem.stash[IDENT], stem, recorder, meeting, plan.hellos)
    result = trial.result(lambda: pyfuncitem.obj(**wanted), plan.known)
    pyfuncitem.user_properties.append((PROPERTY, json.dumps(result.to_json())))
    return True
