"""What the kernel knows of a TCP socket on this machine, its own or that of another process.

Linux answers over netlink (`sock_diag`, family `inet_diag`) to any user, for exactly one socket,
in about ten microseconds: how much its application has not read, how much it has handed over that
was not acknowledged, how many octets have arrived. From this the harness proves what others hope
for: that a chunk was read alone, that a sender was stuck in mid-message.

    consumed: receive == 0 and bytes_received >= all that was sent. The first alone is not enough,
    since octets may still be on their way. The kernel reads the queue, then takes the socket's
    lock, which a `recv` holds until it returns: once a look says so, that `recv` is over.

Elsewhere, and where a probe with two octets of our own shows that this kernel does not answer as we
need it, `available()` is False and `look` finds nothing. Thread-safe.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
from dataclasses import dataclass

from harness import clock, system

Address = tuple[str, int]

# linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h
_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_NLM_F_REQUEST = 1
_NLMSG_ERROR = 2
_INFO = 2
_SKMEMINFO = 7
_WANTED = 1 << (_INFO - 1) | 1 << (_SKMEMINFO - 1)
_NO_COOKIE = 0xFFFFFFFF

_MESSAGE = struct.Struct("=IHHII")
_REQUEST = struct.Struct("=BBBBI")
_PORTS = struct.Struct("!HH")
_TAIL = struct.Struct("=III")
_ATTRIBUTE = struct.Struct("=HH")
# From the start of the answer: the header of 16 octets, then struct inet_diag_msg.
_STATE_AT = 17
_PORTS_AT = 20
_QUEUES = struct.Struct("=II")
_QUEUES_AT = 72
_ATTRIBUTES_AT = 88
# struct tcp_info: bytes_acked, bytes_received, two counts of segments, notsent_bytes (Linux 4.6).
_COUNTS = struct.Struct("=QQIII")
_COUNTS_AT = 120
# struct sk_meminfo as numbers: SK_MEMINFO_SNDBUF, SK_MEMINFO_WMEM_QUEUED.
_MEMORY = struct.Struct("=6I")
_SNDBUF, _QUEUED = 3, 5

_STATES = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
    "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
)
_FIN_COUNTED = frozenset({"FIN_WAIT1", "FIN_WAIT2", "CLOSING", "LAST_ACK"})


@dataclass(frozen=True, slots=True)
class Queues:
    """One socket at one moment. Numbers are octets.

    `receive`: arrived and not read by the application. `bytes_received`: all that has arrived in
    order. In both a FIN counts as one octet. `send`: handed over by the application and not
    acknowledged yet; `not_sent`: the part of it that the kernel could not send. `bytes_acked`: all
    that the other side has acknowledged, as Linux counts it: better use `handed`. `full`: the
    application has to wait, poll and select would not call the socket writable.
    """

    state: str
    receive: int
    send: int
    not_sent: int
    bytes_received: int
    bytes_acked: int
    full: bool

    def handed(self, opened: bool) -> int:
        """Return how many octets the application has handed to the kernel since the beginning.

        `opened` says that this socket opened the connection (it called `connect`).
        """
        surplus = _probe().surplus if opened else 0
        return self.bytes_acked + self.send - surplus - (self.state in _FIN_COUNTED)


@dataclass(frozen=True)
class _Findings:
    """What the probe found: `refusal` (empty: all is well) and the surplus of `bytes_acked`."""

    refusal: str
    surplus: int = 0


class _Channel:
    """The process's netlink socket, opened when it is first needed and again after a fork."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._pid = 0
        self._sequence = 0

    def ask(self, body: bytes) -> bytes:
        """Send one request and return the whole answer; OSError if the system refuses."""
        with self._lock:
            if self._socket is None or self._pid != os.getpid():
                self._socket = _open_netlink()
                self._pid = os.getpid()
            self._sequence = self._sequence + 1 & 0xFFFFFFFF
            size = _MESSAGE.size + len(body)
            self._socket.send(
                _MESSAGE.pack(size, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, self._sequence, 0) + body
            )
            # The kernel answers within the call of send, so this never waits; a request that
            # was interrupted between the two calls has left an answer of an older number.
            while True:
                answer = self._socket.recv(4096)
                if _MESSAGE.unpack_from(answer)[3] == self._sequence:
                    return answer


def _open_netlink() -> socket.socket:
    if not system.LINUX:
        raise OSError(errno.ENOSYS, "sock_diag needs Linux")
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG)


