"""One connection of a peer, as a case sees it: verbs as methods, messages as values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from harness import clock
from harness.answer import Body
from harness.payloads import Message, Received, all_match, describe
from harness.peererror import StepTimeout, Unsupported
from harness.process import PeerProcess, Pending


class Connection:
    """One connection of a peer's implementation under test, in the process that holds it.

    `opened` is the adapter's answer to `open`; `forget` is called when the peer has it no more.
    A peer that dies is not started again for it: whatever is asked then raises `Died`.
    """

    def __init__(
        self, process: PeerProcess, name: str, opened: Body, forget: Callable[[], None]
    ) -> None:
        self.name = name
        self.opened = opened
        self.local = opened.address("local")
        self.remote = opened.address("remote")
        self._process = process
        self._forget = forget

    def write(self, *messages: Message, within: float = clock.EXCHANGE) -> int:
        """Write messages through the implementation's `write`; return how many it took.

        Raises `LibraryRaised` with the exception's name when it refused one.
        """
        return self.begin_write(*messages, within=within).result()

    def begin_write(self, *messages: Message, within: float = clock.EXCHANGE) -> Writing:
        """Begin to write, for an implementation whose `write` may wait."""
        requests = [one.request() for one in messages]
        return Writing(self._process.start("write", conn=self.name, messages=requests), within)

    def read(self, count: int, within: float = clock.EXCHANGE) -> Reading:
        """Read up to `count` messages; returns early at the end of the connection."""
        return self.begin_read(count, within).result()

    def begin_read(self, count: int, within: float = clock.EXCHANGE) -> ReadingBegun:
        """Begin to read, so that something else can be done meanwhile."""
        # The peer keeps the time of reading; ours is longer by a step, so that a peer which keeps
        # to its time is never called late.
        deadline = clock.Deadline(within)
        return ReadingBegun(self, count, deadline, self.ask_to_read(count, deadline))

    def ask_to_read(self, count: int, deadline: clock.Deadline) -> Pending:
        """Send one request to read until the deadline."""
        left = deadline.left()
        return self._process.start("read", conn=self.name, count=count, within=left)

    def state(self) -> Body:
        """Return the connection's state: active, ready, queued, ended, end, handshake, ..."""
        return self._call("state", clock.STEP).inner("conn")

    def wait(self, what: str, within: float = clock.STEP) -> Body:
        """Wait for `ready`, `ended`, `flushed`, `handshake`, `readable`; return the state then.

        Raises `StepTimeout` when it has not happened within the time.
        """
        body = self._wait(what, within)
        if not body["happened"]:
            step = f"wait {self.name} for={what}"
            raise StepTimeout(
                self._process.name, step, f"not {what} within {within * clock.patience():g} s"
            )
        return body.inner("conn")

    def happens(self, what: str, within: float) -> bool:
        """Say whether `what` (as for `wait`) happens within the time."""
        return bool(self._wait(what, within)["happened"])

    def _wait(self, what: str, within: float) -> Body:
        granted = within * clock.patience()
        return self._call("wait", within + clock.STEP, **{"for": what, "within": granted})

    def release(self) -> None:
        """Let a handshake script that holds go on."""
        self._call("wait", clock.STEP, release=True)

    def close(self, within: float = clock.EXCHANGE, keep: bool = False) -> None:
        """Close through the implementation's `close`; returns when that has returned.

        With `keep` (feature `keep`) the closed connection can still be looked at, and used.
        """
        self.begin_close(keep).result(within)

    def begin_close(self, keep: bool = False) -> Closing:
        """Begin to close, so that the other side can read meanwhile."""
        if keep:
            return Closing(self, self._process.start("close", conn=self.name, keep=True))
        self._forget()
        return Closing(self, self._process.start("close", conn=self.name))

    def abort(self) -> None:
        """Abort through the implementation's `abort` (feature `abort`)."""
        self._call("abort", clock.STEP)

    def _call(self, verb: str, limit: float, /, **keys: Any) -> Body:
        return self._process.call(verb, limit, conn=self.name, **keys)


@dataclass(frozen=True)
class Reading:
    """What one `read` gave: the messages, whether the connection has ended, and its last word."""

    messages: tuple[Received, ...]
    ended: bool
    last: str | None

    def __str__(self) -> str:
        """The reading in words."""
        end = f", then the end ({self.last})" if self.ended else ""
        return (", ".join(describe(one) for one in self.messages) or "no message") + end

    def matches(self, wanted: Sequence[Message]) -> bool:
        """Whether exactly the wanted messages were read, in order, with kind and content."""
        return all_match(self.messages, wanted)


@dataclass(frozen=True)
class Writing:
    """A `write` on its way; `result` waits and returns how many messages were taken."""

    pending: Pending
    within: float

    def result(self) -> int:
        """Wait for the end of the writing; raises a `PeerError`."""
        return self.pending.result(self.within).take("written", int)

    def returns(self, within: float) -> bool:
        """Say whether `write` returns within the time."""
        return self.pending.returns(within)


@dataclass(frozen=True)
class ReadingBegun:
    """A `read` on its way; `result` waits and returns what was read."""

    connection: Connection
    count: int
    deadline: clock.Deadline
    pending: Pending

    def result(self) -> Reading:
        """Wait for the end of the reading; raises a `PeerError`."""
        messages: list[Received] = []
        pending = self.pending
        while True:
            body = pending.result(self.deadline.left() / clock.patience() + clock.STEP)
            came = body.take("messages", _received)
            messages += came
            missing = self.count - len(messages)
            if not missing or body["ended"] or not came or self.deadline.over:
                return Reading(tuple(messages), bool(body["ended"]), body.get("last"))
            # An adapter answers early rather than print a line that is too long.
            pending = self.connection.ask_to_read(missing, self.deadline)


def _received(messages: Any) -> list[Received]:
    return [Received.from_json(one) for one in messages]


@dataclass(frozen=True)
class Closing:
    """A `close` on its way; `result` waits until it has returned."""

    connection: Connection
    pending: Pending

    def result(self, within: float = clock.EXCHANGE) -> None:
        """Wait for the end of the closing; raises a `PeerError`."""
        self.pending.result(within)

    def returns(self, within: float) -> bool:
        """Say whether `close` returns within the time."""
        return self.pending.returns(within)

    def taken_up(self, within: float) -> bool:
        """Say whether the implementation has begun to close within the time.

        It has when it returned, or when the connection is not active any more.
        """
        return clock.until(self._is_taken_up, within)

    def _is_taken_up(self) -> bool:
        try:
            return self.pending.returns(0) or not self.connection.state()["active"]
        except Unsupported:  # It returned between the two, and the name is forgotten.
            return True
