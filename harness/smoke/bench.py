"""What the checks of level 1 stand on: a running adapter, and connections to a raw socket."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from harness.clock import Deadline, until
from harness.codec import FrameReader, Parsed, encode
from harness.hello import Hello
from harness.payloads import Message, Received, describe
from harness.smoke.channel import STEP, Channel, Failed, require_known, shown

HOST = "127.0.0.1"


class Meeting:
    """A connection: its name at the adapter, and our raw socket."""

    def __init__(
        self, bench: Bench, name: str, sock: socket.socket, opened: dict[str, Any]
    ) -> None:
        self.bench = bench
        self.name = name
        self.sock = sock
        self.opened = opened
        self._reader = FrameReader()
        self._frames: list[Parsed] = []

    def send(self, *messages: Message) -> None:
        """Send messages from the raw socket, all in one go."""
        self.sock.sendall(b"".join(encode(message.frame()) for message in messages))

    def write(self, *messages: Message) -> None:
        """Let the adapter write messages; its answer must be `ok` and count them."""
        body = self.bench.channel.ok(
            "write", conn=self.name, messages=[message.request() for message in messages]
        )
        if body["written"] != len(messages):
            raise Failed(f"write of {len(messages)} messages answered written {body['written']}")

    def read(self, count: int, within: float = STEP) -> list[Received]:
        """Let the adapter read; return what it says it read."""
        body = self.bench.channel.ok("read", conn=self.name, count=count, within=within)
        return [Received.from_json(facts) for facts in body["messages"]]

    def frames(self, count: int) -> list[Parsed]:
        """Return the next frames on the wire; raise Failed if they do not come."""
        deadline = Deadline(STEP * self.bench.patience, scaled=False)
        while len(self._frames) < count:
            self.sock.settimeout(max(0.001, deadline.left()))
            try:
                octets = self.sock.recv(65536)
            except TimeoutError:
                octets = b""
            except OSError as error:
                raise Failed(f"the connection broke, a frame should have come: {error}") from None
            if not octets:
                raise Failed(f"{count} frames should have come on the wire, "
                             f"{len(self._frames)} came (the stream is {self._reader.pending})")
            self._frames += self._reader.feed(octets)
            if self._reader.malformed is not None:
                raise Failed(f"what came on the wire is no frame: {self._reader.malformed}")
        taken, self._frames = self._frames[:count], self._frames[count:]
        return taken

    def end_of_stream(self) -> bytes:
        """Wait for the end of what the adapter sends; return octets that came instead."""
        self.sock.settimeout(STEP * self.bench.patience)
        try:
            return self.sock.recv(1)
        except TimeoutError:
            raise Failed("the connection was to end, but it stays open") from None
        except ConnectionError:
            return b""  # a reset is an end too

    def expect_frames(self, *messages: Message) -> None:
        """Raise Failed unless exactly these messages come next on the wire."""
        for message, parsed in zip(messages, self.frames(len(messages)), strict=True):
            came = Message(parsed.frame.kind, None, len(parsed.frame.payload), parsed.frame.payload)
            if parsed.frame != message.frame():
                raise Failed(f"the adapter was told to write a {describe(message)}, and what came "
                             f"on the wire was a {describe(came)}")

    def expect_read(self, *messages: Message) -> None:
        """Raise Failed unless exactly these messages are read next."""
        received = self.read(len(messages))
        if len(received) != len(messages):
            raise Failed(f"read should have given {len(messages)} messages, "
                         f"it gave {len(received)}")
        for message, came in zip(messages, received, strict=True):
            if not came.matches(message):
                raise Failed(f"a {describe(message)} was sent, and read described it as a "
                             f"{describe(came)}")


class Bench:
    """A running adapter with its hello; restarted when it has gone."""

    def __init__(
        self, command: list[str], environment: Mapping[str, str], flavour: str, patience: float,
        host: str = HOST,
    ) -> None:
        self.command = command
        self.environment = environment
        self.flavour = flavour
        self.patience = patience
        self.host = host
        self.hello: dict[str, Any] = {}
        #: Lines of stdout that belonged to no request, over all processes.
        self.garbage: list[bytes] = []
        self._channel: Channel | None = None
        self._sockets: list[socket.socket] = []
        self._names: list[str] = []
        self._count = 0

    @property
    def channel(self) -> Channel:
        """The channel to the process, which is started if there is none."""
        if self._channel is None:
            self._channel = Channel(self.command, self.environment, self.patience)
        return self._channel

    def has(self, feature: str) -> bool:
        """Say whether `hello` declared the feature, for every flavour or for ours."""
        return feature in Hello(self.hello, self.flavour).features

    def name(self) -> str:
        """Return a connection name that was not used before."""
        self._count += 1
        self._names.append(f"c{self._count}")
        return self._names[-1]

    def listener(self) -> socket.socket:
        """Return a raw listening socket, closed after the check."""
        sock = socket.create_server((self.host, 0))
        sock.settimeout(STEP * self.patience)
        self._sockets.append(sock)
        return sock

    def open_keys(self, **keys: Any) -> dict[str, Any]:
        """Return keys of an `open`: a new name, our flavour, and these."""
        return {"conn": self.name(), "flavour": self.flavour, "within": STEP, **keys}

    def meet(self, *, ready: bool = True, **keys: Any) -> Meeting:
        """Let the adapter connect to a raw socket; wait until it is ready for messages."""
        with self.listener() as listener:
            asked = self.open_keys(connect=list(listener.getsockname()), **keys)
            body = self.channel.ok("open", conn=asked.pop("conn"), **asked)
            sock = self._accept(listener)
        meeting = Meeting(self, self._names[-1], sock, body)
        if ready:
            self.wait_for(meeting, "ready")
        return meeting

    def _accept(self, listener: socket.socket) -> socket.socket:
        try:
            sock, _ = listener.accept()
        except TimeoutError:
            raise Failed("open with `connect` was answered, but no connection arrived") from None
        self._sockets.append(sock)
        return sock

    def dial(self, address: Sequence[Any]) -> socket.socket:
        """Connect a raw socket to a listener of the adapter."""
        try:
            sock = socket.create_connection((address[0], address[1]), STEP * self.patience)
        except OSError as error:
            raise Failed(f"nothing listens at the address that listen answered: {error}") from None
        self._sockets.append(sock)
        return sock

    def wait_for(self, meeting: Meeting, what: str) -> dict[str, Any]:
        """Wait for something of a connection and return its state then."""
        keys = {"conn": meeting.name, "for": what, "within": STEP * self.patience}
        answer = self.channel.ok("wait", **keys)
        state: dict[str, Any] = answer["conn"]
        if not answer["happened"]:
            raise Failed(f"wait for {what!r} gave up after {STEP * self.patience:g} s; the state "
                         f"then was {shown(state)}")
        return state

    def until(self, predicate: Callable[[], bool]) -> bool:
        """Look until something is true, for one step; say whether it became true."""
        return until(predicate, Deadline(STEP * self.patience, scaled=False))

    def unsupported(self, word: str, advice: str, verb: str, **keys: Any) -> None:
        """Raise Failed unless a request is answered `unsupported`, naming the word."""
        answer = self.channel.ask(verb, **keys)
        if word != verb:
            require_known(verb, answer)
        if answer.get("unsupported") != word:
            raise Failed(f'{advice}; expected {{"unsupported": "{word}"}}, got {shown(answer)}')

    def undeclared(self, feature: str, verb: str, **keys: Any) -> None:
        """Raise Failed unless a word of a feature that `hello` does not declare is refused."""
        advice = (f"the feature {feature!r} is not declared in hello; declare it, or answer "
                  "unsupported")
        self.unsupported(feature, advice, verb, **keys)

    def open_undeclared(self, feature: str, **keys: Any) -> None:
        """Raise Failed unless an `open` with a word of such a feature is refused."""
        with self.listener() as listener:
            keys = self.open_keys(connect=list(listener.getsockname()), **keys)
            self.undeclared(feature, "open", **keys)

    def tidy(self) -> None:
        """Leave nothing of a check behind in the adapter."""
        if self._channel is not None:
            self._channel.drop_strays()
        try:
            for name in self._names if self._channel is not None else ():
                self.channel.ok("discard", conn=name)
            self._close_sockets()
        except Failed:
            self.stop()  # what discard must do is the business of a check of its own

    def stop(self) -> None:
        """End the process, if there is one."""
        if self._channel is not None:
            self.garbage += self._channel.garbage
            self._channel.kill()
            self._channel = None
        self._close_sockets()

    def _close_sockets(self) -> None:
        self._names.clear()
        while self._sockets:
            self._sockets.pop().close()