_channel = _Channel()
_findings: _Findings | None = None
_probing = threading.Lock()


def available() -> bool:
    """Whether `look` can see the sockets of this machine; the first call probes."""
    return not _probe().refusal


def refusal() -> str:
    """Return why `available()` is False, in one line; empty if it is True."""
    return _probe().refusal


def look(local: Address, remote: Address) -> Queues | None:
    """Return the queues of the connected socket whose own address is `local`; numeric hosts.

    None if there is no such socket, if its application has let go of it and only the kernel's
    remainder is left (TIME_WAIT), or if `available()` is False. OSError if netlink breaks.
    """
    if not available():
        return None
    return _look(local, remote)


def _look(local: Address, remote: Address) -> Queues | None:
    answer = _channel.ask(_question(local, remote))
    if _MESSAGE.unpack_from(answer)[1] == _NLMSG_ERROR:
        code = -struct.unpack_from("=i", answer, _MESSAGE.size)[0]
        if code == errno.ENOENT:
            return None
        raise OSError(code, f"sock_diag: {os.strerror(code)}")
    # Where no connection matches, Linux offers the listener on that port instead.
    if _PORTS.unpack_from(answer, _PORTS_AT) != (local[1], remote[1]):
        return None
    return _queues(answer)


def _question(local: Address, remote: Address) -> bytes:
    family = socket.AF_INET6 if ":" in local[0] else socket.AF_INET
    hosts = b"".join(socket.inet_pton(family, one[0]).ljust(16, b"\0") for one in (local, remote))
    return (
        _REQUEST.pack(family, socket.IPPROTO_TCP, _WANTED, 0, 0xFFFFFFFF)
        + _PORTS.pack(local[1], remote[1])
        + hosts
        + _TAIL.pack(0, _NO_COOKIE, _NO_COOKIE)
    )


def _queues(answer: bytes) -> Queues | None:
    attributes = {}
    at = _ATTRIBUTES_AT
    while at + _ATTRIBUTE.size <= len(answer):
        length, kind = _ATTRIBUTE.unpack_from(answer, at)
        attributes[kind] = answer[at + _ATTRIBUTE.size : at + length]
        at += max(_ATTRIBUTE.size, length + 3 & ~3)
    info, memory = attributes.get(_INFO, b""), attributes.get(_SKMEMINFO, b"")
    if len(info) < _COUNTS_AT + _COUNTS.size or len(memory) < _MEMORY.size:
        return None
    receive, send = _QUEUES.unpack_from(answer, _QUEUES_AT)
    acked, received, _, _, not_sent = _COUNTS.unpack_from(info, _COUNTS_AT)
    room = _MEMORY.unpack_from(memory)
    # The kernel calls a stream writable while at least a third of its send buffer is free.
    full = room[_SNDBUF] - room[_QUEUED] < room[_QUEUED] >> 1
    return Queues(_STATES[answer[_STATE_AT]], receive, send, not_sent, received, acked, full)


def _probe() -> _Findings:
    global _findings
    if _findings is None:
        with _probing:
            if _findings is None:
                _findings = _investigate()
    return _findings


def _investigate() -> _Findings:
    """Hold this kernel's answers against two octets of which we know everything."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            with socket.create_connection(listener.getsockname(), clock.PROBE) as one:
                other, _ = listener.accept()
                with other:
                    return _compare(one, other)
    except OSError as error:
        return _Findings(f"the kernel does not answer sock_diag: {error.strerror or error}")


def _compare(one: socket.socket, other: socket.socket) -> _Findings:
    opener, taker = one.getsockname(), other.getsockname()
    one.sendall(b"ab")

    def taken(unread: int) -> bool:
        seen = _look(taker, opener)
        return seen is not None and (seen.receive, seen.bytes_received) == (unread, 2)

    if not clock.until(lambda: taken(2), clock.PROBE):
        return _Findings("sock_diag does not show octets that have arrived")
    other.recv(2)
    if not taken(0):
        return _Findings("sock_diag does not show that octets were read")
    seen = _look(opener, taker)
    # Linux counts the SYN of the side that connects among the octets that were acknowledged.
    surplus = seen.bytes_acked + seen.send - 2 if seen else -1
    if surplus not in (0, 1):
        return _Findings("sock_diag does not show octets that were handed over")
    return _Findings("", surplus)
