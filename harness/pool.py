"""Running peers: the resident ones of a worker process, and one for the length of a block."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.peer import Peer
from harness.peerspec import PeerSpec

#: Peers that end at the same time: nearly all of that is waiting for them.
AT_ONCE = 8


class Pool:
    """The resident peers of one worker process, each started when it is first needed."""

    def __init__(
        self, specs: Sequence[PeerSpec], stderr_folder: Path, validate: bool = False
    ) -> None:
        self._specs = {spec.name: spec for spec in specs}
        self._folder = stderr_folder
        self._validate = validate
        self._peers: dict[str, Peer] = {}

    def get(self, name: str) -> Peer:
        """Return the peer of that name; KeyError if the plan has none."""
        if name not in self._peers:
            self._peers[name] = Peer(self._specs[name], self._folder, self._validate)
        return self._peers[name]

    def stop(self) -> None:
        """End every peer that was started."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(Peer.stop, self._peers.values()))
