"""Mutants that break what a library promises to the programs that use it."""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from conformance.mutants.sound import Sound

#: Seconds that a read of one of these waits: as long as a person waits, and no longer.
WAITS = 1.0


class ReadRaises(Sound):
    """A read raises an error when no message is there."""

    breaks = ("API-1",)

    def read(self) -> Any:
        message = super().read()
        if message is None and self.active:
            raise LookupError("no message yet")
        return message


class ReadWaits(Sound):
    """A read waits for a message that is not there yet."""

    breaks = ("API-1",)

    def read(self) -> Any:
        message = super().read()
        if message is None and self.active:
            self.finished.wait(WAITS)
            message = super().read()
        return message


class ReadAnswersEmpty(Sound):
    """A read answers an empty text when no message is there."""

    breaks = ("API-1",)

    def read(self) -> Any:
        message = super().read()
        return "" if message is None and self.active else message


class WritesIntoNothing(Sound):
    """A write after the end is accepted, and dropped."""

    breaks = ("API-2",)

    def refuse_write(self) -> None:
        pass


class SetsNoDelay(Sound):
    """The socket's TCP_NODELAY is set."""

    breaks = ("API-3",)
    option = (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def configure(self, sock: socket.socket) -> None:
        super().configure(sock)
        sock.setsockopt(*self.option)


class SetsKeepAlive(SetsNoDelay):
    """The socket's SO_KEEPALIVE is set."""

    option = (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


class SetsSendBuffer(SetsNoDelay):
    """The socket gets a large buffer for sending."""

    option = (socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 18)


class SetsLinger(Sound):
    """The socket is told to linger."""

    breaks = ("API-3",)

    def configure(self, sock: socket.socket) -> None:
        super().configure(sock)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\5\0\0\0")


class InactiveWhileUnread(Sound):
    """It is not active any more once the other side has ended, though messages are unread."""

    breaks = ("API-4",)

    @property
    def active(self) -> bool:
        return super().active and not self.far_end


class ActiveForEver(Sound):
    """It stays active behind the end of the connection, until it is closed."""

    breaks = ("API-4",)

    @property
    def active(self) -> bool:
        return super().active or not self.local


class ActiveBehindClose(Sound):
    """It stays active when it has been closed here."""

    breaks = ("API-4",)

    @property
    def active(self) -> bool:
        return super().active or self.cause == "closed"


class SkipsWriteHook(Sound):
    """What the application writes does not pass through the write hook."""

    breaks = ("API-5",)

    def write(self, *args: Any, **keys: Any) -> None:
        self.require_ready()
        self._write(*args)


class SkipsReadHook(Sound):
    """What the application reads does not pass through the read hook."""

    breaks = ("API-5",)

    def read(self) -> Any:
        self.require_ready()
        return self._read()


class WriteHookTwice(Sound):
    """What the application writes passes through the write hook twice."""

    breaks = ("API-5",)

    def write(self, *args: Any, **keys: Any) -> None:
        super().write(self.preWrite(*args, **keys))


class ReadHookTwice(Sound):
    """What the application reads passes through the read hook twice."""

    breaks = ("API-5",)

    def read(self) -> Any:
        message = super().read()
        return None if message is None else self.postRead(message)


class HooksTextOnly(Sound):
    """Only texts of up to 63 octets pass through the write hook."""

    breaks = ("API-5",)

    def write(self, *args: Any, **keys: Any) -> None:
        self.require_ready()
        short = len(args[0]) < 64
        self._write(self.preWrite(*args, **keys) if short else args[0])


class BytesAsBytearray(Sound):
    """Bytes are returned as an array that can be changed."""

    breaks = ("API-7",)

    def read(self) -> Any:
        message = super().read()
        return bytearray(message) if isinstance(message, bytes) else message


class TextInOctets(Sound):
    """A text is returned in UTF-8."""

    breaks = ("API-7", "FRAME-10")

    def read(self) -> Any:
        message = super().read()
        return message.encode("utf-8") if isinstance(message, str) else message


class OffersSocket(Sound):
    """The descriptor to wait on is that of the socket."""

    breaks = ("API-8", "API-9")

    def fileno(self) -> int:
        return self.sock.fileno()


class RingsOnce(Sound):
    """The descriptor to wait on is readable for the first of several messages only."""

    breaks = ("API-8",)

    def take(self) -> str | bytes | None:
        message = super().take()
        with contextlib.suppress(OSError):
            self.bell.recv(1)
        return message


class AlwaysRings(Sound):
    """The descriptor to wait on is readable all the time."""

    breaks = ("API-9",)

    def ring(self) -> None:
        if not self.rung:
            self.bell_rope.send(b"!")
        self.rung = True

    def configure(self, sock: socket.socket) -> None:
        super().configure(sock)
        self.ring()


class RingsForPieces(Sound):
    """The descriptor to wait on is readable as soon as a part of a message has arrived."""

    breaks = ("API-9",)

    def ring(self) -> None:
        if self.inside and not self.rung:
            self.bell_rope.send(b"!")
            self.rung = True
        elif not self.inside:
            super().ring()


class NothingQueued(Sound):
    """It says that nothing waits to be sent, whatever does."""

    breaks = ("API-10",)

    def writeDataQueued(self) -> bool:
        return False


class EverQueued(Sound):
    """Once something was written, it says that something waits to be sent."""

    breaks = ("API-10",)
    written = False

    def queue(self, frame: bytes) -> None:
        self.written = True
        super().queue(frame)

    def writeDataQueued(self) -> bool:
        return self.written
