"""The search for a program that fails, on a bench where nothing is carried out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness import clock
from harness.explore.bench import Bench
from harness.explore.meaning import FAMILIES, family, parse
from harness.explore.model import Model
from harness.explore.program import End, Program, Write
from harness.explore.search import BATCH, Search, Wish
from harness.openaxis import Where
from harness.results import Result
from harness.verdicts import Verdict

PAIR = ("one", "two")
Defect = Callable[[Program, int], bool]


class Imagined(Bench):
    """Judges programs by looking at them: `defect` says whether one fails, the nth time it runs."""

    def __init__(self, defect: Defect, verdict: Verdict = Verdict.FAIL) -> None:
        self.defect = defect
        self.verdict = verdict
        self.runs: list[str] = []

    def families(self, pair: Where) -> list[str]:
        """Everybody can do everything here."""
        return list(FAMILIES)

    def carry_out(self, ident: str) -> Result:
        """Return what the defect makes of a program."""
        case, _, rest = ident.partition("[")
        text, _, names = rest.partition("]@")
        self.runs.append(ident)
        failed = self.defect(parse(text), self.runs.count(ident))
        return Result(
            ident, case, f"[{text}]", tuple(names.split("~")),
            self.verdict if failed else Verdict.PASS, "STREAM-2" if failed else None,
            reason=f"run {len(self.runs)}" if failed else "",
        )


class Listener:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[Result] = []

    def add(self, result: Result) -> None:
        """Take a result."""
        self.told.append(result)


def search(
    bench: Bench, pairs: tuple[Where, ...] = (PAIR,), **wish: float
) -> tuple[Search, Listener]:
    """Search with a few examples."""
    listener = Listener()
    known = {"examples": 300, "seed": 5, "steps": 12, **wish}
    found = Search(bench, Wish(**known), listener)  # type: ignore[arg-type]
    found.run(pairs)
    return found, listener


def red(found: Search) -> list[Result]:
    """The red results."""
    return [one for one in found.results.values() if one.verdict is not Verdict.PASS]


def glued(program: Program, _: int) -> bool:
    """Two messages of some direction arrive in one piece."""
    ways = Model.behind(program).ways.values()
    return any(way.cuts == {} and len(way.schedule().split(",")) <= len(way.owed) for way in ways)


def many(program: Program, _: int) -> bool:
    """Someone writes more than sixteen messages and closes."""
    end = program.steps[-1]
    return isinstance(end, End) and end.how == "close" and any(
        isinstance(step, Write) and step.times > 16 for step in program.steps
    )


@pytest.mark.parametrize(
    ("defect", "smallest"),
    [
        (glued, "1s,1w1bx2"),
        (many, "1w1bx17,1e"),
        (lambda program, _: "2c1*" in str(program), "1w1b,2c1*"),
        (lambda program, _: "t" in str(program), "1w1t"),
        (lambda program, _: family(program) == "truncation", "1w1b,1f1"),
        (lambda program, _: True, "1w1b"),
    ],
)
def test_a_defect_is_found_and_made_small(defect: Defect, smallest: str) -> None:
    bench = Imagined(defect)
    found, listener = search(bench)
    (one,) = red(found)
    program = parse(smallest)
    assert one.id == f"explore/programs/{family(program)}[{smallest}]@one~two"
    assert (one.verdict, one.clause) == (Verdict.FAIL, "STREAM-2")
    assert listener.told[-1] is one
    assert bench.runs.count(one.id) == 3
    assert {result.verdict for result in listener.told[:-1]} <= {Verdict.PASS}


def test_what_does_not_fail_again_is_flaky() -> None:
    found, _ = search(Imagined(lambda program, run: run == 1 and "2w" in str(program)))
    (one,) = red(found)
    assert one.verdict is Verdict.FLAKY
    assert sum(one.tries.values()) == 3
    assert one.tries["FAIL STREAM-2"] == 1


def test_without_a_defect_all_are_green_and_enough() -> None:
    found, listener = search(Imagined(lambda program, _: False), examples=100)
    assert not red(found)
    assert 50 < len(found.results) <= 100
    assert [one.id for one in listener.told] == list(found.results)


def test_the_same_seed_draws_the_same_programs() -> None:
    drawn = [
        list(search(Imagined(lambda program, _: False), examples=40, seed=seed)[0].results)
        for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_every_pair_gets_its_programs() -> None:
    pairs = tuple((one, other) for one in "abc" for other in "abc")
    found, _ = search(Imagined(lambda program, _: False), pairs, examples=9 * BATCH)
    assert {one.peers for one in found.results.values()} == set(pairs)


def test_the_search_ends_with_its_time() -> None:
    bench = Imagined(lambda program, _: False)
    listener = Listener()
    found = Search(bench, Wish(1_000_000, 0, 12, seconds=1e-6), listener)
    found.run([PAIR])
    assert not bench.runs


def test_patience_is_what_it_was_before() -> None:
    clock.set_patience(3.0)
    try:
        search(Imagined(lambda program, _: True))
        assert clock.patience() == 3.0
    finally:
        clock.set_patience(1.0)


def test_programs_have_no_more_steps_than_were_asked_for() -> None:
    found, _ = search(Imagined(lambda program, _: False), steps=3)
    plain = [one for one in found.results.values() if one.case.endswith("/program")]
    assert max(len(parse(one.params[1:-1]).steps) for one in plain) == 3
