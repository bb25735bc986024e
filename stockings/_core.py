"""What a connection knows: queues, handshake, counters, and how it ends.

No socket, no thread, no clock: the pump tells it what happened and asks what to do next. Every
method needs the pump's lock, unless it says otherwise.

How it ends. The first cause wins and never changes:

========= ==================================================== ===========================
cause     what happened                                        what follows
========= ==================================================== ===========================
eof       the other side ended its stream between two frames   flush, end ours, close
truncated the same, inside a frame                             the same
reset     the system reported an error                         close
protocol  malformed octets came                                flush, end ours, drain, close
closed    close() was called                                   flush, end ours, drain, close
handshake the handshake failed                                 flush, end ours, drain, close
aborted   abort() was called, or nobody held the Stocking      close
forked    this is the copy in a child process                  close
internal  a defect of this library                             close
========= ==================================================== ===========================

The end of the other side's stream is known at once (``inputEnd``), but it takes effect only when
the program has taken every message and looks for another one. Until then it may write: a peer that
sent its request and its end in one go still gets the answer.
"""
from __future__ import absolute_import, division, print_function

import collections

from stockings._inbox import Inbox
from stockings._outbox import Outbox
from stockings.errors import (
    HandshakeFailed,
    NotReady,
    ProtocolError,
    StockingBroken,
    StockingClosed,
)

HANDSHAKING, READY, FAILED = "handshaking", "ready", "failed"
SHUTDOWN, CLOSE = "shutdown", "close"

Stats = collections.namedtuple("Stats", [
    "messagesSent", "messagesReceived", "bytesSent", "bytesReceived", "sendCalls", "partialSends",
    "refusedSends", "recvCalls", "wakeups", "peakQueuedBytes", "peakUnreadBytes"])

_SAID = {
    "eof": "the other side has ended the connection",
    "truncated": "the other side has ended the connection inside a message",
    "reset": "the connection broke",
    "protocol": "the other side sent malformed octets",
    "closed": "the connection was closed on this side",
    "handshake": "it returned something false",
    "aborted": "the connection was aborted on this side",
    "forked": "the connection belongs to the parent of this process",
    "internal": "a defect of stockings ended the connection",
}


