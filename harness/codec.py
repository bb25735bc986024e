"""The tester's own codec: frames to octets and back, written from SPEC.md alone.

It shares no line and no import with any implementation under test, so that a mistake of theirs
cannot hide in the judge. `header` and `encode` lay out octets and judge nothing, since the tester
also sends what no sender may; `FrameReader` is as strict as the document and says where a stream
stands and what is wrong with it. No sockets, no threads, no clock. One reader belongs to one
thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "bytes"]

MAX_HEADER_OCTETS = 10  # FRAME-6, FRAME-7

_END = 0x80  # bit 7: the last octet of the header
_BYTES = 0x40  # bit 6 of the first header octet: the kind
_FIRST_BITS = 6  # bits of length in the first header octet
_FURTHER_BITS = 7  # and in each one after it

MAX_LENGTH = (1 << (_FIRST_BITS + _FURTHER_BITS * (MAX_HEADER_OCTETS - 1))) - 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One message as it is framed: its kind, and its payload octets (for text its UTF-8)."""

    kind: Kind
    payload: bytes


@dataclass(frozen=True, slots=True)
class Parsed:
    """A frame taken from a stream, and how it came.

    `header` is its header as received, `start` the offset of its first octet in the stream,
    `shortest` whether the header was the shortest one (FRAME-5).
    """

    frame: Frame
    header: bytes
    start: int
    shortest: bool


@dataclass(frozen=True, slots=True)
class Malformed:
    """What is wrong with a stream.

    `clause` is the id of the clause that decides it, `offset` the octet of the stream (the first
    is 0) with which it went wrong, `what` a plain sentence about it.
    """

    clause: str
    offset: int
    what: str

    def __str__(self) -> str:
        return f"{self.clause}, octet {self.offset}: {self.what}"


@dataclass(frozen=True, slots=True)
class Pending:
    """Where a stream stands after the octets so far.

    `start` is the offset at which the present frame begins or would begin, `header` and `payload`
    count the octets of it that have arrived. While the header is incomplete `length` is None, as
    is `kind` before the first octet.
    """

    start: int
    header: int
    payload: int
    kind: Kind | None
    length: int | None

    @property
    def between(self) -> bool:
        """Whether the stream stands between two frames, where an end is clean (END-1)."""
        return self.header == 0

    def __str__(self) -> str:
        if self.between:
            return f"between two frames, at octet {self.start}"
        if self.length is None:
            return (f"inside the header of a {self.kind} frame that began at octet {self.start}:"
                    f" {_counted(self.header)} and no end of it yet")
        return (f"inside the payload of a {self.kind} frame that began at octet {self.start}:"
                f" {self.payload} of {self.length} octets after {_counted(self.header)}")


def _counted(header: int) -> str:
    return f"{header} header octet{'' if header == 1 else 's'}"


