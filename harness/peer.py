"""A peer: the process that it runs in, the conversation with it, and what a case has left in it.

A `Peer` keeps one process for many cases, starts it again for the next case after it has died or
hung, and after each case looks whether the case has left anything behind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import clock, schemas
from harness.answer import Address, Body
from harness.connection import Connection
from harness.dialogue import Dialogue
from harness.hello import Hello
from harness.peererror import Died, FlavourMissing, Garbage, NotStarted, PeerError
from harness.peerspec import PeerSpec
from harness.process import PeerProcess

Step = dict[str, Any]

#: How much of what a peer printed on stderr during a case is kept: a long traceback.
STDERR_KEPT = 4000


class Peer:
    """One peer: an implementation on a runtime in one flavour, hosted by a process.

    `stderr_folder` holds a file per peer. With `validate`, every answer is held against the
    protocol's schemas. `dialogue` is what was said since `mark`. Not thread-safe, but for `kill`: a
    peer belongs to one worker.
    """

    def __init__(self, spec: PeerSpec, stderr_folder: Path, validate: bool = False) -> None:
        self.spec = spec
        self.name = spec.name
        self.dialogue = Dialogue()
        self._validate = validate
        self._stderr = stderr_folder / f"{spec.name.replace('/', '_')}.stderr"
        self._stderr_mark = 0
        self._process: PeerProcess | None = None
        self._hello: Hello | None = None
        self._base_threads = 0
        self._number = 0
        self._listeners: dict[Address, str] = {}
        self._connections: set[str] = set()
        self._left = False

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

    @property
    def pid(self) -> int:
        """The number of the peer's process in our system; starts it if there is none.

        A command may be a wrapper, so the peer says it, unless its own system numbers differently.
        """
        said = int(self.hello.body["pid"])
        interpreter = self.spec.interpreter
        if interpreter is not None and interpreter.platform:
            return self._running("hello").pid
        return said

    def ensure(self) -> None:
        """Start the process and exchange hellos, unless that has been done.

        Raises a `PeerError` that names the step; then no process is left.
        """
        if not self.alive:
            self.kill()
            self._start({})

    def _start(self, added: Mapping[str, str]) -> None:
        """Start the process, with these environment variables added, and exchange hellos."""
        process = PeerProcess(
            self.spec.command, {**dict(self.spec.environment), **added}, self.name, self._stderr,
            self._validate, self.dialogue,
        )
        self._process = process
        try:
            self._hello = self._greet(process)
            if "threads" in self._hello.features:
                state = process.call("state", clock.unhurried(clock.STEP))
                self._base_threads = state.take("threads", int)
        except PeerError:
            self.kill()
            raise

    def _greet(self, process: PeerProcess) -> Hello:
        body = process.call("hello", clock.unhurried(clock.HELLO), protocol=1)
        try:
            schemas.check_answer("hello", {"id": 1, "ok": body})
        except schemas.ProtocolViolation as error:
            raise Garbage(self.name, "hello", str(error)) from error
        hello = Hello(dict(body), self.spec.flavour)
        if self.spec.flavour not in hello.flavours:
            declared = ", ".join(hello.flavours)
            what = f"declares the flavours {declared}, not {self.spec.flavour}"
            raise FlavourMissing(self.name, "hello", what)
        return hello

    def _running(self, verb: str) -> PeerProcess:
        # Not started here: a peer that has died in the middle of a case must not come back in it.
        if self._process is None:
            raise NotStarted(self.name, verb, "its process was ended")
        return self._process

    def call(self, verb: str, limit: float = clock.STEP, /, **keys: Any) -> Body:
        """Ask for one verb and wait for the answer's body, `limit` seconds; raises a `PeerError`.

        The process must have been started (`ensure`); one that has died meanwhile stays dead.
        """
        return self._running(verb).call(verb, limit, **keys)

    def listen(self, **sizes: int) -> Address:
        """Let the peer listen; connections are taken with `open(accept=address)`."""
        body = self.call("listen", **sizes)
        address = body.address("address")
        self._listeners[address] = body["listener"]
        return address

    def open(
        self,
        *,
        connect: Address | None = None,
        accept: Address | None = None,
        handshake: Sequence[Step] | None = None,
        hooks: Mapping[str, Any] | None = None,
        sndbuf: int | None = None,
        rcvbuf: int | None = None,
        interval: str | None = None,
        ready: bool = True,
    ) -> Connection:
        """Let the peer wrap a connection that it makes or takes.

        With `ready` and without a handshake script, returns once the connection is ready for
        application messages; else as soon as the implementation's constructor has returned.
        """
        self._number += 1
        name = f"c{self._number}"
        optional = {
            "connect": None if connect is None else list(connect),
            "accept": None if accept is None else self._listeners[accept],
            "handshake": handshake, "hooks": hooks, "sndbuf": sndbuf, "rcvbuf": rcvbuf,
            "interval": interval,
        }
        keys = {key: value for key, value in optional.items() if value is not None}
        process = self._running("open")
        # As for a read: the peer keeps the time, and ours is longer by a step.
        body = process.call(
            "open", 2 * clock.STEP, conn=name, flavour=self.spec.flavour,
            within=clock.STEP * clock.patience(), **keys,
        )
        self._connections.add(name)
        connection = Connection(process, name, body, lambda: self._connections.discard(name))
        if ready and handshake is None:
            connection.wait("ready")
        return connection

    def mark(self) -> None:
        """Begin a case: what is said, and printed on stderr, from here on belongs to it."""
        self.dialogue.begin()
        try:
            self._stderr_mark = self._stderr.stat().st_size
        except OSError:
            # It was never started, so it has printed nothing.
            self._stderr_mark = 0

    def stderr_since_mark(self) -> str:
        """Return what the peer printed on stderr since `mark`, its last 4,000 characters."""
        try:
            with self._stderr.open("rb") as file:
                file.seek(self._stderr_mark)
                return file.read().decode("utf-8", "replace")[-STDERR_KEPT:]
        except OSError:
            return ""

    def restart(self, environment: Mapping[str, str] | None = None) -> None:
        """Go on in a fresh process, for what must not depend on anything that went before.

        One with an `environment`, which is added to the peer's own, serves no other case: `tidy`
        ends it.
        """
        self.kill()
        self._start(environment or {})
        self._left = bool(environment)

    def leave(self) -> bool:
        """Let the peer's main thread end (feature `leave`); say whether the process goes on.

        What is asked then is answered as long as something keeps the process. It serves no other
        case: `tidy` ends it.
        """
        self._left = True
        try:
            self.call("leave")
        except Died:
            return False
        return True

    def tidy(self) -> int | None:
        """End a case: drop its connections; return how many threads they have left behind.

        None if the peer cannot count its threads, or was killed. Raises a `PeerError` if the
        process is gone or does not answer any more.
        """
        if self._left:
            self.kill()
        if self._process is None:
            return None
        for address in list(self._listeners):
            self.call("close", listener=self._listeners.pop(address))
        for name in list(self._connections):
            self.call("discard", conn=name)
            self._connections.discard(name)
        # Asked in any case: it shows that the process is there, whatever it can count.
        state = self.call("state")
        if self._hello is None or "threads" not in self._hello.features:
            return None
        deadline = clock.Deadline(clock.SETTLE)
        while (left := state.take("threads", int) - self._base_threads) > 0 and not deadline.over:
            clock.pause(clock.SETTLE_LOOK, "threads of closed connections need a moment to end")
            state = self.call("state")
        return max(0, left)

    def stop(self) -> None:
        """End the peer politely, then surely. Idempotent."""
        if self.alive:
            assert self._process is not None
            try:
                self._process.call("bye", clock.FAREWELL)
                self._process.finish(clock.FAREWELL)
            except PeerError:
                # It is killed below in any case; how it takes its leave is for `smoke` to judge.
                pass
        self.kill()

    def kill(self) -> None:
        """End the process and all that it started; the next `ensure` starts a new one.

        May be called from another thread than the peer's: what it waits for then raises `Died`.
        """
        process = self._process
        if process is not None:
            process.kill()
        self._process = None
        self._left = False
        self._listeners.clear()
        self._connections.clear()
