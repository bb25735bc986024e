"""Libraries with a defect that shows only when several things come together."""

from __future__ import annotations

from conformance.mutants.sound import Sound


class TurnsCutBytes(Sound):
    """Delivers bytes of 64 octets and more back to front if their header came in two pieces."""

    pieces = 0

    def feed(self, octets: bytes) -> None:
        if self.payload is None:
            self.pieces += 1
        super().feed(octets)

    def deliver(self, message: str | bytes) -> None:
        # The last piece of the header began the payload, so one piece is a whole header.
        if isinstance(message, bytes) and len(message) >= 64 and self.pieces > 1:
            message = message[::-1]
        self.pieces = 0
        super().deliver(message)
