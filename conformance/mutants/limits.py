"""Mutants that get long messages, and the lengths that headers declare, wrong."""

from __future__ import annotations

from conformance.mutants.coding import TooLong
from conformance.mutants.sound import Heeding, Sound

#: A limit that a good endpoint may have: no case sends as much, some declare more.
LIMIT = 1 << 30
#: What a careless receiver allocates at most: enough to be seen, and to be had on any machine.
GREED = 1 << 28


class Limited(Sound):
    """Refuses messages of more than 2^30 octets, in the way that SPEC.md asks for: no mutant."""

    limit = LIMIT

    def check_length(self) -> None:
        if self.length > self.limit:
            raise TooLong


class Modest(Heeding):
    """Takes nothing more while a message is unread, as STREAM-6 lets it: no mutant."""

    def wants_to_receive(self) -> bool:
        return super().wants_to_receive() and not self.inbox


class RefusesOneMebibyte(Limited):
    """A message of 1048576 octets is too long for it."""

    breaks = ("FRAME-14",)
    limit = 1048575


class RefusesThirtyTwoKibibytes(Limited):
    """A message of more than 32767 octets is too long for it."""

    breaks = ("FRAME-14",)
    limit = 32767


class RefusalDropsUnread(Limited):
    """When it refuses a message for its length, it drops what came before and was not read."""

    breaks = ("FRAME-13",)

    def too_long(self) -> None:
        self.forget_unread()
        super().too_long()


class RefusalLooksClean(Limited):
    """A message refused for its length looks like a clean end to the application."""

    breaks = ("FRAME-13",)

    def too_long(self) -> None:
        self.drop("the other side ended")


class LengthOf32Bits(Sound):
    """A declared length is cut down to 32 bits."""

    breaks = ("FRAME-15",)
    mask = 0xFFFFFFFF

    def value_in(self, octet: int, count: int) -> int:
        self.length &= self.mask
        return super().value_in(octet, count) & self.mask


class LengthOf64Bits(LengthOf32Bits):
    """A declared length is cut down to 64 bits."""

    mask = 0xFFFFFFFFFFFFFFFF


class LengthOf31Bits(LengthOf32Bits):
    """A declared length is cut down to 31 bits."""

    mask = 0x7FFFFFFF


class AllocatesDeclared(Sound):
    """Memory for a payload is taken as soon as its length is declared."""

    breaks = ("STREAM-4",)

    def room(self) -> bytearray:
        self.reserved = b"\xff" * min(self.length, GREED)
        return super().room()
