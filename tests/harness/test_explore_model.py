"""The model: what each read must give, and how the octets of a program arrive."""

from __future__ import annotations

import pytest

from harness.codec import encode
from harness.explore.meaning import mended, parse
from harness.explore.model import SIDES, Model, shake_of
from harness.explore.program import Program, Side, words
from harness.explore.way import message
from harness.schedule import parse as schedule

#: Behind these steps, so many messages are there for the first, and for the second peer to read.
DUE = {
    "1w3b": (0, 1),
    "1w3bx3,2w1t": (1, 3),
    "1w3bx3,2r": (0, 2),
    "1w3bx3,2r2,2r": (0, 0),
    "1w3b,2r3": (0, 0),
    "1s,1w3b": (0, 0),
    "1s,1w3b,1g": (0, 1),
    "1w1t,1s,1w3bx2": (0, 1),
    "1w1t,1s,1w3bx2,2r3": (0, 0),
    "1w1t,1s,1w3bx2,2r3,1g": (0, 2),
    "1s,1w3b,2w1t": (1, 0),
    # Messages of the handshake are not for the application.
    "h12,1w3b": (0, 1),
    "2s,h2,2w3bx2": (0, 0),
    "2s,h2,2w3bx2,2g": (2, 0),
    "hx,2w3b": (1, 0),
}

#: Whether each side is ready behind these steps of a handshake.
READY = {
    "": (False, False),
    "h12": (True, True),
    "1s,h12": (False, False),
    "2s,h12": (False, True),
    "2s,h12,2g": (True, True),
    "1s,h1": (True, False),
    "1s,hx": (True, False),
    "1s,2s,h21": (False, False),
    "1s,h1212,1g": (True, True),
    "2s,h121": (False, False),
}

#: In which pieces what the first peer sends arrives.
PIECES = {
    "1w3b,2r": [4],
    "1w3bx3": [4, 4, 4],
    "1s,1w3bx3,1w64b,1g": [4 * 3 + 66],
    "1w1b,1s,1w3bx2,1g,1w2b": [2, 8, 3],
    "1s,1w3b,1g,1s,1w4b": [4, 5],
    "1w3bx2,1c1*,1w2b": [4, 4, 1, 1, 1],
    "1c1*,1w2b,1c2+whole,1w4b": [1, 1, 1, 2, 3],
    "1c3*,1w4b,1w1t,1cp*,1w3bx2": [3, 3, 1, 4, 4],
    "1c1+p*,1w63bx2": [1, 63, 64],
    # The handshake's message has nine octets; stalled, it is glued to what follows it.
    "1s,h1,1w3b,1g": [10 + 4],
}


@pytest.mark.parametrize("text", DUE)
def test_what_is_there_to_be_read(text: str) -> None:
    model = Model.behind(parse(text))
    assert tuple(len(model.due(side)) for side in SIDES) == DUE[text]


@pytest.mark.parametrize("text", READY)
def test_who_is_ready(text: str) -> None:
    steps = [step for _, step in words(text or "hx")]
    model = Model(shake_of(steps))
    for step in steps if text else []:
        assert model.refusal(step) is None
        model.apply(step)
    assert tuple(model.ready(side) for side in SIDES) == READY[text]


@pytest.mark.parametrize("text", PIECES)
def test_how_octets_arrive(text: str) -> None:
    way = Model.behind(parse(text)).ways[1]
    octets = b"".join(encode(one.frame()) for one in way.owed)
    assert [len(piece) for piece in schedule(way.schedule()).pieces(octets)] == PIECES[text]


def test_messages_of_a_program_differ() -> None:
    sides: list[Side] = [1, 2]
    for length in (2, 3, 64, 65, 300):
        some = [
            message(side, number, kind, length).payload
            for side in sides for number in range(40) for kind in ("text", "bytes")
        ]
        assert len(set(some)) == len(some)
        assert {len(payload) for payload in some} == {length}


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("1g,1w3b,2e,2r", "1w3b,2e"),
        ("1w3b,h12,1w4b", "h12,1w4b"),
        ("1w3b,narrow,1s,1s", "1w3b,1s"),
        ("2w65536b,2s,2x", "2w65536b"),
        ("h12,1w3b,2e", "h12,1w3b"),
    ],
)
def test_steps_that_cannot_stand_where_they_are_are_left_out(text: str, left: str) -> None:
    program = mended(step for _, step in words(text))
    assert isinstance(program, Program) and str(program) == left
    assert parse(left) == program


def test_without_a_message_there_is_no_program() -> None:
    assert mended(step for _, step in words("1s,2r,1g")) is None
