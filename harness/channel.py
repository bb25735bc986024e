"""A non-blocking socket that remembers: what went over it, in which frames, and how it ended.

This is the lower half of the tester: single steps, none of which waits except `ready`. Not
thread-safe.
"""

from __future__ import annotations

import selectors
import socket

from harness import sockets
from harness.clock import Deadline
from harness.codec import FrameReader, Parsed
from harness.kernel import Address
from harness.schedule import Ending
from harness.wirelog import Log


class Channel:
    """One connected socket and its memory.

    `raw`: every octet received; `reader` has read all of them, `frames` are those that it found.
    `sent`: how many octets our kernel has taken. `end`: how the far end has ended the connection,
    as far as we have read, None if it has not. `log`: everything in order.
    """

    def __init__(self, sock: socket.socket, remote: Address) -> None:
        sockets.connected(sock)
        self._socket = sock
        self.local: Address = sock.getsockname()[:2]
        self.remote: Address = remote
        self.reader = FrameReader()
        self.raw = bytearray()
        self.frames: list[Parsed] = []
        self.sent = 0
        self.end: Ending | None = None
        self.log = Log()
        self._was_reset = False
        self._selector = sockets.Selector()
        self._watched = selectors.EVENT_READ
        self._selector.register(sock, self._watched)

    def give(self, view: memoryview, chunk: int | None = None) -> int:
        """Offer octets to our kernel; return how many it took, 0 if it has no room now.

        ConnectionError if the far end does not take any more.
        """
        try:
            taken = self._socket.send(view)
        except BlockingIOError:
            return 0
        except ConnectionError as error:
            # A broken pipe is a FIN that we have yet to read, and then the refusal of our octets.
            # After a reset, reading would show a plain end only, so it has to be remembered.
            self._was_reset = self._was_reset or not isinstance(error, BrokenPipeError)
            raise
        self.log.octets("sent", self.sent, view[:taken], chunk)
        self.sent += taken
        return taken

    def take(self, most: int) -> bool:
        """Read once, at most so many octets; say whether that brought octets or the end."""
        if self.end is not None:
            return False
        try:
            octets = self._socket.recv(most)
        except BlockingIOError:
            return False
        except ConnectionError:
            self._was_reset = True
            octets = b""
        if octets:
            self.log.octets("received", len(self.raw), octets)
            self.raw += octets
            self.frames += self.reader.feed(octets)
        else:
            self.end = "reset" if self._was_reset else "fin"
            self.log.note("received", self.end, len(self.raw))
        return True

    def ready(self, deadline: Deadline, *, read: bool = False, write: bool = False) -> bool:
        """Wait until the socket may be read or written; False when the time was over first."""
        events = (selectors.EVENT_READ if read else 0) | (selectors.EVENT_WRITE if write else 0)
        if events != self._watched:
            self._selector.modify(self._socket, events)
            self._watched = events
        return sockets.ready(self._selector, deadline)

    def finish(self) -> None:
        """End our sending direction (FIN); OSError if there is no connection any more."""
        self._socket.shutdown(socket.SHUT_WR)
        self.log.note("sent", "fin", self.sent)

    def reset(self) -> None:
        """Close with a reset (RST)."""
        self.log.note("sent", "reset", self.sent)
        sockets.reset(self._socket)
        self._selector.close()

    def close(self) -> None:
        """Close the socket. Idempotent."""
        self._socket.close()
        self._selector.close()
