"""What a selection means: which cases, which peers, and which words for one that means nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hosts
import pytest

from harness import clauses, peers
from harness.environments import PreparationFailed
from harness.openaxis import OpenAxis
from harness.peerspec import PeerSpec
from harness.plan import ROOT, Roster, Stem, case_ids
from harness.problem import Incomplete, Usage
from harness.selection import Selection
from harness.suite import SuiteError

EMPTY = Stem("frame/header/empty", "[1]", "single", (("FRAME-8", "…"),), (), "a")
LONGER = Stem("frame/header/empty", "[2]", "single", (("FRAME-8", "…"), ("FRAME-7", "…")), (), "b")
BOTH = Stem("interop/both", "", "pair", (("SEND-3", "…"),), (), "c")
SUITE = [EMPTY, LONGER, BOTH]


def peer(name: str) -> PeerSpec:
    """A peer that is called so."""
    return hosts.command("x", name=name)


ONE, TWO, THREE = peer("reference@one"), peer("reference@two"), peer("mine")
FILES = {"a.toml": [THREE], "b.toml": [peer("yours")]}


@pytest.fixture(autouse=True)
def world(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A suite of three cases, two interpreters, and files of peers; `prepared` is who was made
    ready."""
    there = SimpleNamespace(prepared=[], said=[], silent=[])

    def ready(specs: Any, prepare: Any, say: Any) -> list[PeerSpec]:
        there.prepared.append([spec.name for spec in specs])
        prepare("what", "for")
        say("building what for")
        return [replace(spec, runtime="ready") for spec in specs]

    def prepare(*need: str, say: Any) -> None:
        there.said.append(need)
        say("installing what for")

    def reference_peers(found: Any, root: Path) -> list[PeerSpec]:
        assert (found, root) == ("found", ROOT)
        return [ONE, TWO]

    def load_file(path: Path, found: Any, say: Any) -> list[PeerSpec]:
        assert found == "found"
        if path.name not in FILES:
            raise peers.PeersError(f"{path}: no such table")
        say(f"{path}: one is left out")
        return FILES[path.name]

    monkeypatch.setattr("harness.suite.collect", lambda: SUITE)
    monkeypatch.setattr("harness.discovery.candidates", lambda: "candidates")
    monkeypatch.setattr(
        "harness.discovery.survey",
        lambda given: SimpleNamespace(
            found="found" if given == "candidates" else given, silent=there.silent
        ),
    )
    monkeypatch.setattr("harness.peersfile.with_named", lambda found, files: found)
    monkeypatch.setattr("harness.peers.reference_peers", reference_peers)
    monkeypatch.setattr("harness.peers.load_file", load_file)
    monkeypatch.setattr("harness.peers.ready", ready)
    monkeypatch.setattr("harness.environments.prepare", prepare)
    return there


@pytest.mark.parametrize(
    ("selection", "chosen"),
    [
        (Selection(), SUITE),
        (Selection(case=("frame/**",)), [EMPTY, LONGER]),
        (Selection(case=("frame/header/empty",)), [EMPTY, LONGER]),
        (Selection(case=("frame/header/empty[2]",)), [LONGER]),
        (Selection(case=("interop/*", "*[1]")), [EMPTY, BOTH]),
        (Selection(clause=("FRAME-7",)), [LONGER]),
        (Selection(clause=("SEND-3", "FRAME-7")), [LONGER, BOTH]),
        (Selection(case=("*[1]", "interop/*"), clause=("FRAME-8",)), [EMPTY]),
    ],
)
def test_cases_are_chosen_by_name_and_by_clause(selection: Selection, chosen: list[Stem]) -> None:
    assert selection.stems() == chosen


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (
            Selection(case=("nosuch/*",)),
            "--case nosuch/*: matches no case; see `list cases`",
        ),
        (
            # One glob that fits does not hide another one that does not.
            Selection(case=("frame/**", "nosuch/*"), clause=("FRAME-8",)),
            "--case nosuch/*: matches no case; see `list cases`",
        ),
        (
            Selection(clause=("FRAME-8", "NOSUCH-1")),
            "--clause NOSUCH-1: SPEC.md has no such clause; see `list clauses`",
        ),
        (
            Selection(case=("interop/*",), clause=("FRAME-7",)),
            "no case fits both --case and --clause",
        ),
        (
            Selection(clause=("END-1", "END-2")),
            "no case decides END-1, END-2 yet; see `list clauses`",
        ),
    ],
)
def test_a_selection_of_nothing_is_refused(selection: Selection, words: str) -> None:
    with pytest.raises(Usage) as caught:
        selection.stems()
    assert caught.value.message == words
    assert caught.value.exit_code == 2


def test_clauses_are_chosen_in_the_order_of_the_specification() -> None:
    assert Selection().clauses() == list(clauses.load().values())
    chosen = Selection(clause=("SEND-3", "FRAME-7")).clauses()
    assert [one.id for one in chosen] == ["FRAME-7", "SEND-3"]


def test_what_a_case_decides_is_no_part_of_its_name() -> None:
    assert Selection(case=("frame/**",), clause=("SEND-3",)).named() == [EMPTY, LONGER]


def decided(value: str) -> set[str]:
    """The clauses that a row decides."""
    return {"END-1"} if value == "short" else {"END-2"}


