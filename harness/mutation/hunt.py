"""Runs mutants against cases: which meet, in how many goes, and with how much patience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from harness.intake import Watcher
from harness.mutation.accounts import key
from harness.mutation.zoo import Mutant, peers
from harness.plan import Roster, Stem, case_ids
from harness.report.kills import OPTION, Terms
from harness.results import Header, Result, Run, Writer, plan_digest
from harness.run import Request, Watch, carry_out

#: A mutant often keeps a case waiting for what never comes: it gets a fifth of the usual time. Less
#: would be what a busy machine needs to start a process.
IMPATIENCE = 0.2
#: In a first go, a mutant meets so many forms of a case that its parameters make.
FORMS = 4
#: Of a covering array, it never meets more rows than these in a first go, from all over it: where
#: hundreds show the same defect, what has to be shown is that one can.
ROWS = 24


@dataclass(frozen=True)
class Prey:
    """Who meets which cases. `partner` is the sound endpoint that they are paired with."""

    mutants: Sequence[Mutant]
    partner: Mutant
    stems: Sequence[Stem]


def meetings(prey: Prey, everything: bool) -> dict[str, list[str]]:
    """Return the ids of the cases that can find each mutant out, by its name.

    Alone, with itself, and in both orders with the partner. Without `everything`, only cases that
    quote a clause which the mutant breaks.
    """
    specs = {
        name: replace(spec, pairs="all")
        for name, spec in peers([*prey.mutants, prey.partner]).items()
    }
    met: dict[str, list[str]] = {}
    for one in prey.mutants:
        partners = () if one == prey.partner else (specs[prey.partner.name],)
        roster = Roster((specs[one.name],), partners)
        wanted = None if everything else frozenset(one.breaks)
        met[one.name] = [
            ident for stem in prey.stems for ident in _ids(stem, roster, wanted)
        ]
    return met


def _ids(stem: Stem, roster: Roster, wanted: frozenset[str] | None) -> list[str]:
    """Return the cases that a stem makes of which one of the wanted clauses is decided."""
    if wanted is not None and wanted.isdisjoint(clause for clause, _ in stem.clauses):
        return []
    found = case_ids([stem], roster)
    if wanted is None or stem.axis is None or stem.axis.rows is None:
        return found
    return [
        ident for ident in found
        if not wanted.isdisjoint(
            clause for clause, _ in stem.axis.decided(_value(ident), stem.clauses)
        )
    ]


def _value(ident: str) -> str:
    """Return the parameters of a case, from its id."""
    return ident.partition("[")[2].partition("]@")[0]


def _spread(ids: Sequence[str], most: int, offset: int) -> list[str]:
    """Return at most so many of the ids, from all over the list, beginning at another place."""
    step = max(1, -(-len(ids) // most))
    return list(ids[offset % step :: step])


def sample(prey: Prey, met: Mapping[str, Sequence[str]], whole: bool) -> list[str]:
    """Return the cases of a first go: of the `whole` suite, a few forms of each case.

    Another mutant gets other forms, so that most of them have found something out when all mutants
    are through. What is then still to be proved comes in a second go.
    """
    rows = {stem.case for stem in prey.stems if key(stem) == stem.case and stem.params}
    chosen: list[str] = []
    for offset, ids in enumerate(met.values()):
        forms: dict[str, list[str]] = {}
        for ident in ids:
            forms.setdefault(ident.partition("@")[0].partition("[")[0], []).append(ident)
        for case, some in forms.items():
            most = FORMS if whole else ROWS if case in rows else len(some)
            chosen += _spread(some, most, offset)
    return chosen


@dataclass
class Hunt:
    """Runs that belong together: their results, and a file that holds them all.

    `watch` and `folder` are those of `carry_out`.
    """

    stems: Sequence[Stem]
    jobs: int
    watch: Watch
    folder: Path

    def run(
        self, listed: Iterable[Mutant], ids: Iterable[str], patience: float, title: str
    ) -> Run:
        """Run cases on mutants; the temporary results file is called by the title."""
        wanted = frozenset(ids)
        folder = self.folder / title
        folder.mkdir()
        return carry_out(
            Request(
                self.stems, Roster(tuple(peers(listed).values())), folder / "results.jsonl",
                ids=wanted, jobs=self.jobs, patience=patience,
            ),
            self.watch, folder,
        )


def write(
    path: Path, runs: Sequence[Run], results: Sequence[Result], terms: Terms, code: int
) -> None:
    """Write several runs into one results file, with the exit code of all of them."""
    ids = [result.id for result in results]
    ids += [ident for run in runs if run.footer for ident in run.footer.missing if ident not in ids]
    known = {peer.name: peer for run in runs for peer in run.header.peers}
    header: Header = replace(
        runs[0].header, peers=tuple(known.values()), planned=len(ids), plan=plan_digest(ids),
        options={**runs[0].header.options, OPTION: terms.to_json()},
    )
    seconds = sum(run.footer.seconds for run in runs if run.footer)
    with Writer(path, header) as writer:
        for result in results:
            writer.add(result)
        writer.finish(ids, code, seconds)


class Unwatched:
    """Takes results and says nothing."""

    def add(self, result: Result) -> None:
        """Take one result."""


def unwatched(_total: int) -> nullcontext[Watcher]:
    """Return a watcher that says nothing."""
    return nullcontext(Unwatched())


class Counting:
    """Shows on a terminal how many cases are done; a context manager, and a watcher."""

    def __init__(self, console: Console, total: int) -> None:
        self._status = console.status("")
        self._total = total
        self._done = 0

    def add(self, result: Result) -> None:
        """Count one result."""
        self._done += 1
        self._status.update(f"{self._done} of {self._total} cases")

    def __enter__(self) -> Counting:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()
