"""Mutants that get sending wrong: short sends, order, and being held up."""

from __future__ import annotations

from typing import Any

from conformance.mutants.sound import Heeding, Sound

#: Seconds between two looks of one that waits for its queue to be empty.
LOOK = 0.001


class IgnoresShortSend(Sound):
    """What the transport did not take of a frame is lost."""

    breaks = ("SEND-2",)

    def sent(self, taken: int) -> None:
        self.outbox.popleft()


class BeginsAnew(Sound):
    """A frame of which the transport took a part is sent once more from its beginning."""

    breaks = ("SEND-2",)
    part = 0

    def sent(self, taken: int) -> None:
        if taken == len(self.outbox[0]) or self.part:
            self.part = 0
            super().sent(taken)
        else:
            self.part = taken


class SkipsOctet(Sound):
    """Behind a part that the transport took, one octet is left out."""

    breaks = ("SEND-2",)

    def sent(self, taken: int) -> None:
        super().sent(min(taken + 1, len(self.outbox[0])))


class RepeatsOctet(Sound):
    """The last octet that the transport took of a part is sent again."""

    breaks = ("SEND-2",)

    def sent(self, taken: int) -> None:
        super().sent(taken if taken == len(self.outbox[0]) else taken - 1)


class GivesUpWhenFull(Sound):
    """When the transport takes no more, the rest of the queue is dropped."""

    breaks = ("SEND-2",)

    def hand_over(self, octets: memoryview) -> int:
        try:
            return super().hand_over(octets)
        except BlockingIOError:
            self.outbox.clear()
            raise


class NewestFirst(Sound):
    """Of the frames that are queued, the newest is sent first."""

    breaks = ("SEND-1",)
    begun = False

    def sent(self, taken: int) -> None:
        self.begun = taken < len(self.outbox[0])
        super().sent(taken)

    def queue(self, frame: bytes) -> None:
        self.outbox.insert(1 if self.begun else 0, memoryview(frame))


class Interleaves(Sound):
    """When the transport takes a part of a frame, the next frame in the queue goes on."""

    breaks = ("SEND-1", "SEND-2")

    def sent(self, taken: int) -> None:
        cut = taken < len(self.outbox[0])
        super().sent(taken)
        if cut:
            self.outbox.rotate(-1)


class ShortFirst(Sound):
    """Short messages overtake the long ones in the queue."""

    breaks = ("SEND-1",)

    def queue(self, frame: bytes) -> None:
        begun, rest = list(self.outbox)[:1], list(self.outbox)[1:]
        self.outbox.clear()
        self.outbox.extend([*begun, *sorted([*rest, memoryview(frame)], key=len)])


class DeafWhileSending(Sound):
    """Nothing is received while something is queued."""

    breaks = ("SEND-3",)

    def wants_to_receive(self) -> bool:
        return super().wants_to_receive() and not self.outbox


class WritesBlocking(DeafWhileSending):
    """A write waits until the transport has taken all of it, and nothing is received meanwhile."""

    def _write(self, message: Any) -> None:
        super()._write(message)
        while self.outbox and self.cause is None:
            self.finished.wait(LOOK)


class MuteWhileUnread(Heeding):
    """Nothing is sent while messages are unread."""

    breaks = ("SEND-4",)

    def wants_to_send(self) -> bool:
        return super().wants_to_send() and not self.inbox


class BlocksWhileUnread(MuteWhileUnread):
    """A write waits until it is sent, and nothing is sent while messages are unread."""

    def _write(self, message: Any) -> None:
        super()._write(message)
        while self.outbox and self.cause is None:
            self.finished.wait(LOOK)


class SendsWhenCalled(Sound):
    """What is written goes out when something is received, or something else is written."""

    breaks = ("SEND-6",)

    def _write(self, message: Any) -> None:
        self.send()
        super()._write(message)

    def wants_to_send(self) -> bool:
        return False

    def received(self, octets: bytes) -> None:
        super().received(octets)
        self.send()

    def done(self) -> bool:
        with self.lock:
            if self.cause is not None:
                self.send()
            return super().done()


class SendsWhenReceiving(SendsWhenCalled):
    """What is written goes out when something is received, and not before."""

    def _write(self, message: Any) -> None:
        Sound._write(self, message)


class ForgetsTail(Sound):
    """The rest of a frame that the transport took in part waits until something else is written."""

    breaks = ("SEND-6", "SEND-2")
    held = False

    def hand_over(self, octets: memoryview) -> int:
        try:
            taken = super().hand_over(octets)
            self.held = taken < len(octets)
        except BlockingIOError:
            self.held = True
            raise
        return taken

    def queue(self, frame: bytes) -> None:
        self.held = False
        super().queue(frame)

    def wants_to_send(self) -> bool:
        return super().wants_to_send() and not self.held


class HoldsLastOctet(Sound):
    """The last octet of a frame goes out with the next frame."""

    breaks = ("SEND-6",)
    kept = b""

    def queue(self, frame: bytes) -> None:
        super().queue(self.kept + frame[:-1])
        self.kept = frame[-1:]

    def end_stream(self) -> None:
        if self.kept:
            super().queue(self.kept)
            self.kept = b""
            self.send()
        super().end_stream()
