"""Each peer is started once before anything is judged, and says what it is."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from harness.hello import Hello
from harness.peer import Peer
from harness.peererror import FlavourMissing, PeerError
from harness.peerspec import PeerSpec

#: Peers that start at the same time: it is half waiting, and four keep two cores busy.
AT_ONCE = 4


@dataclass(frozen=True)
class Mustered:
    """The peers that said hello, and what they said; who is left out, and who failed, and why."""

    hellos: dict[str, Hello]
    left_out: tuple[str, ...]
    errors: tuple[PeerError, ...]


class MusterFailed(Exception):
    """Peers could not be brought to say hello: one `PeerError` each."""

    def __init__(self, errors: Sequence[PeerError]) -> None:
        super().__init__(errors)
        self.errors = errors

    def __str__(self) -> str:
        listed = [str(error) for error in self.errors]
        if len(listed) == 1:
            return listed[0]
        return f"{len(listed)} peers cannot be used:" + "".join(f"\n    {one}" for one in listed)


def muster(specs: Sequence[PeerSpec], folder: Path) -> Mustered:
    """Start every peer once, let it say hello, and end it again.

    Left out are mirrors (level 0), since no case can use one, and a Python library's flavour that
    the system lacks (no `select.poll`, say). `folder` takes what the peers print on stderr.
    """
    left_out = [
        f"{spec.name} is a mirror (level 0): `smoke` checks it, but no case can"
        for spec in specs if spec.level == 0
    ]
    peers = [Peer(spec, folder, validate=True) for spec in specs if spec.level > 0]
    hellos: dict[str, Hello] = {}
    errors: list[PeerError] = []
    for peer, answer in zip(peers, _greet_all(peers), strict=True):
        if isinstance(answer, Hello):
            hellos[peer.name] = answer
        elif isinstance(answer, FlavourMissing) and peer.spec.interpreter is not None:
            left_out.append(str(answer))
        else:
            errors.append(answer)
    return Mustered(hellos, tuple(left_out), tuple(errors))


def _greet_all(peers: Sequence[Peer]) -> list[Hello | PeerError]:
    pool = ThreadPoolExecutor(AT_ONCE)
    try:
        return list(pool.map(_greet, peers))
    except BaseException:
        # An interruption: whoever waits for a peer gets to know at once that it has died.
        pool.shutdown(wait=False, cancel_futures=True)
        for peer in peers:
            peer.kill()
        raise
    finally:
        pool.shutdown()


def _greet(peer: Peer) -> Hello | PeerError:
    try:
        return peer.hello
    except PeerError as error:
        return error
    finally:
        peer.stop()
