"""The tables of a report: at every width, without colour, and with names of any length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from runs import TITLE, failed, gave, passed, peers, results, rows, run_of, shown, warned

from harness.results import PeerInfo, Result
from harness.verdicts import LETTER, Verdict

WHO = peers()
NAMES = [peer.name for peer in WHO]
FIRST, SECOND = NAMES[:2]
BOTH = peers(("reference", "published"))


def broken(result: Result) -> Result:
    """Let the second peer fail as the second of a pair."""
    spoilt = result.peers[1:] == (SECOND,) and result.case.startswith("interop/kinds")
    return failed(result) if spoilt else result


FOUR = peers(("reference", "mine"))[:2] + peers(("mine",))[-2:]

PICTURE = """\
pairs  the row connects and writes first, the column listens
                             reference  mine
                             2.7        3.13
                             p s        p s
reference@cpython2.7-poll    . F        . .
reference@cpython2.7-select  . F        . .

mine@cpython3.13-poll        . F        . .
mine@cpython3.13-select      . F        . .

alone  each peer opposite the tester
end                          . .        . .
frame                        . .        w w
handshake                    . .        . .
sending                      . .        . .
stream                       . .        . .
text                         . .        u u

           . PASS  u UNSUPPORTED  w WARN  F FAIL  total
end             8                                     8
frame           6                      2              8
handshake      20                                    20
interop        52                             12     64
sending         4                                     4
stream          4                                     4
text            2              2                      4
total          96              2       2      12    112

does not conform: 112 cases over 4 peers and 16 pairs, 12 red, in 41 s
"""


def mixed(result: Result) -> Result:
    """Let `mine` warn and decline."""
    if result.peers[0].startswith("mine") and len(result.peers) == 1:
        if result.case == "frame/empty/delivered":
            return warned(result)
        if result.family == "text":
            return gave(result, Verdict.UNSUPPORTED, "not declared")
    return broken(result)


def test_the_picture() -> None:
    lines = shown(run_of(FOUR, results(FOUR, mixed)))
    assert lines[lines.index(TITLE) :] == PICTURE.splitlines()


@pytest.mark.parametrize(("who", "width"), [(WHO, 80), (WHO, 120), (BOTH, 120)])
def test_a_green_run_fits(who: Sequence[PeerInfo], width: int) -> None:
    run = run_of(who, results(who))
    lines = shown(run, width)
    assert max(map(len, lines)) <= width
    assert not any(line.endswith(" ") for line in lines)
    table = rows(lines)
    assert [name for name, _ in table] == [peer.name for peer in run.header.peers]
    assert all(letters == ["."] * len(run.header.peers) for _, letters in table)
    assert "p s  p s  p s" in "\n".join(lines)


@pytest.mark.parametrize(("width", "panels"), [(117, 1), (110, 1), (104, 1), (80, 2), (50, 4)])
def test_what_does_not_fit_gets_numbers_and_then_panels(width: int, panels: int) -> None:
    lines = shown(run_of(BOTH, results(BOTH)), width)
    peer_lines = [line for line in lines if "@" in line]
    assert max(map(len, peer_lines)) <= width
    table = rows(lines)
    assert len(table) == 36 * panels
    assert sum(len(letters) for _, letters in table) == 36 * 36
    numbers = [line.split()[0] for line in peer_lines]
    assert numbers == [str(number) for number in range(1, 37)] * panels


def test_numbers_above_the_columns_are_those_of_the_rows() -> None:
    lines = shown(run_of(BOTH, results(BOTH, broken)), 110)
    at = next(number for number, line in enumerate(lines) if line.startswith(" 1 reference@"))
    tens, ones = lines[at - 2], lines[at - 1]
    heads = [
        int((tens.ljust(len(ones))[place] + ones[place]).strip())
        for place in range(len(ones))
        if ones[place] != " "
    ]
    assert heads == list(range(1, 37))
    column = ones.index("2")
    assert [line[column] for line in lines[at : at + 18]] == ["F"] * 18


def test_long_names_are_shortened_in_the_middle() -> None:
    name = "a-very-long-name-of-an-implementation@some-runtime-of-its-own-poll"
    who = (replace(WHO[0], name=name, implementation="a-very-long-name"), WHO[1])
    lines = shown(run_of(who, results(who)), 60)
    assert max(map(len, lines)) <= 60
    row = next(line for line in lines if "-own-poll" in line and line.endswith("."))
    assert row.startswith("a-very-long-n..")


def test_without_single_cases_there_is_no_table_for_them() -> None:
    lines = shown(run_of(WHO, [passed("interop/kinds/text", "", FIRST, SECOND)]))
    assert not any(line.startswith("alone") for line in lines)


def test_without_pairs_there_is_no_matrix() -> None:
    lines = shown(run_of(WHO, [passed("frame/empty/delivered", "", FIRST)]))
    assert TITLE not in lines
    assert not any(line.startswith(FIRST) for line in lines)


def test_a_cell_stands_where_its_column_stands() -> None:
    for name, letters in rows(shown(run_of(WHO, results(WHO, broken)))):
        assert letters == ["F" if other == SECOND else "." for other in NAMES], name


def test_a_pair_that_did_not_meet_is_left_blank() -> None:
    some = [one for one in results(WHO) if one.peers != (FIRST, SECOND)]
    lines = shown(run_of(WHO, some))
    lines = lines[lines.index(TITLE) :]
    first, second = (
        next(line for line in lines if line.startswith(name)) for name in (FIRST, SECOND)
    )
    columns = [at for at, letter in enumerate(second) if letter == "." and at > len(SECOND)]
    assert [first[at] for at in columns] == [".", " ", *"." * 16]


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_its_letter_in_matrix_and_totals(verdict: Verdict) -> None:
    some = [gave(passed("interop/kinds/text", "", FIRST, SECOND), verdict, "because")]
    lines = shown(run_of(WHO, some))
    assert rows(lines) == [(FIRST, [LETTER[verdict]])]
    assert any(f"{LETTER[verdict]} {verdict}" in line for line in lines)


def test_totals_fit_even_with_every_verdict() -> None:
    some = [gave(passed("a/b/c", f"[{one}]", FIRST), one, "because") for one in Verdict]
    lines = shown(run_of(WHO, some))
    lines = lines[lines.index("alone  each peer opposite the tester") :]
    assert max(map(len, lines)) <= 80
    assert len(lines) == 10
    words = " ".join(lines)
    assert all(f"{LETTER[verdict]} {verdict}" in words for verdict in Verdict)