class Core(object):
    """The state of one connection."""

    def __init__(self, maxMessageSize=None, recvHighWater=None):
        self.state = HANDSHAKING
        #: What the handshake returned, for handshakeComplete.
        self.handshakeResult = False
        self.inbox = Inbox(maxMessageSize, recvHighWater)
        self.outbox = Outbox()
        #: False once the socket will give no more octets.
        self.reading = True
        #: True: received octets are thrown away, only the end matters.
        self.discarding = False
        #: (cause, error) of an end of the stream that has not taken effect.
        self.inputEnd = None
        # Whether the program was told of it all the same, so that it has to stay the cause.
        self._told = False
        #: Whether our stream is to end after the queue, and whether it has.
        self.finWanted = self.finSent = False
        self.cause = self.error = None
        #: True from a close, abort or failed handshake here on: nothing more is delivered.
        self.local = False
        #: True while a graceful end is under way, which the pump bounds in time.
        self.lingering = False
        #: True when nothing more is to be sent or received.
        self.dropped = False
        #: True when the pump has closed the socket.
        self.finished = False
        self.counters = dict.fromkeys(Stats._fields, 0)

    # Handshake

    def checkReady(self):
        """Raise NotReady or HandshakeFailed unless the handshake has completed. Needs no lock."""
        if self.state == HANDSHAKING:
            raise NotReady("the handshake has not completed")
        if self.state == FAILED:
            error = HandshakeFailed("the handshake did not complete: " + self._story(),
                                    self.cause, self.error)
            error.__cause__ = self.error
            raise error

    def handshakeDone(self, result, error=None):
        """Become ready if the handshake gave something true; else begin the graceful end.

        A handshake that has seen the end of the connection has not succeeded, whatever it
        returned; one that returned before it looked for more has.
        """
        ended = self.local or (self.cause is not None and not self.inbox.unread)
        if result and not ended:
            self.state = READY
            self.handshakeResult = result
        else:
            self.state = FAILED
            self.linger("handshake", error)

    # Messages

    @property
    def writable(self):
        """Whether the connection has not ended for writing."""
        return self.cause is None and not self.finWanted

    def queue(self, head, payload):
        """Add a frame to the queue and return it; raise after the end. Needs no lock."""
        if self.cause is not None or self.finWanted:  # writable by hand, which spares a call
            raise self.ended()
        return self.outbox.add(head, payload)

    def sendingFailed(self, error):
        """Note that the socket takes nothing more; the queue is lost, and the error says so."""
        if self.inputEnd is None:
            self.drop("reset", error)
            return
        # The other side has gone without waiting for our queue: its end stays the cause.
        self.inputEnd = (self.inputEnd[0], self.inputEnd[1] or error)
        if self.cause is None:
            self.cause = self.inputEnd[0]
        self.error = self.error or self.inputEnd[1]
        self._loseQueue()

    def _loseQueue(self):
        self.outbox.clear()
        self.finWanted = self.finSent = True  # there is nothing left to end

    def wantsInput(self):
        """Whether the pump should receive."""
        return self.reading and (self.discarding or not self.inbox.paused)

    def received(self, data):
        """Take octets from the socket."""
        self.counters["bytesReceived"] += len(data)
        if not self.discarding:
            self._decoded(self.inbox.feed(data))

    def receivedFor(self, data):
        """Take octets for a reader, nothing being unread; return a message that came alone."""
        inbox = self.inbox
        before = inbox.decoder.consumed
        self.counters["bytesReceived"] += len(data)
        messages = inbox.decoder.feed(data)
        if len(messages) == 1:
            self._decoded(1, inbox.decoder.consumed - before)
            return messages[0]
        self._decoded(inbox.keep(before, messages))
        return None

    def room(self):
        """Where the next octets are to be received to; None: anywhere, for ``received``."""
        return None if self.discarding else self.inbox.decoder.room()

    def filled(self, count):
        """Take octets that were received to ``room``."""
        self.counters["bytesReceived"] += count
        self._decoded(self.inbox.filled(count))

    def _decoded(self, completed, alone=0):
        inbox = self.inbox
        counters = self.counters
        counters["messagesReceived"] += completed
        if inbox.unreadBytes + alone > counters["peakUnreadBytes"]:
            counters["peakUnreadBytes"] = inbox.unreadBytes + alone
        if inbox.decoder.error is not None:
            self.linger("protocol", inbox.decoder.error)

    def receivedEnd(self):
        """Take the end of the stream."""
        self.reading = False
        if self.discarding:
            return
        try:
            self.inbox.decoder.feedEof()
            self.inputEnd = ("eof", None)
        except ProtocolError as error:
            self.inputEnd = ("truncated", error)

    def messageOrEnd(self):
        """Whether a program that looks for a message need not wait (any longer)."""
        self.look()
        return self.inbox.unread or self.cause is not None

    # The end

    def look(self):
        """The program looks for a message: with none left, the end of the stream takes effect."""
        if self.inputEnd is not None and self.cause is None and not self.inbox.unread:
            self.cause, self.error = self.inputEnd
            self.finWanted = True

    def isActive(self):
        """Whether messages are there or may come."""
        self.look()
        return not self.local and (self.inbox.unread or self.cause is None)

    def endSeen(self):
        """Return (cause, error) for the program; (None, None) before the end."""
        self.look()
        if self.cause is None and self.inputEnd is not None:
            self._told = True
            return self.inputEnd
        return self.cause, self.error

    def closeWriting(self):
        """Refuse further messages, and end our stream after the queued ones."""
        self.finWanted = True

    def linger(self, cause, error=None):
        """End gracefully: send the queue, end our stream, throw away what comes until the end."""
        self._end(cause, error)
        if not self.dropped:
            self.finWanted = self.lingering = self.discarding = True

    def drop(self, cause, error=None):
        """End at once: nothing more is sent or received."""
        self._end(cause, error)
        self._loseQueue()
        self.reading = self.lingering = False
        self.dropped = True

    def _end(self, cause, error):
        self.look()
        if self.cause is None:
            self.cause, self.error = self.inputEnd if self._told else (cause, error)
        if cause in ("closed", "aborted", "handshake", "forked", "internal"):
            self.local = True
            self.inbox.clear()
            if self.state == HANDSHAKING:
                self.state = FAILED

    def step(self):
        """Return what the pump has to do with the socket now: SHUTDOWN, CLOSE or None."""
        if self.finished:
            return None
        if self.dropped:
            return CLOSE
        if self.finWanted and not self.finSent and not self.outbox.waiting:
            return SHUTDOWN
        if self.finSent and not self.reading and self.cause is not None:
            return CLOSE
        return None

    def interest(self):
        """Return (read, write): what the I/O thread has to wait for."""
        if self.dropped or self.finished:
            return False, False
        outbox = self.outbox
        return self.wantsInput(), outbox.flowing or outbox.waiting

    def visible(self):
        """Whether fileno() shows readable: a message or the end waits for the program."""
        if self.state == HANDSHAKING:
            return False
        return bool(self.inbox.unread or self.inputEnd is not None or self.cause is not None)

    def asks(self):
        """Whether a program that reads is to look at the socket, too."""
        return (self.reading and self.state is not HANDSHAKING and not self.discarding and
                not self.inbox.paused)

    def ended(self):
        """Return the exception that tells how the connection ended, fit to be raised."""
        kind = StockingClosed if self.cause in (None, "eof", "closed") else StockingBroken
        ended = kind(self._story(), self.cause or "closed", self.error)
        ended.__cause__ = self.error
        return ended

    def _story(self):
        if self.cause is None:
            return "closeWrite() was called on this side"
        if self.error is None:
            return _SAID[self.cause]
        if self.cause == "handshake":  # 2.7 tells of no exception behind this one
            return "it raised %s: %s" % (type(self.error).__name__, self.error)
        return "%s: %s" % (_SAID[self.cause], self.error)

    def stats(self):
        """Return the counters as they are now."""
        outbox = self.outbox
        outbox.count()
        self.counters.update(messagesSent=outbox.messages, peakQueuedBytes=outbox.peak)
        return Stats(**self.counters)
