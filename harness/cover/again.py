"""Runs red rows again in the main process, to find out what it takes to make them fail.

Only after all cases have run, and within a fixed time, so that a library with many defects does not
keep its author waiting: a row that shares what an earlier one has turned out to need is not run
again, and when the time is up the rows that are left are not explained.
"""

from __future__ import annotations

import contextlib
import importlib
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness import clock
from harness.case import Recorder
from harness.clock import Deadline
from harness.cover import row as rows
from harness.cover.localise import Combination, Point, localise
from harness.meeting import Pair
from harness.openaxis import NoValue
from harness.peerspec import PeerSpec
from harness.plan import Stem
from harness.pool import Pool
from harness.results import Result
from harness.story import logfile
from harness.story.keeping import Keeping
from harness.trial import Trial
from harness.verdicts import Verdict

#: Seconds, times the patience, for all red rows of a run: a hundred variants of a row take two or
#: three.
BUDGET = 20.0
#: The part of the usual patience that a variant gets; the row itself has failed with all of it.
BRISK = 0.2
#: What a row can fail by. The other red verdicts say nothing about the row.
FAILED = frozenset({Verdict.FAIL, Verdict.TIMEOUT, Verdict.CRASH})
#: What is said of a row that passes when it is run again.
UNSTEADY = "not to be found: the row did not fail when it was run again"

FIRST, SECOND = "first peer", "second peer"
PLAIN = dict(zip(
    rows.NAMES, ("text", "1", "whole", "first", "none", "first-closes", "eager"), strict=True
))


def is_row(stem: Stem) -> bool:
    """Whether a case is a row of the covering array."""
    return stem.axis is not None and stem.axis.parse is rows.parse


def wanted(stem: Stem, result: Result) -> bool:
    """Whether it is worth while to find out why a case has its result."""
    return is_row(stem) and result.verdict in FAILED


@dataclass
class Again:
    """Runs rows on the peers of a run; `pairs` are those that meet in it.

    `logs` is the folder for the logs of rows that are worth one, if there are to be any, `options`
    are those of the run, and `folder` is for temporary files. A context manager, which ends the
    peers that it has started. Not thread-safe.
    """

    stem: Stem
    specs: Sequence[PeerSpec]
    hellos: Mapping[str, Mapping[str, Any]]
    pairs: Collection[tuple[str, str]]
    folder: Path
    logs: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    _pool: Pool = field(init=False)
    _case: Callable[..., None] = field(init=False)
    _known: dict[str, bool | None] = field(init=False, default_factory=dict)

    def __enter__(self) -> Again:
        self.folder.mkdir(exist_ok=True)
        self._pool = Pool(self.specs, self.folder)
        self._case = _function(self.stem)
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.stop()

    def ident(self, point: Point) -> str:
        """Return the id of the row that a point is."""
        return f"{self.stem.case}[{_row(point)}]@{point[FIRST]}~{point[SECOND]}"

    def keep(self, point: Point) -> None:
        """Put the log of a row that failed among those of the run, if it has none there yet."""
        if self.logs is None:
            return
        kept = self.logs / logfile.file_name(self.ident(point))
        if not kept.exists():
            # What cannot be kept, or written before, is missing and changes no verdict.
            with contextlib.suppress(OSError):
                self.logs.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self._tried / kept.name, kept)

    def fails(self, point: Point) -> bool | None:
        """Run a point; say whether it failed, None if there is no such row or it told nothing."""
        text, ident = _row(point), self.ident(point)
        if ident not in self._known:
            self._known[ident] = self._run(ident, text, point[FIRST], point[SECOND])
        return self._known[ident]

    @property
    def _tried(self) -> Path:
        return self.folder / "logs"

    def _run(self, ident: str, text: str, first: str, second: str) -> bool | None:
        if (first, second) not in self.pairs:
            return None
        try:
            stem = self.stem.filled(text)
        except NoValue:
            return None
        pair = Pair(self._pool.get(first), self._pool.get(second))
        check = Recorder()
        place = None if self.logs is None else self._tried
        keeping = Keeping(place, home=self.folder, options=self.options)
        trial = Trial(ident, stem, check, pair, self.hellos, keeping)
        verdict = trial.result(lambda: self._case(pair=pair, check=check, row=text), ()).verdict
        if verdict in FAILED:
            return True
        return False if verdict in (Verdict.PASS, Verdict.WARN) else None


def _function(stem: Stem) -> Callable[..., None]:
    """The function of a case, from the node id that pytest has given it."""
    path, _, name = stem.node.partition("::")
    module = "conformance." + path.removesuffix(".py").replace("/", ".")
    found: Callable[..., None] = getattr(importlib.import_module(module), name.partition("[")[0])
    return found


Explain = Callable[[Sequence[Result]], Iterator[Result]]


def explainer(
    stem: Stem, specs: Sequence[PeerSpec], hellos: Mapping[str, Mapping[str, Any]],
    pairs: Collection[tuple[str, str]], folder: Path, logs: Path | None,
    options: Mapping[str, Any],
) -> Explain:
    """Return what yields failed rows again, each with what it takes to fail.

    `stem` is one of their case; the rest is that of the run. As far as `BUDGET` allows.
    """

    def explain(results: Sequence[Result]) -> Iterator[Result]:
        time = Deadline(BUDGET)  # of the run's patience, not of that with the variants
        with Again(stem, specs, hellos, pairs, folder, logs, options) as again, _brisk():
            yield from explained(results, again, time)

    return explain


def explained(results: Sequence[Result], again: Again, time: Deadline) -> Iterator[Result]:
    """Yield the results of failed rows, each with what it takes to fail, as far as time allows."""
    found: list[Combination] = []
    for result in results:
        point = _point(result)
        known = next((one for one in found if one.covers(point)), None)
        if known is None and time.over:
            yield result
            continue
        if known is None:
            known = localise(point, again.fails, _values(again), PLAIN, time)
            if known is not None:
                found.append(known)
                again.keep(known.least)
        yield replace(result, localised=_words(result, known, again))


def _words(result: Result, known: Combination | None, again: Again) -> str:
    """Say what a row takes to fail, and which row takes no more than that."""
    if known is None:
        return UNSTEADY
    least = again.ident(known.least)
    return str(known) if least == result.id else f"{known}, as in {least}"


@contextmanager
def _brisk() -> Iterator[None]:
    """Wait for a broken peer no longer than needed: dozens of variants may have to fail."""
    patience = clock.patience()
    clock.set_patience(patience * BRISK)
    try:
        yield
    finally:
        clock.set_patience(patience)


def _row(point: Point) -> str:
    return ",".join(point[name] for name in rows.NAMES)


def _point(result: Result) -> dict[str, str]:
    row = rows.parse(result.params[1:-1])
    first, second = result.peers
    return {**dict(zip(rows.NAMES, row.values, strict=True)), FIRST: first, SECOND: second}


def _values(again: Again) -> dict[str, Sequence[str]]:
    names = [spec.name for spec in again.specs]
    return {**rows.AXES, FIRST: names, SECOND: names}
