"""Messages, recipes and descriptions, and that both ends compute the same octets."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.codec import Frame, Kind
from harness.payloads import Message, Received, crc32, describe

ROOT = Path(__file__).resolve().parent.parent.parent

#: kind, seed, length, CRC-32, first 16 octets, last 8 octets: frozen, and in ADAPTERS.md, for
#: authors in other languages.
GOLDEN: list[tuple[Kind, int, int, str, str, str]] = [
    ("bytes", 1, 0, "00000000", "", ""),
    ("bytes", 1, 1, "d202ef8d", "00", "00"),
    ("bytes", 1, 16, "6488d645", "0000000000000000c67e816b4bfbe2fb", "c67e816b4bfbe2fb"),
    ("bytes", 1, 4096, "58a7eebd", "0000000000000000c67e816b4bfbe2fb", "e9dbc503cff7be7d"),
    ("bytes", 1, 4097, "678a8752", "0000000000000000c67e816b4bfbe2fb", "dbc503cff7be7d00"),
    ("bytes", 7, 10007, "358943f7", "00000000000000006c4e74921325222e", "c396de318dc21861"),
    ("bytes", 7, 1048576, "5281b47f", "00000000000000006c4e74921325222e", "74ea0a2d653feab1"),
    ("bytes", 2147483647, 65536, "a4d612cc", "00000000000000003939865e0942783f",
     "11d6584af389056c"),
    ("text", 1, 0, "00000000", "", ""),
    ("text", 1, 1, "f4dbdf21", "30", "30"),
    ("text", 1, 16, "c4f437a1", "3030303030303030cea9007aefbfbd2e", "cea9007aefbfbd2e"),
    ("text", 1, 4096, "1b10dcfb", "3030303030303030cea9007aefbfbdef", "ad7ee4b8ad7ecea9"),
    ("text", 1, 4097, "24a0d90a", "3030303030303030cea9007aefbfbdef", "7ee4b8ad7ecea92e"),
    ("text", 7, 10007, "1a0314e3", "3030303030303030f09f988000c3a930", "41c3a9307a2e2e2e"),
    ("text", 7, 1048576, "3f26ad90", "3030303030303030f09f988000c3a930", "a9efbfbdc3a9d096"),
    ("text", 2147483647, 65536, "d45e05d6", "3030303030303030e282ace282accea9",
     "f09f9880f48fbfbf"),
]

kinds = st.sampled_from(["text", "bytes"])
seeds = st.integers(0, 2**31 - 1)
lengths = st.integers(0, 20_000)


@cache
def adapter() -> ModuleType:
    """The adapter as a module: its recipes are written a second time, since it is one file."""
    path = ROOT / "harness" / "adapters" / "python_adapter.py"
    spec = importlib.util.spec_from_file_location("python_adapter", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: "-".join(map(str, golden[:3])))
def test_golden_recipes(golden: tuple[Kind, int, int, str, str, str]) -> None:
    """The values that ADAPTERS.md gives, at the harness and at the Python adapter."""
    kind, seed, length, crc, head, tail = golden
    payload = Message.recipe(kind, seed, length).payload
    assert (len(payload), crc32(payload)) == (length, crc)
    assert (payload[:16].hex(), payload[-8:].hex()) == (head, tail)
    assert adapter().recipe(kind, seed, length) == payload


def test_the_guide_has_the_golden_values() -> None:
    """The table of ADAPTERS.md is this one."""
    guide = (ROOT / "conformance" / "ADAPTERS.md").read_text(encoding="utf-8")
    for kind, seed, length, crc, head, tail in GOLDEN:
        row = f"| {kind} | {seed} | {length} | `{crc}` | `{head or ' '}` | `{tail or ' '}` |"
        assert row in guide


@given(kinds, seeds, lengths)
def test_a_recipe_has_its_length_and_is_what_it_says(kind: Kind, seed: int, length: int) -> None:
    """Exactly as many octets as asked for, and well-formed text if it is a text."""
    payload = Message.recipe(kind, seed, length).payload
    assert len(payload) == length
    if kind == "text":
        payload.decode("utf-8")


@given(kinds, seeds, lengths)
def test_both_ends_compute_the_same(kind: Kind, seed: int, length: int) -> None:
    """The adapter's copy of the generator is the harness's."""
    assert adapter().recipe(kind, seed, length) == Message.recipe(kind, seed, length).payload


def test_blocks_are_numbered() -> None:
    """A lost, doubled or swapped block changes the payload: no two are alike."""
    payload = Message.recipe("bytes", 3, 3 * 4096).payload
    assert [int.from_bytes(payload[at:at + 8], "big") for at in (0, 4096, 8192)] == [0, 1, 2]
    assert payload[8:4096] == payload[4104:8192]
    text = Message.recipe("text", 3, 30_000).payload.decode().rstrip(".")
    assert [text[at:at + 8] for at in (0, 1032, 2064)] == ["00000000", "00000001", "00000002"]


def test_requests() -> None:
    """Each constructor gives the form that the protocol has for it."""
    assert Message.text("\u00e9").request() == {"kind": "text", "text": "\u00e9"}
    assert Message.octets(b"\xff").request() == {"kind": "bytes", "base64": "/w=="}
    assert Message.recipe("text", 5, 9).request() == {"kind": "text", "seed": 5, "length": 9}
    assert Message.surrogate().request() == {"kind": "text", "surrogate": True}


def test_what_has_no_utf_8_is_no_message() -> None:
    """A lone surrogate is refused, and the message that stands for one has no payload."""
    with pytest.raises(UnicodeEncodeError):
        Message.text("\ud800")
    with pytest.raises(ValueError, match="surrogate"):
        Message.surrogate().payload  # noqa: B018 - reading it is the test


def test_frames_and_mirrors() -> None:
    """A frame carries the payload; a mirror reverses octets of bytes, code points of text."""
    assert Message.text("\u00e9a").frame() == Frame("text", b"\xc3\xa9a")
    assert Message.text("a\u00e9").reversed() == Message.text("\u00e9a")
    assert Message.octets(b"ab").reversed() == Message.octets(b"ba")
    assert Message.text("ab") != Message.octets(b"ab")


@given(st.binary(max_size=5000))
def test_a_description_matches_its_message_and_no_other(payload: bytes) -> None:
    """Kind and every octet count, for short messages and for long ones."""
    message = Message.octets(payload)
    facts = message.description()
    assert Received.from_json(facts).matches(message)
    assert not Received.from_json({**facts, "kind": "text"}).matches(message)
    assert not Received.from_json(facts).matches(Message.octets(payload + b"\0"))
    if payload:
        changed = payload[:-1] + bytes([payload[-1] ^ 1])
        assert not Received.from_json(facts).matches(Message.octets(changed))


@pytest.mark.parametrize("key", ["length", "crc32", "head", "tail", "base64"])
def test_each_fact_counts(key: str) -> None:
    """A description that is wrong in one fact matches nothing."""
    message = Message.recipe("bytes", 1, 100)
    facts = message.description()
    facts[key] = 99 if key == "length" else "00000000" if key == "crc32" else "AAAA"
    assert not Received.from_json(facts).matches(message)


def test_a_long_message_is_described_without_its_octets() -> None:
    """Beyond 4096 octets head, tail and CRC stand for the rest."""
    whole, long = Message.recipe("bytes", 1, 4096), Message.recipe("bytes", 1, 4097)
    assert "base64" in whole.description() and "base64" not in long.description()
    assert Received.from_json(long.description()).matches(long)


def test_a_delivered_other_thing_matches_nothing() -> None:
    """What is neither text nor bytes is described, and is no message."""
    facts = {"kind": "other", "length": 0, "crc32": "00000000", "head": "", "tail": ""}
    assert not Received.from_json(facts).matches(Message.octets(b""))


def test_describe() -> None:
    """Short words for reports."""
    assert describe(Message.text("a")) == "text of 1 octet, crc e8b7be43, 61"
    assert describe(Message.octets(b"")) == "bytes of 0 octets, crc 00000000"
    received = Received.from_json(Message.recipe("bytes", 1, 4096).description())
    assert describe(received) == "bytes of 4096 octets, crc 58a7eebd, 0000000000000000…"
    assert describe(Message.surrogate()) == "text with a lone surrogate"
