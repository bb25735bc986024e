"""A results file of `harness mutants`, told as what it is about: who killed whom.

There a FAIL is what has to be. So the run is retold as one that every report can show: a result for
each endpoint, PASS if some case has found its defect out, and red what is left to be mended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from harness.fields import Fields
from harness.results import MUTANTS, Result, Run
from harness.verdicts import Verdict, exit_code

OPTION: Final = MUTANTS
"""The option of the header that holds the terms; no other run has it."""

_KILLING: Final = frozenset({Verdict.FAIL, Verdict.WARN})
SPOTLESS: Final = frozenset({Verdict.PASS, Verdict.INFO})
"""The verdicts that an endpoint without a defect may get."""


@dataclass(frozen=True)
class Terms:
    """What the results of mutants are held against.

    `breaks` has the clauses that each mutant breaks; `whole` is whether one that is not killed has
    survived, which a few selected cases cannot show. `sound` and `nulls` are the endpoints without
    a defect and those of nothing. `idle` are the cases without a kill, as told when they were run,
    and `undecided` those that killed nothing by a clause, with the clause.
    """

    breaks: Mapping[str, Sequence[str]]
    whole: bool
    sound: Sequence[str] = ()
    nulls: Sequence[str] = ()
    idle: Sequence[str] = ()
    undecided: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """The terms as they stand in the header."""
        return {
            "breaks": {name: list(clauses) for name, clauses in self.breaks.items()},
            "whole": self.whole, "sound": list(self.sound), "nulls": list(self.nulls),
            "idle": list(self.idle), "undecided": list(self.undecided),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Terms:
        """The terms that a header states; raises fields.Invalid."""
        take = Fields(value, f"options.{OPTION}.")
        breaks = take.inner("breaks")
        terms = cls(
            {name: breaks.texts(name) for name in breaks}, take.truth("whole"),
            take.texts("sound"), take.texts("nulls"), take.texts("idle"), take.texts("undecided"),
        )
        take.done()
        return terms


def implementations(result: Result) -> list[str]:
    """Return the names of the endpoints that took part in a result, without their interpreters."""
    return [_implementation(peer) for peer in result.peers]


def killed_by(result: Result) -> str | None:
    """Return the clause by which a case has found a mutant out; None if it has not.

    It has to be one that the case quotes. A timeout or a crash is no kill, nor is a case that could
    not decide anything: each of them can have any reason.
    """
    return result.clause if (
        result.verdict in _KILLING and result.clause in result.clauses
    ) else None


def about_mutants(run: Run) -> bool:
    """Whether a run is one of `harness mutants`, in which a FAIL is no failure."""
    return OPTION in run.header.options


def told(run: Run) -> str:
    """How many mutants of a retold run were killed: `203 of 204 mutants killed`."""
    mutants = set(Terms.from_json(run.header.options[OPTION]).breaks)
    dead = [one.verdict is Verdict.PASS for one in run.results if _endpoint(one) in mutants]
    return f"{sum(dead)} of {len(dead)} mutant{'s' * (len(dead) != 1)} killed"


def retold(run: Run) -> Run:
    """Return a run of mutants as one about kills, and any other as it is.

    Raises fields.Invalid for terms that are none.
    """
    if not about_mutants(run):
        return run
    terms = Terms.from_json(Fields(run.header.options, "options.").mapping(OPTION))
    results = tuple(_results(run, terms))
    gap = run.header.planned - len(run.results)
    header = replace(run.header, planned=len(results) + gap)
    counts = Counter(one.verdict for one in results)
    footer = run.footer and replace(
        run.footer, results=len(results), counts=counts, exit=_code(results, terms, run.complete),
    )
    return replace(run, header=header, results=results, footer=footer)


def _code(results: Iterable[Result], terms: Terms, complete: bool) -> int:
    """The exit code of a retold run: that of the verb, which is not taken on trust."""
    told = list(results)
    unmet = set(terms.breaks).difference(_implementation(one.peers[0]) for one in told)
    survivors = [Verdict.FAIL] if terms.whole and unmet else []
    return exit_code([*(one.verdict for one in told), *survivors], complete)


def again(result: Result) -> list[str]:
    """The words behind the program that look at one result of a retold run again."""
    name = _endpoint(result)
    return ["mutants", "--mutant", name] if name else ["mutants", "--case", result.case]


def _endpoint(result: Result) -> str | None:
    """The endpoint that a retold result is about, unless it is about a case."""
    name = implementations(result)[0]
    return name if result.case == name.replace(".", "/", 1) else None


def _implementation(peer: str) -> str:
    return peer.partition("@")[0]


def _results(run: Run, terms: Terms) -> Iterator[Result]:
    """A result for each endpoint that took part, then what is wrong with cases."""
    met: dict[str, list[Result]] = {}
    for one in run.results:
        names = implementations(one)
        strangers = [name for name in names if name not in terms.sound]
        met.setdefault((strangers or names)[0], []).append(one)
    for peer in run.header.peers:
        name = _implementation(peer.name)
        if name in met:
            verdict, reason = _fate(name, met[name], terms)
            case = name.replace(".", "/", 1)
            yield Result(f"{case}@{peer.name}", case, "", (peer.name,), verdict, reason=reason,
                         clauses=tuple(terms.breaks.get(name, ())),
                         seconds=sum(one.seconds for one in met[name]))
    for one in run.results:
        if one.verdict is Verdict.HARNESS:
            yield one
    peer_name = run.header.peers[0].name
    faults = [(one, "kills no mutant") for one in terms.idle]
    faults += [(one, "kills none by a clause that it quotes") for one in terms.undecided]
    for case, reason in faults:
        yield Result(f"{case}@{peer_name}", case, "", (peer_name,), Verdict.FAIL, reason=reason)


def _fate(name: str, met: Sequence[Result], terms: Terms) -> tuple[Verdict, str]:
    """What became of an endpoint, as a verdict and a reason."""
    if name in terms.sound:
        wrong = [one for one in met if one.verdict not in SPOTLESS]
        return _blank(wrong, "has no defect", "fails")
    if name in terms.nulls:
        wrong = [one for one in met if one.verdict is Verdict.PASS]
        return _blank(wrong, "is an implementation of nothing", "passes")
    breaks = terms.breaks.get(name, ())
    by = list(dict.fromkeys(
        f"{one.case} by {one.clause}" for one in met if killed_by(one) in breaks
    ))
    if by:
        return Verdict.PASS, f"killed: {by[0]}" + (f", and {len(by) - 1} more" if by[1:] else "")
    survived = f"no case has killed it by {' or '.join(breaks)}; tried: {len(met)}"
    return (Verdict.FAIL if terms.whole else Verdict.INFO), survived


def _blank(wrong: Iterable[Result], what: str, word: str) -> tuple[Verdict, str]:
    """The fate of an endpoint on which a case can only go wrong in one way."""
    names = sorted({one.case + one.params for one in wrong})
    if names:
        return Verdict.FAIL, f"{what}, and yet {word}: {', '.join(names)}"
    return Verdict.PASS, f"{what}, and {word} nowhere"
