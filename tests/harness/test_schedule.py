"""The microsyntax of schedules: what it means, its one text, and where a text goes wrong."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.codec import Frame, encode
from harness.schedule import Ending, Octets, Reading, Rest, Schedule, ScheduleError, parse

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
        ("p", "p,whole"),
        ("1,&", "1,&,whole"),
        ("p,p,p*", "p*"),
        ("p,&,&*", "p,&*"),
        ("s", "s,whole"),
        ("s,r,2", "r,2,whole"),
        ("1,s.", "1,s."),
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
        ("1,,2", 2, "expected 'whole', a size"),
        ("1,", 2, "expected 'whole', a size"),
        ("0", 0, "expected 'whole', a size"),
        ("01", 0, "leading zero"),
        ("-1", 0, "expected 'whole', a size"),
        ("1,*", 2, "something to repeat before it"),
        ("1*,2", 3, "nothing but an end may follow '1*'"),
        ("whole,1", 6, "nothing but an end may follow 'whole'"),
        ("1.2", 1, "stands only at the end"),
        ("1..", 1, "stands only at the end"),
        ("3,1!,2", 3, "stands only at the end"),
        ("whole*", 0, "expected"),
        ("1, 2", 2, "expected"),
        ("p5", 0, "expected"),
        ("p*,1", 3, "nothing but an end may follow 'p*'"),
        ("1,s*", 2, "expected"),
        ("&&", 0, "expected"),
        ("p!,1", 1, "stands only at the end"),
        ("²", 0, "expected"),
    ],
)
def test_errors_say_where(text: str, position: int, what: str) -> None:
    """The text, the place from 1 for people, and what was expected there."""
    with pytest.raises(ScheduleError, match=rf"character {position + 1}: ") as caught:
        parse(text)
    assert caught.value.position == position and what in caught.value.what
    assert repr(text) in str(caught.value)


#: A text of 4 octets, bytes of 70, and the beginning of a text of 9.
MESSAGES = [encode(Frame("text", b"word")), encode(Frame("bytes", bytes(70)))]
STREAM = b"".join(MESSAGES) + b"\x89unfin"


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("p*", [5, 72, 6]),
        ("p", [5, 78]),
        ("2,p*", [2, 3, 72, 6]),
        ("&", [77, 6]),
        ("&*", [77, 6]),
        ("2,&*", [2, 75, 6]),
        ("p,&", [5, 78]),
        ("5,p", [5, 72, 6]),
        ("6,&", [6, 77]),
        ("80,p", [80, 3]),
    ],
)
def test_messages_are_pieces(text: str, sizes: list[int]) -> None:
    """The rest of one, or that and the next one, wherever a piece before has ended."""
    pieces = parse(text).pieces(STREAM)
    assert [len(piece) for piece in pieces] == sizes and b"".join(pieces) == STREAM


@pytest.mark.parametrize("octets", [b"\0" * 11 + b"more", b"\0\0\0", b"\x81\xff\x81a"])
def test_what_is_no_message_is_one_piece(octets: bytes) -> None:
    """A header without an end, or one that has not come yet; a malformed text."""
    assert parse("p*").pieces(octets) == [octets]
    assert parse("1,&*").pieces(octets) == [octets[:1], octets[1:]]


def test_reading_stands_between_the_pieces() -> None:
    """Also before the first one and behind the last."""
    acts = parse("s,2,r,3,s,whole").acts(WORD)
    off, on = Reading(False), Reading(True)
    assert acts == [off, b"ab", on, b"cde", off, b"fgh"]
    assert parse("2,s").acts(b"ab") == [b"ab", off]


def test_steps_may_be_without_end() -> None:
    """A relay cuts a stream whose length nobody knows."""
    assert list(islice(parse("1,2*").unrolled(), 4)) == [Octets(1), *[Octets(2, True)] * 3]
    assert list(islice(parse("p,&*").unrolled(), 3)) == [Rest(), *[Rest(True, True)] * 2]
    assert list(parse("4,whole").unrolled()) == [Octets(4), Octets(None)]
    assert list(parse("4,4!").unrolled()) == [Octets(4), Octets(4)]


def spelled() -> st.SearchStrategy[str]:
    """Texts of schedules, canonical or not."""
    words = st.integers(1, 40).map(str) | st.sampled_from("p&sr")
    sizes = st.lists(words, max_size=6).map(",".join)
    tails = st.sampled_from(["", "whole", "1*", "7*", "p*", "&*"])
    ends = st.sampled_from(["", ".", "!"])
    texts = st.tuples(sizes, tails, ends).map(
        lambda parts: ",".join(filter(None, parts[:2])) + parts[2]
    )
    return texts.filter(bool)


@given(spelled(), st.binary(max_size=200))
def test_pieces_are_the_octets(text: str, octets: bytes) -> None:
    """In order, none empty, and all of them unless the schedule ends before."""
    schedule = parse(text)
    pieces = schedule.pieces(octets)
    assert all(pieces)
    assert octets.startswith(b"".join(pieces))
    if schedule.end is None:
        assert b"".join(pieces) == octets


@given(spelled(), st.binary(max_size=60))
def test_the_canonical_text_replays(text: str, octets: bytes) -> None:
    """Reading what was printed gives the same schedule, in a text that is safe in a case id."""
    schedule = parse(text)
    assert parse(str(schedule)) == schedule
    assert parse(str(schedule)).acts(octets) == schedule.acts(octets)
    assert parse(text).pieces(octets) == schedule.pieces(octets)
    assert not set(str(schedule)) & set(" @~[]/'\"")


def test_schedules_can_be_made_as_data() -> None:
    """What generates schedules need not go through their text."""
    made = Schedule((Octets(2), Octets(1, repeated=True)), "fin")
    assert str(made) == "2,1*." and parse("2,1*.") == made
