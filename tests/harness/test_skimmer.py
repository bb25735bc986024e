"""Frames seen in passing: the same ones as a FrameReader finds, however the octets are cut."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import skimmer
from harness.codec import MAX_HEADER_OCTETS, Frame, FrameReader, encode
from harness.skimmer import LONG, Seen, Skimmer

#: With this as `LONG` every frame is a long one.
SHORT = 1


def skim(pieces: Iterable[bytes]) -> Skimmer:
    """A skimmer that was fed the pieces."""
    made = Skimmer()
    for piece in pieces:
        made.feed(memoryview(piece))
    return made


def cut(octets: bytes, cuts: Iterable[int]) -> list[bytes]:
    """The octets in pieces."""
    places = [0, *sorted(cuts), len(octets)]
    return [octets[a:b] for a, b in pairwise(places)]


def facts(seen: Iterable[Seen]) -> list[tuple[object, ...]]:
    """Everything about frames but the time."""
    return [(s.kind, s.length, s.crc32, s.head, s.header, s.start, s.shortest) for s in seen]


frames = st.lists(
    st.tuples(
        st.one_of(
            st.builds(Frame, st.just("bytes"), st.binary(max_size=200)),
            st.builds(Frame, st.just("text"), st.text(max_size=60).map(str.encode)),
            st.builds(Frame, st.just("text"), st.binary(min_size=1, max_size=4)),
        ),
        st.sampled_from([None, 4, MAX_HEADER_OCTETS, MAX_HEADER_OCTETS + 1]),
    ),
    max_size=6,
)


@pytest.mark.parametrize("threshold", [SHORT, 40, LONG])
@given(drawn=frames, data=st.data())
def test_it_sees_what_the_reader_reads(
    threshold: int, drawn: list[tuple[Frame, int | None]], data: st.DataObject
) -> None:
    """Good frames, longer headers, malformed ones, any cutting, any idea of what is long."""
    stream = b"".join(encode(frame, header_octets=octets) for frame, octets in drawn)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(skimmer, "LONG", threshold)
        seen = skim(cut(stream, cuts))
    reader = FrameReader()
    read = reader.feed(stream)
    assert facts(seen.frames) == facts(Seen.of(parsed, 0) for parsed in read)
    assert (seen.malformed is None) == (reader.malformed is None)
    if seen.malformed is not None and reader.malformed is not None:
        assert seen.malformed.clause == reader.malformed.clause
        assert seen.malformed.offset == reader.malformed.offset
    else:
        assert seen.pending == reader.pending


def test_a_long_frame_is_summed_and_not_kept() -> None:
    """Its length, its crc32 and its first 64 octets are all that stays."""
    payload = bytes(range(256)) * 1024
    stream = encode(Frame("bytes", payload)) + encode(Frame("text", b"after"))
    seen = skim(cut(stream, range(1, len(stream), 50_000))).frames
    assert [frame.length for frame in seen] == [len(payload), 5]
    assert seen[0].crc32 == f"{zlib.crc32(payload):08x}" and seen[0].head == payload[:64]
    assert seen[1].start == len(stream) - 6


def test_a_stream_shows_where_it_stands_inside_a_long_frame() -> None:
    """As the reader's own `pending` would."""
    stream = encode(Frame("bytes", bytes(LONG)))
    pending = skim([stream[:5000], stream[5000:-1]]).pending
    assert (pending.start, pending.header, pending.payload) == (0, 3, LONG - 1)
    assert pending.length == LONG and not pending.between


def test_a_long_text_may_be_cut_inside_a_code_point() -> None:
    """And a bad octet in it is found at its place in the stream."""
    good = "€".encode() * LONG
    stream = encode(Frame("bytes", b"x")) + encode(Frame("text", good))
    assert len(skim(cut(stream, range(1, len(stream), 1000))).frames) == 2
    bad = bytearray(stream)
    bad[20_000] = 0xFF
    seen = skim(cut(bytes(bad) + encode(Frame("text", b"lost")), range(1, len(stream), 1000)))
    assert len(seen.frames) == 1
    assert seen.malformed is not None and seen.malformed.clause == "TEXT-1"
    reader = FrameReader()
    reader.feed(bad)
    assert reader.malformed is not None and seen.malformed.offset == reader.malformed.offset


def test_it_is_known_where_a_message_ends_as_soon_as_its_header_has_come() -> None:
    """The present one, and the next one; nothing is known of what has not begun."""
    first, second = encode(Frame("text", b"word")), encode(Frame("bytes", bytes(LONG)))
    seen = skim([first[:1]])
    assert (seen.end_of(0), seen.end_of(0, ahead=1)) == (5, None)
    seen.feed(memoryview(first[1:] + second[:2]))
    assert (seen.end_of(4), seen.end_of(0, ahead=1), seen.end_of(5)) == (5, None, None)
    seen.feed(memoryview(second[2:-1]))
    end = len(first) + len(second)
    assert (seen.end_of(5), seen.end_of(5, ahead=1)) == (end, None)
    seen.feed(memoryview(second[-1:] + b"\0" * 11))
    assert seen.end_of(5) == end and seen.malformed is not None
    assert (seen.end_of(end), seen.end_of(end, ahead=1)) == (None, None)
