"""The relay: the harness in the middle of a pair, forwarding, recording, and stalling when told to.

It listens, takes one connection, connects to its target, and carries octets both ways in a thread
of its own. Ends are handed on as they come: a FIN after everything that preceded it, a reset as a
reset. `forward` is the direction away from the one who connected, `backward` the other; each can be
paused, so that back-pressure reaches its sender, cut into pieces, and looked at, from any thread.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from typing import Literal

from harness import clock, sockets
from harness.carrier import Carrier, Side
from harness.clock import Deadline
from harness.direction import Direction
from harness.kernel import Address
from harness.schedule import Schedule, parse
from harness.skimmer import Seen
from harness.watch import Bell, Watch
from harness.wirelog import Event, Log, Record
from harness.witness import Witness

__all__ = ["Direction", "Relay", "RelayBroken", "Seen"]


class RelayBroken(Exception):
    """The relay's own thread failed: a fault of the harness, its cause attached."""


def _schedule(given: Schedule | str) -> Schedule:
    return parse(given) if isinstance(given, str) else given


class Relay:
    """Stands between one connection to `address` and the listener at `target`.

    `cut`: a schedule for both directions, or for `forward` if there is a `cut_back`; `rcvbuf`,
    `sndbuf`: buffer sizes (octets) of its sockets; `host`: where it listens, if not on loopback.
    `error`: why there is no connection to the
    target, None if there is or may be one. A context manager. The thread starts at once; OSError if
    nothing can listen.
    """

    def __init__(
        self,
        target: Address,
        *,
        cut: Schedule | str | None = None,
        cut_back: Schedule | str | None = None,
        rcvbuf: int | None = None,
        sndbuf: int | None = None,
        host: str | None = None,
    ) -> None:
        there = _schedule("whole" if cut is None else cut)
        back = there if cut_back is None else _schedule(cut_back)
        self.target = target
        self.error: str | None = None
        self._buffers = rcvbuf, sndbuf
        self._lock = threading.Lock()
        self._log = Log()
        self._carriers = (
            Carrier("forward", self._log, there),
            Carrier("backward", self._log, back),
        )
        self.forward, self.backward = (
            Direction(carrier, self._lock, self._wake) for carrier in self._carriers
        )
        self._closing = False
        self._failure: BaseException | None = None
        here = host or ("::1" if ":" in target[0] else "127.0.0.1")
        self._listener = sockets.listener(here, rcvbuf, sndbuf)
        self.address: Address = self._listener.getsockname()[:2]
        self._bell = Bell()
        self._thread = threading.Thread(
            target=self._run, name=f"relay to {target[0]}:{target[1]}", daemon=True
        )
        self._thread.start()

    @property
    def log(self) -> list[Event]:
        """What both directions carried, in the order in which it was read (see `wirelog`)."""
        with self._lock:
            return self._log.events

    @property
    def record(self) -> Record:
        """The same, with when it began and what was let go."""
        with self._lock:
            return self._log.record

    @property
    def first_written(self) -> Literal["forward", "backward"] | None:
        """The direction in which the first octet of all came; None before it."""
        for event in self.log:
            if event.what == "octets":
                return "forward" if event.direction == "forward" else "backward"
        return None

    def close(self) -> None:
        """End the thread and every descriptor of the relay; the record stays. Idempotent.

        Raises `RelayBroken` if the thread had failed, or does not end.
        """
        self._closing = True
        self._wake()
        self._thread.join(Deadline(clock.OWN_THREAD).left())
        if self._thread.is_alive():
            raise RelayBroken(f"the thread of the {self._thread.name} does not end")
        self._bell.close()
        failure, self._failure = self._failure, None
        if failure is not None:
            raise RelayBroken(f"the {self._thread.name} failed: {failure!r}") from failure

    def __enter__(self) -> Relay:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- the thread

    def _wake(self) -> None:
        self._bell.ring()

    def _run(self) -> None:
        try:
            with contextlib.ExitStack() as stack:
                watch = Watch(self._bell)
                near = self._accept(watch)
                if near is None:
                    return
                stack.callback(near.socket.close)
                far = self._dial(watch, near)
                if far is None:
                    return
                stack.callback(far.socket.close)
                self._carry(watch, near, far)
        except BaseException as failure:
            self._failure = failure
        finally:
            self._listener.close()

    def _accept(self, watch: Watch) -> Side | None:
        while not self._closing:
            watch.wait({self._listener: (True, False)}, None)
            with contextlib.suppress(BlockingIOError, ConnectionError):
                sock, remote = self._listener.accept()
                self._listener.close()
                sockets.connected(sock)
                return Side(sock, Witness(sock.getsockname()[:2], remote[:2], far_opened=True))
        return None

    def _dial(self, watch: Watch, near: Side) -> Side | None:
        sock = sockets.made(self.target[0], *self._buffers)
        code = sock.connect_ex(self.target)
        while code in sockets.CONNECTING and not self._closing:
            if sock in watch.wait({sock: (False, True)}, None):
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.error = f"cannot connect to {self.target}: {os.strerror(code)}"
            sock.close()
            sockets.reset(near.socket)
            return None
        sockets.connected(sock)
        remote = sockets.far_address(sock, self.target)
        return Side(sock, Witness(sock.getsockname()[:2], remote, far_opened=False))

    def _carry(self, watch: Watch, near: Side, far: Side) -> None:
        forward, backward = self._carriers
        with self._lock:
            forward.join(near, far, backward)
            backward.join(far, near, forward)
        ways = ((near, forward, backward), (far, backward, forward))
        happened = {near.socket: False, far.socket: False}
        while not self._closing:
            with self._lock:
                for side, out, _ in ways:
                    out.step(side.settled or side.socket in happened)
                if any(out.aborting or (side.broken and out.over) for side, out, _ in ways):
                    break
                if forward.over and backward.over:
                    return
                wanted = {
                    side.socket: (out.wants_read, into.wants_write)
                    for side, out, into in ways
                    if not side.settled and not (out.over and into.over)
                }
                gaps = [gap for gap in (forward.look_again, backward.look_again) if gap is not None]
            happened = watch.wait(wanted, min(gaps, default=None))
            for side, _, _ in ways:
                if happened.get(side.socket):
                    side.trouble()
        if not self._closing:
            sockets.reset(near.socket)
            sockets.reset(far.socket)
