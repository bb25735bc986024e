"""Mutants that depend on where the transport cuts and joins, or lose and repeat messages."""

from __future__ import annotations

from conformance.mutants.coding import Malformed
from conformance.mutants.sound import Sound


class NeedsWholeHeader(Sound):
    """A header that does not arrive in one piece is begun anew."""

    breaks = ("STREAM-1",)

    def feed(self, octets: bytes) -> None:
        if self.payload is None:
            self.anew()
        super().feed(octets)


class NeedsWholeFrame(Sound):
    """Only a frame that arrives in one piece is delivered."""

    breaks = ("STREAM-1",)

    def feed(self, octets: bytes) -> None:
        self.anew()
        super().feed(octets)


class DecodesEachPiece(Sound):
    """A text is decoded piece by piece, so that a cut inside a code point counts as malformed."""

    breaks = ("STREAM-1",)

    def payload_came(self, octets: bytes) -> None:
        if self.kind == "text":
            self.content_of("text", octets)
        super().payload_came(octets)


class DropsBehindMessage(Sound):
    """What arrives in one piece with a message, behind it, is dropped."""

    breaks = ("STREAM-1", "STREAM-2")

    def feed(self, octets: bytes) -> None:
        for at in range(len(octets)):
            before = len(self.inbox)
            super().feed(octets[at : at + 1])
            if len(self.inbox) > before:
                return


class OneMessageEachPiece(Sound):
    """Of several messages in one piece, the first is delivered at once and the others later."""

    breaks = ("STREAM-5", "STREAM-1", "STREAM-2")
    held = b""

    def feed(self, octets: bytes) -> None:
        octets, self.held = self.held + octets, b""
        before = len(self.inbox)
        for at in range(len(octets)):
            super().feed(octets[at : at + 1])
            if len(self.inbox) > before:
                self.held = octets[at + 1 :]
                return


class DropsSecondHalf(Sound):
    """The octets of a payload that come with its header are lost when more of it follows."""

    breaks = ("STREAM-1",)

    def feed(self, octets: bytes) -> None:
        began = self.inside
        super().feed(octets)
        if not began and self.payload is not None and len(self.payload) < self.length:
            self.payload.clear()


class DeliversOneLate(Sound):
    """A message is delivered when the first octet of the next one arrives."""

    breaks = ("STREAM-5",)
    held: str | bytes | None = None

    def deliver(self, message: str | bytes) -> None:
        self.held = message

    def header_octet_came(self, octet: int) -> None:
        if self.held is not None:
            super().deliver(self.held)
            self.held = None
        super().header_octet_came(octet)

    def stream_ended(self) -> None:
        if self.held is not None:
            super().deliver(self.held)
        super().stream_ended()


class DeliversEmptyLate(DeliversOneLate):
    """An empty message is delivered when the first octet of the next one arrives."""

    def deliver(self, message: str | bytes) -> None:
        if message:
            Sound.deliver(self, message)
        else:
            super().deliver(message)


class DeliversPartAtEnd(Sound):
    """When the stream ends inside a payload, what has come of it is delivered."""

    breaks = ("STREAM-3",)

    def stream_ended(self) -> None:
        if self.payload:
            self.deliver(bytes(self.payload))
        super().stream_ended()


class DeliversPartAtReset(Sound):
    """When the connection is reset inside a payload, what has come of it is delivered."""

    breaks = ("STREAM-3",)

    def reset(self) -> None:
        if self.payload:
            self.deliver(bytes(self.payload))
        super().reset()


class DeliversPieces(Sound):
    """A message is delivered piece by piece, as it arrives."""

    breaks = ("STREAM-3", "STREAM-1")

    def payload_came(self, octets: bytes) -> None:
        super().payload_came(octets)
        assert self.payload is not None
        if len(self.payload) < self.length:
            self.deliver(octets if self.kind == "bytes" else octets.decode("utf-8", "ignore"))
            self.length -= len(self.payload)
            self.payload.clear()


class DeliversTwice(Sound):
    """Every message is delivered twice."""

    breaks = ("STREAM-2", "STREAM-1")

    def deliver(self, message: str | bytes) -> None:
        super().deliver(message)
        super().deliver(message)


class NewestFirst(Sound):
    """Of the messages that are there, the newest is read first."""

    breaks = ("STREAM-2", "STREAM-1")

    def take(self) -> str | bytes | None:
        return self.inbox.pop() if self.inbox else super().take()


class DropsRepeated(Sound):
    """A message that equals the one before it is not delivered."""

    breaks = ("STREAM-2", "STREAM-1")
    before: str | bytes | None = None

    def deliver(self, message: str | bytes) -> None:
        if message != self.before:
            super().deliver(message)
        self.before = message


class KeepsSixteen(Sound):
    """While sixteen messages are unread, the oldest makes room for the next one."""

    breaks = ("STREAM-2",)

    def deliver(self, message: str | bytes) -> None:
        super().deliver(message)
        while len(self.inbox) > 16:
            self.inbox.popleft()


class TextsFirst(Sound):
    """Unread texts are read before unread bytes."""

    breaks = ("STREAM-2", "STREAM-1", "FRAME-10")

    def take(self) -> str | bytes | None:
        for at, message in enumerate(self.inbox):
            if isinstance(message, str):
                del self.inbox[at]
                return message
        return super().take()


class KeepsLength(Sound):
    """The length of an empty frame's successor is added to that of the frame before it."""

    breaks = ("FRAME-8", "STREAM-2", "FRAME-15")
    last = 0

    def complete(self) -> None:
        empty, length = not self.payload, self.last
        self.last = self.length
        super().complete()
        self.length = length if empty else 0


class LosesLast(Sound):
    """When the stream ends, the last message that nobody has read yet is lost."""

    breaks = ("END-3", "STREAM-2")

    def stream_ended(self) -> None:
        if self.inbox:
            self.inbox.pop()
        super().stream_ended()


class SwallowsLoneOctet(Sound):
    """A piece of a single octet that is not the last of a message ends the connection."""

    breaks = ("STREAM-1",)

    def feed(self, octets: bytes) -> None:
        super().feed(octets)
        if len(octets) == 1 and self.inside:
            raise Malformed("a lone octet")
