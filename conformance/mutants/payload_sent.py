"""Mutants that send texts in octets that are no UTF-8, or not that of the text."""

from __future__ import annotations

from typing import Any

from conformance.mutants.coding import Kind
from conformance.mutants.sound import Sound


class WritesSurrogates(Sound):
    """A text with a surrogate is sent, three octets for it."""

    breaks = ("TEXT-1", "TEXT-2")

    def payload_of(self, kind: Kind, message: Any) -> bytes:
        if kind == "bytes":
            return super().payload_of(kind, message)
        return str(message).encode("utf-8", "surrogatepass")


class MendsWrittenText(Sound):
    """A surrogate in a text is sent as a question mark."""

    breaks = ("TEXT-2",)

    def payload_of(self, kind: Kind, message: Any) -> bytes:
        if kind == "bytes":
            return super().payload_of(kind, message)
        return str(message).encode("utf-8", "replace")


class RefusesHalfway(Sound):
    """A text with a surrogate is refused, but an empty text is sent in its place."""

    breaks = ("TEXT-1", "TEXT-2")

    def _write(self, message: Any) -> None:
        try:
            super()._write(message)
        except UnicodeEncodeError:
            super()._write("")
            raise


class WritesLatin1(Sound):
    """A text is sent in ISO 8859-1 if that can hold it."""

    breaks = ("TEXT-1", "FRAME-4", "FRAME-3")

    def payload_of(self, kind: Kind, message: Any) -> bytes:
        try:
            return message.encode("latin-1") if kind == "text" else bytes(message)
        except UnicodeEncodeError:
            return super().payload_of(kind, message)


class WritesPairsOfSurrogates(Sound):
    """A code point above U+FFFF is sent as two surrogates of three octets each."""

    breaks = ("TEXT-1", "FRAME-4", "FRAME-3")

    def payload_of(self, kind: Kind, message: Any) -> bytes:
        if kind == "bytes":
            return super().payload_of(kind, message)
        units = str(message).encode("utf-16-be")
        pairs = (units[at : at + 2] for at in range(0, len(units), 2))
        halves = "".join(chr(int.from_bytes(pair, "big")) for pair in pairs)
        return halves.encode("utf-8", "surrogatepass")


class WritesNulInTwoOctets(Sound):
    """U+0000 is sent as C0 80, as some systems do."""

    breaks = ("TEXT-1", "FRAME-4", "FRAME-3")

    def payload_of(self, kind: Kind, message: Any) -> bytes:
        payload = super().payload_of(kind, message)
        return payload.replace(b"\0", b"\xc0\x80") if kind == "text" else payload
