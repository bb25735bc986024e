"""A descriptor that any thread can make readable: a socket pair with at most a few octets in it.

A pair of sockets and not a pipe, because Windows can only wait for sockets.
"""
from __future__ import absolute_import, division, print_function

from stockings._compat import QUIETLY, SOCKET_ERRORS, socketpair


class Waker(object):
    """Readable after ``set`` until ``clear``. ``set`` needs no lock, ``clear`` has one caller.

    However often it is set, one octet is written. The flag goes up before the octet is sent and
    down after the octets were taken, so that a ``set`` that comes in between is either seen by the
    caller of ``clear``, who looks at the state afterwards, or leaves an octet behind.
    """

    def __init__(self):
        self._near, self._far = socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)
        self.isSet = False

    def fileno(self):
        """Return the descriptor to wait for."""
        return self._near.fileno()

    def set(self):
        """Make the descriptor readable. Does nothing once closed."""
        if not self.isSet:
            try:
                self._send()
            except BaseException:  # of a signal handler, maybe with the flag up and nothing sent
                self._send()
                raise

    def _send(self):
        self.isSet = True
        try:
            self._far.send(b"\0", QUIETLY)
        except SOCKET_ERRORS:
            pass  # closed, or so full that it is readable anyhow

    def clear(self):
        """Make the descriptor quiet."""
        try:
            self._near.recv(64)
        except SOCKET_ERRORS:
            pass  # set, but its octet is still on the way: it will wake once more for nothing
        self.isSet = False

    def update(self, readable):
        """Set or clear as told; for callers under one lock."""
        if readable:
            self.set()
        elif self.isSet:
            self.clear()

    def close(self):
        """Give both descriptors back."""
        self.isSet = True  # so that a late set() does not touch them
        self._near.close()
        self._far.close()
