"""Who killed whom: the accounts as a truth table, without any process."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from harness.mutation.accounts import Accounts, Book, key, settle
from harness.mutation.zoo import Mutant
from harness.openaxis import OpenAxis
from harness.plan import Stem
from harness.results import Result
from harness.verdicts import Verdict

LEVELS = {"FRAME-5": "MUST", "FRAME-9": "SHOULD", "FRAME-12": "MAY", "SEND-1": "MUST"}

LATE = Mutant("sending.Late", "It is late.", ("SEND-1",))
LONG = Mutant("header_sent.Long", "Its headers are long.", ("FRAME-5", "FRAME-9"))
SOUND, NULL = "sound.Sound", "nulls.Silent"


def stem(case: str, *clauses: str, params: str = "", rows: bool = False) -> Stem:
    """A case that quotes some clauses."""
    quoted = tuple((clause, "…") for clause in clauses)
    axis = OpenAxis("row", ("all",), str, lambda everybody: []) if rows else None
    return Stem(case, params, "single", quoted, (), f"{case}{params}", axis=axis)


ORDER = stem("sending/order/both", "SEND-1", "FRAME-12")
SHORT = stem("frame/header/short", "FRAME-5", params="[63]")


def result(
    one: Stem, verdict: Verdict, clause: str | None = None, *who: str, params: str | None = None
) -> Result:
    """A result of a case on some endpoints; on the late mutant without any."""
    peers = tuple(f"{name}@cpython3.11-own" for name in who or (LATE.name,))
    kind = one.params if params is None else params
    return Result(
        f"{one.case}{kind}@{'~'.join(peers)}", one.case, kind, peers, verdict, clause,
        clauses=tuple(ident for ident, _ in one.clauses),
    )


def settled(
    results: Sequence[Result],
    mutants: Sequence[Mutant] = (LATE,),
    stems: Sequence[Stem] = (ORDER,),
    whole_zoo: bool = True,
    whole_suite: bool = True,
) -> Accounts:
    """The accounts of some results."""
    return settle(
        Book(mutants, stems, LEVELS, frozenset({SOUND}), frozenset({NULL}), whole_zoo, whole_suite),
        results,
    )


def test_a_failure_by_a_clause_that_the_case_quotes_is_a_kill() -> None:
    """Mutant, case and clause are proved together, and nothing is left to be mended."""
    accounts = settled([result(ORDER, Verdict.FAIL, "SEND-1")])
    assert [(kill.mutant, kill.case, kill.clause) for kill in accounts.kills] == [
        ("sending.Late", "sending/order/both", "SEND-1")
    ]
    assert accounts.proved


@pytest.mark.parametrize(
    ("verdict", "clause"),
    [
        (Verdict.PASS, None),
        (Verdict.INFO, "FRAME-12"),
        (Verdict.UNSUPPORTED, None),
        (Verdict.TIMEOUT, None),
        (Verdict.CRASH, None),
        (Verdict.UNTESTABLE, None),
        (Verdict.FAIL, "END-8"),
    ],
)
def test_nothing_else_is_a_kill(verdict: Verdict, clause: str | None) -> None:
    """A timeout can have any reason, and a clause that the case does not quote is not its own."""
    accounts = settled([result(ORDER, verdict, clause)])
    assert not accounts.kills
    assert accounts.survivors == (LATE,)
    assert accounts.idle == ("sending/order/both",)
    assert accounts.undecided == (("sending/order/both", "SEND-1"),)


def test_a_warning_by_a_should_is_a_kill() -> None:
    """What a SHOULD asks for is found missing by a warning."""
    empty = stem("interop/exchange/empty", "FRAME-9")
    accounts = settled([result(empty, Verdict.WARN, "FRAME-9", LONG.name)], [LONG], [empty])
    assert accounts.proved


def test_a_mutant_survives_what_kills_it_by_another_clause() -> None:
    """The case has found something out, but not what the mutant is there for."""
    accounts = settled([result(SHORT, Verdict.FAIL, "FRAME-5")], [LATE], [SHORT])
    assert accounts.survivors == (LATE,)
    assert not accounts.idle and not accounts.undecided


def test_one_clause_of_several_is_enough_to_kill_a_mutant() -> None:
    """Which of the clauses that it breaks shows first is for the case to say."""
    assert not settled(
        [result(SHORT, Verdict.FAIL, "FRAME-5", LONG.name)], [LONG], [SHORT]
    ).survivors


def test_each_parameter_of_a_case_has_to_kill_something() -> None:
    """A case that is run for two values is idle for the one that kills nothing."""
    two = [stem("frame/header/short", "FRAME-5", params=f"[{size}]") for size in (63, 64)]
    accounts = settled([result(two[0], Verdict.FAIL, "FRAME-5", LONG.name)], [LONG], two)
    assert accounts.idle == ("frame/header/short[64]",)
    assert not accounts.undecided


def test_a_clause_is_decided_by_a_case_with_any_of_its_parameters() -> None:
    """It is the function that quotes the clause."""
    two = [stem("frame/header/both", "FRAME-5", "SEND-1", params=f"[{size}]") for size in (1, 2)]
    accounts = settled(
        [result(two[0], Verdict.FAIL, "FRAME-5"), result(two[1], Verdict.FAIL, "FRAME-5")],
        [LATE], two,
    )
    assert accounts.undecided == (("frame/header/both", "SEND-1"),)


def test_what_is_only_allowed_cannot_be_broken() -> None:
    """A case about a MAY can neither be idle nor undecided."""
    may = stem("frame/declared/refusal", "FRAME-12")
    accounts = settled([], [], [may])
    assert not accounts.idle and not accounts.undecided


def test_the_rows_of_a_covering_array_are_one_case() -> None:
    """They are made for the peers that are there."""
    cover = stem("cover/exchange/row", "SEND-1", params="[all]", rows=True)
    accounts = settled(
        [result(cover, Verdict.FAIL, "SEND-1", params="[bytes,1]")], [LATE], [cover]
    )
    assert key(cover) == "cover/exchange/row"
    assert accounts.proved


@pytest.mark.parametrize(
    "verdict",
    [Verdict.FAIL, Verdict.WARN, Verdict.UNTESTABLE, Verdict.TIMEOUT, Verdict.UNSUPPORTED],
)
def test_an_endpoint_without_a_defect_has_to_pass(verdict: Verdict) -> None:
    """Whatever it gets instead is the fault of the case, also where it meets itself."""
    for who in ((SOUND,), (SOUND, SOUND)):
        bad = result(ORDER, verdict, "SEND-1", *who)
        accounts = settled([bad, result(ORDER, Verdict.FAIL, "SEND-1")])
        assert accounts.wrong == (bad,)
        assert not accounts.proved


def test_a_pair_of_a_mutant_with_a_sound_endpoint_is_the_mutants() -> None:
    """In both orders."""
    for who in ((SOUND, LATE.name), (LATE.name, SOUND)):
        accounts = settled([result(ORDER, Verdict.FAIL, "SEND-1", *who)])
        assert [kill.mutant for kill in accounts.kills] == [LATE.name]
        assert not accounts.wrong


def test_an_implementation_of_nothing_passes_nothing_and_kills_nothing() -> None:
    """It is no mutant: what fails on it proves little, and what passes is worth nothing."""
    good = result(ORDER, Verdict.FAIL, "SEND-1", NULL)
    bad = result(ORDER, Verdict.PASS, None, NULL, SOUND)
    accounts = settled([good, bad])
    assert accounts.floor == (bad,)
    assert not accounts.kills


def test_a_broken_case_is_told_apart() -> None:
    """HARNESS says that the case itself is at fault, on whomever."""
    for who in ((SOUND,), (LATE.name,), (NULL,)):
        bad = result(ORDER, Verdict.HARNESS, None, *who)
        accounts = settled([bad, result(ORDER, Verdict.FAIL, "SEND-1")])
        assert accounts.faulty == (bad,)
        assert not accounts.proved


@pytest.mark.parametrize(
    ("whole_zoo", "whole_suite", "lists"),
    [
        (True, True, ("survivors", "idle", "undecided")),
        (True, False, ("idle", "undecided")),
        (False, True, ("survivors",)),
        (False, False, ("survivors",)),
    ],
)
def test_a_selection_accuses_only_whom_it_has_tried(
    whole_zoo: bool, whole_suite: bool, lists: Sequence[str]
) -> None:
    """A few cases cannot say that a mutant survives, a few mutants not that a case is idle.

    One mutant and one case together say whether the one kills the other.
    """
    accounts = settled([], whole_zoo=whole_zoo, whole_suite=whole_suite)
    found = {name for name in ("survivors", "idle", "undecided") if getattr(accounts, name)}
    assert found == set(lists)


def test_one_mutant_and_one_case_that_have_nothing_in_common_accuse_nobody() -> None:
    """The case quotes no clause that the mutant breaks."""
    alone = settled([], [LONG], [ORDER], whole_zoo=False, whole_suite=False)
    assert not alone.survivors
    assert settled([], [LONG], [ORDER], whole_zoo=False).survivors == (LONG,)
