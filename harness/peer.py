"""Peers as cases see them: verbs as methods, messages as values, one object per connection.

A `Peer` keeps one process for many cases, starts it when it is first needed, starts it again after
it has died or hung, and after each case looks whether the case has left anything behind.
A `Pair` is two peers, and stands between them as a relay.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from harness import clock, schemas
from harness.payloads import Message, Received
from harness.peers import PeerSpec
from harness.process import Garbage, NotStarted, PeerError, PeerProcess, Pending, StepTimeout
from harness.relay import Relay
from harness.tester import Tester

Address = tuple[str, int]
Step = dict[str, Any]

#: Seconds that a peer gets for a step that needs nobody else: it is microseconds of work, so this
#: is what an overloaded machine may take, not what a peer may need.
STEP = 10.0
#: Seconds for a process to start and say hello: an interpreter under load, wine among them.
HELLO = 20.0
#: Seconds for an exchange of at most some MiB between two peers.
EXCHANGE = 30.0
#: Seconds in which the threads of a closed connection must be gone.
SETTLE = 5.0
#: Seconds that a peer gets to end after `bye`, before it is killed.
FAREWELL = 2.0


class FlavourMissing(NotStarted):
    """The implementation does not have the flavour on this system."""


@dataclass(frozen=True)
class Hello:
    """What a peer declares of itself before the run: its conformance statement."""

    body: Mapping[str, Any]

    @property
    def flavours(self) -> list[str]:
        """The flavours that the implementation has on this system."""
        return list(self.body["flavours"])

    @property
    def features(self) -> frozenset[str]:
        """The declared features, and the declared kinds as `kind:text`, `kind:bytes`."""
        return frozenset(self.body["features"]) | {f"kind:{kind}" for kind in self.body["kinds"]}

    @property
    def implementation(self) -> str:
        """Name and version of the implementation, for people."""
        about = self.body["implementation"]
        return f"{about['name']} {about['version']}"


class Peer:
    """One peer: an implementation on a runtime in one flavour, hosted by a process.

    `stderr_folder` holds a file per peer. With `validate`, every answer is held against the
    protocol's schemas. Not thread-safe: a peer belongs to one worker.
    """

    def __init__(self, spec: PeerSpec, stderr_folder: Path, validate: bool = False) -> None:
        self.spec = spec
        self.name = spec.name
        self.validate = validate
        self._stderr = stderr_folder / f"{spec.name.replace('/', '_')}.stderr"
        self._process: PeerProcess | None = None
        self._hello: Hello | None = None
        self._base_threads = 0
        self._names = 0
        self._open: dict[str, str] = {}
        self._stderr_mark = 0

    @property
    def hello(self) -> Hello:
        """What the running process declared; starts it if there is none."""
        self.ensure()
        assert self._hello is not None
        return self._hello

    @property
    def alive(self) -> bool:
        """Whether a process is there and has kept to the protocol so far."""
        return self._process is not None and self._process.alive

    def ensure(self) -> None:
        """Start the process and exchange hellos, unless that has been done.

        Raises a `PeerError` that names the step; then no process is left.
        """
        if self.alive:
            return
        self.kill()
        process = PeerProcess(
            self.spec.command, dict(self.spec.environment), self.name, self._stderr
        )
        self._process = process
        try:
            self._hello = self._greet(process)
            if "threads" in self._hello.features:
                self._base_threads = process.call("state", STEP)["threads"]
        except PeerError:
            self.kill()
            raise

    def _greet(self, process: PeerProcess) -> Hello:
        body = process.call("hello", HELLO, protocol=1)
        try:
            schemas.check_answer("hello", {"id": 1, "ok": body})
        except schemas.ProtocolViolation as error:
            raise Garbage(self.name, "hello", str(error)) from error
        hello = Hello(body)
        if self.spec.flavour not in hello.flavours:
            raise FlavourMissing(
                self.name, "hello",
                f"declares the flavours {', '.join(hello.flavours) or 'none'}, not {self.spec.flavour}",
            )
        return hello

    def call(self, verb: str, limit: float = STEP, /, **keys: Any) -> dict[str, Any]:
        """Ask for one verb and wait for the answer's body, `limit` seconds; raises a `PeerError`."""
        return self.start(verb, **keys).result(limit)

    def start(self, verb: str, /, **keys: Any) -> Begun:
        """Ask for one verb and return at once; the answer is taken from what is returned."""
        self.ensure()
        assert self._process is not None
        return Begun(self, verb, self._process.start(verb, **keys))

    def listen(self, **sizes: int) -> Address:
        """Let the peer listen; connections are taken with `open(accept=address)`."""
        body = self.call("listen", **sizes)
        host, port = body["address"]
        self._open[f"{host}:{port}"] = body["listener"]
        return host, port

    def open(
        self,
        *,
        connect: Address | None = None,
        accept: Address | None = None,
        handshake: Sequence[Step] | None = None,
        hooks: Mapping[str, Any] | None = None,
        sndbuf: int | None = None,
        rcvbuf: int | None = None,
        ready: bool = True,
    ) -> Connection:
        """Let the peer wrap a connection that it makes or takes.

        With `ready` and without a handshake script, returns once the connection is ready for
        application messages; else as soon as the implementation's constructor has returned.
        """
        self._names += 1
        keys: dict[str, Any] = {"conn": f"c{self._names}", "flavour": self.spec.flavour}
        if connect is not None:
            keys["connect"] = list(connect)
        if accept is not None:
            keys["accept"] = self._open[f"{accept[0]}:{accept[1]}"]
        optional = {"handshake": handshake, "hooks": hooks, "sndbuf": sndbuf, "rcvbuf": rcvbuf}
        keys.update({key: value for key, value in optional.items() if value is not None})
        body = self.call("open", STEP, within=STEP, **keys)
        connection = Connection(self, keys["conn"], body)
        self._open[connection.name] = connection.name
        if ready and handshake is None:
            connection.wait("ready")
        return connection

    def forget(self, name: str) -> None:
        """Note that the peer has nothing under `name` any more."""
        self._open.pop(name, None)

    def stderr_since_mark(self) -> str:
        """Return what the peer printed on stderr since `mark`, its last 4,000 characters."""
        try:
            with self._stderr.open("rb") as file:
                file.seek(self._stderr_mark)
                return file.read().decode("utf-8", "replace")[-4000:]
        except OSError:
            return ""

    def mark(self) -> None:
        """Begin a case: stderr printed from here on belongs to it."""
        try:
            self._stderr_mark = self._stderr.stat().st_size
        except OSError:
            self._stderr_mark = 0

    def tidy(self) -> int | None:
        """End a case: drop its connections; return how many threads they have left behind.

        None if the peer cannot count its threads. Raises a `PeerError` if the process is gone.
        """
        if self._process is None:
            return None
        for name in list(self._open):
            if ":" in name:
                self.call("close", listener=self._open[name])
            else:
                self.call("discard", conn=name)
            self.forget(name)
        if self._hello is None or "threads" not in self._hello.features:
            return None
        deadline = clock.Deadline(SETTLE)
        while True:
            state = self._process.call("state", STEP)
            left = int(state["threads"]) - self._base_threads
            if left <= 0 or deadline.over:
                return max(0, left)
            clock.pause(0.005, "threads of closed connections need a moment to end")

    def stop(self) -> None:
        """End the peer politely, then surely. Idempotent."""
        if self.alive:
            assert self._process is not None
            try:
                self._process.call("bye", FAREWELL)
                self._process.finish(FAREWELL)
            except PeerError:
                # It is killed below in any case; how it takes its leave is for `smoke` to judge.
                pass
        self.kill()

    def kill(self) -> None:
        """End the process and all that it started; the next use starts a new one."""
        if self._process is not None:
            self._process.kill()
        self._process = None
        self._open.clear()


