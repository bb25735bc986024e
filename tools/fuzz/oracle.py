"""What an input of the fuzzer means, and what has to come of it by the tester's codec.

An input is one octet of choices, the lengths of the pieces but the last, and the stream. So every
octet string is an input, and a small change of one is a small change of what happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.codec import Frame, FrameReader, Parsed

#: Limits of a message's size that an input can choose; small ones, which short streams reach.
LIMITS = (None, 0, 5, 64)


@dataclass(frozen=True)
class Given:
    """A stream in pieces, the limit of a message's size, and how the pieces come.

    `views`: as views instead of octets. `rooms`: what a decoder offers room for is put there.
    """

    limit: int | None
    views: bool
    rooms: bool
    pieces: tuple[bytes, ...]

    @property
    def stream(self) -> bytes:
        """The pieces together."""
        return b"".join(self.pieces)


def read(data: bytes) -> Given:
    """What an input means. Bits of its first octet: 0-2 cuts, 3-4 limit, 5 views, 6 rooms."""
    choices = data[0] if data else 0
    cuts, stream = data[1:1 + (choices & 7)], data[1 + (choices & 7):]
    pieces, at = [], 0
    for length in cuts:
        pieces.append(stream[at:at + length])
        at += length
    return Given(
        LIMITS[choices >> 3 & 3], bool(choices & 32), bool(choices & 64), (*pieces, stream[at:])
    )


@dataclass(frozen=True)
class Stand:
    """What is known after a piece.

    `frames`: those that it completed. `error`: None, "malformed" or "too large". `inside`: octets
    of the payload that are there and that it has; of the header and None in an incomplete header;
    two zeros between two frames; None after an error. `consumed`: octets of all complete frames.
    """

    frames: tuple[Parsed, ...]
    error: str | None
    inside: tuple[int, int | None] | None
    consumed: int


class Oracle:
    """The tester's codec with a limit, fed octet by octet, so that no cut can matter to it."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._reader = FrameReader()
        self._large = False

    def take(self, piece: bytes) -> Stand:
        """Take a piece; what is known then."""
        frames: list[Parsed] = []
        for at in range(len(piece)):
            if self._large:
                break
            frames += self._reader.feed(piece[at:at + 1])
            length = self._reader.pending.length
            if self._reader.malformed is None and self._limit is not None and length is not None:
                self._large = length > self._limit
        pending = self._reader.pending
        inside = (0, 0) if pending.between else (
            (pending.header, None) if pending.length is None else (pending.payload, pending.length))
        error = self.error
        return Stand(tuple(frames), error, None if error else inside, pending.start)

    @property
    def error(self) -> str | None:
        """What is wrong with the stream so far."""
        if self._large:
            return "too large"
        return None if self._reader.malformed is None else "malformed"


def stands(given: Given) -> list[Stand]:
    """What has to be known after each piece."""
    oracle = Oracle(given.limit)
    return [oracle.take(piece) for piece in given.pieces]


def end(last: Stand) -> str:
    """How a stream ends that stands so."""
    return last.error or ("clean" if last.inside == (0, 0) else "truncated")


def pair(frame: Frame) -> list[str]:
    """A message as data."""
    return [frame.kind, frame.payload.hex()]


def entry(data: bytes) -> dict[str, Any]:
    """An input and all that has to come of it, for a test on a Python without the harness."""
    given = read(data)
    known = stands(given)
    return {
        "input": data.hex(),
        "limit": given.limit,
        "pieces": [piece.hex() for piece in given.pieces],
        "messages": [[pair(one.frame) for one in each.frames] for each in known],
        "end": end(known[-1]),
        "inside": known[-1].inside,
    }
