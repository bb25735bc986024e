"""A socket that does what a script says, and a loop that only remembers."""
from __future__ import absolute_import, division, print_function

import errno
import os
import socket

AGAIN = socket.error(errno.EAGAIN, "later")
INTR = socket.error(errno.EINTR, "a signal came")
RESET = socket.error(errno.ECONNRESET, "reset by peer")
PIPE = socket.error(errno.EPIPE, "broken pipe")
# Windows' own numbers, which `errno` does not have everywhere.
WSA_AGAIN = socket.error(10035, "A non-blocking socket operation could not be completed")
WSA_INTR = socket.error(10004, "A blocking operation was interrupted")
WSA_ABORTED = socket.error(10053, "An established connection was aborted by the software")
WSA_RESET = socket.error(10054, "An existing connection was forcibly closed")
WSA_SHUTDOWN = socket.error(10058, "The socket has been shut down")


class FakeSocket(object):
    """``sends`` and ``recvs`` are scripts: numbers or octets are results, exceptions are raised.

    At the end of a script, sends take everything and recvs say "later".
    """

    def __init__(self, sends=(), recvs=()):
        self.sends = list(sends)
        self.recvs = list(recvs)
        self.sent = b""
        self.calls = []
        # A real descriptor, so that whoever wants to wait for it can.
        self._descriptor = os.open(os.devnull, os.O_RDONLY)

    def fileno(self):
        """A descriptor of its own."""
        return self._descriptor

    def send(self, data, flags=0):
        """Take as much as the script says."""
        step = self.sends.pop(0) if self.sends else len(data)
        self.calls.append("send")
        if isinstance(step, Exception):
            raise step
        data = memoryview(data)[:step].tobytes()
        self.sent += data
        return len(data)

    def recv(self, size):
        """Give what the script says."""
        self.calls.append("recv")
        step = self.recvs.pop(0) if self.recvs else AGAIN
        if isinstance(step, Exception):
            raise step
        assert len(step) <= size
        return step

    def recv_into(self, room):
        """Put there what the script says."""
        data = self.recv(len(room))
        room[:len(data)] = data
        return len(data)

    def shutdown(self, how):
        """Remember that the stream was ended."""
        assert how == socket.SHUT_WR
        self.calls.append("shutdown")

    def close(self):
        """Remember the close."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
            self.calls.append("close")


class FakeLoop(object):
    """Remembers which pumps were nudged."""

    stopped = isHere = False
    standby = None

    def __init__(self):
        self.nudged = []

    def nudge(self, pump):
        """Remember it."""
        self.nudged.append(pump)
