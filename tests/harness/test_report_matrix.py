"""The tables of a run, and what counts as the same finding."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest
from runs import PAIRS, SINGLES, failed, gave, passed, peers, results, run_of, warned

from harness.report.findings import explain, findings, replay
from harness.report.matrix import NOTHING, Cell, cell_of, matrix
from harness.results import Result
from harness.verdicts import RED, Verdict

WHO = peers()
NAMES = [peer.name for peer in WHO]
FIRST, SECOND, THIRD = NAMES[:3]


def spoil(result: Result) -> Result:
    """Let one pair fail one case, one pair warn, and one peer crash alone."""
    if result.peers == (FIRST, SECOND) and result.params == "[8191]":
        return failed(result)
    if result.peers == (SECOND, FIRST) and result.params:
        return warned(result)
    if result.peers == (THIRD,) and result.family == "text":
        return gave(result, Verdict.CRASH, "exit status 1", step="read")
    return result


MATRIX = matrix(run_of(WHO, results(WHO, spoil)))


def test_eighteen_peers_make_324_pairs() -> None:
    assert MATRIX.rows == MATRIX.columns == MATRIX.singles == tuple(NAMES)
    assert MATRIX.pairs == 324
    assert all(MATRIX.cell(one, two).total == len(PAIRS) for one in NAMES for two in NAMES)


def test_a_cell_shows_the_worst_verdict_of_its_ordered_pair() -> None:
    assert MATRIX.cell(FIRST, SECOND) == Cell(
        {Verdict.FAIL: 1, Verdict.PASS: len(PAIRS) - 1},
        (f"interop/kinds/every-boundary[8191]@{FIRST}~{SECOND}",),
    )
    assert MATRIX.cell(FIRST, SECOND).verdict is Verdict.FAIL
    assert MATRIX.cell(SECOND, FIRST).verdict is Verdict.WARN
    assert MATRIX.cell(SECOND, FIRST).red == ()
    assert MATRIX.cell(FIRST, THIRD).verdict is Verdict.PASS


def test_a_peer_alone_is_shown_by_family() -> None:
    assert MATRIX.single_families == tuple(sorted({case.split("/")[0] for case in SINGLES}))
    assert MATRIX.single(THIRD, "text").verdict is Verdict.CRASH
    assert MATRIX.single(FIRST, "text").verdict is Verdict.PASS
    assert MATRIX.single(FIRST, "frame").total == 2


def test_families_count_pairs_and_single_peers_together() -> None:
    assert MATRIX.families == (*MATRIX.single_families[:3], "interop", *MATRIX.single_families[3:])
    assert MATRIX.family("handshake").counts == {Verdict.PASS: 18 + 324}
    assert MATRIX.family("interop").counts[Verdict.WARN] == 2
    whole = sum(MATRIX.family(family).total for family in MATRIX.families)
    assert whole == 18 * len(SINGLES) + 324 * len(PAIRS)


def test_a_pair_that_did_not_meet_has_no_verdict() -> None:
    lone = matrix(run_of(WHO, [passed("interop/kinds/text", "", FIRST, THIRD)]))
    assert (lone.rows, lone.columns, lone.singles) == ((FIRST,), (THIRD,), ())
    assert lone.cell(THIRD, FIRST) is NOTHING
    assert lone.cell(THIRD, FIRST).verdict is None
    assert lone.single(FIRST, "text").total == lone.family("text").total == 0


def test_a_peer_may_meet_itself() -> None:
    assert MATRIX.cell(FIRST, FIRST).verdict is Verdict.PASS


def test_peers_stand_in_the_order_of_the_header() -> None:
    backwards = tuple(reversed(WHO))
    assert matrix(run_of(backwards, results(WHO))).rows == tuple(reversed(NAMES))


def test_every_red_verdict_is_listed_as_red() -> None:
    some = [gave(passed("a/b/c", f"[{one}]", FIRST), one, "because") for one in Verdict]
    cell = cell_of(some)
    assert cell.red == tuple(one.id for one in some if one.verdict in RED)
    assert cell.verdict is Verdict.HARNESS


class TestFindings:
    """Results that say the same thing are one finding."""

    CASE = "interop/kinds/text"

    def one(self, first: str, second: str, params: str = "") -> Result:
        return failed(passed(self.CASE, params, first, second))

    def test_the_same_failure_over_many_pairs_is_one(self) -> None:
        some = [self.one(name, SECOND, params) for params in ("[1]", "[2]") for name in NAMES]
        (finding,) = findings(some, RED)
        assert finding.results == tuple(some)
        assert finding.spread == "36 results: 2 variants, 18 pairs"
        assert finding.suspect == f"{SECOND} is second in all of them"

    @pytest.mark.parametrize(
        "change",
        [
            {"case": "interop/kinds/bytes"},
            {"clause": "FRAME-4"},
            {"reason": "another"},
            {"step": "close"},
            {"verdict": Verdict.CRASH},
        ],
    )
    def test_another_fact_is_another_finding(self, change: dict[str, str]) -> None:
        one, other = self.one(FIRST, SECOND), self.one(FIRST, THIRD)
        assert len(findings([one, other], RED)) == 1
        assert len(findings([one, replace(other, **change)], RED)) == 2  # type: ignore[arg-type]

    def test_lengths_times_and_names_make_no_difference(self) -> None:
        some = [
            gave(
                self.one(first, second),
                Verdict.TIMEOUT,
                f"{second}: no answer from c{at} within {at}.5 s",
                step=f"write of {at} octets to {first}",
            )
            for at, (first, second) in enumerate([(FIRST, SECOND), (SECOND, THIRD)])
        ]
        assert len(findings(some, RED)) == 1

    def test_the_most_severe_and_the_most_frequent_come_first(self) -> None:
        rare = gave(self.one(FIRST, SECOND), Verdict.FAIL, "rare", clause="FRAME-1")
        often = [self.one(FIRST, name) for name in NAMES]
        crash = gave(self.one(SECOND, FIRST), Verdict.CRASH, "gone")
        ordered = [one.example.reason for one in findings([rare, *often, crash], RED)]
        assert ordered == ["gone", often[0].reason, "rare"]

    def test_only_the_verdicts_asked_for_are_found(self) -> None:
        some = [passed(self.CASE, "", FIRST, SECOND), warned(self.one(SECOND, FIRST))]
        assert findings(some, RED) == []
        assert len(findings(some, [Verdict.WARN])) == 1

    def test_a_suspect_is_named_only_where_one_stands_out(self) -> None:
        def suspect(*pairs: tuple[str, str]) -> str | None:
            (finding,) = findings([self.one(*pair) for pair in pairs], RED)
            return finding.suspect

        assert suspect((FIRST, SECOND)) is None
        assert suspect((FIRST, SECOND), (FIRST, THIRD)) == f"{FIRST} is first in all of them"
        assert suspect((FIRST, SECOND), (SECOND, THIRD)) == f"{SECOND} is in all of them"
        assert suspect((FIRST, SECOND), (SECOND, FIRST)) is None
        assert suspect((FIRST, SECOND), (THIRD, THIRD)) is None

    def test_single_peers_have_no_suspect(self) -> None:
        some = [failed(passed("frame/a/b", "", name)) for name in NAMES]
        (finding,) = findings(some, RED)
        assert finding.suspect is None
        assert finding.spread == "18 results: 18 peers"

    def test_one_is_one(self) -> None:
        some = [failed(passed("frame/a/b", params, FIRST)) for params in ("[1]", "[2]")]
        (finding,) = findings(some, RED)
        assert finding.spread == "2 results: 2 variants, 1 peer"


def test_a_failure_is_explained_by_its_check() -> None:
    result = failed(passed("frame/a/b", "", FIRST))
    told = [("expected", "the header 00 81"), ("observed", "the header 00 80 81")]
    assert explain(result) == told
    later = replace(result, reason=result.reason + " (then TIMEOUT at close)")
    assert explain(later) == [*told, ("because", "(then TIMEOUT at close)")]


def test_an_interruption_is_explained_by_its_reason_and_step() -> None:
    result = gave(passed("frame/a/b", "", FIRST), Verdict.CRASH, "exit status 1", step="read")
    assert explain(result) == [("because", "exit status 1"), ("step", "read")]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, []),
        ({"peers": [], "patience": 1.0, "jobs": 7}, []),
        ({"peers": ["my peers.toml"]}, ["--peers", "my peers.toml"]),
        ({"known_failing": ["known.txt"]}, []),
        ({"peers": ["a.toml", "b.toml"]}, ["--peers", "a.toml", "--peers", "b.toml"]),
        ({"patience": 2.5}, ["--patience", "2.5"]),
        ({"validate": True}, ["--validate"]),
    ],
)
def test_the_replay_command_is_one_that_a_shell_reads_right(
    options: dict[str, object], words: list[str]
) -> None:
    result = passed("frame/length/two", "[8191,1*]", FIRST, SECOND)
    command = replay(run_of(WHO, [result], options=options), result)
    head = ["python", "-m", "harness", "replay", f"frame/length/two[8191,1*]@{FIRST}~{SECOND}"]
    assert shlex.split(command) == head + words


def test_a_stale_result_is_replayed_with_the_list_that_it_contradicts() -> None:
    result = gave(passed("frame/a/b", "", FIRST), Verdict.STALE, "line 3")
    command = replay(run_of(WHO, [result], options={"known_failing": ["known.txt"]}), result)
    assert shlex.split(command)[-2:] == ["--known-failing", "known.txt"]