class Begun:
    """A request on its way to a peer; `result` waits for its answer's body."""

    def __init__(self, peer: Peer, verb: str, pending: Pending) -> None:
        self._peer = peer
        self._verb = verb
        self._pending = pending

    def result(self, within: float) -> dict[str, Any]:
        """Wait for the answer's body; raises a `PeerError`."""
        body = self._pending.result(within)
        if self._peer.validate:
            try:
                schemas.check_answer(self._verb, {"id": 1, "ok": body})
            except schemas.ProtocolViolation as error:
                raise Garbage(self._peer.name, self._verb, str(error)) from error
        return body


class Connection:
    """One connection of a peer's implementation under test."""

    def __init__(self, peer: Peer, name: str, opened: Mapping[str, Any]) -> None:
        self.peer = peer
        self.name = name
        self.opened = opened
        self.local: Address = (opened["local"][0], opened["local"][1])
        self.remote: Address = (opened["remote"][0], opened["remote"][1])

    def write(self, *messages: Message, within: float = EXCHANGE) -> int:
        """Write messages through the implementation's `write`; return how many it took.

        Raises `LibraryRaised` with the exception's name when it refused one.
        """
        return self.begin_write(*messages, within=within).result()

    def begin_write(self, *messages: Message, within: float = EXCHANGE) -> Writing:
        """Begin to write, for an implementation whose `write` may wait."""
        requests = [one.request() for one in messages]
        return Writing(self.peer.start("write", conn=self.name, messages=requests), within)

    def read(self, count: int, within: float = EXCHANGE) -> Reading:
        """Read up to `count` messages; returns early at the end of the connection."""
        return self.begin_read(count, within).result()

    def begin_read(self, count: int, within: float = EXCHANGE) -> ReadingBegun:
        """Begin to read, so that something else can be done meanwhile."""
        # The peer keeps the time of reading; ours is longer by a step, so that a peer which keeps
        # to its time is never called late.
        granted = within * clock.patience()
        begun = self.peer.start("read", conn=self.name, count=count, within=granted)
        return ReadingBegun(begun, within + STEP)

    def state(self) -> dict[str, Any]:
        """Return the connection's state: active, ready, queued, ended, end, handshake, options."""
        return dict(self._call("state", STEP)["conn"])

    def wait(self, what: str, within: float = STEP) -> dict[str, Any]:
        """Wait for `ready`, `ended`, `flushed` or `handshake`; return the state then.

        Raises `StepTimeout` when it has not happened within the time.
        """
        granted = within * clock.patience()
        body = self._call("wait", within + STEP, **{"for": what, "within": granted})
        if not body["happened"]:
            raise StepTimeout(self.peer.name, f"wait {self.name} for={what}", f"not {what} within {granted:g} s")
        return dict(body["conn"])

    def happens(self, what: str, within: float) -> bool:
        """Say whether `what` (as for `wait`) happens within the time."""
        granted = within * clock.patience()
        body = self._call("wait", within + STEP, **{"for": what, "within": granted})
        return bool(body["happened"])

    def release(self) -> None:
        """Let a handshake script that holds go on."""
        self._call("wait", STEP, release=True)

    def close(self, within: float = EXCHANGE) -> None:
        """Close through the implementation's `close`; returns when that has returned."""
        self.begin_close().result(within)

    def begin_close(self) -> Begun:
        """Begin to close, so that the other side can read meanwhile."""
        self.peer.forget(self.name)
        return self.peer.start("close", conn=self.name)

    def abort(self) -> None:
        """Abort through the implementation's `abort` (feature `abort`)."""
        self._call("abort", STEP)

    def _call(self, verb: str, limit: float, /, **keys: Any) -> dict[str, Any]:
        return self.peer.call(verb, limit, conn=self.name, **keys)


