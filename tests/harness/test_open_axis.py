"""Open axes: cases with values that the suite does not name, from their ids to their verdicts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import hosts
import pytest
from test_suite import GOOD, add, tree

from harness import suite
from harness.openaxis import NoValue, OpenAxis
from harness.peerspec import PeerSpec
from harness.plan import NOBODY, Plan, Roster, Stem, case_ids, find_stem

__all__ = ["tree"]


def even(text: str) -> int:
    """A parser of even numbers."""
    if int(text) % 2:
        raise ValueError(f"number {text!r}, character {len(text)}: is odd")
    return int(text)


NUMBERS = OpenAxis("number", ("2", "4"), even)
QUOTED = (("SEND-1", "…"), ("SEND-2", "…"))
OPEN = Stem(
    "a/b/c", "[2]", "pair", QUOTED, (), "b.py::case_c[PEER~PEER-2]", axis=NUMBERS, quoted=QUOTED
)
ALSO = replace(OPEN, params="[4]", node="b.py::case_c[PEER~PEER-4]")
CLOSED = Stem("a/b/d", "[2]", "pair", (("SEND-1", "…"),), (), "b.py::case_d[PEER~PEER-2]")


def peer(name: str) -> PeerSpec:
    """A peer that is called so."""
    return hosts.command("x", name=name)


ROSTER = Roster((peer("one"), peer("two")))

DECORATED = """
from harness.case import open_axis, with_itself

def even(text):
    if int(text) % 2:
        raise ValueError(f"{text} is odd")

def rows(everybody):
    return [(str(2 * number), where) for number, where in enumerate(everybody)]

