"""The fuzzer's oracle can fail, and the corpus says what the tester's codec says today."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from stockings import wire
from tools.fuzz import __main__ as fuzz
from tools.fuzz import compare, corpus, oracle

#: One cut after three octets, no limit: a text, octets, and an empty text.
INPUT = b"\x01\x03" + b"\x81a" + b"\xc2\x00\xff" + b"\x80"


@pytest.mark.parametrize("data", corpus.inputs(), ids=lambda data: data.hex()[:40])
def test_both_codecs_agree_on_what_is_kept(data: bytes) -> None:
    compare.compare(data)


def test_the_corpus_is_what_the_tester_makes_of_its_inputs() -> None:
    """Sorted, and written as `--update` writes it; a change of the oracle shows here."""
    kept = corpus.inputs()
    assert corpus.FILE.read_text("ascii") == corpus.text(kept)
    assert max(map(len, kept)) <= corpus.LONGEST


def test_an_input_is_choices_pieces_and_a_stream() -> None:
    assert oracle.read(INPUT) == oracle.Given(None, False, False, (b"\x81a\xc2", b"\x00\xff\x80"))
    assert oracle.read(b"\x38\x81a") == oracle.Given(64, True, False, (b"\x81a",))
    assert oracle.read(b"") == oracle.Given(None, False, False, (b"",))
    assert oracle.read(b"\x40\x81a") == oracle.Given(None, False, True, (b"\x81a",))
    assert oracle.entry(INPUT)["messages"] == [
        [["text", "61"]], [["bytes", "00ff"], ["text", ""]]
    ]


def test_octets_behind_a_room_that_was_not_filled_are_in_their_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Six octets: one of them fed, three put into a room for four, and two fed again."""
    data = b"\x42\x02\x03" + b"\xc6abcdef"
    assert oracle.read(data).rooms
    compare.compare(data)
    monkeypatch.setattr(wire.Decoder, "room", misplaced(wire.Decoder.room))
    with pytest.raises(compare.Disagreement):
        compare.compare(data)


def misplaced(room: Callable[[wire.Decoder], memoryview | None]) -> Callable[..., Any]:
    """The room of a decoder begins one octet late."""
    def late(decoder: wire.Decoder) -> memoryview | None:
        there = room(decoder)
        return there and there[1:]
    return late


def lost(decoder: wire.Decoder, messages: list[str | bytes]) -> list[str | bytes]:
    """The last message of a piece is lost."""
    return messages[:-1]


def miscounted(decoder: wire.Decoder, messages: list[str | bytes]) -> list[str | bytes]:
    """An octet is counted twice."""
    decoder.consumed += 1
    return messages


def retyped(decoder: wire.Decoder, messages: list[str | bytes]) -> list[str | bytes]:
    """Text comes as octets."""
    return [one.encode() if isinstance(one, str) else one for one in messages]


@pytest.mark.parametrize("defect", [lost, miscounted, retyped])
def test_a_defect_of_the_library_is_a_disagreement(
    defect: Callable[[wire.Decoder, list[str | bytes]], list[str | bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compare.compare(INPUT)
    feed = wire.Decoder.feed
    monkeypatch.setattr(
        wire.Decoder, "feed", lambda decoder, data: defect(decoder, feed(decoder, data))
    )
    with pytest.raises(compare.Disagreement, match=INPUT.hex()):
        compare.compare(INPUT)


def test_without_atheris_it_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr("sys.argv", ["fuzz"])
    assert fuzz.main() == 0
    assert "SKIPPED: atheris is not installed" in capsys.readouterr().out
