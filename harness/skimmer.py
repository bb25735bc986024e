"""Reads the frames of a stream without keeping their payloads.

Octets go through the codec's `FrameReader`. When a frame turns out to be long, the rest of its
payload is only counted, summed and checked as it passes, and the reader goes on behind it: a
relay carries gigabytes, and holding every message to its end would halve its speed.
Not thread-safe.
"""

from __future__ import annotations

import codecs
import zlib
from dataclasses import dataclass, replace

from harness import clock, codec
from harness.codec import FrameReader, Kind, Malformed, Parsed, Pending
from harness.wirelog import HEAD

#: Payloads of this many octets and more are skimmed; copying shorter ones costs less than the care.
LONG = 1 << 14


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame that has passed: `crc32` (8 hex digits) and `head` (64 octets) of its payload.

    `header` as it came, `start` its offset in the direction, `shortest` as in FRAME-5, `ns` the
    monotonic time at which the last octet of the frame came.
    """

    kind: Kind
    length: int
    crc32: str
    head: bytes
    header: bytes
    start: int
    shortest: bool
    ns: int

    @property
    def end(self) -> int:
        """The offset in the direction behind the frame."""
        return self.start + len(self.header) + self.length

    @classmethod
    def of(cls, parsed: Parsed, ns: int) -> Seen:
        """Summarise a frame whose last octet came at `ns`."""
        payload = parsed.frame.payload
        return cls(
            parsed.frame.kind, len(payload), f"{zlib.crc32(payload):08x}", payload[:HEAD],
            parsed.header, parsed.start, parsed.shortest, ns,
        )


class Skimmer:
    """Frames of one direction: feed it octets, look at `frames` and `malformed`.

    `malformed`: what is wrong with the stream, None if nothing is so far; no frame follows it.
    """

    def __init__(self) -> None:
        self.frames: list[Seen] = []
        self.malformed: Malformed | None = None
        self._passed = 0
        self._reader: FrameReader = FrameReader()
        self._long: _LongFrame | None = None

    @property
    def pending(self) -> Pending:
        """Where the stream stands."""
        return self._long.pending if self._long else self._reader.pending

    def end_of(self, at: int, ahead: int = 0) -> int | None:
        """Return the offset behind the frame of the octet at an offset, or so many frames ahead.

        None if that is not known: its header has not come. Offsets must not go back.
        """
        while self._passed < len(self.frames) and self.frames[self._passed].end <= at:
            self._passed += 1
        wanted = self._passed + ahead
        if wanted < len(self.frames):
            return self.frames[wanted].end
        now = self.pending
        if self.malformed is not None or now.length is None or wanted > len(self.frames):
            return None
        return now.start + now.header + now.length

    def feed(self, octets: memoryview) -> None:
        """Take the next octets of the stream."""
        while octets and self.malformed is None:
            octets = self._skim(octets, self._long) if self._long else self._read(octets)

    def _read(self, octets: memoryview) -> memoryview:
        now = clock.now_ns()
        for parsed in self._reader.feed(octets):
            self.frames.append(Seen.of(parsed, now))
        self.malformed = self._reader.malformed
        pending = self._reader.pending
        if self.malformed is None and pending.length is not None and pending.length >= LONG:
            self._long = _LongFrame(pending)
            # The reader stops inside this payload, so what it has of it ends these octets.
            return octets[len(octets) - pending.payload :]
        return octets[:0]

    def _skim(self, octets: memoryview, frame: _LongFrame) -> memoryview:
        mine = octets[: frame.missing]
        frame.add(mine)
        if not frame.missing:
            self._long = None
            if frame.malformed:
                self.malformed = frame.malformed
            else:
                self.frames.append(frame.seen())
                self._reader = _ReaderFrom(frame.end)
        return octets[len(mine) :]


class _ReaderFrom(FrameReader):
    """A reader of the rest of a stream, which tells offsets in the whole of it."""

    def __init__(self, start: int) -> None:
        super().__init__()
        self.octets = self._start = start


class _LongFrame:
    """A frame whose payload passes by; it begins behind the complete header of `begun`."""

    def __init__(self, begun: Pending) -> None:
        assert begun.length is not None and begun.kind is not None
        self.malformed: Malformed | None = None
        self._begun = begun
        self._kind = begun.kind
        self._length = self.missing = begun.length
        self._payload = begun.start + begun.header
        self._crc = 0
        self._head = bytearray()
        # Python's UTF-8 is that of RFC 3629, as TEXT-1 wants it.
        self._decoder = codecs.getincrementaldecoder("utf-8")() if self._kind == "text" else None

    @property
    def pending(self) -> Pending:
        """Where the stream stands inside this frame."""
        return replace(self._begun, payload=self._length - self.missing)

    @property
    def end(self) -> int:
        """The offset in the stream at which the next frame begins."""
        return self._payload + self._length

    def add(self, octets: memoryview) -> None:
        """Take the next octets of the payload."""
        self._crc = zlib.crc32(octets, self._crc)
        if len(self._head) < HEAD:
            self._head += octets[: HEAD - len(self._head)]
        if self._decoder is not None:
            self._check_text(octets, self._decoder)
        self.missing -= len(octets)

    def seen(self) -> Seen:
        """Summarise the frame, whose last octet has just come."""
        header = codec.header(self._kind, self._length, octets=self._begun.header)
        shortest = len(header) == codec.shortest(self._length)
        return Seen(
            self._kind, self._length, f"{self._crc:08x}", bytes(self._head), header,
            self._begun.start, shortest, clock.now_ns(),
        )

    def _check_text(self, octets: memoryview, decoder: codecs.IncrementalDecoder) -> None:
        # What the decoder holds is the beginning of a code point, from the octets before.
        held = len(decoder.getstate()[0])
        final = len(octets) == self.missing
        try:
            decoder.decode(octets, final)
        except UnicodeDecodeError as error:
            self.malformed = Malformed(
                "TEXT-1", self.end - self.missing - held + error.start,
                f"no well-formed UTF-8 from here on ({error.reason}), in a text of"
                f" {self._length} octets whose payload began at octet {self._payload}",
            )
            self._decoder = None
