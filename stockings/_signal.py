"""What is behind ``fileno()``: a descriptor that is readable while the program should read.

On Linux it is an epoll set with the socket itself in it, so that what arrives wakes a waiting
program without a detour over the I/O thread, and with a descriptor that always is readable, while
messages wait that were received before, or the end does. Half a message shows, too, until somebody
has received it: the program, whose read then returns None, or soon the I/O thread.

Elsewhere, and for TLS, whose octets may be no messages, it is a pair of sockets that is kept in
step with what was received.
"""
from __future__ import absolute_import, division, print_function

import os
import select

from stockings._compat import SOCKET_ERRORS
from stockings._standby import hasStandby
from stockings._waker import Waker


class WokenSignal(object):
    """The pair; every method needs the pump's lock."""

    def __init__(self):
        self._waker = Waker()

    def fileno(self):
        """Return the descriptor."""
        return self._waker.fileno()

    def hold(self):
        """Nothing to do: only what was received shows."""

    def update(self, visible, asks):
        """Show whether something waits for the program; that the socket may be asked, cannot be."""
        self._waker.update(visible)

    def close(self):
        """Give the descriptors back."""
        self._waker.close()


class SocketSignal(object):
    """The set; every method needs the pump's lock."""

    def __init__(self, descriptor):
        self._socket = descriptor
        self._epoll = select.epoll()
        try:
            # The reading end of a pipe without a writing one: always readable, and never read.
            self._always, writing = os.pipe()
            os.close(writing)
        except BaseException:
            self._epoll.close()
            raise
        self._visible = self._asks = False

    def fileno(self):
        """Return the descriptor."""
        return self._epoll.fileno()

    def hold(self):
        """What shows goes on to, while the I/O thread receives it; ``update`` has to follow.

        A program that looks in between would see nothing, and had seen something before.
        """
        if not self._visible and self._epoll.poll(0):
            self._visible = True
            self._show(self._always, True)

    def update(self, visible, asks):
        """Show whether something waits for the program, and whether to show octets that arrive."""
        if visible is not self._visible:
            self._visible = visible
            self._show(self._always, visible)
        if asks is not self._asks:
            self._asks = asks
            self._show(self._socket, asks)

    def _show(self, descriptor, shown):
        try:
            if shown:
                self._epoll.register(descriptor, select.EPOLLIN)
            else:
                self._epoll.unregister(descriptor)  # a mask of 0 would still show a hang-up
        except SOCKET_ERRORS:
            pass  # the program has closed its socket, and is told so by its next call

    def close(self):
        """Give the descriptors back."""
        self._epoll.close()
        os.close(self._always)


def signalOf(descriptor, isTls):
    """Return what is behind ``fileno()`` of a connection."""
    return SocketSignal(descriptor) if hasStandby and not isTls else WokenSignal()
