"""Stands in for a peer on another machine: waits until it dials in, then carries its lines.

    python bridge.py HOST:PORT SECONDS env:NAME|file:PATH

To the harness it is an adapter on stdin and stdout. It listens at HOST:PORT until somebody sends
the right token as the first line, and at nothing from then on. Standard library only, since it is
started by its path.
"""

from __future__ import annotations

import hmac
import os
import selectors
import socket
import sys
import threading
import time
from pathlib import Path
from typing import NoReturn

#: Octets of a first line; a token is shorter.
LONGEST_TOKEN = 1024
#: Candidates that may be connected at a time, so that a flood of them costs nothing much.
CANDIDATES = 16
CHUNK = 1 << 16
#: Seconds between two tries to listen where another process of ours still does.
LOOK = 0.05
NOT_STARTED = 4


class Doorkeeper:
    """Lets in the first one who has the token; everybody else is sent away with a line."""

    def __init__(self, listener: socket.socket, token: bytes) -> None:
        self._token = token
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._said: dict[socket.socket, bytes] = {}

    def admit(self, until: float) -> tuple[socket.socket, bytes] | None:
        """Return the connection and what came behind its first line; None if nobody comes."""
        try:
            while (left := until - time.monotonic()) > 0:
                for key, _ in self._selector.select(left):
                    if key.fileobj is self._listener:
                        self._meet()
                        continue
                    assert isinstance(key.fileobj, socket.socket)
                    behind = self._hear(key.fileobj)
                    if behind is not None:
                        return key.fileobj, behind
            return None
        finally:
            for sock in self._said:
                sock.close()
            self._selector.close()

    def _meet(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return  # whoever knocked has gone again
        if len(self._said) >= CANDIDATES:
            oldest = next(iter(self._said))
            self._send_away(oldest, "said nothing while others wait")
        sock.setblocking(False)
        self._said[sock] = b""
        self._selector.register(sock, selectors.EVENT_READ)

    def _hear(self, sock: socket.socket) -> bytes | None:
        """Take what a candidate says; return what is behind the token, None as yet or never."""
        try:
            octets = sock.recv(CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            octets = b""
        if not octets:
            self._send_away(sock, "went without a token")
            return None
        self._said[sock] += octets
        line, end, behind = self._said[sock].partition(b"\n")
        if not end and len(line) <= LONGEST_TOKEN:
            return None
        if not hmac.compare_digest(line.rstrip(b"\r"), self._token):
            self._send_away(sock, "has a wrong token")
            return None
        self._selector.unregister(sock)
        del self._said[sock]
        return behind

    def _send_away(self, sock: socket.socket, why: str) -> None:
        try:
            host = sock.getpeername()[0]
        except OSError:
            host = "somebody"
        print(f"bridge: {host} {why}: refused", file=sys.stderr, flush=True)
        self._selector.unregister(sock)
        del self._said[sock]
        sock.close()


def token_of(place: str) -> bytes:
    """Return the token from `env:NAME` or `file:PATH`; raises ValueError, which says what to do."""
    kind, _, name = place.partition(":")
    if kind == "env":
        token = os.environ.get(name, "")
    else:
        try:
            token = Path(name).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the token cannot be read from {name}: {error}") from error
    if not token:
        raise ValueError(f"there is no token: set {name}" if kind == "env" else f"{name} is empty")
    return token.encode()


def listening(host: str, port: int, until: float) -> socket.socket:
    """Listen, once another process that does so at the same address has got its peer."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        sock = socket.socket(family, socket.SOCK_STREAM)
        if os.name == "posix":
            # Windows takes this as leave to listen beside somebody else.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            sock.listen()
        except OSError:
            sock.close()
            if time.monotonic() > until:
                raise
            # Where time has to pass and nothing can be waited for, an event that never comes will.
            threading.Event().wait(LOOK)
            continue
        return sock


def carry(sock: socket.socket, behind: bytes) -> None:
    """Carry lines both ways until the peer ends; the end of stdin is handed on."""
    sock.setblocking(True)

    def forward() -> None:
        try:
            while octets := os.read(0, CHUNK):
                sock.sendall(octets)
            sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the peer has gone, which the other direction sees as well

    threading.Thread(target=forward, daemon=True).start()
    octets = behind
    while True:
        while octets:
            octets = octets[os.write(1, octets) :]
        try:
            octets = sock.recv(CHUNK)
        except OSError:
            octets = b""
        if not octets:
            return


def give_up(what: str) -> NoReturn:
    """Say why there is no peer, in one line, and end."""
    print(f"bridge: {what}", file=sys.stderr, flush=True)
    sys.exit(NOT_STARTED)


def main(place: str, seconds: str, token_place: str) -> None:
    """Be the peer."""
    host, _, port = place.rpartition(":")
    until = time.monotonic() + float(seconds)
    try:
        token = token_of(token_place)
        listener = listening(host.strip("[]"), int(port), until)
    except ValueError as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"cannot listen at {place}: {error.strerror}")
    with listener:
        admitted = Doorkeeper(listener, token).admit(until)
    if admitted is None:
        give_up(f"no peer has dialled in at {place} within {seconds} s; start it there with"
                " --control, and look for a firewall")
    sock, behind = admitted
    with sock:
        carry(sock, behind)
    print("bridge: the peer has ended its control connection", file=sys.stderr, flush=True)
    # The reader of stdin may wait for ever, and must not keep us.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
