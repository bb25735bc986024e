"""The Python adapter at level 0, beyond what `smoke` asks of every mirror."""

from __future__ import annotations

import socket

import pytest
from places import Start

from harness.codec import FrameReader, Parsed, encode
from harness.payloads import Message

MIRROR = ("--mirror", "--listen", "0")


def dial(start: Start, *arguments: str) -> tuple[socket.socket, FrameReader]:
    """Start a mirror; return a connection to it and the reader of what it sends."""
    words = start(*arguments).first_line().split()
    sock = socket.create_connection((words[1].decode(), int(words[2])), 10)
    return sock, FrameReader()


def receive(sock: socket.socket, reader: FrameReader, count: int) -> list[Parsed]:
    """The next `count` frames."""
    frames: list[Parsed] = []
    while len(frames) < count:
        octets = sock.recv(65536)
        assert octets, f"the mirror ended after {len(frames)} of {count} messages"
        frames += reader.feed(octets)
    return frames


@pytest.mark.parametrize("name", ["Bare", "Full", "Noisy"])
def test_a_mirror_reverses(start: Start, name: str) -> None:
    """Each message, in order, with its kind; astral code points stay whole."""
    sock, reader = dial(start, "--class", f"poll=fakestockings:{name}", *MIRROR)
    sent = [Message.text("a\U0001f600\U0010ffff\u00e9"), Message.octets(b"\xff\x00\x01"),
            Message.text("ab"), Message.recipe("text", 3, 70_000)]
    with sock:
        sock.sendall(b"".join(encode(each.frame()) for each in sent))
        assert [parsed.frame for parsed in receive(sock, reader, len(sent))] == [
            each.reversed().frame() for each in sent]


def test_the_flavour_of_a_mirror(start: Start) -> None:
    """Without the option it is the first class."""
    classes = ("--class", "poll=fakestockings:Refusing", "--class", "select=fakestockings:Full")
    sock, reader = dial(start, *classes, *MIRROR, "--flavour", "select")
    with sock:
        sock.sendall(encode(Message.text("ab").frame()))
        assert receive(sock, reader, 1)[0].frame.payload == b"ba"
    sock, _ = dial(start, *classes, *MIRROR)
    with sock:
        assert sock.recv(1) == b""


def test_an_end_inside_a_frame_ends_the_mirror_too(start: Start) -> None:
    """There is nobody left to answer: whether it was clean is for level 1 to tell."""
    channel = start("--class", "poll=fakestockings:Full", *MIRROR)
    words = channel.first_line().split()
    with socket.create_connection((words[1].decode(), int(words[2])), 10) as sock:
        sock.sendall(b"\x85ab")
    assert channel.exit_code() == 0
