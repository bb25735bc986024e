"""Covering arrays: every combination that the rules allow is in some row, and nothing else is."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cover import row, spread
from harness.cover.array import Rule, Space, covering_array


def combined(rows: list[tuple[str, ...]], strength: int) -> set[tuple[tuple[int, str], ...]]:
    """The combinations of so many values, each with the number of its axis, in some rows."""
    return {
        some for one in rows for some in combinations(tuple(enumerate(one)), strength)
    }


def allowed(space: Space) -> list[tuple[str, ...]]:
    """Every row that the rules allow."""
    return [one for one in product(*space.axes) if space.allowed(one)]


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    """Up to five axes of up to four values, and some combinations of values forbidden."""
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=5))
    axes = tuple(tuple("abcd"[:size]) for size in sizes)
    rules = []
    for _ in range(draw(st.integers(0, 4))):
        some = tuple(draw(st.lists(
            st.integers(0, len(axes) - 1), min_size=1, max_size=3, unique=True)))
        forbidden = draw(st.sets(st.tuples(*(st.sampled_from(axes[axis]) for axis in some))))
        rules.append(Rule(some, lambda *values, forbidden=forbidden: values not in forbidden))
    return Space(axes, tuple(rules))


@given(spaces(), st.integers(1, 4))
def test_every_allowed_combination_is_covered(space: Space, strength: int) -> None:
    possible = allowed(space)
    if not possible:
        with pytest.raises(ValueError, match="the rules allow no row at all"):
            covering_array(space, strength)
        return
    rows = covering_array(space, strength)
    assert all(space.allowed(one) for one in rows)
    strength = min(strength, len(space.axes))
    assert combined(rows, strength) == combined(possible, strength)
    assert rows == covering_array(space, strength)


def test_pairs_of_many_values_take_few_rows() -> None:
    """Ten axes of four values: a million combinations, and a hundred rows would be bad."""
    rows = covering_array(Space((tuple("abcd"),) * 10), 2)
    assert len(rows) < 40


# --- the rows of exchanges


def pairs(*names: str) -> list[tuple[str, str]]:
    """All ordered pairs."""
    return [(one, other) for one in names for other in names]


EIGHTEEN = [
    f"reference@cpython{version}-{flavour}"
    for version in ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
    for flavour in ("poll", "select")
]


def triples(values: list[tuple[str, ...]]) -> set[tuple[tuple[int, str], ...]]:
    """The combinations of three."""
    return combined(values, 3)


def test_every_three_values_of_an_exchange_meet() -> None:
    """Among one peer's rows, those that the rules allow and no others."""
    rows = [row.parse(text).values for text, _ in spread.spread(pairs("mine"))]
    space = Space(tuple(row.AXES.values()), row.rules(0))
    assert triples(rows) == triples(allowed(space))
    assert len(rows) == len(set(rows)) < 300


def test_interpreters_and_flavours_are_axes_like_others() -> None:
    """Every two hosts meet, in every two flavours, and each meets every two values of the rest."""
    rows = spread.spread(pairs(*EIGHTEEN))
    assert len(rows) < 900
    points = [
        (*one.rpartition("-")[::2], *other.rpartition("-")[::2], *row.parse(text).values)
        for text, (one, other) in rows
    ]
    found = triples(points)
    hosts = sorted({name.rpartition("-")[0] for name in EIGHTEEN})
    flavours = ("poll", "select")
    axes = (hosts, flavours, hosts, flavours, *row.AXES.values())
    together = {
        ((a, x), (b, y), (c, z))
        for a, b, c in combinations(range(4), 3)
        for x, y, z in product(axes[a], axes[b], axes[c])
    }
    assert together <= found
    # Rules never speak of peers, so each goes with every two values that go with each other.
    two = combined([one[4:] for one in points], 2)
    for place in range(4):
        for value in axes[place]:
            for (a, x), (b, y) in two:
                assert ((place, value), (a + 4, x), (b + 4, y)) in found


def test_a_roster_gives_the_same_rows_every_time() -> None:
    """In the order of its peers, whatever they are called; pairs that do not meet get none."""
    meetings = [("mine", "reference@x-poll"), ("reference@x-poll", "mine")]
    spread._spread.cache_clear()
    first = spread.spread(meetings)
    spread._spread.cache_clear()
    assert spread.spread(meetings) == first
    assert {where for _, where in first} == set(meetings)
    assert spread.spread([]) == []


# --- their text


