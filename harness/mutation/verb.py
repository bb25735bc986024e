"""The verb `mutants`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console

from harness import clauses, clock, options, suite, system
from harness.muster import MusterFailed
from harness.mutation import matrix, zoo
from harness.mutation.accounts import Accounts, Book, settle, terms
from harness.mutation.hunt import (
    IMPATIENCE,
    Counting,
    Hunt,
    Prey,
    meetings,
    sample,
    unwatched,
    write,
)
from harness.mutation.zoo import Mutant
from harness.problem import Incomplete, Usage
from harness.report.ink import on_stdout
from harness.results import ResultsError, Run
from harness.run import NothingToRun, Watch
from harness.selection import Selection
from harness.verdicts import Verdict

#: Workers per core. Nearly all of the time of a case that fails goes by in waiting.
PER_CORE = 8
#: How patient the run of the nulls is: all that they do is to keep cases waiting.
FLOOR_PATIENCE = 0.1
#: How patient a second look is, at what was too slow to decide anything.
SECOND_LOOK = 0.5
#: What says neither that a mutant was found out nor that it was not.
INCONCLUSIVE = frozenset({Verdict.TIMEOUT, Verdict.CRASH, Verdict.UNTESTABLE})
#: As many results as are told one by one.
FEW = 60


@click.command()
@click.option("--mutant", multiple=True, metavar="GLOB", help="Only mutants whose name matches.")
@click.option("--case", multiple=True, metavar="GLOB", help="Only cases whose name matches.")
@click.option("--all", "everything", is_flag=True,
              help="Every mutant against every case, not only those that quote what it breaks.")
@click.option("--jobs", type=click.IntRange(1), metavar="N",
              default=lambda: PER_CORE * system.cores(),
              help="Worker processes.  [default: eight per core]")
@click.option("--results", type=options.WRITTEN, metavar="FILE.jsonl",
              help="Keep all results here; a file that is there is replaced.")
def mutants(
    mutant: Sequence[str], case: Sequence[str], everything: bool, jobs: int, results: Path | None
) -> None:
    """Prove by broken endpoints that every case can fail for its own reason.

    Each mutant has one deliberate defect, and some case has to find it out through a clause that
    the defect breaks. Listed are mutants that survive, cases and clauses that kill none, and what
    fails on an endpoint without a defect. With any of them this ends with exit code 1. Selected by
    name, implementations of nothing are run, too, on which no case may pass.

    \b
    Examples:
      python -m harness mutants
      python -m harness mutants --mutant 'stream.*'
      python -m harness mutants --mutant sending.Interleaves --case 'sending/**'
      python -m harness mutants --mutant 'nulls.*'
    """
    console = on_stdout()
    began = clock.now()
    scene = _scene(mutant, case, everything)
    with tempfile.TemporaryDirectory(prefix="stockings-", ignore_cleanup_errors=True) as folder:
        hunt = Hunt(scene.book.stems, jobs, _watch(console), Path(folder))
        accounts, runs = _hunted(scene, hunt)
    listed = [result for run in runs.values() for result in run.results]
    complete = all(run.complete for run in runs.values())
    code = 3 if accounts.faulty or not complete else int(not accounts.proved)
    if results is not None:
        unique = {result.id: result for result in listed}
        write(results, list(runs.values()), list(unique.values()),
              terms(scene.book, accounts), code)
    if not complete:
        raise Incomplete("the run was interrupted")
    if len(listed) <= FEW:
        matrix.details(console, accounts, listed)
    if "nulls" in runs:
        matrix.floor(console, len(runs["nulls"].results), accounts)
    matrix.show(console, scene.book, accounts, clock.now() - began)
    sys.exit(code)


def _watch(console: Console) -> Watch:
    """Watch a run on a terminal; in a pipe, thousands of failures that have to be only confuse."""
    return (lambda total: Counting(console, total)) if console.is_terminal else unwatched


@dataclass(frozen=True)
class _Scene:
    """What was selected."""

    book: Book
    sound: Sequence[Mutant]
    nulls: Sequence[Mutant]
    everything: bool


def _scene(names: Sequence[str], cases: Sequence[str], everything: bool) -> _Scene:
    every = [*zoo.mutants(), *zoo.sound(), *zoo.nulls()]
    for glob in names:
        if not zoo.select(every, [glob]):
            raise Usage(f"--mutant {glob}: matches no mutant; they are in conformance/mutants")
    stems = Selection(case=cases).stems()
    chosen, sound = (zoo.select(some, names) for some in (zoo.mutants(), zoo.sound()))
    # By name only: they make every case wait for as long as it does, which takes minutes.
    nulls = zoo.select(zoo.nulls(), names) if names else []
    book = Book(
        chosen, stems, {clause.id: clause.level for clause in clauses.load().values()},
        frozenset(one.name for one in zoo.sound()), frozenset(one.name for one in zoo.nulls()),
        whole_zoo=not names, whole_suite=not cases,
    )
    return _Scene(book, sound, nulls, everything)


def _hunted(scene: _Scene, hunt: Hunt) -> tuple[Accounts, dict[str, Run]]:
    """Carry out all runs; return the accounts, and the runs by their titles."""
    partner = zoo.sound()[0]
    runs: dict[str, Run] = {}
    book = scene.book

    def go(title: str, some: Sequence[Mutant], ids: Sequence[str], patience: float) -> Accounts:
        if ids and all(run.complete for run in runs.values()):  # else somebody wants it to end
            runs[title] = _carried_out(hunt, [*some, partner], ids, patience, title)
        return settle(book, [result for run in runs.values() for result in run.results])

    def prey_of(some: Sequence[Mutant]) -> Prey:
        return Prey(some, partner, book.stems)

    def everything(some: Sequence[Mutant]) -> list[str]:
        met = meetings(prey_of(some), True)
        return [ident for ids in met.values() for ident in ids]

    go("sound", scene.sound, everything(scene.sound), 1.0)
    prey = prey_of(book.mutants)
    met = meetings(prey, scene.everything)
    whole = book.whole_zoo and book.whole_suite and not scene.everything
    accounts = go("mutants", book.mutants, sample(prey, met, whole), IMPATIENCE)
    go("again", book.mutants, _open(accounts, book, met, runs.get("mutants")), SECOND_LOOK)
    nulls = prey_of(scene.nulls)
    floor = sample(nulls, meetings(nulls, True), False)
    accounts = go("nulls", scene.nulls, floor, FLOOR_PATIENCE)
    if not runs:
        what = "no selected case quotes a clause that a selected mutant breaks"
        raise Usage(f"nothing to run: {what}; see --all")
    return accounts, runs


def _open(
    accounts: Accounts, book: Book, met: Mapping[str, Sequence[str]], run: Run | None
) -> list[str]:
    """Return the cases that could still kill a survivor, or prove a case that has killed nothing.

    Cases that have decided are not asked again, but those that had too little time are.
    """
    if run is None:
        return []
    tried = {one.id for one in run.results if one.verdict not in INCONCLUSIVE}
    survivors = {one.name for one in accounts.survivors}
    idle, undecided = set(accounts.idle), set(accounts.undecided)
    breaks = {one.name: one.breaks for one in book.mutants}
    wanted: list[str] = []
    for mutant, ids in met.items():
        for ident in ids:
            name = ident.partition("@")[0]
            case = name.partition("[")[0]
            blamed = mutant in survivors or not idle.isdisjoint((name, case)) or any(
                (case, clause) in undecided for clause in breaks[mutant]
            )
            if blamed and ident not in tried:
                wanted.append(ident)
    return wanted


def _carried_out(
    hunt: Hunt, some: Sequence[Mutant], ids: Sequence[str], patience: float, title: str
) -> Run:
    try:
        return hunt.run(some, ids, patience, title)
    except NothingToRun as error:
        raise Usage(f"nothing to run: {error}") from error
    except MusterFailed as error:
        raise Incomplete(f"nothing was run: {error}") from error
    except (suite.SuiteError, ResultsError) as error:
        raise Incomplete(str(error)) from error
