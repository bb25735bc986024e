"""Writing, reading and waiting: the half of a Stocking that a program uses all the time."""
from __future__ import absolute_import, division, print_function

from stockings._compat import process, yieldProcessor
from stockings._core import HANDSHAKING, READY
from stockings.errors import MessageTooLarge, StockingBroken, StockingClosed, StockingTimeout
from stockings.wire import encodeParts


class Messages(object):
    """What a Stocking does with messages. Every method may be called from any thread."""

    #: Largest payload in octets, in both directions; None for no limit. A larger message is
    #: refused by ``write`` (MessageTooLarge, the connection is unharmed), and one that is
    #: announced by the other side ends the connection before its payload is received.
    maxMessageSize = None
    #: Octets of unread messages at which receiving rests until a quarter of them is left; None
    #: for no limit. Each message counts 64 octets more than it has, about what the object takes.
    #: One whole message is always received. Sending never waits for it.
    recvHighWater = 16 * 1024 * 1024
    #: Octets queued at which ``write`` waits for the other side to take some; None: never.
    sendHighWater = None
    #: Seconds that such a ``write`` waits before it raises StockingTimeout; None for no limit.
    writeTimeout = None

    _core = None
    _pump = None

    # Hooks

    def preWrite(self, message):
        """Return the message to send for what ``write`` was given; override it with any arguments.

        It runs on the thread that calls ``write``.
        """
        return message

    def postRead(self, message):
        """Return what ``read`` is to return for a received message; override as you like.

        It runs on the thread that calls ``read``. If it raises, the message counts as taken.
        """
        return message

    # Writing

    def write(self, *args, **kwargs):
        """Send one message: what ``preWrite`` makes of the arguments.

        Text (``unicode`` on 2.7) is sent as text, bytes, bytearray and memoryview as bytes. What
        the system takes is sent at once, the rest is queued and follows by itself. Messages of
        many threads never mix, those of one thread keep their order.

        Raises NotReady before the handshake has completed, TypeError for another type,
        UnicodeEncodeError for text with surrogates, MessageTooLarge, StockingClosed after the end
        of the connection, and StockingTimeout (see ``writeTimeout``); the message was not queued
        then.
        """
        if self._core.state is not READY:
            self._core.checkReady()
        if kwargs or len(args) != 1:
            message = self.preWrite(*args, **kwargs)
        else:  # the usual call, in a third of the time
            message = self.preWrite(args[0])
        self._write(message)

    def _write(self, message):
        """Send one message past ``preWrite`` and before the handshake has completed, too."""
        head, payload = encodeParts(message)
        limit = self.maxMessageSize
        if limit is not None and len(payload) > limit:
            raise MessageTooLarge("a message of %d octets is above maxMessageSize, %d"
                                  % (len(payload), limit), len(payload), limit)
        pump = self._pump
        if pump.pid != process.pid:
            pump = self._here()
        mark = self.sendHighWater
        if mark is not None and not self._core.outbox.isBelow(mark):
            self._waitForRoom(pump)
        pump.send(head, payload)

    def _waitForRoom(self, pump):
        core = self._core
        if not pump.waitUntil(lambda: core.outbox.octets < self.sendHighWater or
                              core.cause is not None, self.writeTimeout):
            raise StockingTimeout("%d octets are queued, and the other side took too few of them "
                                  "within %s seconds (writeTimeout)"
                                  % (core.outbox.octets, self.writeTimeout))

    def writeDataQueued(self):
        """Return whether an octet that was written is not yet with the system."""
        with self._here().lock:
            return self._core.outbox.waiting

    @property
    def queuedBytes(self):
        """Octets that were written and are not yet with the system, headers included."""
        with self._here().lock:
            return self._core.outbox.octets

    def flush(self, timeout=None):
        """Wait until the system has taken all that was written before this call.

        Returns True then, False after ``timeout`` seconds. Raises StockingClosed if the connection
        ended first. That the system took it does not mean that the other side has it.
        """
        pump = self._here()
        outbox = self._core.outbox
        with pump.lock:
            target = outbox.count()
        done = pump.waitUntil(lambda: outbox.sentTotal >= target or outbox.lostTotal, timeout)
        if done and outbox.sentTotal < target:
            raise self._core.ended()
        return done

    # Reading

    def read(self, timeout=0):
        """Return the next message, as ``postRead`` gives it; None if no whole message is there.

        ``timeout`` is how many seconds to wait for one: 0 (or less) not at all, None without
        limit. After the end of the connection and the last message, a read that does not wait
        returns None, one that would wait raises StockingClosed (StockingBroken for an error).
        Raises NotReady before the handshake has completed, HandshakeFailed if it never will.

        Many threads may read: each message goes to one of them.
        """
        core = self._core
        if core.state is not READY:
            core.checkReady()
        inbox = core.inbox
        batch = inbox.batch
        message = None
        if batch:
            try:
                message = batch.pop()  # without the lock: see Inbox
            except IndexError:
                pass  # another reader was faster
            else:
                if not batch:
                    self._pump.goOn()
        if message is None:
            message = self._receive(timeout)
            if message is None:
                return None
        return self.postRead(message)

    def _read(self, timeout=0):
        """Return the next message past ``postRead`` and before the handshake completed, too."""
        inbox = self._core.inbox
        batch = inbox.batch
        try:
            message = batch.pop()
        except IndexError:
            return self._receive(timeout)
        if not batch:
            self._pump.goOn()
        return message

    def _receive(self, timeout):
        """Return a message that may have to come first."""
        pump = self._pump
        if pump.pid != process.pid:
            pump = self._here()
        if timeout is not None and timeout <= 0:
            message = pump.receive()
            if message is None:
                # A program that reads in a loop must not keep the processor from the other side.
                yieldProcessor()
            return message
        message = pump.awaitMessage(timeout)
        core = self._core
        if message is None and core.cause is not None and not core.inbox.unread:
            raise core.ended()
        return message

    @property
    def unreadBytes(self):
        """Octets of messages that were received and not read, to within one receive."""
        return self._core.inbox.unreadBytes

    def __iter__(self):
        """Read messages until the end; raises StockingBroken if that is an error."""
        while True:
            try:
                message = self.read(None)
            except StockingBroken:
                raise
            except StockingClosed:
                return
            yield message

    # Waiting

    def fileno(self):
        """Return a descriptor to wait for (select, poll, an event loop); never read from it.

        It is readable as long as a message or the end of the connection waits for the program, and
        quiet otherwise. Half a message may show, too, until it was received: a ``read`` does that,
        and returns None. It stays the same until ``close``; after that, raises StockingClosed, so
        take a Stocking out of a selector or an event loop before you close it.
        """
        return self._here().fileno()

    def waitReady(self, timeout=None):
        """Wait for the handshake: True when it has completed, False after ``timeout`` seconds.

        Raises HandshakeFailed if it failed.
        """
        core = self._core
        self._here().waitUntil(lambda: core.state is not HANDSHAKING, timeout)
        if core.state is HANDSHAKING:
            return False
        core.checkReady()
        return True

    def waitMessage(self, timeout=None):
        """Wait until a message is there, and leave it there.

        Returns True then, and False at the end of the connection or after ``timeout`` seconds.
        """
        core = self._core
        self._here().waitUntil(core.messageOrEnd, timeout)
        return core.inbox.unread

    def waitClosed(self, timeout=None):
        """Wait for the end of the connection; return False if it has not come in ``timeout`` s.

        Messages that came before the end may still be unread then. While as much is unread as
        ``recvHighWater`` says, nothing is received, and so no end is seen.
        """
        core = self._core
        return self._here().waitUntil(lambda: core.endSeen()[0] is not None, timeout)

    def stats(self):
        """Return the counters of this connection, a named tuple of ints (see Stats)."""
        return self._here().update(self._core.stats)

    def _here(self):
        """Return the pump, after letting go of it if this process is a fork."""
        pump = self._pump
        if pump.pid != process.pid and not self._core.finished:
            pump.forked()
        return pump
