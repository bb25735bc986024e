"""Mutants that send headers that are wrong, or frames that are not one for each message."""

from __future__ import annotations

from typing import Any

from conformance.mutants.coding import Kind
from conformance.mutants.sound import Sound


class FiveLowBits(Sound):
    """The first header octet holds only 5 bits of the length."""

    breaks = ("FRAME-2", "FRAME-3")

    def groups(self, length: int) -> list[int]:
        first, *rest = super().groups(length)
        return [first & 0x1F, *rest]


class SevenLowBits(Sound):
    """The first header octet holds 7 bits of the length, one of them where the kind is."""

    breaks = ("FRAME-2", "FRAME-3")

    def groups(self, length: int) -> list[int]:
        groups = [length & 0x7F]
        while length := length >> 7:
            groups.append(length & 0x7F)
        return groups


class MostSignificantFirst(Sound):
    """The further header octets come with the most significant group first."""

    breaks = ("FRAME-3",)

    def groups(self, length: int) -> list[int]:
        first, *rest = super().groups(length)
        return [first, *reversed(rest)]


class NeverEndsHeader(Sound):
    """The last header octet does not say that it is the last one, if there are several."""

    breaks = ("FRAME-3",)

    def header_octet(self, at: int, group: int, last: bool) -> int:
        return super().header_octet(at, group, last and at == 0)


class EndsHeaderInverted(Sound):
    """A single header octet lacks the bit that ends the header."""

    breaks = ("FRAME-2", "FRAME-1", "FRAME-11")

    def header_octet(self, at: int, group: int, last: bool) -> int:
        return super().header_octet(at, group, last and at > 0)


class KindInverted(Sound):
    """Text is sent as bytes, and bytes as text."""

    breaks = ("FRAME-2",)

    def kind_bit(self, kind: Kind) -> int:
        return super().kind_bit("text" if kind == "bytes" else "bytes")


class KindLostInLongHeaders(Sound):
    """Bytes of 64 octets and more are sent as text."""

    breaks = ("FRAME-2",)

    def header(self, kind: Kind, length: int) -> bytes:
        return super().header("text" if length > 63 else kind, length)


class KindInEveryHeaderOctet(Sound):
    """The bit of the kind is set in the further header octets, too."""

    breaks = ("FRAME-3",)

    def header(self, kind: Kind, length: int) -> bytes:
        return bytes(octet | self.kind_bit(kind) for octet in super().header(kind, length))


class CountsCodePoints(Sound):
    """The header of a text states the number of its code points."""

    breaks = ("FRAME-4",)

    def stated_length(self, message: Any, payload: bytes) -> int:
        return len(message)


class LongHeaderAt63(Sound):
    """A payload of 63 octets gets two header octets."""

    breaks = ("FRAME-5",)
    boundary = 63

    def groups(self, length: int) -> list[int]:
        groups = super().groups(length)
        return [*groups, 0] if length == self.boundary else groups


class LongHeaderAt8191(LongHeaderAt63):
    """A payload of 8191 octets gets three header octets."""

    boundary = 8191


class LongHeaderAt1048575(LongHeaderAt63):
    """A payload of 1048575 octets gets four header octets."""

    boundary = 1048575


class HeaderOfThree(Sound):
    """Every header has at least three octets."""

    breaks = ("FRAME-5",)

    def groups(self, length: int) -> list[int]:
        groups = super().groups(length)
        return groups + [0] * (3 - len(groups))


class DropsEmpty(Sound):
    """An empty message is not sent."""

    breaks = ("FRAME-9",)

    def encode(self, message: Any) -> bytes:
        return super().encode(message) if message else b""

    def queue(self, frame: bytes) -> None:
        if frame:
            super().queue(frame)


class SplitsLongMessages(Sound):
    """A message of more than 8191 octets is sent as several frames."""

    breaks = ("FRAME-1", "FRAME-3")

    def encode(self, message: Any) -> bytes:
        kind, payload = self.kind_of(message), self.payload_of(self.kind_of(message), message)
        parts = [payload[at : at + 8191] for at in range(0, len(payload), 8191)] or [b""]
        return b"".join(self.header(kind, len(part)) + part for part in parts)


class SendsTwice(Sound):
    """Every message is sent as two frames, one like the other."""

    breaks = ("FRAME-1", "SEND-1", "FRAME-3", "FRAME-11")

    def encode(self, message: Any) -> bytes:
        return super().encode(message) * 2


class SpaceBehindHeader(Sound):
    """A zero octet stands between header and payload, whose last octet is missing for it."""

    breaks = ("FRAME-1",)

    def payload_of(self, kind: Kind, message: Any) -> bytes:
        payload = super().payload_of(kind, message)
        return b"\0" + payload[:-1] if payload else payload


class SaysGoodbye(Sound):
    """When it is closed, it sends one octet more before it ends."""

    breaks = ("FRAME-11",)

    def close(self) -> None:
        with self.lock:
            if self.cause is None:
                self.queue(b"\x04")
        super().close()
