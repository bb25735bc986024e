"""Implementations of nothing: what they pass, a case has not tested.

Each has the documented API, and claims every feature that it can be asked for, so that no case is
spared. None of them is meant to be found out by a special case: no case at all may pass on one.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any


class NeverReads:
    """Accepts every connection and every write, and never takes an octet out of its socket."""

    handshakeComplete = True
    active = True
    closeCause: str | None = None

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        sock.setblocking(False)

    def handshake(self) -> bool:
        """Is not called."""
        return True

    def preWrite(self, message: Any) -> Any:
        """Is not called."""
        return message

    def postRead(self, message: Any) -> Any:
        """Is not called."""
        return message

    def write(self, *args: Any, **keys: Any) -> None:
        """Accept everything."""

    _write = write

    def read(self) -> Any:
        """Deliver nothing."""
        return None

    _read = read

    def writeDataQueued(self) -> bool:
        """Say that everything was sent."""
        return False

    def fileno(self) -> int:
        """Return the socket's descriptor."""
        return self.sock.fileno()

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()

    abort = close


class ClosesAtOnce(NeverReads):
    """Closes the connection as soon as it has it."""

    handshakeComplete = False
    active = False
    closeCause = "closed"

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        sock.close()

    def write(self, *args: Any, **keys: Any) -> None:
        """Refuse everything."""
        raise EOFError("closed")

    _write = write


class Threaded(NeverReads):
    """Looks after its socket in a thread, until the end of the stream."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        sock.setblocking(True)
        self.thread = threading.Thread(target=self.run, name="null-io", daemon=True)
        self.thread.start()

    def run(self) -> None:
        """Take what comes until the end."""
        with contextlib.suppress(OSError):
            while octets := self.sock.recv(1 << 16):
                self.took(octets)

    def took(self, octets: bytes) -> None:
        """Do something with octets that came."""
        raise NotImplementedError

    def close(self) -> None:
        """End the thread, and close the socket."""
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()

    abort = close


class EchoesOctets(Threaded):
    """Sends back the very octets that it gets, as `cat` does."""

    def took(self, octets: bytes) -> None:
        """Send them back."""
        self.sock.sendall(octets)


class SaysItIsOver(NeverReads):
    """Says that the other side has ended as soon as it is asked."""

    active = False
    closeCause = "the other side ended"


class Silent(Threaded):
    """Takes all octets that come, sends nothing, and delivers nothing."""

    def took(self, octets: bytes) -> None:
        """Forget them."""
