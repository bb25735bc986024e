"""Mutants that alter texts, or refuse good ones: each sin once when reading, once when writing."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any, ClassVar

from conformance.mutants.coding import Kind, Malformed
from conformance.mutants.sound import Sound


def without_nul(text: str) -> str:
    """Leave U+0000 out."""
    return text.replace("\0", "")


def without_byte_order_mark(text: str) -> str:
    """Leave a leading U+FEFF out."""
    return text.removeprefix("\ufeff")


def with_line_feeds(text: str) -> str:
    """Make a line feed of every line end of Windows and of old Macs."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def stripped(text: str) -> str:
    """Leave out the blanks at both ends."""
    return text.strip(" \t\u00a0")


def without_controls(text: str) -> str:
    """Leave out control characters that are no line ends, and those that change directions."""
    return "".join(char for char in text if char in "\n\r\0" or char.isprintable())


def composed(text: str) -> str:
    """Compose letters and their accents."""
    return unicodedata.normalize("NFC", text)


def decomposed(text: str) -> str:
    """Take letters and their accents apart."""
    return unicodedata.normalize("NFD", text)


def in_one_plane(text: str) -> str:
    """Put U+FFFD in the place of every code point above U+FFFF."""
    return "".join(char if char <= "\uffff" else "\ufffd" for char in text)


def without_noncharacters(text: str) -> str:
    """Refuse noncharacters."""
    return _without(text, lambda point: point & 0xFFFE == 0xFFFE)


def without_replacement(text: str) -> str:
    """Refuse U+FFFD, as a sign that somebody has mended something."""
    return _without(text, lambda point: point == 0xFFFD)


def without_neighbours(text: str) -> str:
    """Refuse surrogates, and by mistake the code points before and behind them."""
    return _without(text, lambda point: 0xD7FF <= point <= 0xE000)


def _without(text: str, bad: Callable[[int], bool]) -> str:
    if any(bad(ord(char)) for char in text):
        raise Malformed("a code point that is not wanted")
    return text


class AltersRead(Sound):
    """Applies a function to every text that was received; part of mutants."""

    alter: ClassVar[staticmethod[[str], str]]

    def text_of(self, payload: bytes) -> str:
        return type(self).alter(super().text_of(payload))


class AltersWritten(Sound):
    """Applies a function to every text that is written; part of mutants."""

    alter: ClassVar[staticmethod[[str], str]]

    def payload_of(self, kind: Kind, message: Any) -> bytes:
        return super().payload_of(kind, type(self).alter(message) if kind == "text" else message)


class OmitsNulRead(AltersRead):
    """U+0000 is left out of a text that is read."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_nul)


class OmitsByteOrderMarkRead(AltersRead):
    """A leading U+FEFF is left out of a text that is read."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_byte_order_mark)


class UnifiesLineEndsRead(AltersRead):
    """Every line end of a text that is read becomes a line feed."""

    breaks = ("TEXT-5",)
    alter = staticmethod(with_line_feeds)


class StripsBlanksRead(AltersRead):
    """A text that is read loses the blanks at its ends."""

    breaks = ("TEXT-5",)
    alter = staticmethod(stripped)


class OmitsControlsRead(AltersRead):
    """A text that is read loses what cannot be printed."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_controls)


class ComposesRead(AltersRead):
    """The accents of a text that is read are composed with their letters."""

    breaks = ("TEXT-5",)
    alter = staticmethod(composed)


class DecomposesRead(AltersRead):
    """The accents of a text that is read are taken off their letters."""

    breaks = ("TEXT-5",)
    alter = staticmethod(decomposed)


class KeepsOnePlaneRead(AltersRead):
    """In a text that is read, U+FFFD stands for whatever is above U+FFFF."""

    breaks = ("TEXT-5",)
    alter = staticmethod(in_one_plane)


class RefusesNoncharactersRead(AltersRead):
    """A text with U+FFFF or the like is refused when it is read."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_noncharacters)


class RefusesReplacementRead(AltersRead):
    """A text with U+FFFD is refused when it is read."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_replacement)


class RefusesNeighboursRead(AltersRead):
    """U+D7FF and U+E000 count as surrogates when they are read."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_neighbours)


class OmitsNulWritten(AltersWritten):
    """U+0000 is left out of a text that is written."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_nul)


class OmitsByteOrderMarkWritten(AltersWritten):
    """A leading U+FEFF is left out of a text that is written."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_byte_order_mark)


class UnifiesLineEndsWritten(AltersWritten):
    """Every line end of a text that is written becomes a line feed."""

    breaks = ("TEXT-5",)
    alter = staticmethod(with_line_feeds)


class StripsBlanksWritten(AltersWritten):
    """A text that is written loses the blanks at its ends."""

    breaks = ("TEXT-5",)
    alter = staticmethod(stripped)


class OmitsControlsWritten(AltersWritten):
    """A text that is written loses what cannot be printed."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_controls)


class ComposesWritten(AltersWritten):
    """The accents of a text that is written are composed with their letters."""

    breaks = ("TEXT-5",)
    alter = staticmethod(composed)


class DecomposesWritten(AltersWritten):
    """The accents of a text that is written are taken off their letters."""

    breaks = ("TEXT-5",)
    alter = staticmethod(decomposed)


class KeepsOnePlaneWritten(AltersWritten):
    """In a text that is written, U+FFFD stands for whatever is above U+FFFF."""

    breaks = ("TEXT-5",)
    alter = staticmethod(in_one_plane)


class RefusesNoncharactersWritten(AltersWritten):
    """A text with U+FFFF or the like is refused when it is written."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_noncharacters)


class RefusesReplacementWritten(AltersWritten):
    """A text with U+FFFD is refused when it is written."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_replacement)


class RefusesNeighboursWritten(AltersWritten):
    """U+D7FF and U+E000 count as surrogates when they are written."""

    breaks = ("TEXT-5",)
    alter = staticmethod(without_neighbours)