def test_a_row_has_one_text() -> None:
    text = "bytes,8192,1,1,1,1,1,whole,both,glued,first-closes,late"
    found = row.parse(text)
    assert (found.kind, found.length, found.schedule) == ("bytes", 8192, "1,1,1,1,1,whole")
    assert (found.direction, found.handshake) == ("both", "glued")
    assert (found.end, found.pace) == ("first-closes", "late")
    assert str(found) == text


@pytest.mark.parametrize(
    ("text", "position", "what"),
    [
        ("", 0, "is too short for kind, length, schedule"),
        ("text,1,whole,first,none,reset", 29, "is too short"),
        ("octets,1,whole,first,none,reset,late", 0, "expected one of text, bytes, not 'octets'"),
        ("text,01,whole,first,none,reset,late", 5, "expected a number of octets"),
        ("text,-1,whole,first,none,reset,late", 5, "expected a number of octets"),
        ("text,²,whole,first,none,reset,late", 5, "expected a number of octets"),
        ("text,1,1,0,first,none,reset,late", 9, "expected 'whole', a size"),
        ("text,1,2,3,first,none,reset,late", 7, "is to be written '2,3,whole'"),
        ("text,1,1*!,first,none,reset,late", 9, "the end of a row is an axis of its own"),
        ("text,1,whole,all,none,reset,late", 13, "expected one of first, second, both"),
        ("text,1,whole,first,secret,reset,late", 19, "expected one of none, in-turn"),
        ("text,1,whole,first,none,crash,late", 24, "expected one of first-closes"),
        ("text,1,whole,first,none,reset,never", 30, "expected one of eager, late, slow"),
        ("text,65,1*,first,none,reset,slow", 8, "octet by octet with at most 64 octets"),
        ("text,1,&,whole,both,at-once,reset,late", 7, "only after a handshake"),
        ("text,1,&*,second,glued,reset,late", 7, "the first peer writes one only"),
        ("text,1,s,3,r,whole,second,none,reset,late", 7, "stalls the second peer"),
        ("text,1,s,3,r,whole,both,none,second-fin,late", 7, "which this end holds up"),
        ("text,99999,whole,both,none,first-fin,late", 37, "late with at most 65536 octets"),
        ("text,65536,whole,both,none,reset,late", 33, "late and reset with at most 8192"),
    ],
)
def test_what_is_no_row_is_told_with_its_place(text: str, position: int, what: str) -> None:
    with pytest.raises(row.RowError) as caught:
        row.parse(text)
    assert what in str(caught.value)
    assert (caught.value.position, f"character {position + 1}: " in str(caught.value)) == (
        position, True
    )


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("text,1,whole,first,none,first-closes,eager", "FRAME-5 END-1 END-5 STREAM-2"),
        ("text,1,whole,first,none,first-closes,late", "FRAME-5 END-1 END-5 END-3"),
        ("text,1,whole,second,none,first-closes,late", "FRAME-5 END-1 SEND-1 STREAM-2"),
        ("text,1,whole,second,none,first-fin,slow", "FRAME-5 END-1 END-4 STREAM-2"),
        ("text,0,whole,first,none,first-fin,slow", "FRAME-5 FRAME-9 END-1 SEND-1 STREAM-2"),
        ("text,1,whole,both,glued,second-closes,eager",
         "FRAME-5 END-1 END-5 SEND-1 HAND-3 STREAM-2"),
        ("text,1,whole,both,in-turn,reset,late", "FRAME-5 END-6 SEND-1 END-3 HAND-3"),
        ("text,1,whole,second,at-once,reset,slow", "FRAME-5 END-6 HAND-7 SEND-1 HAND-3"),
    ],
)
def test_a_row_decides_what_it_is_about(text: str, clauses: str) -> None:
    assert row.clauses(text) == frozenset(clauses.split())


@pytest.mark.parametrize(
    ("text", "features"),
    [
        ("text,1,whole,first,none,first-closes,eager", ""),
        ("text,1048576,whole,first,none,first-closes,eager", ""),
        ("text,8192,whole,first,none,first-fin,slow", ""),
        ("text,65536,whole,first,none,second-fin,slow", "buffers"),
        ("text,1,whole,both,glued,second-closes,eager", "handshake"),
        ("text,65536,whole,both,at-once,first-fin,eager", "buffers handshake"),
    ],
)
def test_a_row_needs_what_it_uses(text: str, features: str) -> None:
    assert row.features(text) == frozenset(features.split())