"""
CASE = GOOD.replace("(single, check)", "(pair, check, number)")


# --- values


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "the number is empty"),
        ("3", "number '3', character 1: is odd"),
        ("1 2", "number '1 2', character 2: ' ' cannot stand in the id of a case"),
        ("2@", "character 2: '@' cannot"),
        ("2]", "character 2: ']' cannot"),
        ("é", "character 1: 'é' cannot"),
    ],
)
def test_what_is_no_value_is_told_with_its_place(value: str, words: str) -> None:
    with pytest.raises(NoValue) as caught:
        NUMBERS.require(value)
    assert words in str(caught.value)


def test_the_stem_of_another_value() -> None:
    stem = OPEN.filled("66")
    assert (stem.name, stem.node) == ("a/b/c[66]", "b.py::case_c[PEER~PEER-66]")
    assert find_stem([CLOSED, OPEN, ALSO], "a/b/c[66]") == stem
    assert case_ids([stem], ROSTER)[:2] == ["a/b/c[66]@one~one", "a/b/c[66]@one~two"]


def test_stems_are_found_by_name() -> None:
    stems = [CLOSED, OPEN, ALSO]
    assert find_stem(stems, "a/b/c[4]") == ALSO
    assert find_stem(stems, "a/b/d[2]") == CLOSED
    assert find_stem(stems, "a/b/d[4]") is None
    assert find_stem(stems, "a/b/c") is None
    assert find_stem(stems, "a/b/c[4") is None
    with pytest.raises(NoValue, match="is odd"):
        find_stem(stems, "a/b/c[5]")


# --- who meets whom


def test_rows_meet_whom_they_name() -> None:
    rows = replace(NUMBERS, rows=lambda everybody: [("8", everybody[1]), ("8", everybody[2])])
    stem = replace(OPEN, axis=rows)
    assert case_ids([stem], ROSTER) == ["a/b/c[8]@one~two", "a/b/c[8]@two~one"]
    # Asked for by its id, a row may meet anybody.
    found = find_stem([stem], "a/b/c[8]")
    assert found is not None and len(case_ids([found], ROSTER)) == 4
    found = find_stem([stem], "a/b/c[2]")
    assert found is not None and len(case_ids([found], ROSTER)) == 4


def test_rows_are_chosen_by_their_names() -> None:
    rows = replace(NUMBERS, rows=lambda everybody: [("8", everybody[0]), ("18", everybody[1])])
    stem = replace(OPEN, axis=rows)

    def ids(*globs: str) -> list[str]:
        return case_ids([stem.narrowed(globs)], ROSTER) if stem.chosen(globs, []) else ["none"]

    eight, eighteen = "a/b/c[8]@one~one", "a/b/c[18]@one~two"
    assert ids() == ids("a/**") == ids("a/b/c", "a/b/c[8]") == [eight, eighteen]
    assert ids("a/b/c[8]") == [eight]
    assert ids("a/b/*[1*") == [eighteen]
    assert ids("a/b/c[9]") == []
    assert ids("a/b/d[8]") == ["none"]


def test_rows_are_chosen_by_what_they_decide() -> None:
    axis = replace(
        NUMBERS, rows=lambda everybody: [("8", everybody[0]), ("6", everybody[1])],
        decides=lambda value: {"SEND-1"} if value == "6" else {"SEND-2"},
    )
    stem = replace(OPEN, axis=axis)
    assert case_ids([stem.narrowed(clauses=["SEND-1"])], ROSTER) == ["a/b/c[6]@one~two"]
    assert case_ids([stem.narrowed(clauses=["SEND-2"])], ROSTER) == ["a/b/c[8]@one~one"]
    assert len(case_ids([stem.narrowed()], ROSTER)) == 2
    assert CLOSED.narrowed(["a/**"], ["SEND-1"]) == CLOSED


def test_a_value_may_decide_a_part_of_what_is_quoted() -> None:
    axis = replace(NUMBERS, decides=lambda value: {"SEND-1"} if value == "6" else {"SEND-2"})
    stem = replace(OPEN, clauses=QUOTED[1:], axis=axis)
    assert stem.filled("6").clauses == QUOTED[:1]
    assert stem.filled("8").clauses == QUOTED[1:]
    assert OPEN.filled("6").clauses == QUOTED


def test_a_value_may_need_more_than_the_others() -> None:
    axis = replace(NUMBERS, requires=lambda value: {"hooks", "buffers"} if value == "6" else ())
    stem = replace(OPEN, needs=("causes",), axis=axis)
    assert stem.filled("6").features == ("causes", "buffers", "hooks")
    assert stem.filled("6").filled("8").features == ("causes",)
    assert CLOSED.features == ()


def test_with_itself_and_nobody_else() -> None:
    ids = case_ids([replace(CLOSED, with_itself=True)], ROSTER)
    assert ids == ["a/b/d[2]@one~one", "a/b/d[2]@two~two"]


def test_the_plan_knows_the_values(tmp_path: Path) -> None:
    ids = frozenset({"a/b/c[8,1]@one~two", "a/b/c[2]@one~two", "a/b/d@one", "a/b/d[2]@one"})
    Plan((), {}, (), (), "", ids).save(tmp_path / "plan")
    plan = Plan.load(tmp_path / "plan")
    assert plan.values_of("a/b/c") == [("one~two", "2"), ("one~two", "8,1")]
    assert plan.values_of("a/b/d") == [("one", "2")]
    assert plan.values_of("a/b/e") == []


# --- in pytest


class Collector:
    """Remembers the ids of the items that pytest has kept."""

    def __init__(self) -> None:
        self.nodes: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take the items."""
        self.nodes = [item.name for item in session.items]


def kept(folder: Path, *ids: str) -> list[str]:
    """The names of the items that pytest keeps for a plan of these ids."""
    pairs = (("one", "one"), ("one", "two"), ("two", "two"))
    Plan((), {}, ("one",), pairs, str(folder), frozenset(ids)).save(folder / "plan.json")
    collector = Collector()
    assert suite.run_pytest(
        folder / "plan.json", ["--collect-only", "-p", "no:xdist"], collector
    )
    return collector.nodes