def shortest(length: int) -> int:
    """The number of octets of the shortest header for a payload length (FRAME-5)."""
    return 1 + max(0, -(-(length.bit_length() - _FIRST_BITS) // _FURTHER_BITS))


def header(kind: Kind, length: int, *, octets: int | None = None) -> bytes:
    """The header for a payload of `length` octets (FRAME-2, FRAME-3).

    `octets` asks for a header of that many octets, padded with zero groups; more than
    MAX_HEADER_OCTETS gives one that a receiver has to refuse (FRAME-7). Raises ValueError when
    the length is negative, or the header asked for, or any well-formed one, cannot hold it.
    """
    if length < 0:
        raise ValueError(f"a payload cannot have {length} octets")
    count = shortest(length) if octets is None else octets
    if count < shortest(length):
        raise ValueError(f"length {length} needs {shortest(length)} header octets, not {count}")
    if octets is None and count > MAX_HEADER_OCTETS:
        raise ValueError(f"length {length} is above {MAX_LENGTH}, the most a header can hold")
    groups = [length & ((1 << _FIRST_BITS) - 1) | (_BYTES if kind == "bytes" else 0)]
    rest = length >> _FIRST_BITS
    while len(groups) < count:
        groups.append(rest & ((1 << _FURTHER_BITS) - 1))
        rest >>= _FURTHER_BITS
    groups[-1] |= _END
    return bytes(groups)


def encode(frame: Frame, *, header_octets: int | None = None) -> bytes:
    """The octets of one frame; `header_octets` as in `header`. The payload is not judged."""
    return header(frame.kind, len(frame.payload), octets=header_octets) + frame.payload


class FrameReader:
    """Frames from one direction of a connection, however the octets are cut (STREAM-1).

    `octets` counts what was fed. `malformed` is None until the stream breaks a rule of the
    format; from then on nothing more is delivered (END-7). A text is judged when it is complete.
    Lengths have no limit, and memory follows the octets that arrive (STREAM-4).
    """

    def __init__(self) -> None:
        self.octets = 0
        self.malformed: Malformed | None = None
        self._buffer = bytearray()  # from the first octet of the present frame on
        self._start = 0  # offset of that octet in the stream
        self._finished = False

    def feed(self, data: bytes | bytearray | memoryview) -> list[Parsed]:
        """Take the next octets of the stream; the frames that they completed, in order.

        Raises ValueError after `finish`. What follows a malformed frame is counted and dropped.
        """
        if self._finished:
            raise ValueError("the stream was finished; a new stream needs a new reader")
        self.octets += len(data)
        if self.malformed is not None:
            return []  # and out of the buffer: the other side may go on sending for ever
        self._buffer += data
        return list(self._frames())

    @property
    def pending(self) -> Pending:
        """Where the stream stands. A malformed frame stays the present one for ever."""
        head = self._buffer[:MAX_HEADER_OCTETS]
        count = _header_octets(head, 0)
        kind = _kind(head[0]) if head else None
        if count is None:
            return Pending(self._start, len(head), 0, kind, None)
        length = _length(head[:count])
        return Pending(self._start, count, min(len(self._buffer) - count, length), kind, length)

    def finish(self) -> Malformed | None:
        """Take the end of the stream: None when it is clean, else what is wrong with the stream.

        That is `malformed` if there is one, and otherwise a truncated frame (END-2).
        """
        self._finished = True
        if self.malformed is not None or self.pending.between:
            return self.malformed
        return Malformed("END-2", self.octets, f"the stream ends {self.pending}")

    def _frames(self) -> Iterator[Parsed]:
        """Take every complete frame off the buffer, in one go over it."""
        buffer, at = self._buffer, 0
        while self.malformed is None:
            count = _header_octets(buffer, at)
            if count is None:
                self._refuse_endless_header(at)
                break
            head = bytes(buffer[at:at + count])
            end = at + count + _length(head)
            if end > len(buffer):
                break
            # A view first: slicing the buffer alone would copy a large payload twice.
            frame = Frame(_kind(head[0]), bytes(memoryview(buffer)[at + count:end]))
            start = self._start + at
            if not self._refuse_bad_text(frame, start + count):
                yield Parsed(frame, head, start, count == shortest(len(frame.payload)))
                at = end
        del buffer[:at]
        self._start += at

    def _refuse_endless_header(self, at: int) -> None:
        if len(self._buffer) - at > MAX_HEADER_OCTETS:
            self.malformed = Malformed(
                "FRAME-7", self._start + at + MAX_HEADER_OCTETS,
                f"an eleventh header octet, of a frame that began at octet {self._start + at}")

    def _refuse_bad_text(self, frame: Frame, payload_start: int) -> bool:
        """Whether the frame is a malformed text. Python's UTF-8 is that of RFC 3629."""
        if frame.kind == "text":
            try:
                frame.payload.decode("utf-8")
            except UnicodeDecodeError as error:
                found = frame.payload[error.start:error.start + 4].hex(" ").upper()
                self.malformed = Malformed(
                    "TEXT-1", payload_start + error.start,
                    f"no well-formed UTF-8 from {found} on ({error.reason}), in a text of"
                    f" {len(frame.payload)} octets whose payload began at octet {payload_start}")
        return self.malformed is not None


def _kind(octet: int) -> Kind:
    return "bytes" if octet & _BYTES else "text"


def _header_octets(buffer: bytes | bytearray, at: int) -> int | None:
    """The number of octets of the header that begins at `at`; None when its end is not in sight."""
    for position in range(at, min(at + MAX_HEADER_OCTETS, len(buffer))):
        if buffer[position] & _END:
            return position + 1 - at
    return None


def _length(head: bytes | bytearray) -> int:
    """The payload length that a complete header states."""
    length = head[0] & ((1 << _FIRST_BITS) - 1)
    for place, octet in enumerate(head[1:]):
        length |= (octet & ~_END) << (_FIRST_BITS + _FURTHER_BITS * place)
    return length
