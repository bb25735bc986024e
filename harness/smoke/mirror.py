"""Level 0: a mirror answers every message of one connection reversed, and exits."""

from __future__ import annotations

import socket
from collections.abc import Mapping

from harness.codec import FrameReader, Parsed, encode
from harness.payloads import Message, describe
from harness.smoke.bench import HOST
from harness.smoke.channel import STEP, Channel, Failed, shown

EXIT_UNKNOWN_OPTION = 89
#: No palindromes, here and below: their echo would pass.
TEXT = Message.text("a\u00e9\u20ac\U0001f600\u0000z")
BYTES = Message.octets(bytes(range(256)))
MANY = [Message.recipe("text" if seed % 2 else "bytes", seed, 20 + seed) for seed in range(60)]
#: Beyond a three-octet header. A longer one may be refused (FRAME-14), and that would be the
#: implementation's affair.
LARGE = Message.recipe("bytes", 3, 1 << 20)


class MirrorBench:
    """A running mirror and our connection to it; restarted when it has gone."""

    def __init__(self, command: list[str], environment: Mapping[str, str], patience: float) -> None:
        self.command = command
        self.environment = environment
        self.patience = patience
        self.channel: Channel | None = None
        self.sock: socket.socket | None = None
        self.reader = FrameReader()

    def start(self, *arguments: str) -> Channel:
        """Start a mirror with these arguments behind its command; end the one before."""
        self.stop()
        self.channel = Channel([*self.command, *arguments], self.environment, self.patience)
        return self.channel

    def address(self) -> tuple[str, int]:
        """Start a mirror that listens; return the address that it prints."""
        try:
            line = self.start("--listen", "0").first_line()
        except Failed as failure:
            raise Failed(f"{failure}; a mirror (section 2 of conformance/ADAPTERS.md) begins by "
                         "saying where it listens") from None
        words = line.decode("ascii", "replace").split()
        if len(words) != 3 or words[0] != "listening" or not words[2].isdigit():
            raise Failed("the first line of stdout must be `listening HOST PORT`, got "
                         f"{shown(line)}")
        return words[1], int(words[2])

    def connected(self) -> socket.socket:
        """Return our connection to a mirror, which is started if there is none."""
        if self.sock is None:
            self.attach(socket.create_connection(self.address(), STEP * self.patience))
        assert self.sock is not None
        return self.sock

    def attach(self, sock: socket.socket) -> None:
        """Use this connection from now on."""
        sock.settimeout(STEP * self.patience)
        self.sock, self.reader = sock, FrameReader()

    def frames(self, count: int) -> list[Parsed]:
        """Return exactly the next `count` frames that the mirror sends."""
        frames: list[Parsed] = []
        while len(frames) < count:
            try:
                octets = self.connected().recv(65536)
            except TimeoutError:
                octets = b""
            if not octets:
                raise Failed(f"{count} answers should have come, {len(frames)} came; answer each "
                             "message, and stay until the end of the stream")
            frames += self.reader.feed(octets)
            if self.reader.malformed is not None:
                raise Failed(f"what the mirror sent is no frame: {self.reader.malformed}")
        return frames

    def exchange(self, *messages: Message) -> None:
        """Send messages in one go; raise Failed unless each comes back reversed, in order."""
        self.connected().sendall(b"".join(encode(message.frame()) for message in messages))
        for message, parsed in zip(messages, self.frames(len(messages)), strict=True):
            frame, wanted = parsed.frame, message.reversed()
            if frame == wanted.frame():
                continue
            if frame.payload == message.payload:
                raise Failed(f"a {describe(message)} came back as it was; answer it reversed, "
                             "since a mere echo of octets would prove nothing")
            came = Message(frame.kind, None, len(frame.payload), frame.payload)
            raise Failed(f"the answer to a {describe(message)} should be a {describe(wanted)}, it "
                         f"was a {describe(came)}; reverse octets of bytes and code points of "
                         "texts, and keep the kind and the order")

    def tidy(self) -> None:
        """Nothing: the connection serves the next check too."""

    def stop(self) -> None:
        """End the mirror, if there is one."""
        if self.sock is not None:
            self.sock.close()
            self.sock = None
        if self.channel is not None:
            self.channel.kill()
            self.channel = None


def mirror_listens(bench: MirrorBench) -> None:
    """With `--listen 0` the first line is `listening HOST PORT`, and someone is there."""
    bench.connected()


def mirror_text(bench: MirrorBench) -> None:
    """A text comes back reversed by code points."""
    bench.exchange(TEXT)


def mirror_bytes(bench: MirrorBench) -> None:
    """Bytes come back reversed by octets."""
    bench.exchange(BYTES)


def mirror_order(bench: MirrorBench) -> None:
    """Many messages in one segment come back one by one, in order."""
    bench.exchange(*MANY)


def mirror_large(bench: MirrorBench) -> None:
    """A message larger than a socket's buffers comes back whole."""
    bench.exchange(LARGE)


def mirror_exit(bench: MirrorBench) -> None:
    """At the end of the stream the mirror exits with code 0."""
    bench.exchange(Message.text("last"))
    bench.connected().shutdown(socket.SHUT_WR)
    _expect_exit(bench, 0, "at the end of the stream the mirror must exit with code 0")


def mirror_connects(bench: MirrorBench) -> None:
    """With `--connect HOST:PORT` the mirror connects."""
    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(STEP * bench.patience)
        bench.start("--connect", f"{HOST}:{listener.getsockname()[1]}")
        try:
            bench.attach(listener.accept()[0])
        except TimeoutError:
            raise Failed("with --connect HOST:PORT the mirror must connect there") from None
    bench.exchange(TEXT, BYTES)
    bench.stop()


def mirror_unknown_option(bench: MirrorBench) -> None:
    """An option that it does not know ends the mirror with exit code 89."""
    bench.start("--listen", "0", "--plugh")
    _expect_exit(bench, EXIT_UNKNOWN_OPTION,
                 f"an option that the adapter does not know must end it with {EXIT_UNKNOWN_OPTION}")


def _expect_exit(bench: MirrorBench, wanted: int, rule: str) -> None:
    assert bench.channel is not None
    code = bench.channel.exit_code()
    bench.stop()
    if code != wanted:
        raise Failed(f"{rule}; " + ("it went on" if code is None else f"it was {code}"))


MIRROR_CHECKS = (
    mirror_listens, mirror_text, mirror_bytes, mirror_order, mirror_large, mirror_exit,
    mirror_connects, mirror_unknown_option,
)
