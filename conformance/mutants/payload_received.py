"""Mutants that deliver what is malformed, or take bytes for something else."""

from __future__ import annotations

from typing import ClassVar

from conformance.mutants.coding import Kind, Malformed, decode_leniently
from conformance.mutants.sound import Sound


class MendsText(Sound):
    """What is malformed in a text is replaced by U+FFFD."""

    breaks = ("TEXT-3",)

    def text_of(self, payload: bytes) -> str:
        return payload.decode("utf-8", "replace")


class OmitsMalformed(Sound):
    """What is malformed in a text is left out."""

    breaks = ("TEXT-3",)

    def text_of(self, payload: bytes) -> str:
        return payload.decode("utf-8", "ignore")


class FallsBackToLatin1(Sound):
    """A text that is no UTF-8 is taken for ISO 8859-1."""

    breaks = ("TEXT-3",)

    def text_of(self, payload: bytes) -> str:
        try:
            return super().text_of(payload)
        except UnicodeDecodeError:
            return payload.decode("latin-1")


class FallsBackToBytes(Sound):
    """A text that is no UTF-8 is delivered as bytes."""

    breaks = ("TEXT-3",)

    def content_of(self, kind: Kind, payload: bytes) -> str | bytes:
        try:
            return super().content_of(kind, payload)
        except Malformed:
            return payload


class Lenient(Sound):
    """Takes overlong forms for the code points that they mean."""

    breaks = ("TEXT-3",)
    allowed: ClassVar[tuple[str, ...]] = ("overlong",)

    def text_of(self, payload: bytes) -> str:
        return decode_leniently(payload, self.allowed)


class TakesSurrogates(Lenient):
    """Takes the octets of a surrogate for a code point."""

    allowed = ("surrogates",)


class TakesAboveUnicode(Lenient):
    """Takes octets that mean a value above U+10FFFF for a code point."""

    allowed = ("above",)


class JoinsSurrogates(Sound):
    """Takes two surrogates of three octets each for the one code point that they mean in UTF-16."""

    breaks = ("TEXT-3",)

    def text_of(self, payload: bytes) -> str:
        text = payload.decode("utf-8", "surrogatepass")
        joined = text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        joined.encode("utf-8")
        return joined


class OmitsUnfinishedCodePoint(Sound):
    """A text that ends inside a code point is delivered without it."""

    breaks = ("TEXT-3",)

    def text_of(self, payload: bytes) -> str:
        for cut in range(4):
            try:
                return super().text_of(payload[: len(payload) - cut])
            except UnicodeDecodeError as error:
                if error.reason != "unexpected end of data":
                    raise
        return super().text_of(payload)


class SkipsMalformedText(Sound):
    """A text that is no UTF-8 is passed over, and the connection goes on."""

    breaks = ("TEXT-4", "END-7")

    def complete(self) -> None:
        try:
            super().complete()
        except Malformed:
            pass


class MalformedDropsUnread(Sound):
    """A malformed frame takes with it what came before and was not read."""

    breaks = ("TEXT-4",)

    def malformed(self) -> None:
        self.forget_unread()
        super().malformed()


class MalformedStops(Sound):
    """After a malformed frame, nothing is received any more, and the connection stays open."""

    breaks = ("TEXT-4", "FRAME-7")
    stopped = False

    def malformed(self) -> None:
        self.stopped = True

    def wants_to_receive(self) -> bool:
        return super().wants_to_receive() and not self.stopped


class BytesMustBeText(Sound):
    """Bytes are decoded and encoded again on their way, so that only UTF-8 arrives."""

    breaks = ("FRAME-10", "STREAM-2", "STREAM-1")

    def content_of(self, kind: Kind, payload: bytes) -> str | bytes:
        content = super().content_of("text", payload)
        return payload if kind == "bytes" else content


class BytesEndAtNul(Sound):
    """Bytes end at their first octet of value 0."""

    breaks = ("FRAME-10", "STREAM-1", "STREAM-2")

    def content_of(self, kind: Kind, payload: bytes) -> str | bytes:
        content = super().content_of(kind, payload)
        return content.partition(b"\0")[0] if isinstance(content, bytes) else content