BROAD = Stem(
    "cover/x", "[short]", "pair", (("END-1", "…"), ("END-2", "…")), (), "d",
    axis=OpenAxis(
        "row", ("short",), str, rows=lambda who: [("short", who[0]), ("long", who[0])],
        decides=decided,
    ),
    quoted=(("END-1", "…"), ("END-2", "…")),
)


@pytest.mark.parametrize(
    ("selection", "rows"),
    [
        (Selection(), ["short", "long"]),
        (Selection(case=("cover/x",)), ["short", "long"]),
        (Selection(case=("cover/x[lo*",)), ["long"]),
        (Selection(clause=("END-1",)), ["short"]),
        (Selection(clause=("END-2",)), ["long"]),
    ],
)
def test_of_the_rows_of_a_case_the_selected_ones_are_left(
    monkeypatch: pytest.MonkeyPatch, selection: Selection, rows: list[str]
) -> None:
    monkeypatch.setattr("harness.suite.collect", lambda: [BROAD])
    assert case_ids(selection.stems(), Roster((ONE,))) == [
        f"cover/x[{row}]@reference@one~reference@one" for row in rows
    ]


def test_a_suite_that_cannot_be_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    def collect() -> None:
        raise SuiteError("pytest failed")

    monkeypatch.setattr("harness.suite.collect", collect)
    with pytest.raises(Incomplete) as caught:
        Selection().stems()
    assert caught.value.message == "the cases cannot be collected: pytest failed"
    assert caught.value.exit_code == 3


def test_there_are_the_reference_and_the_peers_of_files() -> None:
    assert Selection().available == [ONE, TWO]
    files = (Path("a.toml"), Path("b.toml"))
    names = [one.name for one in Selection(files).available]
    assert names == ["reference@one", "reference@two", "mine", "yours"]


def test_a_file_of_peers_that_cannot_be_used() -> None:
    with pytest.raises(Usage) as caught:
        _ = Selection((Path("c.toml"),)).available
    assert caught.value.message == "c.toml: no such table"


def test_interpreters_that_files_name_take_part_or_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def with_named(found: Any, files: Any) -> Any:
        asked.append(tuple(files))
        raise peers.PeersError("a.toml: 'interpreters': 'cat': is no Python")

    monkeypatch.setattr("harness.peersfile.with_named", with_named)
    with pytest.raises(Usage) as caught:
        Selection((Path("a.toml"),)).roster()
    assert caught.value.message == "a.toml: 'interpreters': 'cat': is no Python"
    assert asked == [(Path("a.toml"),)]


@pytest.mark.parametrize(
    ("selection", "judged", "partners"),
    [
        (Selection(), ["reference@one", "reference@two"], []),
        (Selection(peer=("*two",)), ["reference@two"], []),
        (Selection((Path("a.toml"),), ("mine",), ("*one",)), ["mine"], ["reference@one"]),
        (
            Selection((), ("*one",), ("reference@*",)),
            ["reference@one"], ["reference@one", "reference@two"],
        ),
    ],
)
def test_the_roster_has_judged_peers_and_partners(
    world: SimpleNamespace, selection: Selection, judged: list[str], partners: list[str]
) -> None:
    roster = selection.roster()
    assert isinstance(roster, Roster)
    assert [spec.name for spec in roster.judged] == judged
    assert [spec.name for spec in roster.partners] == partners
    assert world.prepared == [[*judged, *partners]]
    assert {spec.runtime for spec in roster.specs} == {"ready"}


def test_what_is_left_out_installed_or_built_is_told_on_stderr(
    world: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    Selection((Path("a.toml"),)).roster()
    assert world.said == [("what", "for")]
    told = "a.toml: one is left out\ninstalling what for\nbuilding what for\n"
    assert capsys.readouterr() == ("", told)


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (Selection(peer=("nobody",)), "no peer fits 'nobody'; the peers are: reference@one"),
        (Selection(partner=("nobody",)), "no peer fits 'nobody'; the peers are: reference@one"),
    ],
)
def test_peers_that_are_not_there(selection: Selection, words: str) -> None:
    with pytest.raises(Usage) as caught:
        selection.roster()
    assert caught.value.message.startswith(words)


def test_an_environment_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(*need: str, say: Any) -> None:
        raise PreparationFailed("pip failed")

    monkeypatch.setattr("harness.environments.prepare", prepare)
    with pytest.raises(Incomplete) as caught:
        Selection().roster()
    assert (caught.value.message, caught.value.exit_code) == ("pip failed", 3)


def test_a_selection_is_stated_as_it_was_given() -> None:
    selection = Selection((Path("a.toml"),), ("one", "two"), ("three",), ("c/*",), ("SEND-3",))
    assert selection.options() == {
        "peers": ["a.toml"], "peer": ["one", "two"], "with": ["three"], "case": ["c/*"],
        "clause": ["SEND-3"],
    }
    assert Selection().options() == {
        "peers": [], "peer": [], "with": [], "case": [], "clause": [],
    }


def test_a_candidate_that_did_not_answer_is_not_passed_over_in_silence(
    world: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    world.silent.append("python2.7 gave no answer within 30 s; it takes no part")
    assert Selection().roster().specs
    said = capsys.readouterr()
    assert said.err.splitlines()[0] == (
        "harness: python2.7 gave no answer within 30 s; it takes no part"
    )
    assert not said.out
