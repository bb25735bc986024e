"""What a peer has answered, taken apart: what is missing, or of another form, is the peer's fault.

Without `--validate` no answer is held against the protocol's schemas, which would take longer than
many a case. So what is wrong with one shows where it is used, and must not pass for a defect of the
harness there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from harness.peererror import Garbage

T = TypeVar("T")
Address = tuple[str, int]

#: What it raises to take an answer apart that has not the form which is asked for.
MISSHAPEN = (LookupError, TypeError, ValueError, AttributeError, RecursionError)


class Body(dict[str, Any]):
    """An object out of a peer's answer to a step; to ask for what it lacks raises `Garbage`."""

    def __init__(self, values: Mapping[str, Any], peer: str, step: str) -> None:
        super().__init__(values)
        self._peer = peer
        self._step = step

    def __missing__(self, key: str) -> Any:
        raise Garbage(self._peer, self._step, f"the answer lacks {key!r}: {_shown(self)}")

    def take(self, key: str, make: Callable[[Any], T]) -> T:
        """Return what `make` makes of the value of a key; `Garbage` if it cannot."""
        value = self[key]
        try:
            return make(value)
        except MISSHAPEN as error:
            why = f"({type(error).__name__}: {error})"
            what = f"the answer's {key!r} cannot be {_shown(value)} {why}"
            raise Garbage(self._peer, self._step, what) from error

    def inner(self, key: str) -> Body:
        """Return the object that is the value of a key."""
        return self.take(key, lambda value: Body(value, self._peer, self._step))

    def address(self, key: str) -> Address:
        """Return the host and port that are the value of a key."""
        return self.take(key, _address)


def _address(value: Any) -> Address:
    host, port = value
    if not isinstance(host, str) or not isinstance(port, int):
        raise TypeError("an address is a host and a port")
    return host, port


def _shown(value: object) -> str:
    try:
        return f"{value!r:.200}"
    except RecursionError:
        return "nested too deeply to be shown"
