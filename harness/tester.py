"""The tester: the harness's own end of a connection, a raw socket without a library around it.

It sends exact octets in exact pieces, keeps every octet that arrives, and knows how the connection
ended. Nothing is read unless a method says that it reads, so a case decides when the far end meets
back-pressure; nothing waits longer than its limit (`within`: seconds that are scaled, or a Deadline
that several steps share).

Not thread-safe: a tester belongs to one case.
"""

from __future__ import annotations

import socket
from typing import Literal

from harness import clock, sockets
from harness.channel import Channel
from harness.clock import Deadline
from harness.codec import Parsed
from harness.kernel import Address
from harness.receiver import (
    CHUNK,
    Misframed,
    OutOfTime,
    Pace,
    PeerEnded,
    Receiver,
    TesterError,
    Within,
)
from harness.schedule import Ending, Reading, Schedule, parse
from harness.witness import EAGER_LOOKS, Consumed, Stuck, Witness

__all__ = [
    "LOOPBACK",
    "Misframed",
    "OutOfTime",
    "Pace",
    "PeerEnded",
    "Tester",
    "TesterError",
    "TesterListener",
]

#: Where peers of this machine meet us.
LOOPBACK = "127.0.0.1"

Segmentation = Literal["proved", "unproved"]

#: Octets of which some are to be taken in a time, where it is told from a standstill.
PORTION = 1 << 16

#: What the log calls the witness's word on whether a piece was read.
_MARKS = {"yes": "consumed", "no": "unread", "gone": "gone"}


