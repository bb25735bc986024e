"""The life of a Stocking: construction, handshake, end."""
from __future__ import absolute_import, division, print_function

import logging
import os
import socket
import threading
import warnings

from stockings._compat import SOCKET_ERRORS, LeakWarning, process
from stockings._core import Core
from stockings._loop import loopOf
from stockings._messages import Messages
from stockings._pump import Pump
from stockings.errors import StockingError

_log = logging.getLogger("stockings")
_log.addHandler(logging.NullHandler())


def _function(method):
    """The plain function: 2.7 wraps what it finds in a class."""
    return getattr(method, "__func__", method)


class BaseStocking(Messages):
    """Whole messages over one connected stream socket; the flavours add how they wait.

    ``sock`` is made non-blocking and otherwise left as it is; it belongs to the Stocking until
    ``close`` returns. Settings are class attributes; they, and everything that an overridden
    ``handshake`` uses, have to be there before this constructor runs.

    >>> import stockings
    >>> from stockings._compat import socketpair
    >>> class Mine(stockings.Stocking):
    ...     def preWrite(self, name, value):
    ...         return u"%s=%s" % (name, value)
    ...     def postRead(self, message):
    ...         return tuple(message.split(u"="))
    ...     def handshake(self):
    ...         self._write(u"hello")
    ...         while self.active:
    ...             message = self._read()
    ...             if message is not None:
    ...                 return message == u"hello"
    >>> near, far = [Mine(sock) for sock in socketpair()]
    >>> near.waitReady(timeout=20) and far.waitReady(timeout=20)
    True
    >>> near.write(u"answer", value=42)
    >>> far.read(timeout=20) == (u"answer", u"42")
    True
    >>> near.abort(); far.abort()

    Raises what the socket raises if it is closed, and ValueError for one that is no stream. One
    whose connection has broken is taken, and shows its end as any other.

    A signal handler must not call a method of a Stocking, nor make one: it runs on the main thread
    in the middle of whatever that does, and if that is such a method, the handler waits for itself
    for ever. It may set a flag, or start a thread that makes the call and that it does not wait
    for. It may raise, which ends a call that waits; raised in the middle of another call of this
    package it leaves a connection that is only good to be aborted (while a Stocking is made: a
    socket that is only good to be closed). Others go on; but before Python 3.10, where a handler
    may run at the end of a ``with``, that connection may stay locked.

    A finaliser (``__del__``) may call ``close`` and ``abort``. The collector runs it on whatever
    thread it likes: on the one that serves all connections neither of the two waits, what was
    written is delivered all the same, and a call that would have to wait raises StockingError.

    In a handler at the exit of the interpreter that runs after this package's own (``atexit`` runs
    the last one first) nothing serves connections any more: making a Stocking, and a call that
    would have to wait, raise StockingError. In others Python 3.12 raises RuntimeError if no
    Stocking of the flavour is open, since it starts no thread then.
    """

    #: Seconds that ``close`` (or the end after a failed handshake) may take to deliver what was
    #: written; None for no limit, 0 to drop it. Enough for a busy peer, bearable for a dead one.
    linger = 2.0

    _handshakeThread = None

    def __init__(self, sock):
        # A closed socket has no such thing, and says so on every Python.
        if sock.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) != socket.SOCK_STREAM:
            raise ValueError("a Stocking takes a stream socket, and this one keeps no octets in "
                             "order: %r" % (sock,))
        self._waiterType.check(sock.fileno())
        loop = loopOf(self._waiterType)
        loop.checkRoom()
        interval = self._interval()
        sock.setblocking(False)
        #: The socket that was given.
        self.sock = sock
        try:
            #: The address of the other side; None if there was no connection any more.
            self.addr = sock.getpeername()
        except SOCKET_ERRORS:
            self.addr = None
        self._core = Core(self.maxMessageSize, self.recvHighWater)
        shakes = _function(type(self).handshake) is not _function(BaseStocking.handshake)
        if not shakes:
            self._core.handshakeDone(True)
        pump = Pump(sock, self._core, loop, self.linger, interval)
        try:
            loop.add(pump)
            if self.addr is None:
                pump.probe()
            self._pump = pump
            if shakes:
                self._startHandshake()
        except BaseException:
            pump.abandon()  # a signal handler's: else the loop would serve for ever what nobody has
            raise

    @staticmethod
    def _interval():
        """Return the longest sleep of the I/O thread in seconds, None for no limit."""
        return None

    # Handshake

    def handshake(self):
        """Override to exchange messages before the program may; return whether all is well.

        It runs in a thread of its own, not a daemon, and uses ``_read`` and ``_write``, which
        bypass the hooks. Until it returns, ``read`` and ``write`` raise NotReady. If it returns
        something false or raises, the connection is ended, after what it wrote was delivered.
        ``active`` turns false when the connection ends in between. Messages that it does not take
        are left for ``read``.
        """
        return True

    def _startHandshake(self):
        thread = threading.Thread(target=self._runHandshake, name="stockings-handshake")
        thread.daemon = False  # else it would inherit the flag of the thread that is here
        self._handshakeThread = thread
        try:
            thread.start()
        except BaseException:
            self._handshakeThread = None
            self.abort()
            raise

    def _runHandshake(self):
        result = error = None
        try:
            result = self.handshake()
        except BaseException as raised:  # whatever it is, the other threads have to learn of it
            error = raised
            _log.warning("the handshake with %r raised %s: %s",
                         self.addr, type(raised).__name__, raised)
        self._pump.update(lambda: self._core.handshakeDone(result, error))

    @property
    def handshakeComplete(self):
        """False until the handshake has completed, then what it returned."""
        return self._core.handshakeResult

    # The end

    @property
    def active(self):
        """Whether messages are there or may come.

        False once the connection has ended and every message was taken, or ``close`` was called.
        """
        core = self._core
        if core.cause is None and core.inputEnd is None and self._pump.pid == process.pid:
            return True  # without the lock: programs ask this in loops
        return self._here().update(core.isActive)

    @property
    def closeCause(self):
        """How the connection ended; None before it did. The first cause stays.

        "eof": the other side ended it between two messages. "closed", "aborted": ``close`` or
        ``abort`` was called here. "truncated": the other side ended it inside a message. "reset":
        the system reported an error. "protocol": malformed octets came. "handshake": it failed.
        "forked": this process is a copy of the one that owns it. "internal": a defect.
        """
        return self._here().update(self._core.endSeen)[0]

    @property
    def closeError(self):
        """The exception behind ``closeCause``; None if there is none."""
        return self._here().update(self._core.endSeen)[1]

    def closeWrite(self):
        """End this side's stream after what is queued, and go on reading.

        Does not wait (``flush`` does); may be repeated. ``write`` raises StockingClosed from now
        on. Raises StockingError for a TLS socket, which cannot end one direction alone. A peer with
        Stockings 1.2 answers by closing altogether.
        """
        if hasattr(self.sock, "pending"):
            raise StockingError("a TLS connection cannot end one direction alone: use close()")
        self._here().update(self._core.closeWriting)

    def close(self):
        """End the connection, and deliver what was written: waits at most ``linger`` seconds.

        Sends what is queued, ends this side's stream, and throws away what comes until the other
        side ends its own; closing at once would destroy what is still on its way. Unread messages
        are dropped. May be repeated, from any thread: a second caller waits too. Called by the
        handshake, or by a finaliser on the thread that serves all connections, it does not wait.
        Never raises for what the network does.
        """
        self._end("closed", self.linger)

    def abort(self):
        """End the connection at once; what is queued or unread is dropped. May be repeated."""
        self._end("aborted", 0)

    def _end(self, cause, timeout):
        pump = self._here()
        if pump.loop.isHere:
            pump.endLater(cause)  # maybe in the middle of this very connection
            return
        pump.end(cause)
        if threading.current_thread() is not self._handshakeThread:
            pump.waitFinished(timeout)
            pump.update(pump.release)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        """Close; abort if the block raised, since what it wrote may be half of something."""
        if kind is None:
            self.close()
        else:
            self.abort()

    def __del__(self):
        pump = self._pump
        # At the end of the interpreter the system closes everything, and even this module may have
        # nothing left in it.
        if pump is None or pump.loop.stopped:
            return
        try:
            if LeakWarning is not None and not pump.core.finished and pump.pid == os.getpid():
                warnings.warn("%r was not closed" % self, LeakWarning, stacklevel=2)
        finally:
            pump.abandon()

    # What Stockings 1.2 had from threading.Thread

    def is_alive(self):
        """Return whether the connection is still being served: the socket is not closed yet."""
        return not self._core.finished

    isAlive = is_alive

    def join(self, timeout=None):
        """Wait until the socket is closed, at most ``timeout`` seconds; None for no limit."""
        self._here().waitUntil(lambda: self._core.finished, timeout)
