"""One direction of a wire as its log has it: where the stream stands after each octet.

A log keeps the first octets whole and later ones in part, so a stream may have holes. A hole inside
a payload does not matter, since the header in front of it says where the next frame begins; a hole
over a header is passed with the help of the frames that were found while the octets went by.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from harness.codec import MAX_HEADER_OCTETS, FrameReader, Kind, Pending
from harness.story.lines import Bad, FrameLine, Octets


@dataclass(frozen=True)
class Place:
    """Where a stream stands after its first `after` octets.

    `frames` are complete. `pending` is the present frame, None where the log has a hole over its
    header. `header` are the octets of the present frame's header so far, `length` what they say of
    the length so far (None before the first). `broken`: what is wrong with the stream up to here.
    """

    after: int
    frames: int
    pending: Pending | None
    header: bytes
    length: int | None
    broken: Bad | None


class Stream:
    """One direction: `octets` as chunks, `frames` and `bad` as they were found in it."""

    def __init__(
        self, octets: Sequence[Octets], frames: Sequence[FrameLine] = (), bad: Bad | None = None
    ) -> None:
        self.chunks = sorted(octets, key=lambda chunk: chunk.offset)
        self.bad = bad
        self._offsets = [chunk.offset for chunk in self.chunks]
        self._headers = {frame.start: frame.header for frame in frames}
        self._starts = sorted(self._headers)

    @property
    def total(self) -> int:
        """How many octets went this way."""
        last = self.chunks[-1:]
        return last[0].offset + last[0].length if last else 0

    def known(self, start: int, count: int) -> bytes:
        """Return the octets from `start` on, at most `count`, up to the first that was not kept."""
        found = b""
        while len(found) < count:
            at = start + len(found)
            chunk = self.chunk(at)
            piece = b"" if chunk is None else chunk.octets[at - chunk.offset :]
            if not piece:
                break
            found += piece[: count - len(found)]
        return found

    def chunk(self, offset: int) -> Octets | None:
        """Return the chunk that had the octet at `offset`; None if none had."""
        at = bisect.bisect_right(self._offsets, offset) - 1
        if at < 0 or offset >= self.chunks[at].offset + self.chunks[at].length:
            return None
        return self.chunks[at]

    def place(self, after: int) -> Place:
        """Say where the stream stands after its first `after` octets."""
        if self.bad is not None and self.bad.offset < after:
            return Place(after, self._complete(self.bad.offset), None, b"", None, self.bad)
        start, frames = 0, 0
        while True:
            header, length, closed = self._header(start, after - start)
            if length is None or not closed:
                pending = _pending(start, header, 0, None) if start + len(header) == after else None
                return Place(after, frames, pending, header, length, None)
            end = start + len(header) + length
            if end > after:
                payload = after - start - len(header)
                pending = _pending(start, header, payload, length)
                return Place(after, frames, pending, header, length, None)
            start, frames = end, frames + 1
            if start == after:
                return Place(after, frames, Pending(start, 0, 0, None, None), b"", None, None)

    def _complete(self, before: int) -> int:
        """How many frames were complete before an offset."""
        return bisect.bisect_right(self._starts, before - 1)

    def _header(self, start: int, count: int) -> tuple[bytes, int | None, bool]:
        """Return the header at `start`, of which `count` octets are there; its value; if it ends.

        Where the octets were not kept, a frame that was found there has its header.
        """
        whole = self._headers.get(start)
        octets = self.known(start, min(count, MAX_HEADER_OCTETS))
        if whole is not None and len(octets) < min(count, len(whole)):
            octets = whole[:count]
        for number in range(1, len(octets) + 1):
            length = value(octets[:number])
            if octets[number - 1] & 0x80:
                return octets[:number], length, True
        return octets, value(octets) if octets else None, False


def value(header: bytes) -> int:
    """Return the length that header octets state so far, whether they are complete or not."""
    reader = FrameReader()
    # Ending it here shows what is there; the header of a frame is all that this reader ever sees.
    reader.feed(header[:-1] + bytes([header[-1] | 0x80]))
    return reader.pending.length or 0


def _pending(start: int, header: bytes, payload: int, length: int | None) -> Pending:
    kind: Kind | None = None
    if header:
        kind = "bytes" if header[0] & 0x40 else "text"
    return Pending(start, len(header), payload, kind, length)
