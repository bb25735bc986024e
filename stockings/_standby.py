"""Who receives when nobody reads: the I/O thread, as soon as it is armed for a socket.

A thread that waits for a message waits for the socket itself and receives on its own: a detour over
the I/O thread would cost two switches of threads. Meanwhile the I/O thread must not wait for the
same octets, and as soon as the reader returns, it must again, since nobody knows when the program
will come back. Telling it so through its waker would be the detour again. So it waits for one more
descriptor, an epoll set, which any thread may change under a waiting one without waking it: the
kernel looks at the socket at the moment of arming, so no octet goes unnoticed in between.

Each arming is good for one event. Nothing can make the I/O thread spin, and an event that comes too
late only has it look at a socket in vain. Sockets are never taken out: closing them does that.

Only Linux has epoll. Elsewhere the I/O thread receives, and wakes the readers.
"""
from __future__ import absolute_import, division, print_function

import errno
import select

from stockings._compat import INTERRUPTED, SOCKET_ERRORS, errnoOf
from stockings._waiters import hasPoll

#: Whether readers can wait for the socket itself.
hasStandby = hasPoll and hasattr(select, "epoll")


class Standby(object):
    """The sockets that the I/O thread watches for others; ``arm`` is for any thread."""

    def __init__(self):
        self._epoll = select.epoll()

    def fileno(self):
        """Return the descriptor that is readable while an armed socket is."""
        return self._epoll.fileno()

    def arm(self, descriptor, armed):
        """Watch a socket for one event, or no longer; return False if the system refuses."""
        mask = select.EPOLLONESHOT | (select.EPOLLIN if armed else 0)
        try:
            self._epoll.modify(descriptor, mask)
        except SOCKET_ERRORS as error:
            if errnoOf(error) != errno.ENOENT:
                return False
            try:
                self._epoll.register(descriptor, mask)
            except SOCKET_ERRORS:
                return False
        return True

    def ready(self):
        """Return the descriptors with an event, which takes it from them."""
        try:
            return [descriptor for descriptor, _ in self._epoll.poll(0)]
        except SOCKET_ERRORS as error:
            if errnoOf(error) in INTERRUPTED:
                return []
            raise

    def close(self):
        """Give the descriptor back."""
        self._epoll.close()
