"""Mutants that read headers wrong, and with them lengths and kinds."""

from __future__ import annotations

from conformance.mutants.coding import HEADER_LIMIT, Malformed
from conformance.mutants.sound import Sound

#: How a wrong length of a received message shows: as such, and as messages that are others.
MISREAD = ("FRAME-15", "STREAM-1", "STREAM-2")


class ReadsFiveLowBits(Sound):
    """Of the first header octet, only 5 bits count for the length."""

    breaks = MISREAD

    def value_in(self, octet: int, count: int) -> int:
        return octet & 0x1F if count == 1 else super().value_in(octet, count)


class ReadsMostSignificantFirst(Sound):
    """The further header octets are read with the most significant group first."""

    breaks = MISREAD

    def value_in(self, octet: int, count: int) -> int:
        if count > 2:
            self.length += (self.length >> 6) * 0x7F << 6
        return super().value_in(octet, min(count, 2))


class ShiftsBySevenFirst(Sound):
    """The second header octet counts as if the first one had held 7 bits."""

    breaks = MISREAD

    def shift(self, count: int) -> int:
        return super().shift(count) + 1


class ShiftsTooFarLater(Sound):
    """From the third header octet on, each is shifted by one bit too many."""

    breaks = MISREAD

    def shift(self, count: int) -> int:
        return super().shift(count) + (count > 2)


class ReadsTwoHeaderOctets(Sound):
    """A header has no more than two octets; what follows is payload."""

    breaks = (*MISREAD, "FRAME-6")

    def ends_header(self, octet: int, count: int) -> bool:
        return count == 2 or super().ends_header(octet, count)


class RefusesLongHeaders(Sound):
    """A header that is longer than the shortest one counts as malformed."""

    breaks = ("FRAME-6",)

    def ends_header(self, octet: int, count: int) -> bool:
        if count > 1 and octet == 0x80:
            raise Malformed("not the shortest header")
        return super().ends_header(octet, count)


class RefusesTenHeaderOctets(Sound):
    """A tenth header octet counts as malformed."""

    breaks = ("FRAME-6",)

    def check_count(self) -> None:
        if self.count >= HEADER_LIMIT:
            raise Malformed("a tenth header octet")


class ReadsEndlessHeaders(Sound):
    """Header octets are taken for as long as they come."""

    breaks = ("FRAME-7",)

    def check_count(self) -> None:
        pass


class ReadsElevenHeaderOctets(Sound):
    """An eleventh header octet is taken, and only a twelfth is refused."""

    breaks = ("FRAME-7",)

    def check_count(self) -> None:
        if self.count > HEADER_LIMIT + 1:
            raise Malformed("a twelfth header octet")


class KindFromLastHeaderOctet(Sound):
    """The kind is read from the last header octet."""

    breaks = ("FRAME-10", "FRAME-6")

    def has_kind(self, count: int) -> bool:
        return True


class ReadsKindInverted(Sound):
    """Text is delivered as bytes, and bytes that can be are delivered as text."""

    breaks = ("FRAME-10",)

    def deliver(self, message: str | bytes) -> None:
        if isinstance(message, str):
            super().deliver(message.encode("utf-8"))
        else:
            super().deliver(message.decode("utf-8", "replace"))


class TextAsBytes(Sound):
    """Everything is delivered as bytes."""

    breaks = ("FRAME-10",)

    def deliver(self, message: str | bytes) -> None:
        super().deliver(message.encode("utf-8") if isinstance(message, str) else message)


class GuessesKind(Sound):
    """Bytes that happen to be UTF-8 are delivered as text."""

    breaks = ("FRAME-10",)

    def deliver(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            try:
                message = self.text_of(message)
            except UnicodeDecodeError:
                pass
        super().deliver(message)


class SkipsEmpty(Sound):
    """A frame of length zero is not delivered."""

    breaks = ("FRAME-8",)

    def deliver(self, message: str | bytes) -> None:
        if message:
            super().deliver(message)


class EmptyIsText(Sound):
    """A frame of length zero is delivered as an empty text, whatever its kind."""

    breaks = ("FRAME-8",)

    def deliver(self, message: str | bytes) -> None:
        super().deliver(message or "")
