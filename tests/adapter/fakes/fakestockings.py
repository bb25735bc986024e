"""A small library with the documented Stockings API, for tests of the adapter alone.

It is written from conformance/SPEC.md and shares nothing with the reference, so that a test of the
adapter fails for the adapter's reasons.  It runs on 2.7 too.  `Bare` offers only what the oldest
documentation names and shows its end by EOFError, `Full` has everything that the adapter knows to
use, and the others have one bad habit each.
"""
from __future__ import absolute_import, division, print_function

import os
import select
import socket
import sys
import threading

__version__ = "0.1"
text_type = type(u"")


class NotReady(Exception):
    """The handshake has not completed."""


def frame(message):
    """Return the one frame of a message."""
    kind, payload = 64, message
    if isinstance(message, text_type):
        kind, payload = 0, message.encode("utf-8")
    octets, length = bytearray([kind | len(payload) & 63]), len(payload) >> 6
    while length:
        octets.append(length & 127)
        length >>= 7
    octets[-1] |= 128
    return bytes(octets) + payload


def split(octets):
    """Return ``(message, octets behind it)``, or None while no whole frame is there."""
    length, shift = 0, 0
    for at, octet in enumerate(bytearray(octets[:10])):
        length |= (octet & (127 if at else 63)) << shift
        shift += 7 if at else 6
        if octet & 128:
            end = at + 1 + length
            if len(octets) < end:
                return None
            is_bytes = bytearray(octets[:1])[0] & 64
            payload = octets[at + 1:end]
            return (payload if is_bytes else payload.decode("utf-8")), octets[end:]
    return None


class Bell(object):
    """A descriptor that is readable from `ring` to `hush`; it also works on Windows."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.connect(self.sock.getsockname())
        self.rung = False

    def ring(self):
        if not self.rung:
            self.rung = True
            self.sock.send(b"!")

    def hush(self):
        if self.rung:
            self.sock.recv(1)
            self.rung = False


class Bare(object):
    """The least: read() raises EOFError at the end, and there is nothing to wait on."""

    def __init__(self, sock):
        self.sock, self.active, self.handshakeComplete = sock, True, False
        self.lock, self.incoming, self.outgoing, self.partial = threading.Lock(), [], b"", b""
        self.closing, self.over = False, None
        self.wake, self.news = Bell(), Bell()
        sock.setblocking(False)
        threading.Thread(target=self._loop).start()
        if type(self).handshake == Bare.handshake:
            self.handshakeComplete = True
        else:
            threading.Thread(target=self._shake).start()

    def handshake(self):
        return True

    def preWrite(self, message):
        return message

    def postRead(self, message):
        return message

    def write(self, *args, **kwargs):
        if not self.handshakeComplete:
            raise NotReady("the handshake has not completed")
        self._write(self.preWrite(*args, **kwargs))

    def read(self):
        if not self.handshakeComplete:
            raise NotReady("the handshake has not completed")
        message = self._read()
        return None if message is None else self.postRead(message)

    def _write(self, message):
        octets = frame(message)
        with self.lock:
            if self.over or self.closing:
                raise EOFError("closed")
            self.outgoing += octets
            self.wake.ring()

    def _read(self):
        with self.lock:
            if self.incoming:
                message = self.incoming.pop(0)
                if not self.incoming and not self.over:
                    self.news.hush()
                return message
            if self.over:
                raise EOFError(self.over)

    def close(self):
        with self.lock:
            self.closing = True
            self.active = False
            self.wake.ring()

    def _shake(self):
        try:
            self.handshakeComplete = bool(self.handshake())
        finally:
            if not self.handshakeComplete:
                self.close()

    def _loop(self):
        cause = None
        while cause is None:
            reading = [self.wake.sock] if self.closing else [self.wake.sock, self.sock]
            ready, writable, _ = select.select(reading, [self.sock] if self.outgoing else [], [], 5)
            with self.lock:
                self.wake.hush()
                cause = self._turn(self.sock in ready, bool(writable))
        with self.lock:
            self.over, self.active = cause, False
            self.sock.close()
            self.news.ring()

    def _turn(self, readable, writable):
        try:
            if writable:
                self.outgoing = self.outgoing[self.sock.send(self.outgoing):]
            if readable:
                chunk = self.sock.recv(65536)
                if not chunk:
                    return "truncated" if self.partial else "eof"
                self.partial += chunk
                self._sort()
        except socket.error:
            return "reset"
        except UnicodeDecodeError:
            return "protocol"
        return "closed" if self.closing and not self.outgoing else None

    def _sort(self):
        found = split(self.partial)
        while found:
            self.incoming.append(found[0])
            self.partial = found[1]
            self.news.ring()
            found = split(self.partial)


class Full(Bare):
    """Everything that the adapter knows to use; read() gives None at the end."""

    @property
    def active(self):
        with self.lock:
            return not self.closing and not (self.over and not self.incoming)

    @active.setter
    def active(self, _):
        pass  # computed

    @property
    def closeCause(self):
        return self.over

    def fileno(self):
        return self.news.sock.fileno()

    def writeDataQueued(self):
        return bool(self.outgoing)

    def abort(self):
        with self.lock:
            self.outgoing = b""
        self.close()

    def _read(self):
        try:
            return super(Full, self)._read()
        except EOFError:
            return None


class Noisy(Full):
    """Prints on stdout, in the constructor and for every message."""

    def __init__(self, sock):
        print('{"id": 1, "ok": "from the library"}')
        super(Noisy, self).__init__(sock)

    def postRead(self, message):
        print("no line of the protocol")
        sys.stdout.flush()
        return message


class Refusing(Full):
    """Its constructor raises."""

    def __init__(self, sock):
        raise ValueError("not this socket")


class Interval(Full):
    """Its constructor says to what the interval is set."""

    def __init__(self, sock):
        given = os.environ.get("STOCKING_SELECT_SEND_INTERVAL")
        raise ValueError("None" if given is None else "'%s'" % given)


class Choking(Full):
    """Its read raises at a message `poison` and delivers what is no message for `odd`."""

    def postRead(self, message):
        if message == u"poison":
            raise ZeroDivisionError("poisoned")
        return bytearray(b"odd") if message == u"odd" else message


class Fleeting(Full):
    """All of its threads are daemons."""

    def __init__(self, sock):
        old = threading.Thread
        threading.Thread = Daemon
        try:
            super(Fleeting, self).__init__(sock)
        finally:
            threading.Thread = old


class Daemon(threading.Thread):
    """A thread that does not keep its process."""

    daemon = True


class Restless(Bare):
    """Its descriptor is always readable, and its close never returns."""

    def __init__(self, sock):
        super(Restless, self).__init__(sock)
        self.bell = Bell()
        self.bell.ring()

    def fileno(self):
        return self.bell.sock.fileno()

    def close(self):
        never = threading.Lock()
        never.acquire()
        never.acquire()


class Broken(Full):
    """Looking at it raises, and so does closing it."""

    def writeDataQueued(self):
        raise KeyError("queue")

    def close(self):
        raise IOError("cannot close")

    def abort(self):
        raise IOError("cannot abort")

    @property
    def handshakeComplete(self):
        raise RuntimeError("do not look")

    @handshakeComplete.setter
    def handshakeComplete(self, _):
        pass
