"""How messages become octets and octets messages, in steps that a mutant can get wrong one by one.

Written from sections 4 to 6 of SPEC.md and from nothing else. It shares no line with the codec of
the harness and none with the reference library, so that the three can be held against each other.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from typing import Any, Literal

Kind = Literal["text", "bytes"]

#: More header octets than this make a frame malformed (FRAME-7).
HEADER_LIMIT = 10


class Malformed(Exception):
    """A frame that may not be delivered, nor anything behind it."""


class TooLong(Exception):
    """A frame whose payload this endpoint does not want; nothing but a mutant has a limit."""


class Coding:
    """The encoding of messages, and the decoding of one stream of octets.

    The state of the decoding is that of section 4.6: `count` header octets of the present frame
    have been seen, with `kind` and `length` so far; `payload` is None in the header, and else the
    octets of the payload so far. Not thread-safe.
    """

    def __init__(self) -> None:
        self.kind: Kind = "text"
        self.anew()

    # --- from a message to octets

    def encode(self, message: Any) -> bytes:
        """Return the frame of a message; raises TypeError, or ValueError for a bad text."""
        kind = self.kind_of(message)
        payload = self.payload_of(kind, message)
        return self.header(kind, self.stated_length(message, payload)) + payload

    def kind_of(self, message: Any) -> Kind:
        """Return the kind of a message; raises TypeError for what is none."""
        if isinstance(message, str):
            return "text"
        if isinstance(message, (bytes, bytearray, memoryview)):
            return "bytes"
        raise TypeError(f"a message is a str or bytes, not a {type(message).__name__}")

    def payload_of(self, kind: Kind, message: Any) -> bytes:
        """Return the payload; raises UnicodeEncodeError for a text with surrogates."""
        return bytes(message) if kind == "bytes" else str(message).encode("utf-8")

    def stated_length(self, message: Any, payload: bytes) -> int:
        """Return the length that the header states."""
        return len(payload)

    def header(self, kind: Kind, length: int) -> bytes:
        """Return the header of a payload."""
        groups = self.groups(length)
        last = len(groups) - 1
        octets = [self.header_octet(at, group, at == last) for at, group in enumerate(groups)]
        octets[0] |= self.kind_bit(kind)
        return bytes(octets)

    def groups(self, length: int) -> list[int]:
        """Return the groups of a length's bits, as the header octets hold them: 6, then 7 each."""
        groups = [length & 0x3F]
        rest = length >> 6
        while rest:
            groups.append(rest & 0x7F)
            rest >>= 7
        return groups

    def header_octet(self, at: int, group: int, last: bool) -> int:
        """Return the header octet number `at`, but for the bit of the kind."""
        return group | (0x80 if last else 0)

    def kind_bit(self, kind: Kind) -> int:
        """Return what the kind adds to the first header octet."""
        return 0x40 if kind == "bytes" else 0

    # --- from octets to messages

    def anew(self) -> None:
        """Stand between two frames."""
        self.count = 0
        self.length = 0
        self.payload: bytearray | None = None

    @property
    def inside(self) -> bool:
        """Whether the stream stands inside a frame."""
        return self.count > 0

    def feed(self, octets: bytes) -> None:
        """Take octets of the stream; deliver what they complete. Raises `Malformed`, `TooLong`."""
        view = memoryview(octets)
        while view:
            if self.payload is None:
                self.header_octet_came(view[0])
                view = view[1:]
            else:
                taken = view[: self.length - len(self.payload)]
                self.payload_came(bytes(taken))
                view = view[len(taken) :]
            if self.payload is not None and len(self.payload) >= self.length:
                self.complete()

    def header_octet_came(self, octet: int) -> None:
        """Take one header octet; have an empty `payload` when it was the last one."""
        self.count += 1
        self.check_count()
        if self.has_kind(self.count):
            self.kind = self.kind_in(octet)
        self.length += self.value_in(octet, self.count)
        if self.ends_header(octet, self.count):
            self.check_length()
            self.payload = self.room()

    def check_count(self) -> None:
        """Raise `Malformed` when the header has become too long."""
        if self.count > HEADER_LIMIT:
            raise Malformed("an eleventh header octet")

    def has_kind(self, count: int) -> bool:
        """Whether header octet number `count` (from 1) says the kind."""
        return count == 1

    def kind_in(self, octet: int) -> Kind:
        """Return the kind that a first header octet states."""
        return "bytes" if octet & 0x40 else "text"

    def value_in(self, octet: int, count: int) -> int:
        """Return what header octet number `count` (from 1) adds to the length."""
        if count == 1:
            return octet & 0x3F
        return (octet & 0x7F) << self.shift(count)

    def shift(self, count: int) -> int:
        """Return by how many bits header octet number `count` (from 2) is shifted."""
        return 6 + 7 * (count - 2)

    def ends_header(self, octet: int, count: int) -> bool:
        """Whether header octet number `count` is the last one."""
        return bool(octet & 0x80)

    def check_length(self) -> None:
        """Raise `TooLong` for a length above a limit; there is none."""

    def room(self) -> bytearray:
        """Return where the payload is to grow."""
        return bytearray()

    def payload_came(self, octets: bytes) -> None:
        """Take octets of the payload, as many of them as have arrived in one piece."""
        assert self.payload is not None
        self.payload += octets

    def complete(self) -> None:
        """Deliver the frame that has become complete, and stand behind it."""
        assert self.payload is not None
        kind, payload = self.kind, bytes(self.payload)
        self.anew()
        self.deliver(self.content_of(kind, payload))

    def content_of(self, kind: Kind, payload: bytes) -> str | bytes:
        """Return the message of a payload; raises `Malformed` for a text that is none."""
        if kind == "bytes":
            return payload
        try:
            return self.text_of(payload)
        except UnicodeDecodeError as error:
            raise Malformed(f"not UTF-8: {error}") from error

    def text_of(self, payload: bytes) -> str:
        """Return the text of a payload; raises UnicodeDecodeError."""
        return payload.decode("utf-8")

    def deliver(self, message: str | bytes) -> None:
        """Make a message available."""
        raise NotImplementedError


