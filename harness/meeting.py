"""How peers meet: one opposite the tester's raw socket, or two with a relay between them.

This is what a case is given. It tidies up after itself, so that a case need not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.connection import Connection
from harness.peer import Peer
from harness.relay import Relay
from harness.tester import Tester


@dataclass(frozen=True)
class Meeting:
    """A connection between the two peers of a pair, with the relay in its middle."""

    first: Connection
    second: Connection
    relay: Relay


class Pair:
    """Two peers, ordered: the first connects and writes first, the second listens."""

    def __init__(self, first: Peer, second: Peer) -> None:
        self.first = first
        self.second = second
        self.name = f"{first.name}~{second.name}"
        self._relays: list[Relay] = []

    def meet(
        self,
        first: Mapping[str, Any] | None = None,
        second: Mapping[str, Any] | None = None,
        **relay_options: Any,
    ) -> Meeting:
        """Connect the two through a recording relay; `first` and `second` are options of `open`."""
        address = self.second.listen()
        relay = Relay(address, **relay_options)
        self._relays.append(relay)
        one = self.first.open(connect=relay.address, **(first or {}))
        other = self.second.open(accept=address, **(second or {}))
        return Meeting(one, other, relay)

    def tidy(self) -> None:
        """Close the relays of the case; raises `RelayBroken` if one had failed. Idempotent."""
        while self._relays:
            self._relays.pop().close()


class Single:
    """One peer opposite the tester's raw socket."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.name = peer.name
        self._testers: list[Tester] = []

    def meet(self, *, rcvbuf: int | None = None, **options: Any) -> tuple[Connection, Tester]:
        """Let the peer connect to a tester; `options` are those of `Peer.open`."""
        with Tester.listen(rcvbuf=rcvbuf) as listener:
            connection = self.peer.open(connect=listener.address, **options)
            tester = listener.accept()
        self._testers.append(tester)
        return connection, tester

    def tidy(self) -> None:
        """Close the testers of the case. Idempotent."""
        while self._testers:
            self._testers.pop().close()
