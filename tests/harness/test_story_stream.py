"""Where a stream stands after each octet, also where its log has holes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.codec import Frame, FrameReader, encode
from harness.story.lines import Bad, FrameLine, Octets
from harness.story.stream import Stream, value

FRAMES = st.lists(
    st.tuples(st.sampled_from(["text", "bytes"]), st.integers(0, 130), st.integers(0, 3)),
    max_size=4,
)


def chunks(octets: bytes, size: int, keep: int | None = None) -> list[Octets]:
    """Octets as chunks of a size, of which only the first `keep` octets were kept."""
    return [
        Octets(at, 0, "sent", at, len(piece), piece[:keep])
        for at in range(0, len(octets), size)
        for piece in [octets[at : at + size]]
    ]


def found(octets: bytes) -> list[FrameLine]:
    """The frames of octets, as the one who carried them has noted them."""
    return [
        FrameLine(
            0, 0, "sent", one.start, one.header, one.frame.kind, len(one.frame.payload), "", b"",
            one.shortest,
        )
        for one in FrameReader().feed(octets)
    ]


@settings(max_examples=30)
@given(FRAMES, st.integers(0, 4), st.integers(1, 50))
def test_every_place_is_that_of_the_codec(
    frames: list[tuple[str, int, int]], left_out: int, size: int
) -> None:
    """After each octet, what the state machine of the judge says: same frame, header, payload."""
    octets = b"".join(
        encode(Frame(kind, b"x" * length), header_octets=longer + 3)  # type: ignore[arg-type]
        for kind, length, longer in frames
    )
    octets = octets[: len(octets) - left_out]
    stream = Stream(chunks(octets, size))
    reader = FrameReader()
    complete = 0
    assert stream.total == len(octets)
    for after in range(len(octets) + 1):
        complete += len(reader.feed(octets[after - 1 : after] if after else b""))
        place = stream.place(after)
        assert (place.pending, place.frames) == (reader.pending, complete)
        assert place.header == octets[reader.pending.start :][: reader.pending.header]
        assert place.pending is None or place.pending.between or place.length is not None


def test_the_length_grows_with_the_header() -> None:
    """As SPEC.md, section 4.6, adds it up."""
    assert [value(b"\x41\x02\x81"[:n]) for n in (1, 2, 3)] == [1, 129, 129 + (1 << 13)]
    assert value(b"\x80") == 0


def test_a_hole_inside_a_payload_does_not_matter() -> None:
    octets = encode(Frame("bytes", bytes(100))) + encode(Frame("text", b"abc"))
    stream = Stream([
        Octets(0, 0, "sent", 0, 60, octets[:10]), Octets(0, 0, "sent", 60, 46, octets[60:])
    ])
    assert stream.known(0, 200) == octets[:10] and stream.known(50, 5) == b""
    place = stream.place(50)
    assert place.pending is not None and place.pending.payload == 48
    assert stream.place(104).header == b"\x83" and stream.place(106).frames == 2


def test_a_hole_over_a_header_is_passed_by_a_frame_that_was_noted() -> None:
    octets = encode(Frame("bytes", bytes(100))) * 3 + b"\x85ab"
    pieces = chunks(octets, len(octets), keep=20)
    blind, told = Stream(pieces), Stream(pieces, found(octets))
    assert blind.place(150).pending is None and blind.place(150).frames == 1
    place = told.place(150)
    assert place.pending is not None and place.pending.start == 102 and place.frames == 1
    assert place.header == b"\x64\x81" and place.pending.payload == 46
    # The frame at the end is not complete, so nobody has noted it.
    assert told.place(len(octets) - 3).pending is not None
    assert told.place(len(octets)).pending is None


@pytest.mark.parametrize(("after", "broken"), [(1, False), (11, False), (12, True), (15, True)])
def test_nothing_stands_behind_what_is_no_frame(after: int, broken: bool) -> None:
    bad = Bad(0, 0, "sent", "FRAME-7", 11, "an eleventh header octet")
    octets = b"\x80" + bytes(15)
    stream = Stream(chunks(octets, 16), found(b"\x80"), bad)
    place = stream.place(after)
    assert (place.broken is bad) is broken and place.frames == 1
    assert (place.pending is None) is broken
