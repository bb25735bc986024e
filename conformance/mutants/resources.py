"""Mutants that cost more than they need to."""

from __future__ import annotations

import select
import socket

from conformance.mutants.sound import Sound


class Spins(Sound):
    """It waits until its socket can be written to, though nothing is to be sent."""

    breaks = ("SEND-7",)

    def wait(self) -> tuple[bool, bool]:
        receive, send = super().wait() if self.far_end or self.cause else self.look()
        return receive, send

    def look(self) -> tuple[bool, bool]:
        """Look at the socket without waiting, which a writable one would end at once."""
        sockets: list[socket.socket] = [self.sock]
        ready, able, _ = select.select([*sockets, self.wake_receiver], sockets, [])
        if self.wake_receiver in ready:
            self.wake_receiver.recv(1 << 16)
        return self.sock in ready, self.sock in able


class SpinsBehindEnd(Sound):
    """It goes on looking at a stream that has ended, which is readable for ever."""

    breaks = ("SEND-7",)

    def wants_to_receive(self) -> bool:
        return True

    def stream_ended(self) -> None:
        if self.far_end is None:
            super().stream_ended()


class SpinsWhenFull(Sound):
    """When the transport takes no more, it tries again at once, and again."""

    breaks = ("SEND-7",)

    def wait(self) -> tuple[bool, bool]:
        if not self.outbox:
            return super().wait()
        ready, _, _ = select.select([self.sock], [], [], 0)
        return bool(ready) and self.wants_to_receive(), True