def test_named_values_are_collected(tree: Path) -> None:
    add(tree, DECORATED + "@open_axis('number', ['2', '4'], parse=even)" + CASE)
    stems = [stem for stem in suite.collect() if stem.case == "family/bad/one"]
    assert [stem.params for stem in stems] == ["[2]", "[4]"]
    assert stems[0].node.endswith(f"case_one[{NOBODY}~{NOBODY}-2]")
    assert stems[0].filled("6").node.endswith(f"case_one[{NOBODY}~{NOBODY}-6]")


def test_planned_values_are_run_and_no_others(tree: Path) -> None:
    add(tree, DECORATED + "@open_axis('number', ['2', '4'], parse=even)" + CASE)
    planned = ["family/bad/one[6]@one~two", "family/bad/one[4]@two~two"]
    assert kept(tree.parent, *planned) == ["case_one[two~two-4]", "case_one[one~two-6]"]
    assert kept(tree.parent, "family/good/one@one") == ["case_one[one]"]


def test_rows_are_spread_over_the_pairs(tree: Path) -> None:
    add(tree, DECORATED + "@open_axis('number', ['0'], parse=even, rows=rows)" + CASE)
    stems = [stem for stem in suite.collect() if stem.case == "family/bad/one"]
    ids = case_ids(stems, ROSTER)
    assert ids == [f"family/bad/one[{2 * n}]@{pair}" for n, pair in enumerate(
        ["one~one", "one~two", "two~one", "two~two"])]


TWO = CASE.replace('kind.\n    """', 'kind.\n    SEND-1: x\n    """')
DECIDES = "decides=lambda value: {'FRAME-8' if value == '2' else 'SEND-1'}"


def test_what_a_value_decides_is_known_before_it_runs(tree: Path) -> None:
    add(tree, DECORATED + f"@open_axis('number', ['2', '4'], even, {DECIDES})" + TWO)
    stems = [stem for stem in suite.collect() if stem.case == "family/bad/one"]
    assert [[ident for ident, _ in stem.clauses] for stem in stems] == [["FRAME-8"], ["SEND-1"]]


def test_what_stands_for_all_rows_stands_for_all_clauses(tree: Path) -> None:
    add(tree, DECORATED + f"@open_axis('number', ['2'], even, rows, {DECIDES})" + TWO)
    (stem,) = [stem for stem in suite.collect() if stem.case == "family/bad/one"]
    assert len(stem.clauses) == 2
    found = find_stem([stem], "family/bad/one[2]")
    assert found is not None and [ident for ident, _ in found.clauses] == ["FRAME-8"]


def test_pairs_of_a_peer_with_itself(tree: Path) -> None:
    add(tree, DECORATED + "@with_itself" + GOOD.replace("single", "pair"))
    (stem,) = [stem for stem in suite.collect() if stem.case == "family/bad/one"]
    assert stem.with_itself
    planned = ["family/bad/one@one~one", "family/bad/one@two~two", "family/bad/one@one~two"]
    assert kept(tree.parent, *planned) == ["case_one[one~one]", "case_one[two~two]"]


@pytest.mark.parametrize(
    ("decorators", "case", "words"),
    [
        ("@open_axis('number', ['3'], parse=even)", CASE, "the case family/bad/one: 3 is odd"),
        ("@open_axis('number', ['2 4'], parse=even)", CASE, "cannot stand in the id"),
        (
            "from harness.case import each\n@each('x', 'a')\n@open_axis('number', ['2'], even)",
            CASE.replace("number", "number, x"), "can have no other axis beside its open one",
        ),
    ],
)
def test_what_is_no_open_axis_is_named(
    tree: Path, decorators: str, case: str, words: str
) -> None:
    add(tree, DECORATED + decorators + case)
    with pytest.raises(suite.SuiteError) as caught:
        suite.collect()
    assert words in str(caught.value)