class TesterListener:
    """A listening socket of the harness; made by `Tester.listen`."""

    __test__ = False  # the name is no invitation to pytest

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self.address: Address = sock.getsockname()[:2]

    def accept(self, within: Within = clock.CONNECT) -> Tester:
        """Take one connection; raises `OutOfTime` if none comes."""
        deadline = Deadline.of(within)
        taken = sockets.accepted(self._socket, deadline)
        if taken is None:
            raise OutOfTime(f"nobody connected to {self.address} within {deadline.seconds:g} s")
        return Tester(*taken, far_opened=True)

    def close(self) -> None:
        """Stop listening; connections that were taken stay. Idempotent."""
        self._socket.close()

    def __enter__(self) -> TesterListener:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Tester(Receiver):
    """One connected raw socket; made by `connect` and by `TesterListener.accept`."""

    __test__ = False

    def __init__(self, sock: socket.socket, remote: Address, far_opened: bool) -> None:
        channel = Channel(sock, remote)
        super().__init__(channel, Witness(channel.local, remote, far_opened))

    # --- making and ending

    @classmethod
    def connect(
        cls,
        address: Address,
        *,
        rcvbuf: int | None = None,
        sndbuf: int | None = None,
        within: Within = clock.CONNECT,
    ) -> Tester:
        """Connect to an address, buffers (octets) set before; OSError if that fails."""
        sock = sockets.made(address[0], rcvbuf, sndbuf)
        try:
            sock.settimeout(Deadline.of(within).left())
            sock.connect(address)
            return cls(sock, sockets.far_address(sock, address), far_opened=False)
        except OSError:
            sock.close()
            raise

    @staticmethod
    def listen(
        *, host: str = LOOPBACK, rcvbuf: int | None = None, sndbuf: int | None = None
    ) -> TesterListener:
        """Listen on a free port; accepted connections have the given buffer sizes (octets)."""
        return TesterListener(sockets.listener(host, rcvbuf, sndbuf))

    def finish(self) -> None:
        """End our sending direction (FIN); receiving goes on. `PeerEnded` after a reset."""
        try:
            self._channel.finish()
        except OSError as error:
            what = f"no connection is left to finish: {error.strerror}"
            raise PeerEnded(what, "reset") from error

    def await_end_read(self, within: Within = clock.END_READ) -> bool:
        """Wait until the far application has read up to our end, or is told of our reset.

        False if it does not in that time, or no kernel can tell: nobody has to read unasked.
        """
        return self._witness.await_ended(within)

    def reset(self) -> None:
        """Close with a reset (RST): what the far end has not read may be lost to it."""
        self._channel.reset()

    def close(self) -> None:
        """Close the socket, however things stand. Idempotent."""
        self._channel.close()

    # --- sending

    def send(self, octets: bytes, within: Within = clock.TRANSFER) -> None:
        """Send all octets without reading any; returns when our kernel has them.

        Raises `OutOfTime` if the far end does not take them, `PeerEnded` if it has gone.
        """
        self._transfer(octets, Deadline.of(within))

    def try_send(self, octets: bytes, within: Within = clock.TRANSFER) -> bool:
        """Send as `send`, to a far end that may have gone; return whether our kernel took all."""
        try:
            self.send(octets, within)
        except PeerEnded:
            return False
        return True

    def send_cut(
        self, octets: bytes, schedule: Schedule | str, within: Within = clock.CONSUME
    ) -> Segmentation:
        """Send octets in the pieces of a schedule, then end as it says.

        Nothing is read meanwhile, unless the schedule says so (`r`, until an `s`). A piece is sent
        only after the kernel has proved that the far application has read all that was sent before,
        so it arrives alone; so does what is sent after the last one. Where no proof is possible
        there is a pause instead, and "unproved" is returned; `unproved` says why. Raises
        `OutOfTime` if the far end does not read a piece: the next is not sent then. Raises
        `PeerEnded` if it ends the connection while pieces are left, `ScheduleError` for a text that
        is no schedule.
        """
        deadline = Deadline.of(within)
        schedule = parse(schedule) if isinstance(schedule, str) else schedule
        self.unproved = self._witness.refusal or None
        acts = schedule.acts(octets)
        pieces = sum(isinstance(act, bytes) for act in acts)
        chunk, reading = 0, False
        for act in acts:
            if isinstance(act, Reading):
                reading = act.on
                continue
            self._transfer(act, deadline, reading=reading, chunk=chunk)
            self._settle(chunk, pieces, deadline, reading)
            chunk += 1
        if schedule.end == "fin":
            self.finish()
        elif schedule.end == "reset":
            self.reset()
        return "unproved" if self.unproved else "proved"

    def send_until_full(self, octets: bytes, still: float = clock.SATED) -> None:
        """Send octets until the far end has read them all, or has taken nothing for a while.

        Raises `PeerEnded` if it has gone.
        """
        self.unproved = self._witness.refusal or None
        view = memoryview(octets)
        try:
            for at in range(0, len(view), PORTION):
                self._transfer(view[at : at + PORTION], Deadline.of(still))
            self._settle(0, 1, Deadline.of(still), reading=False)
        except OutOfTime:
            # It is full, which is what we wanted to know.
            pass

    def exchange(self, octets: bytes, frames: int, within: Within = clock.TRANSFER) -> list[Parsed]:
        """Send all octets and receive at the same time; then return that many frames.

        A far end that answers while we send cannot block us. Raises as `send` and `receive_frames`.
        """
        deadline = Deadline.of(within)
        self._transfer(octets, deadline, reading=True)
        return self.receive_frames(frames, deadline)

    # --- evidence

    def stuck(self, within: Within = clock.STUCK) -> Stuck | None:
        """Prove, without reading, that the far end is stuck with octets that nobody takes.

        None if it is not within the time, or if this system proves nothing; `unproved` says why.
        """
        found = self._witness.stuck(within)
        self.unproved = found if isinstance(found, str) else None
        if isinstance(found, str):
            return None
        queues = self._witness.seen
        self._channel.log.note("received", "stuck", found.handed, queues=queues)
        return found

    # --- inner workings

    def _transfer(
        self,
        octets: bytes | memoryview,
        deadline: Deadline,
        *,
        reading: bool = False,
        chunk: int | None = None,
    ) -> None:
        view = memoryview(octets)
        while view:
            try:
                taken = self._channel.give(view, chunk)
            except ConnectionError as error:
                raise PeerEnded(
                    f"the peer ended the connection with {len(view)} octets left to send:"
                    f" {error.strerror}", "fin" if isinstance(error, BrokenPipeError) else "reset",
                ) from error
            view = view[taken:]
            reading = reading and self.end is None
            if not taken and not self._channel.ready(deadline, read=reading, write=True):
                raise OutOfTime(
                    f"the peer left {len(view)} of {len(octets)} octets untaken"
                    f" for {deadline.seconds:g} s"
                )
            if reading:
                self._channel.take(CHUNK)

    def _settle(self, chunk: int, chunks: int, deadline: Deadline, reading: bool) -> None:
        """Wait until the far end has read all that was sent, so that nothing is glued to it."""
        log, sent = self._channel.log, self._channel.sent
        if self.unproved:
            log.note("sent", "unproved", sent, chunk)
            clock.pause(clock.UNPROVED_GAP, "no kernel tells when the piece has been read")
            return
        state = self._await_consumed(deadline, reading)
        seen = self._witness.seen
        log.note("sent", _MARKS[state], sent, chunk, seen)
        if state == "no":
            raise OutOfTime(
                f"the peer has not read piece {chunk + 1} of {chunks} within {deadline.seconds:g} s"
            )
        if state == "gone" and chunk + 1 < chunks:
            how: Ending = "reset" if self._witness.near() is None else "fin"
            what = f"the peer ended the connection after piece {chunk + 1} of {chunks}"
            raise PeerEnded(what, how)

    def _await_consumed(self, deadline: Deadline, reading: bool) -> Consumed:
        state: Consumed = "no"

        def known() -> bool:
            nonlocal state
            while reading and self._channel.take(CHUNK):
                pass
            state = self._witness.consumed(self._channel.sent)
            return state != "no"

        clock.until(known, deadline, eager=EAGER_LOOKS)
        return state

    def __enter__(self) -> Tester:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
