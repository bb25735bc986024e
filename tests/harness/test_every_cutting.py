"""Short streams in every cutting that there is, 2^(n-1) of them, each written as a schedule."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness import skimmer
from harness.codec import Frame, FrameReader, Malformed
from harness.schedule import parse
from harness.skimmer import Skimmer

#: Twelve octets each: both kinds, headers longer than needed, code points of two to four octets,
#: payloads that look like headers, empty messages; whole, cut off, and malformed at the end.
STREAMS: dict[str, tuple[bytes, list[Frame], str | None]] = {
    "text-first": (
        b"\x02\x80\xc3\xa9" b"\xc3\x80\xff\x81" b"\x80" b"\xc0" b"\x81a",
        [Frame("text", "é".encode()), Frame("bytes", b"\x80\xff\x81"), Frame("text", b""),
         Frame("bytes", b""), Frame("text", b"a")], None,
    ),
    "bytes-first": (
        b"\x42\x00\x80\x80\xc0" b"\x85\xf0\x9f\x98\x80a" b"\xc0",
        [Frame("bytes", b"\x80\xc0"), Frame("text", "😀a".encode()), Frame("bytes", b"")], None,
    ),
    "two-messages": (
        b"\x85\xe2\x82\xac\n\r" b"\x44\x80\x01\x02\x03\x04",
        [Frame("text", "€\n\r".encode()), Frame("bytes", b"\x01\x02\x03\x04")], None,
    ),
    "cut-off": (
        b"\x81a" b"\xc1\xff" b"\x89\xf0\x9f\x98\x80abc",
        [Frame("text", b"a"), Frame("bytes", b"\xff")], "END-2",
    ),
    "malformed-text": (
        b"\xc2\x80\x80" b"\x84\xc3\xa9\xc3\x28" b"\xc1a" b"\x81b",
        [Frame("bytes", b"\x80\x80")], "TEXT-1",
    ),
    "endless-header": (b"\x80" + b"\x00" * 11, [Frame("text", b"")], "FRAME-7"),
}


def cuttings(octets: int) -> Iterator[str]:
    """Give every cutting of so many octets as the text of a schedule."""
    for places in range(1 << (octets - 1)):
        edges = [at for at in range(1, octets) if places >> (at - 1) & 1]
        sizes = [stop - start for start, stop in zip([0, *edges], [*edges, octets], strict=True)]
        yield ",".join(map(str, sizes))


def judged(pieces: list[bytes]) -> tuple[list[Frame], Malformed | None]:
    """What a stream in these pieces gives: its frames, and what is wrong with it."""
    reader = FrameReader()
    frames = [parsed.frame for piece in pieces for parsed in reader.feed(piece)]
    return frames, reader.finish()


@pytest.mark.parametrize("name", STREAMS)
def test_the_codec_takes_every_cutting(name: str) -> None:
    stream, frames, clause = STREAMS[name]
    assert len(stream) == 12
    wanted = judged([stream])
    assert wanted[0] == frames and (wanted[1] and wanted[1].clause) == clause
    schedules = list(cuttings(len(stream)))
    assert len(set(schedules)) == 2048
    for schedule in schedules:
        pieces = parse(schedule).pieces(stream)
        assert b"".join(pieces) == stream and len(pieces) == schedule.count(",") + 1
        assert judged(pieces) == wanted, schedule


@pytest.mark.parametrize("name", STREAMS)
def test_the_skimmer_takes_every_cutting(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its way with long frames, too, and it knows where each message ends."""
    monkeypatch.setattr(skimmer, "LONG", 1)
    stream, frames, clause = STREAMS[name]
    for schedule in cuttings(len(stream)):
        seen = Skimmer()
        for piece in parse(schedule).pieces(stream):
            seen.feed(memoryview(piece))
        assert [(one.kind, one.length) for one in seen.frames] == [
            (frame.kind, len(frame.payload)) for frame in frames
        ], schedule
        found = seen.malformed and seen.malformed.clause
        assert found == (clause if clause != "END-2" else None)
        ends = [one.end for one in seen.frames]
        assert [seen.end_of(one.start) for one in seen.frames] == ends
