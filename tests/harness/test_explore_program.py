"""Programs: their grammar, and which steps can follow each other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from harness.explore.draw import programs
from harness.explore.meaning import FAMILIES, family, parse, parser
from harness.explore.named import spread
from harness.explore.program import ProgramError
from harness.openaxis import VALUE_CHARACTERS, OpenAxis
from harness.plan import Stem

#: A program of each kind of step, with its family.
PROGRAMS = {
    "1w1b": "program",
    "1w64b,2r": "program",
    "1s,1w3tx2,1g,2r2": "program",
    "2w1048576t,1r": "program",
    "1c1+2+3*,1w65t,1cp*,1cwhole": "program",
    "narrow,1w65536bx4,2r4": "narrow",
    "hx,1w1b": "handshake",
    "2s,h2,2w3b,2g,1r": "handshake",
    "narrow,1c1*,h1221,1w1t,2w1b": "handshake",
    "1w3b,2e": "close",
    "1w3b,1f": "finish",
    "1w3b,1f301": "truncation",
    "narrow,1w3b,2x": "reset",
    "1w3b,1x5": "reset",
}

#: Texts that are no programs: the character where they go wrong, and words of the message.
MISTAKES = {
    "": (1, "is empty"),
    "1w": (1, "expected a step such as"),
    "1w3b,,2r": (6, "expected a step"),
    "1w3b,3r": (6, "not '3r'"),
    "1w0b": (1, "expected a step"),
    "1w1048577b": (3, "1048577 is more than 1048576"),
    "1w3bx1000": (6, "1000 is more than 999"),
    "1w1048576bx2": (1, "would write more than"),
    "1w3b,2r1": (8, "one meaning, one text: write 1w3b,2r"),
    "1c1+x,1w3b": (5, "expected 'whole', a size"),
    "1w3b,1c2.": (8, "does more than cut"),
    "1c&*,1w3b": (3, "does more than cut"),
    "1c1*,1w2000b": (6, "more than 1000 pieces"),
    "1w3b,narrow": (6, "narrow stands at the start"),
    "1g,1w3b": (1, "what the first peer sends is not stalled"),
    "2s,2s,1w3b": (4, "what the second peer sends is stalled already"),
    "2w65536b,2s": (10, "octets from the second peer are unread here"),
    "narrow,2w8191b,2s": (16, "more than 2048 octets from the second peer are unread"),
    "1w3b,h12": (1, "the first peer is not ready here"),
    "h12,h12,1w3b": (5, "there is one handshake"),
    "2s,h12,1w3b": (8, "the first peer is not ready here"),
    "h12,1w3b,2e": (10, "a handshake has no end of its own"),
    "1w3b,2e,2r": (9, "nothing stands behind the end"),
    "1w3b,2e5": (8, "a close stands behind whole messages"),
    "1w3b,1f302": (6, "302 octets are all of the frame"),
    "1w65536b,2x": (10, "unread here"),
    "2r,1e": (1, "no message is written"),
}


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_program_is_read_and_printed(text: str) -> None:
    program = parse(text)
    assert str(program) == text
    assert family(program) == PROGRAMS[text]


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_is_told_with_its_place(text: str) -> None:
    place, what = MISTAKES[text]
    with pytest.raises(ProgramError) as caught:
        parse(text)
    assert caught.value.position + 1 == place
    assert re.match(rf"program '.*', character {place}: ", str(caught.value))
    assert what in str(caught.value)


def test_a_program_of_another_family_is_refused_by_name() -> None:
    with pytest.raises(ProgramError, match=r"character 6: this is a program for .*close"):
        parser("reset")("1w3b,1e")


@settings(max_examples=400, derandomize=True)
@given(programs(FAMILIES, 12))
def test_what_is_drawn_reads_back_as_itself(program: object) -> None:
    text = str(program)
    assert parse(text) == program
    assert VALUE_CHARACTERS.fullmatch(text)
    OpenAxis("program", (), parse).require(text)


@settings(max_examples=100, derandomize=True)
@given(programs(["program"], 6))
def test_nothing_is_drawn_that_needs_more_than_a_pair_has(program: object) -> None:
    assert family(parse(str(program))) == "program"


# --- which pairs meet the named ones

NAMED = {"program": ["1w1b", "1w2b"], "close": ["1w1b,1e"]}


def met(*everybody: tuple[str, str]) -> dict[tuple[str, str], list[str]]:
    """The programs that each pair meets."""
    found: dict[tuple[str, str], list[str]] = {where: [] for where in everybody}
    for name in NAMED:
        for program, where in spread(NAMED, name)(everybody):
            found[where].append(program)  # type: ignore[index]
    return found


def test_a_peer_meets_every_program_with_itself_and_with_strangers() -> None:
    pairs = [("a@x-poll", "a@x-poll"), ("a@x-poll", "b@x-poll"), ("b@x-poll", "a@x-poll")]
    assert met(*pairs) == {pair: ["1w1b", "1w2b", "1w1b,1e"] for pair in pairs}


def test_peers_of_a_kind_share_the_programs_out() -> None:
    runtimes = ["a@x-poll", "a@x-select", "a@y-poll"]
    pairs = [(one, other) for one in runtimes for other in runtimes if one != other]
    assert [len(some) for some in met(*pairs).values()] == [1] * 6
    assert {some[0] for some in met(*pairs).values()} == {"1w1b", "1w2b", "1w1b,1e"}


def test_every_named_program_parses_and_belongs_where_it_stands(stems: list[Stem]) -> None:
    case = "explore/programs/"
    assert {stem.case for stem in stems if stem.case.startswith(case)} == {
        case + name for name in FAMILIES
    }
    pair = ("a@x-poll", "a@x-poll")
    for stem in stems:
        if stem.case.startswith(case):
            assert stem.axis is not None and stem.axis.rows is not None
            for program, _ in stem.axis.rows([pair]):
                stem.axis.require(program)
