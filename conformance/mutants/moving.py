"""The half of the sound endpoint that moves octets: one thread, one socket, and how it ends."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections import deque

from conformance.mutants.coding import Coding, Malformed, TooLong

#: Octets taken from the socket in one go: a few segments.
CHUNK = 1 << 16
#: Seconds that a graceful end waits for the other side to take what is queued and to end as well;
#: this is the bounded time that END-5 asks for.
LINGER = 2.0


class Moving(Coding):
    """Moves the octets of one connection, in both directions, until its end.

    `inbox` holds the messages that were received and not read, `outbox` the octets that were
    written and not sent. `cause` says what ended the connection; `far_end` how the incoming stream
    ended, which becomes the cause once everything was read and sent. All of them need `lock`.
    """

    #: Threads end with the program only when it has nothing more to do for the connection.
    daemon = False

    def __init__(self, sock: socket.socket) -> None:
        super().__init__()
        self.sock = sock
        self.lock = threading.RLock()
        self.inbox: deque[str | bytes] = deque()
        self.outbox: deque[memoryview] = deque()
        self.cause: str | None = None
        self.far_end: str | None = None
        self.deadline: float | None = None  # of a graceful end
        self.fin_sent = self.dropped = self.broken = self.rung = False
        self.finished = threading.Event()
        self.wake_sender, self.wake_receiver = socket.socketpair()
        self.bell, self.bell_rope = socket.socketpair()
        for one in (self.wake_sender, self.wake_receiver, self.bell, self.bell_rope):
            one.setblocking(False)
        self.configure(sock)
        self.thread = threading.Thread(target=self.run, name="sound-io", daemon=self.daemon)
        self.thread.start()

    def configure(self, sock: socket.socket) -> None:
        """Change the socket as far as API-3 allows it."""
        sock.setblocking(False)

    # --- the thread

    def run(self) -> None:
        """Move octets until nothing more is to be sent or received."""
        try:
            while not self.done():
                receive, send = self.wait()
                if receive:
                    self.receive()
                if send:
                    self.send()
        finally:
            self.let_go()
            with self.lock:
                self.wake_sender.close()
                self.wake_receiver.close()
                self.ring()
            self.finished.set()

    def let_go(self) -> None:
        """Let go of the socket and of what is queued."""
        self.sock.close()
        self.outbox.clear()

    def done(self) -> bool:
        """Whether the socket is not needed any more; ends our stream when everything is sent."""
        with self.lock:
            if self.dropped or self.cause is None:
                return self.dropped
            if self.outbox:
                return self.late
            self.end_stream()
            return self.far_end is not None or self.late

    @property
    def late(self) -> bool:
        """Whether the time of a graceful end is over."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    def end_stream(self) -> None:
        """End our sending direction, once."""
        if not self.fin_sent:
            self.fin_sent = True
            with contextlib.suppress(OSError):
                self.sock.shutdown(socket.SHUT_WR)

    def wake(self) -> None:
        """Let the thread look at what is to be done."""
        with contextlib.suppress(OSError):
            self.wake_sender.send(b"!")

    def wait(self) -> tuple[bool, bool]:
        """Wait until something can be done; return whether octets can be received, and sent."""
        left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
        readers = [self.wake_receiver, *([self.sock] if self.wants_to_receive() else [])]
        writers = [self.sock] if self.wants_to_send() else []
        ready, able, _ = select.select(readers, writers, [], left)
        if self.wake_receiver in ready:
            self.wake_receiver.recv(CHUNK)
        return self.sock in ready, self.sock in able

    # --- sending

    def queue(self, frame: bytes) -> None:
        """Put a frame behind those that are queued."""
        self.outbox.append(memoryview(frame))

    def wants_to_send(self) -> bool:
        """Whether there is something to send."""
        return bool(self.outbox)

    def send(self) -> None:
        """Hand the transport what it takes."""
        with self.lock:
            try:
                while self.outbox:
                    self.sent(self.hand_over(self.outbox[0]))
            except BlockingIOError:
                return
            except OSError:
                self.sending_broke()

    def hand_over(self, octets: memoryview) -> int:
        """Give octets to the transport; return how many it took."""
        return self.sock.send(octets)

    def sent(self, taken: int) -> None:
        """Go on behind the octets that were taken."""
        rest = self.outbox[0][taken:]
        if rest:
            self.outbox[0] = rest
        else:
            self.outbox.popleft()

    def sending_broke(self) -> None:
        """Note that nothing can be sent any more; what has arrived is still to be received."""
        self.outbox.clear()
        self.broken = True

    # --- receiving

    def wants_to_receive(self) -> bool:
        """Whether octets that arrive are to be taken."""
        return self.far_end is None

    def receive(self) -> None:
        """Take what has arrived, or notice the end of the stream."""
        try:
            octets = self.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            octets, self.broken = b"", True
        with self.lock:
            if octets:
                self.received(octets)
            elif self.broken:
                self.reset()
            else:
                self.stream_ended()
            self.ring()

    def received(self, octets: bytes) -> None:
        """Decode octets; once the connection is ending, drop them."""
        if self.cause is not None:
            return
        try:
            self.feed(octets)
        except Malformed:
            self.malformed()
        except TooLong:
            self.too_long()

    def deliver(self, message: str | bytes) -> None:
        """Put a message where it can be read."""
        self.inbox.append(message)

    # --- the end from the other side

    def stream_ended(self) -> None:
        """Note the end of the incoming stream."""
        self.far_end = self.end_inside() if self.inside else "the other side ended"

    def end_inside(self) -> str:
        """Return the cause for a stream that ends inside a frame."""
        return "the other side ended inside a message"

    def reset(self) -> None:
        """Note that the connection was reset."""
        self.drop("reset")

    def malformed(self) -> None:
        """End the connection for a malformed frame."""
        self.drop("malformed frame")

    def too_long(self) -> None:
        """End the connection for a message that is not wanted."""
        self.drop("message too long")

    def drop(self, cause: str) -> None:
        """End the connection at once; what was delivered stays delivered."""
        self.dropped = True
        self.set_cause(cause)

    def settle(self) -> None:
        """Let the other side's end take effect, once everything was read and sent."""
        if self.far_end and not self.inbox and not self.outbox:
            self.set_cause(self.far_end)

    def set_cause(self, cause: str) -> None:
        """Note what ended the connection; the first cause stays."""
        if self.cause is None:
            self.cause = cause
        self.wake()

    def ring(self) -> None:
        """Make the descriptor of `fileno` readable while a message or the end waits, else quiet."""
        waits = bool(self.inbox or self.far_end or self.cause)
        with contextlib.suppress(OSError):
            if waits and not self.rung:
                self.bell_rope.send(b"!")
            elif self.rung and not waits:
                self.bell.recv(1)
        self.rung = waits
