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
from harness.tester import LOOPBACK, Tester


@dataclass(frozen=True)
class Meeting:
    """A connection between the two peers of a pair, with the relay in its middle."""

    first: Connection
    second: Connection
    relay: Relay


class Pair:
    """Two peers, ordered: the first connects and writes first, the second listens.

    `relays`: those of the case, in order; what they have recorded stays when they are closed.
    """

    def __init__(self, first: Peer, second: Peer) -> None:
        self.first = first
        self.second = second
        self.name = f"{first.name}~{second.name}"
        self.relays: list[Relay] = []

    def meet(
        self,
        first: Mapping[str, Any] | None = None,
        second: Mapping[str, Any] | None = None,
        **relay_options: Any,
    ) -> Meeting:
        """Connect the two through a recording relay; `first` and `second` are options of `open`."""
        address = self.second.listen()
        relay = Relay(address, host=self.first.spec.host, **relay_options)
        self.relays.append(relay)
        one = self.first.open(connect=relay.address, **(first or {}))
        other = self.second.open(accept=address, **(second or {}))
        return Meeting(one, other, relay)

    def begin(self) -> None:
        """Begin a case: forget the relays of an earlier one, which `tidy` has closed."""
        self.relays = []

    def tidy(self) -> None:
        """Close the relays of the case; raises `RelayBroken` if one had failed. Idempotent."""
        for relay in self.relays:
            relay.close()


class Single:
    """One peer opposite the tester's raw socket.

    `testers`: those of the case, in order; what they have recorded stays when they are closed.
    """

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.name = peer.name
        self.testers: list[Tester] = []

    def meet(self, *, rcvbuf: int | None = None, **options: Any) -> tuple[Connection, Tester]:
        """Let the peer connect to a tester; `options` are those of `Peer.open`."""
        with Tester.listen(host=self.peer.spec.host or LOOPBACK, rcvbuf=rcvbuf) as listener:
            connection = self.peer.open(connect=listener.address, **options)
            tester = listener.accept()
        self.testers.append(tester)
        return connection, tester

    def begin(self) -> None:
        """Begin a case: forget the testers of an earlier one, which `tidy` has closed."""
        self.testers = []

    def tidy(self) -> None:
        """Close the testers of the case. Idempotent."""
        for tester in self.testers:
            tester.close()