@dataclass(frozen=True)
class Reading:
    """What one `read` gave: the messages, whether the connection has ended, and its last word."""

    messages: tuple[Received, ...]
    ended: bool
    last: str | None

    def matches(self, wanted: Sequence[Message]) -> bool:
        """Whether exactly the wanted messages were read, in order, with kind and content."""
        return len(self.messages) == len(wanted) and all(
            got.matches(want) for got, want in zip(self.messages, wanted, strict=True)
        )


@dataclass(frozen=True)
class Writing:
    """A `write` on its way; `result` waits and returns how many messages were taken."""

    begun: Begun
    within: float

    def result(self) -> int:
        """Wait for the end of the writing; raises a `PeerError`."""
        return int(self.begun.result(self.within)["written"])


@dataclass(frozen=True)
class ReadingBegun:
    """A `read` on its way; `result` waits and returns what was read."""

    begun: Begun
    within: float

    def result(self) -> Reading:
        """Wait for the end of the reading; raises a `PeerError`."""
        body = self.begun.result(self.within)
        messages = tuple(Received.from_json(one) for one in body["messages"])
        return Reading(messages, bool(body["ended"]), body.get("last"))


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
        """Close the relays of the case."""
        while self._relays:
            self._relays.pop().close()


@dataclass(frozen=True)
class Meeting:
    """A connection between the two peers of a pair, with the relay in its middle."""

    first: Connection
    second: Connection
    relay: Relay


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
            tester = listener.accept(STEP)
        self._testers.append(tester)
        return connection, tester

    def tidy(self) -> None:
        """Close the testers of the case."""
        while self._testers:
            self._testers.pop().close()


class Pool:
    """The resident peers of one worker process, each started when it is first needed."""

    def __init__(self, specs: Sequence[PeerSpec], stderr_folder: Path, validate: bool = False) -> None:
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
        for peer in self._peers.values():
            peer.stop()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


@contextmanager
def one_peer(spec: PeerSpec, stderr_folder: Path) -> Iterator[Peer]:
    """Give a started peer for the length of a block; nothing of it is left behind."""
    peer = Peer(spec, stderr_folder, validate=True)
    try:
        peer.ensure()
        yield peer
    finally:
        peer.stop()
