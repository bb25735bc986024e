"""The ways in which a conversation with a peer can go wrong, each with the peer and the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class PeerError(Exception):
    """A conversation with a peer failed.

    `peer` is the peer's name, `step` what it was asked to do, `what` one sentence.
    """

    def __init__(self, peer: str, step: str, what: str) -> None:
        super().__init__(peer, step, what)
        self.peer = peer
        self.step = step
        self.what = what

    def __str__(self) -> str:
        return f"{self.peer}: {self.step}: {self.what}"


class NotStarted(PeerError):
    """The peer's command could not be started."""


class FlavourMissing(NotStarted):
    """The implementation does not have the flavour on this system."""


class Garbage(PeerError):
    """The peer printed something that the protocol does not allow."""


class Died(PeerError):
    """The peer's process ended on its own."""


class StepTimeout(PeerError):
    """The peer did not answer within the time of the step."""


class LibraryRaised(PeerError):
    """The implementation refused: `name` is the exception's name, `body` the whole answer."""

    def __init__(self, peer: str, step: str, body: Mapping[str, Any]) -> None:
        self.name = str(body.get("name", ""))
        self.body = body
        super().__init__(peer, step, f"the library raised {self.name}: {body.get('message', '')}")


class Unsupported(PeerError):
    """The adapter does not know a word of the request."""


class AdapterFault(PeerError):
    """The adapter itself broke."""
