"""Mutants that get the place of a handshake wrong, and what comes before and behind it."""

from __future__ import annotations

from typing import Any

from conformance.mutants.sound import Sound


class ReadsBeforeReady(Sound):
    """The application may read while the handshake is running."""

    breaks = ("HAND-2",)

    def read(self) -> Any:
        message = self._read()
        return None if message is None else self.postRead(message)


class WritesBeforeReady(Sound):
    """The application may write while the handshake is running."""

    breaks = ("HAND-1", "HAND-2")

    def write(self, *args: Any, **keys: Any) -> None:
        self._write(self.preWrite(*args, **keys))


class ReadyAtOnce(Sound):
    """It is ready while the handshake is still running."""

    breaks = ("HAND-1", "HAND-2")

    def begin_handshake(self) -> None:
        self.complete_handshake = True
        super().begin_handshake()


class HandshakeLast(Sound):
    """What the handshake writes is sent behind what the application writes first."""

    breaks = ("HAND-1", "HAND-7")

    def _write(self, message: Any) -> None:
        self.late_frames: list[bytes]
        if self.complete_handshake:
            super()._write(message)
            for frame in self.__dict__.pop("late_frames", []):
                self.queue(frame)
            self.wake()
        else:
            self.__dict__.setdefault("late_frames", []).append(self.encode(message))


class HandshakeSentBehind(Sound):
    """What the handshake writes is sent when the handshake has completed."""

    breaks = ("HAND-5", "HAND-7")

    def wants_to_send(self) -> bool:
        return super().wants_to_send() and self.complete_handshake

    def shake(self) -> None:
        super().shake()
        self.wake()


class SpeaksSecond(Sound):
    """What the handshake writes is sent when the other side has sent something."""

    breaks = ("HAND-7",)
    spoken_to = False

    def received(self, octets: bytes) -> None:
        self.spoken_to = True
        super().received(octets)

    def wants_to_send(self) -> bool:
        return super().wants_to_send() and (self.complete_handshake or self.spoken_to)


class LosesGlued(Sound):
    """What arrived during the handshake, and the handshake did not take, is lost."""

    breaks = ("HAND-3",)

    def accepts(self, content: bool) -> bool:
        self.inbox.clear()
        return super().accepts(content)


class LosesFirstGlued(Sound):
    """The first message that the handshake did not take is lost."""

    breaks = ("HAND-3",)

    def accepts(self, content: bool) -> bool:
        if self.inbox:
            self.inbox.popleft()
        return super().accepts(content)


class ReversesGlued(Sound):
    """What arrived during the handshake is delivered in the opposite order."""

    breaks = ("HAND-3",)

    def accepts(self, content: bool) -> bool:
        self.inbox.reverse()
        return super().accepts(content)


class HooksHandshakeWrites(Sound):
    """What the handshake writes passes through the write hook."""

    breaks = ("HAND-8",)

    def _write(self, message: Any) -> None:
        super()._write(message if self.complete_handshake else self.preWrite(message))


class HooksHandshakeReads(Sound):
    """What the handshake reads passes through the read hook."""

    breaks = ("HAND-8",)

    def _read(self) -> str | bytes | None:
        message = super()._read()
        if message is None or self.complete_handshake:
            return message
        hooked: str | bytes | None = self.postRead(message)
        return hooked


class NeedsGreeting(Sound):
    """Without a handshake, it is ready when the other side has sent its first message."""

    breaks = ("HAND-9",)

    def begin_handshake(self) -> None:
        super().begin_handshake()
        self.complete_handshake = False

    def deliver(self, message: str | bytes) -> None:
        super().deliver(message)
        if self.shaker is None:
            self.complete_handshake = True


class GreetsUnasked(Sound):
    """Without a handshake, it greets the other side with an empty text."""

    breaks = ("HAND-9", "FRAME-11", "FRAME-1", "FRAME-3")

    def begin_handshake(self) -> None:
        if type(self).handshake is Sound.handshake:
            self._write("")
        super().begin_handshake()


class LosesFirstBehind(Sound):
    """The first message that arrives when the handshake has completed is lost."""

    breaks = ("HAND-3",)
    lost = False

    def take(self) -> str | bytes | None:
        message = super().take()
        if message is None or not self.complete_handshake or self.lost or self.shaker is None:
            return message
        self.lost = True
        return super().take()


class RepeatsHandshake(Sound):
    """What the handshake wrote last is sent once more, behind the first application message."""

    breaks = ("HAND-1",)
    last = b""

    def queue(self, frame: bytes) -> None:
        super().queue(frame)
        if not self.complete_handshake:
            self.last = frame
        elif self.last:
            super().queue(self.last)
            self.last = b""


class OvertakesHandshake(Sound):
    """What the application writes overtakes what the handshake wrote and was not sent yet."""

    breaks = ("HAND-1",)

    def queue(self, frame: bytes) -> None:
        if self.complete_handshake and self.shaker is not None:
            self.outbox.insert(1, memoryview(frame))
        else:
            super().queue(frame)
