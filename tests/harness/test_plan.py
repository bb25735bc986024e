"""The plan of a run: who meets whom, which ids that makes, and how it travels to the workers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import hosts
import pytest

from harness.known import KnownLine
from harness.openaxis import NoValue, OpenAxis
from harness.peerspec import PeerSpec
from harness.plan import Plan, Roster, Stem, case_ids, find_stem
from harness.verdicts import Verdict

SINGLE = Stem("frame/header/empty", "[1]", "single", (("FRAME-8", "…"),), (), "node[PEER-1]")
PAIR = Stem("interop/both", "", "pair", (("SEND-3", "…"), ("SEND-4", "…")), ("hooks",), "node")


def peer(name: str, pairs: str = "all", level: int = 1) -> PeerSpec:
    """A peer that is called so."""
    implementation = name.partition("@")[0]
    return replace(
        hosts.command("x", name=name), implementation=implementation, pairs=pairs, level=level
    )


OURS, ALSO_OURS = peer("reference@a"), peer("reference@b")


def test_everybody_meets_everybody_in_both_orders_and_oneself() -> None:
    roster = Roster((OURS, ALSO_OURS))
    assert roster.pairs() == [
        ("reference@a", "reference@a"), ("reference@a", "reference@b"),
        ("reference@b", "reference@a"), ("reference@b", "reference@b"),
    ]


@pytest.mark.parametrize(
    ("pairs", "number"), [("all", 4), ("reference", 2), ("none", 0)],
)
def test_a_third_party_may_decline_to_be_paired(pairs: str, number: int) -> None:
    mine, other = peer("mine", pairs), peer("other")
    met = Roster((mine, OURS)).pairs()
    assert len([pair for pair in met if "mine" in pair]) == {"all": 3}.get(pairs, number)
    met = Roster((mine, other)).pairs()
    assert len(met) == {"all": 4}.get(pairs, 1)


def test_partners_are_not_judged_alone_nor_with_each_other() -> None:
    roster = Roster((peer("mine"),), (OURS, ALSO_OURS))
    assert case_ids([SINGLE], roster) == ["frame/header/empty[1]@mine"]
    assert len(case_ids([PAIR], roster)) == 5
    assert "interop/both@reference@a~reference@b" not in case_ids([PAIR], roster)


def test_a_mirror_gets_no_case() -> None:
    assert case_ids([SINGLE, PAIR], Roster((peer("mirror", level=0),))) == []
    roster = Roster((OURS, peer("mirror", level=0)))
    assert roster.pairs() == [("reference@a", "reference@a")]


def number(text: str) -> int:
    """A parser of numbers."""
    return int(text)


ROWS = Stem(
    "x/row", "[1]", "pair", (("SEND-3", "…"),), (), "x.py::case_row[PEER~PEER-1]",
    axis=OpenAxis("number", ("1",), number, rows=lambda who: [("7", who[0]), ("8", who[-1])]),
)


def test_the_ids_of_rows_stand_between_those_of_other_cases() -> None:
    assert case_ids([SINGLE, ROWS, SINGLE], Roster((OURS, ALSO_OURS))) == [
        "frame/header/empty[1]@reference@a", "frame/header/empty[1]@reference@b",
        "x/row[7]@reference@a~reference@a", "x/row[8]@reference@b~reference@b",
        "frame/header/empty[1]@reference@a", "frame/header/empty[1]@reference@b",
    ]


def test_a_name_with_a_value_that_does_not_parse_is_no_typo_of_a_case() -> None:
    assert find_stem([SINGLE, ROWS], "x/row[9]") == ROWS.filled("9")
    assert find_stem([SINGLE, ROWS], "x/raw[9]") is None
    for name in ("x/row[a]", "x/row[1[2]"):
        with pytest.raises(NoValue):
            find_stem([SINGLE, ROWS], name)


def test_peers_can_be_taken_out() -> None:
    roster = Roster((OURS, ALSO_OURS), (OURS, peer("mine")))
    assert [spec.name for spec in roster.specs] == ["reference@a", "reference@b", "mine"]
    left = roster.without(["reference@a", "mine"])
    assert left == Roster((ALSO_OURS,))
    assert roster.without(["reference@a"]) == Roster((ALSO_OURS,), (peer("mine"),))


@pytest.mark.parametrize(
    ("cases", "clauses", "chosen"),
    [
        ([], [], True),
        (["frame/**"], [], True),
        (["frame/header/empty"], [], True),
        (["frame/header/empty[1]"], [], True),
        (["frame/header/empty[2]"], [], False),
        (["nothing", "frame/*"], ["FRAME-8"], True),
        (["frame/*"], ["FRAME-9"], False),
        ([], ["FRAME-9", "FRAME-8"], True),
    ],
)
def test_cases_are_chosen_by_name_and_by_clause(
    cases: list[str], clauses: list[str], chosen: bool
) -> None:
    assert SINGLE.chosen(cases, clauses) is chosen


def test_a_plan_knows_its_peers_and_what_meets_whom() -> None:
    plan = Plan(
        specs=(OURS, ALSO_OURS), hellos={}, singles=(), pairs=(), stderr_folder="there",
        ids=frozenset({"x/row[b]@reference@b~reference@a", "x/row[a]@reference@a~reference@b",
                       "x/plain@reference@a"}),
    )
    assert plan.places == {"reference@a": 0, "reference@b": 1}
    assert plan.values_of("x/row") == [
        ("reference@a~reference@b", "a"), ("reference@b~reference@a", "b"),
    ]
    assert plan.values_of("x/plain") == plan.values_of("nothing") == []
    assert plan.peers_of("x/plain") == {"reference@a"}
    assert plan.peers_of("x/row") == {"reference@a~reference@b", "reference@b~reference@a"}
    assert plan.peers_of("nothing") == set()


def test_a_plan_travels_through_a_file(tmp_path: Path) -> None:
    plan = Plan(
        specs=(OURS, hosts.reference()), hellos={"reference@a": {"features": []}},
        singles=("reference@a",), pairs=(("reference@a", "reference@a"),), stderr_folder="there",
        ids=frozenset({"one", "two"}),
        known=(KnownLine("list", 3, "*", Verdict.FAIL, None, "because"),),
        patience=2.5, validate=True, repeat=3, logs="logs", keep_logs="all", home="home",
        options={"peer": ["*"]},
    )
    plan.save(tmp_path / "plan")
    assert Plan.load(tmp_path / "plan") == plan
    everything = replace(plan, ids=None)
    everything.save(tmp_path / "plan")
    assert Plan.load(tmp_path / "plan") == everything
