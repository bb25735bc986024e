"""Waiting on several sockets at once, and being woken: what a thread of the harness sleeps on.

`selectors` has no word for "only tell me of trouble", and a relay that does not read a side for the
moment must still learn that it was reset; so this stands on `poll` itself, or on `select` where
there is nothing else.
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
from collections.abc import Mapping


class Bell:
    """Wakes a thread from another one. `ring` is thread-safe and never waits or fails."""

    def __init__(self) -> None:
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._far.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor that becomes readable."""
        return self._near.fileno()

    def ring(self) -> None:
        """Wake the thread that waits, or that will wait next."""
        with contextlib.suppress(OSError):  # it rings already, or nobody is left to hear it
            self._far.send(b"!")

    def hush(self) -> None:
        """Forget the ringing so far."""
        with contextlib.suppress(BlockingIOError):
            while self._near.recv(4096):
                pass

    def close(self) -> None:
        """Close both descriptors. Idempotent."""
        self._near.close()
        self._far.close()


class Watch:
    """Waits for sockets and for a bell. For one thread; needs no descriptor of its own."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._poll = select.poll() if hasattr(select, "poll") else None
        self._masks: dict[int, int] = {}

    def wait(
        self, wanted: Mapping[socket.socket, tuple[bool, bool]], seconds: float | None
    ) -> dict[socket.socket, bool]:
        """Wait until something happens or the time (None: no limit) is over.

        `wanted` says of each socket whether to wait until it can be read, and written. Returns the
        sockets with an event; the value is True if it is trouble: an error, or a hang-up on a
        socket that was not to be read. The bell ends the waiting, and is hushed.
        """
        happened = (self._by_poll if self._poll else self._by_select)(wanted, seconds)
        if self._bell.fileno() in happened:
            self._bell.hush()
        return {sock: happened[sock.fileno()] for sock in wanted if sock.fileno() in happened}

    def _by_poll(
        self, wanted: Mapping[socket.socket, tuple[bool, bool]], seconds: float | None
    ) -> dict[int, bool]:
        assert self._poll is not None
        masks = {
            sock.fileno(): read * select.POLLIN | write * select.POLLOUT
            for sock, (read, write) in wanted.items()
        }
        masks[self._bell.fileno()] = select.POLLIN
        if masks != self._masks:
            for descriptor in self._masks.keys() - masks.keys():
                self._poll.unregister(descriptor)
            for descriptor, mask in masks.items():
                self._poll.register(descriptor, mask)
            self._masks = masks
        events = self._poll.poll(None if seconds is None else math.ceil(seconds * 1000))
        return {
            descriptor: bool(event & (select.POLLERR | select.POLLNVAL))
            or (bool(event & select.POLLHUP) and not masks[descriptor] & select.POLLIN)
            for descriptor, event in events
        }

    def _by_select(
        self, wanted: Mapping[socket.socket, tuple[bool, bool]], seconds: float | None
    ) -> dict[int, bool]:
        reading = [sock.fileno() for sock, (read, _) in wanted.items() if read]
        writing = [sock.fileno() for sock, (_, write) in wanted.items() if write]
        # Windows reports a connection that could not be made among the exceptions.
        found = select.select([*reading, self._bell.fileno()], writing, writing, seconds)
        return {descriptor: descriptor in found[2] for some in found for descriptor in some}
