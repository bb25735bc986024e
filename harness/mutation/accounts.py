"""Who killed whom: a pure function of mutants, cases and results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from harness.mutation.zoo import Mutant
from harness.plan import Stem
from harness.report.kills import SPOTLESS, Terms, implementations, killed_by
from harness.results import Result
from harness.verdicts import Verdict


@dataclass(frozen=True)
class Kill:
    """One mutant that one case has found out; `case` is the key of its stem."""

    mutant: str
    case: str
    clause: str


@dataclass(frozen=True)
class Accounts:
    """What the results say about mutants and cases.

    `survivors` are mutants that no case killed by a clause that they break; `idle` are the keys of
    cases that killed nothing; `undecided` are cases with a clause by which none of their kills was;
    `wrong` are results of a sound endpoint that are no pass, `faulty` those that tell of a defect
    of our own; `floor` are passes of an implementation of nothing.
    """

    kills: tuple[Kill, ...]
    survivors: tuple[Mutant, ...] = ()
    idle: tuple[str, ...] = ()
    undecided: tuple[tuple[str, str], ...] = ()
    wrong: tuple[Result, ...] = ()
    faulty: tuple[Result, ...] = ()
    floor: tuple[Result, ...] = ()

    @property
    def proved(self) -> bool:
        """Whether nothing is left to be mended."""
        return not (
            self.survivors or self.idle or self.undecided or self.wrong or self.faulty or self.floor
        )


@dataclass(frozen=True)
class Book:
    """What is to be accounted for. `sound` and `nulls` are names of endpoints, as in results.

    `levels` are those of the clauses. Cases are only called idle if `whole_zoo` was run against
    them, and mutants survivors if they met the `whole_suite`.
    """

    mutants: Sequence[Mutant]
    stems: Sequence[Stem]
    levels: Mapping[str, str]
    sound: frozenset[str] = frozenset()
    nulls: frozenset[str] = frozenset()
    whole_zoo: bool = True
    whole_suite: bool = True


def key(stem: Stem) -> str:
    """Return by what a case is accounted for: its name with its parameters.

    The rows of a covering array are made for the peers that are there, so they are one case.
    """
    rows = stem.axis is not None and stem.axis.rows is not None
    return stem.case if rows else stem.name


def settle(book: Book, results: Iterable[Result]) -> Accounts:
    """Make the accounts of a run."""
    kills: list[Kill] = []
    wrong: list[Result] = []
    faulty: list[Result] = []
    floor: list[Result] = []
    rowed = {stem.case for stem in book.stems if key(stem) == stem.case and stem.params}
    for result in results:
        who = implementations(result)
        strangers = [name for name in who if name not in book.sound]
        if result.verdict is Verdict.HARNESS:
            faulty.append(result)
        elif not strangers:
            if result.verdict not in SPOTLESS:
                wrong.append(result)
        elif book.nulls & set(strangers):
            if result.verdict is Verdict.PASS:
                floor.append(result)
        elif clause := killed_by(result):
            case = result.case if result.case in rowed else result.case + result.params
            kills.append(Kill(strangers[0], case, clause))
    return Accounts(
        tuple(kills), _survivors(book, kills), _idle(book, kills), _undecided(book, kills),
        tuple(wrong), tuple(faulty), tuple(floor),
    )


def tried(book: Book) -> list[Mutant]:
    """Return the mutants that the cases are for: of others, a few cases say nothing."""
    quoted = {clause for stem in book.stems for clause, _ in stem.clauses}
    return [one for one in book.mutants if book.whole_suite or quoted & set(one.breaks)]


def terms(book: Book, accounts: Accounts) -> Terms:
    """Return what the results file says besides results, so that a report can tell kills."""
    idle = {name.partition("[")[0] for name in accounts.idle}
    return Terms(
        {one.name: one.breaks for one in tried(book)}, book.whole_suite or not book.whole_zoo,
        sorted(book.sound), sorted(book.nulls), accounts.idle,
        tuple(dict.fromkeys(case for case, _ in accounts.undecided if case not in idle)),
    )


def _survivors(book: Book, kills: Sequence[Kill]) -> tuple[Mutant, ...]:
    if not book.whole_suite and book.whole_zoo:
        return ()
    by = {(kill.mutant, kill.clause) for kill in kills}
    return tuple(
        one for one in tried(book) if not any((one.name, clause) in by for clause in one.breaks)
    )


def _idle(book: Book, kills: Sequence[Kill]) -> tuple[str, ...]:
    if not book.whole_zoo:
        return ()
    killers = {kill.case for kill in kills}
    return tuple(dict.fromkeys(
        key(stem) for stem in book.stems
        if key(stem) not in killers and _binding(book, stem)
    ))


def _undecided(book: Book, kills: Sequence[Kill]) -> tuple[tuple[str, str], ...]:
    if not book.whole_zoo:
        return ()
    decided = {(kill.case.partition("[")[0], kill.clause) for kill in kills}
    return tuple(dict.fromkeys(
        (stem.case, clause) for stem in book.stems for clause in _binding(book, stem)
        if (stem.case, clause) not in decided
    ))


def _binding(book: Book, stem: Stem) -> list[str]:
    """Return the clauses of a case that can be broken: what is only allowed cannot be."""
    return [clause for clause, _ in stem.clauses if book.levels[clause] != "MAY"]
