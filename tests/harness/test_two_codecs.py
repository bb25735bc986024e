"""The library's codec and the tester's, written apart, held against each other."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from hypothesis import example, given
from hypothesis import strategies as st

from harness.codec import MAX_LENGTH, Frame, FrameReader, encode, header
from stockings import wire
from stockings.errors import ProtocolError, TruncatedMessage

Message = str | bytes
End = Literal["clean", "truncated", "malformed"]

# Edges of the header sizes that are cheap enough to draw many of.
LENGTHS = st.one_of(st.integers(0, 70), st.sampled_from([127, 128, 4096, 8191, 8192]))
MESSAGES: st.SearchStrategy[Message] = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=70),
    st.binary(max_size=70),
    LENGTHS.map(lambda length: "a" * length),
    LENGTHS.map(lambda length: b"\x80" * length),
)
# Octets that mean something to a decoder come often enough to reach every state.
OCTETS = st.one_of(
    st.sampled_from(bytes.fromhex("00 01 02 40 41 61 7f 80 81 82 83 bf c0 c1 c3 e2 ed f0 f4 ff")),
    st.integers(0, 255),
)
STREAMS = st.lists(OCTETS, max_size=60).map(bytes)
CUTS = st.lists(st.integers(0, 1000), max_size=8)


def frame(message: Message) -> Frame:
    if isinstance(message, str):
        return Frame("text", message.encode())
    return Frame("bytes", message)


def pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[low:high] for low, high in pairwise(edges)]


def judged_by_library(parts: list[bytes]) -> tuple[list[Message], End]:
    decoder = wire.Decoder()
    messages: list[Message] = []
    try:
        for part in parts:
            messages.extend(decoder.feed(part))
        decoder.feedEof()
    except TruncatedMessage:
        return messages, "truncated"
    except ProtocolError:
        return messages, "malformed"
    return messages, "clean"


def judged_by_tester(parts: list[bytes]) -> tuple[list[Message], End]:
    reader = FrameReader()
    frames = [parsed.frame for part in parts for parsed in reader.feed(part)]
    messages = [one.payload.decode() if one.kind == "text" else one.payload for one in frames]
    defect = reader.finish()
    if defect is None:
        return messages, "clean"
    return messages, "truncated" if defect.clause == "END-2" else "malformed"


@given(MESSAGES)
def test_both_encode_a_message_alike(message: Message) -> None:
    assert wire.encode(message) == encode(frame(message))


@given(st.integers(0, MAX_LENGTH), st.booleans())
@example(MAX_LENGTH, True)
def test_both_write_the_same_header(length: int, is_bytes: bool) -> None:
    assert wire.header(length, is_bytes) == header("bytes" if is_bytes else "text", length)


@given(st.lists(MESSAGES, max_size=6), st.lists(st.integers(0, 9), min_size=6, max_size=6), CUTS)
def test_both_take_what_the_other_sends_however_cut(
    messages: list[Message], longer: list[int], cuts: list[int]
) -> None:
    ours = b"".join(wire.encode(message) for message in messages)
    assert judged_by_tester(pieces(ours, cuts)) == (messages, "clean")
    theirs = b""
    for message, more in zip(messages, longer, strict=False):
        shortest = len(encode(frame(message))) - len(frame(message).payload)
        theirs += encode(frame(message), header_octets=min(10, shortest + more))
    assert judged_by_library(pieces(theirs, cuts)) == (messages, "clean")


@given(STREAMS, CUTS)
@example(b"\x81a" + b"\x00" * 10, [])
@example(b"\x81a" + b"\x00" * 11, [])
@example(b"\x83\xed\xa0\x80", [2])
def test_both_judge_any_octets_alike(stream: bytes, cuts: list[int]) -> None:
    assert judged_by_library(pieces(stream, cuts)) == judged_by_tester([stream])


@given(st.lists(MESSAGES, min_size=1, max_size=4), st.data())
def test_both_judge_a_damaged_stream_alike(messages: list[Message], data: st.DataObject) -> None:
    stream = bytearray(b"".join(wire.encode(message) for message in messages))
    place = data.draw(st.integers(0, len(stream) - 1))
    if data.draw(st.booleans()):
        stream[place] = data.draw(OCTETS)
    else:
        del stream[place:]
    parts = pieces(bytes(stream), data.draw(CUTS))
    assert judged_by_library(parts) == judged_by_tester(parts)
