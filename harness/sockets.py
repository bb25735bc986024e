"""The few things that the harness does to its own sockets, the same for tester and relay."""

from __future__ import annotations

import contextlib
import errno
import selectors
import socket

from harness import system
from harness.clock import Deadline
from harness.kernel import Address

# poll and select need no descriptor of their own, unlike epoll and kqueue.
Selector = getattr(selectors, "PollSelector", selectors.SelectSelector)

#: What `connect_ex` says of a connection that is being made; the last one is Windows' number.
CONNECTING = frozenset({errno.EINPROGRESS, errno.EWOULDBLOCK, 10035})


def made(host: str, rcvbuf: int | None, sndbuf: int | None) -> socket.socket:
    """Return a new non-blocking TCP socket for a numeric host, its buffers (octets) set.

    Set before `listen` and `connect`, the sizes hold from the first segment on, and sockets that
    are accepted inherit them.
    """
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    for option, size in ((socket.SO_RCVBUF, rcvbuf), (socket.SO_SNDBUF, sndbuf)):
        if size is not None:
            sock.setsockopt(socket.SOL_SOCKET, option, size)
    sock.setblocking(False)
    return sock


def listener(host: str, rcvbuf: int | None, sndbuf: int | None) -> socket.socket:
    """Return a non-blocking socket that listens on a free port of a numeric host."""
    sock = made(host, rcvbuf, sndbuf)
    try:
        sock.bind((host, 0))
        sock.listen()
    except OSError:
        sock.close()
        raise
    return sock


def ready(selector: selectors.BaseSelector, deadline: Deadline) -> bool:
    """Wait until something registered is ready; False when the time was over first."""
    while True:
        late = deadline.over
        if selector.select(deadline.left()):
            return True
        if late:
            return False


def accepted(sock: socket.socket, deadline: Deadline) -> tuple[socket.socket, Address] | None:
    """Take one connection from a listening socket: it and the far end's address; None if late."""
    with Selector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        while ready(selector, deadline):
            try:
                taken, remote = sock.accept()
            except (BlockingIOError, ConnectionError):
                # The one who knocked has gone again.
                continue
            return taken, remote[:2]
    return None


def connected(sock: socket.socket) -> None:
    """Make a fresh connection non-blocking, and let every send become a segment at once."""
    sock.setblocking(False)
    # Some systems refuse options on a connection that the far end has reset already.
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def far_address(sock: socket.socket, asked: Address) -> Address:
    """Return the numeric address at which `asked` was reached; `asked` itself if it has gone."""
    try:
        return sock.getpeername()[:2]  # type: ignore[no-any-return]
    except OSError:
        return asked


def reset(sock: socket.socket) -> None:
    """Close a socket so that the far end sees a reset."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, system.LINGER_NONE)
    sock.close()
