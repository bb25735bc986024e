"""A small endpoint with the documented API that keeps every clause: what the mutants are made from.

It is written from SPEC.md, runs on modern Python with the standard library alone, and shares no
line with the reference library: a case that only the reference can pass is found out by this one.
It is slow and simple: one thread per connection moves all octets, and every step that a clause
speaks of is a method of its own, so that a mutant is a few lines.
"""

from __future__ import annotations

import math
import os
import socket
import threading
import time
from typing import Any, ClassVar

from conformance.mutants.moving import LINGER, Moving

#: The setting for how long a written message may wait, and what holds where it is not set.
INTERVAL, USUAL = "STOCKING_SELECT_SEND_INTERVAL", 0.5


class NotReady(Exception):
    """The handshake has not completed, so the application may not read or write."""


class Over(Exception):
    """The connection has ended, so nothing more can be written."""


class Sound(Moving):
    """One connection. Public names are those of the documented API; every method is thread-safe.

    `breaks` names the clauses through which cases must find a mutant out; this class breaks none.
    """

    breaks: ClassVar[tuple[str, ...]] = ()

    def __init__(self, sock: socket.socket) -> None:
        # Nothing written waits here, so that any time will do.
        self.interval = self.checked(self.set_interval())
        self.local = self.complete_handshake = self.starved = False
        self.shaker: threading.Thread | None = None
        super().__init__(sock)
        self.begin_handshake()

    # --- the interval

    def set_interval(self) -> str | None:
        """Return what is set."""
        return os.environ.get(INTERVAL)

    def checked(self, given: str | None) -> float:
        """Return a setting in seconds; raises ValueError for one that is of no use."""
        try:
            interval = USUAL if given is None else float(given)
        except ValueError:
            interval = math.nan
        if not 0 <= interval < math.inf:
            raise ValueError(self.complaint(given))
        return interval

    def complaint(self, given: str | None) -> str:
        """Say what is wrong with a setting."""
        return f"{INTERVAL} has to be a number of seconds, not {given!r}"

    # --- the handshake

    def handshake(self) -> bool:
        """Be replaced by applications that have a handshake."""
        return True

    def begin_handshake(self) -> None:
        """Be ready at once without a handshake; else let it run in a thread of its own."""
        if type(self).handshake is Sound.handshake:
            self.complete_handshake = True
        else:
            self.shaker = threading.Thread(
                target=self.shake, name="sound-hand", daemon=self.daemon
            )
            self.shaker.start()

    def shake(self) -> None:
        """Run the handshake to its end, and be ready or end the connection."""
        try:
            content = bool(self.handshake())
        except Exception:
            content = self.error_is_content()
        with self.lock:
            if self.accepts(content):
                self.complete_handshake = True
            else:
                self.handshake_failed()

    def error_is_content(self) -> bool:
        """Whether a handshake that failed with an error counts as content."""
        return False

    def accepts(self, content: bool) -> bool:
        """Whether a handshake with this outcome has completed."""
        return content and not self.starved and not self.local

    def handshake_failed(self) -> None:
        """End the connection, with the refusal still on its way."""
        self.begin_end("handshake failed")

    @property
    def handshakeComplete(self) -> bool:
        """Whether the handshake has completed."""
        return self.complete_handshake

    def require_ready(self) -> None:
        """Raise `NotReady` before the handshake has completed."""
        if not self.complete_handshake:
            raise NotReady("the handshake has not completed")

    # --- writing

    def preWrite(self, message: Any) -> Any:
        """Return the message to send for what was written."""
        return message

    def write(self, *args: Any, **keys: Any) -> None:
        """Queue one message; raises `NotReady`, `Over`, and TypeError or ValueError for a bad one.

        A message is queued whole or not at all.
        """
        self.require_ready()
        self._write(self.preWrite(*args, **keys))

    def _write(self, message: Any) -> None:
        """Queue one message, past the hook and before the handshake has completed, too."""
        frame = self.encode(message)
        with self.lock:
            if self.cause is not None:
                self.refuse_write()
            else:
                self.queue(frame)
        self.wake()

    def refuse_write(self) -> None:
        """Say that the connection has ended."""
        raise Over(f"the connection has ended: {self.cause}")

    def writeDataQueued(self) -> bool:
        """Whether something that was written has yet to be sent."""
        return bool(self.outbox)

    # --- reading

    def postRead(self, message: Any) -> Any:
        """Return what the application gets for a message."""
        return message

    def read(self) -> Any:
        """Return the next message, or None; raises `NotReady`."""
        self.require_ready()
        message = self._read()
        return None if message is None else self.postRead(message)

    def _read(self) -> str | bytes | None:
        """Return the next message or None, past the hook and during the handshake, too."""
        with self.lock:
            message = self.take()
            self.ring()
            return message

    def take(self) -> str | bytes | None:
        """Return the oldest message that was received and not read."""
        if self.inbox:
            return self.inbox.popleft()
        self.settle()
        return None

    def settle(self) -> None:
        """Let the end take effect, and note whether the handshake has looked for more in vain."""
        super().settle()
        looks = threading.current_thread() is self.shaker
        if looks and self.cause is not None and not self.inbox:
            self.starved = True

    @property
    def active(self) -> bool:
        """Whether a message may still come."""
        with self.lock:
            self.settle()
            return self.cause is None or bool(self.inbox)

    @property
    def closeCause(self) -> str | None:
        """What ended the connection, or None."""
        with self.lock:
            self.settle()
            return self.cause

    def fileno(self) -> int:
        """Return a descriptor that is readable while a message, or the end, waits."""
        return self.bell.fileno()

    # --- the end from here

    def begin_end(self, cause: str) -> None:
        """Begin a graceful end: send what is queued, end our stream, drain, close."""
        with self.lock:
            self.local = True
            self.forget_unread()
            if self.cause is None:
                self.deadline = time.monotonic() + LINGER
            self.set_cause(cause)
            self.ring()

    def forget_unread(self) -> None:
        """Drop what the application will not read any more."""
        self.inbox.clear()

    def close(self) -> None:
        """End the connection within `LINGER` seconds, with all that was written. Idempotent."""
        self.begin_end("closed")
        self.leave()

    def abort(self) -> None:
        """End the connection at once, and drop what is queued. Idempotent."""
        with self.lock:
            self.local = self.dropped = True
            self.forget_unread()
            self.set_cause("aborted")
        self.leave()

    def leave(self) -> None:
        """Wait for the end of the thread, and let go of what `fileno` gave."""
        self.finished.wait()
        self.thread.join()
        self.bell.close()
        self.bell_rope.close()


class Heeding(Sound):
    """Its thread looks again at what it wants after each read: for those that want other things
    while a message is unread.
    """

    def take(self) -> str | bytes | None:
        message = super().take()
        self.wake()
        return message
