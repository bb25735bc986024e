"""The main process's part of a pytest run: it takes every result, and writes it down at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Protocol

import pytest

from harness.cover.again import Explain, wanted
from harness.plan import NOBODY, Stem, find_stem
from harness.plugin import PROPERTY
from harness.results import Result, Writer
from harness.verdicts import Verdict

#: How much of a broken worker's words is kept.
KEPT = 4000


class Watcher(Protocol):
    """Who is told of each result as it comes."""

    def add(self, result: Result) -> None:
        """Take one result."""


class Intake:
    """A pytest plugin: gives the results of the planned cases (`ids`) to a writer and a watcher.

    `verdicts` and `seen` are what came so far; `late` what broke after its case had been judged;
    `refusal` what the system said when a result could not be written or shown: that ends the run.
    The results of failed rows of the covering array are written by `settle`, since only behind all
    the others there is time to find out what it takes to fail.
    """

    def __init__(
        self, writer: Writer, watcher: Watcher, stems: Sequence[Stem], ids: Sequence[str]
    ) -> None:
        by_name = {stem.name: stem for stem in stems}
        self.verdicts: list[Verdict] = []
        self.seen: set[str] = set()
        self.late: list[str] = []
        self.refusal: OSError | None = None
        self._held: list[Result] = []
        self._writer = writer
        self._watcher = watcher
        self._stems: dict[str, Stem] = {}
        for name in dict.fromkeys(ident.partition("@")[0] for ident in ids):
            stem = by_name.get(name) or find_stem(stems, name)
            assert stem is not None
            self._stems[name] = stem
        self._nodes = {self._node(ident): ident for ident in ids}

    def _node(self, ident: str) -> str:
        """Return pytest's node id of a case."""
        stem_name, _, names = ident.partition("@")
        stem = self._stems[stem_name]
        nobody = NOBODY if stem.shape == "single" else f"{NOBODY}~{NOBODY}"
        return stem.node.replace(nobody, names)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the result that a worker has attached to its report, or note that there is none."""
        body = dict(report.user_properties).get(PROPERTY)
        if report.when == "call" and isinstance(body, str):
            self._take(Result.from_json(json.loads(body)))
        elif report.failed:
            self._fault(report)

    def _take(self, result: Result) -> None:
        self.seen.add(result.id)
        self.verdicts.append(result.verdict)
        try:
            if wanted(self._stems[result.case + result.params], result):
                self._held.append(result)
            else:
                self._writer.add(result)
            self._watcher.add(result)
        except OSError as error:
            # pytest would call this a fault of its own. As the user does, we can only end it.
            self.refusal = error
            raise KeyboardInterrupt from error

    def settle(self, explainer: Callable[[Stem], Explain] | None) -> None:
        """Write down what was held back, explained; as it is, if that is broken off.

        `explainer` is given the stem of a held result, if there is one.
        """
        left, self._held = self._held, []
        try:
            if left and explainer is not None:
                explain = explainer(self._stems[left[0].case + left[0].params])
                for result in explain(tuple(left)):
                    del left[0]
                    self._writer.add(result)
        finally:
            for result in left:
                self._writer.add(result)

    def _fault(self, report: pytest.TestReport) -> None:
        """Judge a case whose worker broke: it is our fault until the opposite is shown."""
        text = report.longreprtext
        last = (text.strip().splitlines() or ["a worker process ended"])[-1]
        ident = self._nodes[report.nodeid]
        if ident in self.seen:
            # A worker that dies between two cases is reported on the one that it had finished.
            if report.when == "teardown":
                self.late.append(f"{ident}: {last}")
            return
        stem_name, _, names = ident.partition("@")
        stem = self._stems[stem_name]
        self._take(Result(
            id=ident, case=stem.case, params=stem.params, peers=tuple(names.split("~")),
            verdict=Verdict.HARNESS, reason=last, stderr=text[-KEPT:],
            clauses=tuple(clause for clause, _ in stem.clauses),
        ))
