"""Far ends for the tests of the wire: plain sockets, and processes that say what they have read."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psutil

from harness import clock, kernel

#: The kernel's answers exist on Linux alone; the same tests run elsewhere without them.
PROOFS = kernel.available()
NO_PROOFS = f"no kernel proofs on this system: {kernel.refusal()}"

#: Reads until the end and prints, as JSON, how. Between two reads it computes for a while.
READER = """
import json, socket, sys, zlib
address, size, busy = (sys.argv[1], int(sys.argv[2])), int(sys.argv[3]), int(sys.argv[4])
if address[1]:
    sock = socket.create_connection(address)
else:
    listener = socket.create_server(address)
    print(listener.getsockname()[1], flush=True)
    sock, _ = listener.accept()
sizes, crc, end = [], 0, "fin"
while True:
    try:
        octets = sock.recv(size)
    except ConnectionResetError:
        end = "reset"
        break
    if not octets:
        break
    sizes.append(len(octets))
    crc = zlib.crc32(octets, crc)
    for _ in range(busy):
        pass
print(json.dumps({"sizes": sizes, "crc": crc, "end": end}), flush=True)
"""

#: Connects, writes so many octets with blocking calls, and ends.
WRITER = """
import socket, sys
sock = socket.socket()
if sys.argv[3] != "0":
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, int(sys.argv[3]))
sock.connect(("127.0.0.1", int(sys.argv[1])))
sock.sendall(b"w" * int(sys.argv[2]))
sock.close()
"""


@dataclass(frozen=True)
class Report:
    """What a reader process has read: the sizes of its reads, the crc32 of it all, the end."""

    sizes: list[int]
    crc: int
    end: str

    def read(self, octets: bytes) -> bool:
        """Whether it read exactly these octets."""
        return sum(self.sizes) == len(octets) and self.crc == zlib.crc32(octets)


class Reader:
    """A process that reads; `address` is where it listens, unless it was told to connect."""

    def __init__(self, port: int = 0, size: int = 65536, busy: int = 0) -> None:
        arguments = ["127.0.0.1", str(port), str(size), str(busy)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", READER, *arguments], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self._output = self._process.stdout
        if not port:
            self.address = ("127.0.0.1", int(self._output.readline()))

    def report(self) -> Report:
        """Wait for the end of its reading."""
        facts: dict[str, Any] = json.loads(self._output.readline())
        return Report(**facts)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._output.close()


@contextlib.contextmanager
def writer(port: int, octets: int, sndbuf: int = 0) -> Iterator[None]:
    """Run a process that connects to a port and writes so many octets."""
    command = [sys.executable, "-c", WRITER, str(port), str(octets), str(sndbuf)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def leaves_nothing() -> Iterator[None]:
    """Check that a block leaves neither a thread nor a descriptor behind."""
    kernel.available()  # opens the process's one netlink socket
    process = psutil.Process()
    count = process.num_handles if sys.platform == "win32" else process.num_fds
    threads, descriptors = threading.active_count(), count()
    yield
    assert threading.active_count() <= threads
    assert sys.platform == "win32" or count() <= descriptors


def read_all(sock: socket.socket) -> tuple[bytes, str]:
    """Read a blocking socket to its end: the octets, and `fin` or `reset`."""
    octets = bytearray()
    while True:
        try:
            piece = sock.recv(65536)
        except ConnectionResetError:
            return bytes(octets), "reset"
        if not piece:
            return bytes(octets), "fin"
        octets += piece


@contextlib.contextmanager
def deaf(host: str = "127.0.0.1") -> Iterator[tuple[str, int]]:
    """An address at which nobody listens, and nobody else can either."""
    with socket.socket() as sock:
        sock.bind((host, 0))
        yield sock.getsockname()


def soon(predicate: Any) -> bool:
    """Whether something becomes true that other threads or the kernel are about to do."""
    return clock.until(predicate, clock.ANSWER)