def decode_leniently(payload: bytes, allowed: Sequence[str]) -> str:
    """Return a text, decoded by the book but for the sins that are `allowed`.

    The sins are "overlong", "surrogates" and "above"; raises UnicodeDecodeError for any other. Code
    points above U+10FFFF, which a Python text cannot hold, come out as U+FFFD.
    """
    points: list[str] = []
    at = 0
    while at < len(payload):
        size, value = _loose(payload, at)
        sin = _sin(size, value)
        if sin and sin not in allowed:
            raise UnicodeDecodeError("utf-8", payload, at, at + 1, sin)
        points.append(chr(value) if value <= 0x10FFFF else "\ufffd")
        at += size
    return "".join(points)


def _loose(payload: bytes, at: int) -> tuple[int, int]:
    """Return the size and the value of a code point, whatever its size ought to be."""
    first = payload[at]
    for size, mark, bits in ((1, 0x00, 0x7F), (2, 0xC0, 0x1F), (3, 0xE0, 0x0F), (4, 0xF0, 0x07)):
        tail = payload[at + 1 : at + size]
        follows = len(tail) == size - 1 and all(octet & 0xC0 == 0x80 for octet in tail)
        if first & ~bits & 0xFF == mark and follows:
            value = first & bits
            for octet in tail:
                value = value << 6 | octet & 0x3F
            return size, value
    raise UnicodeDecodeError("utf-8", payload, at, at + 1, "no code point")


def _sin(size: int, value: int) -> str:
    if value > 0x10FFFF:
        return "above"
    if 0xD800 <= value <= 0xDFFF:
        return "surrogates"
    return "overlong" if size > len(codecs.encode(chr(value), "utf-8")) else ""
