"""The microsyntax of schedules: what it means, its one text, and where a text goes wrong."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.schedule import Ending, Octets, Schedule, ScheduleError, parse

WORD = b"abcdefgh"


@pytest.mark.parametrize(
    ("text", "pieces", "end"),
    [
        ("whole", ["abcdefgh"], None),
        ("1*", list("abcdefgh"), None),
        ("3*", ["abc", "def", "gh"], None),
        ("1,2,3*", ["a", "bc", "def", "gh"], None),
        ("5,whole", ["abcde", "fgh"], None),
        ("5", ["abcde", "fgh"], None),
        ("8", ["abcdefgh"], None),
        ("100", ["abcdefgh"], None),
        ("3.", ["abc"], "fin"),
        ("1,1!", ["a", "b"], "reset"),
        ("1*.", list("abcdefgh"), "fin"),
        ("2,whole!", ["ab", "cdefgh"], "reset"),
        (".", [], "fin"),
        ("!", [], "reset"),
    ],
)
def test_meaning(text: str, pieces: list[str], end: Ending | None) -> None:
    """Each text cuts a word of eight octets in its way and ends in its way."""
    schedule = parse(text)
    assert [piece.decode() for piece in schedule.pieces(WORD)] == pieces
    assert schedule.end == end


def test_nothing_to_send_gives_no_piece() -> None:
    """No piece is ever empty."""
    assert parse("1*").pieces(b"") == []
    assert parse("whole.").pieces(b"") == []


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("2,3", "2,3,whole"),
        ("2,1,1*", "2,1*"),
        ("1,1,1*!", "1*!"),
        ("3,whole.", "3,whole."),
        ("whole", "whole"),
        (".", "."),
    ],
)
def test_one_meaning_has_one_text(text: str, canonical: str) -> None:
    """Schedules that do the same are equal and print the same."""
    assert str(parse(text)) == canonical
    assert parse(text) == parse(canonical)


@pytest.mark.parametrize(
    ("text", "position", "what"),
    [
        ("", 0, "is empty"),
        ("1,,2", 2, "expected 'whole' or a size"),
        ("1,", 2, "expected 'whole' or a size"),
        ("0", 0, "expected 'whole' or a size"),
        ("01", 0, "leading zero"),
        ("-1", 0, "expected 'whole' or a size"),
        ("1,*", 2, "a size before it"),
        ("1*,2", 3, "nothing but an end may follow '1*'"),
        ("whole,1", 6, "nothing but an end may follow 'whole'"),
        ("1.2", 1, "stands only at the end"),
        ("1..", 1, "stands only at the end"),
        ("3,1!,2", 3, "stands only at the end"),
        ("whole*", 0, "expected"),
        ("1, 2", 2, "expected"),
        ("p5", 0, "expected"),
        ("²", 0, "expected"),
    ],
)
def test_errors_say_where(text: str, position: int, what: str) -> None:
    """The text, the place from 1 for people, and what was expected there."""
    with pytest.raises(ScheduleError, match=rf"character {position + 1}: ") as caught:
        parse(text)
    assert caught.value.position == position and what in caught.value.what
    assert repr(text) in str(caught.value)


def test_sizes_may_be_without_end() -> None:
    """A relay cuts a stream whose length nobody knows."""
    assert list(islice(parse("1,2*").sizes(), 4)) == [1, 2, 2, 2]
    assert list(parse("4,whole").sizes()) == [4, None]
    assert list(parse("4,4!").sizes()) == [4, 4]


def spelled() -> st.SearchStrategy[str]:
    """Texts of schedules, canonical or not."""
    sizes = st.lists(st.integers(1, 40).map(str), max_size=6).map(",".join)
    tails = st.sampled_from(["", "whole", "1*", "7*"])
    ends = st.sampled_from(["", ".", "!"])
    texts = st.tuples(sizes, tails, ends).map(
        lambda parts: ",".join(filter(None, parts[:2])) + parts[2]
    )
    return texts.filter(bool)


@settings(deadline=None)  # a loaded machine is no defect
@given(spelled(), st.binary(max_size=200))
def test_pieces_are_the_octets(text: str, octets: bytes) -> None:
    """In order, none empty, and all of them unless the schedule ends before."""
    schedule = parse(text)
    pieces = schedule.pieces(octets)
    assert all(pieces)
    assert octets.startswith(b"".join(pieces))
    if schedule.end is None:
        assert b"".join(pieces) == octets


@settings(deadline=None)
@given(spelled(), st.binary(max_size=60))
def test_the_canonical_text_replays(text: str, octets: bytes) -> None:
    """Reading what was printed gives the same schedule, in a text that is safe in a case id."""
    schedule = parse(text)
    assert parse(str(schedule)) == schedule
    assert parse(str(schedule)).pieces(octets) == schedule.pieces(octets)
    assert not set(str(schedule)) & set(" @~[]/'\"")


def test_schedules_can_be_made_as_data() -> None:
    """What generates schedules need not go through their text."""
    made = Schedule((Octets(2), Octets(1, repeated=True)), "fin")
    assert str(made) == "2,1*." and parse("2,1*.") == made
