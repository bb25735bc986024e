"""The socket: the only code that calls it. The caller holds the pump's lock.

Every call is non-blocking, and every outcome of one goes to the core: octets, an end, an error.
What only means "later" (EAGAIN and its relatives, a TLS socket that waits for the other direction,
a signal) changes nothing.
"""
from __future__ import absolute_import, division, print_function

import errno
import socket

from stockings._compat import (
    INTERRUPTED,
    QUIETLY,
    SOCKET_ERRORS,
    blockedOn,
    errnoOf,
    isRaggedEnd,
    usesBuffers,
    withoutFrames,
)
from stockings._outbox import SMALL

#: Octets that one direction may move before the other one gets its turn.
TURN = 1024 * 1024
#: Octets asked for per receive, and as long as more than that comes at a time.
RECEIVE = 64 * 1024
RECEIVE_LARGE = 256 * 1024
#: The same behind a large message: enough for the header of the next one, so that its payload can
#: be received into its own place and is not copied.
RECEIVE_HEAD = 4 * 1024


class Channel(object):
    """Moves octets between one socket and one core."""

    def __init__(self, sock, core):
        self._sock = sock
        self._core = core
        self.isTls = hasattr(sock, "pending")
        self._flags = 0 if self.isTls else QUIETLY  # TLS sends take none
        #: Whether a header and a payload go out in one call without being copied together.
        self.joins = usesBuffers and hasattr(sock, "sendmsg") and not self.isTls
        # TLS: the direction that the last call in the other direction waits for. A call in that one
        # may take what was waited for, so it clears the flag, and the other is tried again.
        self.sendNeedsRead = self.receiveNeedsWrite = False
        # Octets to ask for next.
        self._size = RECEIVE

    def pumpOut(self):
        """Send until the queue is empty, the socket is full or the turn is over.

        ``settle`` has to follow, so that the I/O thread comes for what is left.
        """
        core = self._core
        outbox = core.outbox
        counters = core.counters
        budget = TURN
        self.sendNeedsRead = False
        while True:
            piece = outbox.piece(self.joins)
            if piece is None:
                outbox.flowing = False
                if outbox.added:
                    continue  # added in between, by a thread that relied on this one
                return
            if budget <= 0:
                break
            counters["sendCalls"] += 1
            self.receiveNeedsWrite = False
            try:
                count, size = self._send(piece)
            except SOCKET_ERRORS as error:
                if errnoOf(error) in INTERRUPTED:
                    continue
                blocked = blockedOn(error)
                if blocked is None:
                    self._sendFailed(withoutFrames(error))
                    return
                self.sendNeedsRead = blocked == "read"
                count = 0
            if not count:  # 2.7's TLS sockets return 0 for "later"
                counters["refusedSends"] += 1
                break
            if count < size:
                counters["partialSends"] += 1
            outbox.sent(count)
            counters["bytesSent"] += count
            budget -= count
        outbox.flowing = True

    def _send(self, piece):
        """Make one call; return how many octets the system took, and how many it was offered."""
        if type(piece) is list:
            return self._sock.sendmsg(piece, (), self._flags), sum(map(len, piece))
        return self._sock.send(piece, self._flags), len(piece)

    def sendAtOnce(self, head, payload):
        """Send a frame, nothing being queued; return whether that was all, and all is as it was.

        What the socket does not take now is queued. A large payload needs ``joins``. Not for TLS.
        """
        outbox = self._core.outbox
        counters = self._core.counters
        counters["sendCalls"] += 1
        try:
            if len(payload) <= SMALL:
                head += payload
                payload = b""
                count = self._sock.send(head, self._flags)
            else:
                count = self._sock.sendmsg((head, payload), (), self._flags)
        except SOCKET_ERRORS as error:
            outbox.begin(head, payload, 0)
            if blockedOn(error) is None:
                self.pumpOut()  # once more, to do what has to be done about it
                return False
            counters["refusedSends"] += 1
        else:
            counters["bytesSent"] += count
            if outbox.begin(head, payload, count):
                return True
            counters["partialSends"] += 1
        outbox.flowing = True
        return False

    def _sendFailed(self, error):
        """The other side takes nothing more; what it sent before is still in the system.

        Taken first, whatever the marks say, since the system may report the error only once, and
        the end that follows would then look clean.
        """
        core = self._core
        core.inbox.paused = False
        if core.cause is None and core.inputEnd is None:
            self._receiveRest()
        core.sendingFailed(error)

    def _receiveRest(self):
        """Receive what the system has; the error that follows is known already."""
        core = self._core
        try:
            while core.cause is None:
                data = self._sock.recv(RECEIVE)
                if not data:
                    break
                core.received(data)
        except SOCKET_ERRORS:
            pass

    def pumpIn(self, budget=TURN):
        """Receive until the system has no more, enough is unread or the turn is over."""
        core = self._core
        self.receiveNeedsWrite = False
        while (budget > 0 or self.pending()) and core.wantsInput():
            core.counters["recvCalls"] += 1
            self.sendNeedsRead = False
            try:
                asked, came = self._receive()
            except SOCKET_ERRORS as error:
                if errnoOf(error) in INTERRUPTED:
                    continue
                self._receiveFailed(error)
                return
            if not came:
                core.receivedEnd()
                return
            if came < asked and not self.pending():
                return  # the system has no more, and asking again would cost a call
            if asked != RECEIVE_HEAD:
                budget -= came

    def receiveAtOnce(self):
        """Receive once, nothing being unread; return the message if just one came.

        Else returns None, and what came is in the inbox. Not for TLS.
        """
        if self._size == RECEIVE_HEAD:
            self.pumpIn(1)  # which goes on behind the head
            return None
        core = self._core
        core.counters["recvCalls"] += 1
        try:
            data = self._sock.recv(self._size)
        except SOCKET_ERRORS as error:
            if error.errno == errno.EAGAIN:
                return None  # the usual case
            if errnoOf(error) in INTERRUPTED:
                self.pumpIn(1)
            else:
                self._receiveFailed(error)
            return None
        self._size = RECEIVE if len(data) < RECEIVE else RECEIVE_LARGE
        if data:
            return core.receivedFor(data)
        core.receivedEnd()
        return None

    def _receiveFailed(self, error):
        """A call did not give octets: later, or never again."""
        core = self._core
        if isRaggedEnd(self._sock, error):
            core.receivedEnd()
            return
        blocked = blockedOn(error)
        if blocked is None:
            core.drop("reset", withoutFrames(error))
        self.receiveNeedsWrite = blocked == "write"

    def _receive(self):
        """Make one call; return how many octets were asked for, and how many came (0: the end)."""
        core = self._core
        room = core.room()
        if room is None:
            asked = self._size
            data = self._sock.recv(asked)
            came = len(data)
            self._size = RECEIVE if came < RECEIVE else RECEIVE_LARGE
            if came:
                core.received(data)
        else:
            asked = len(room)
            try:
                came = self._sock.recv_into(room)
            finally:
                room.release()
            if came:
                core.filled(came)
            self._size = RECEIVE if core.inbox.decoder.pending[0] else RECEIVE_HEAD
        return asked, came

    def pending(self):
        """Whether a TLS socket holds decrypted octets, which no waiter can see."""
        return self.isTls and self._sock.pending() > 0

    def shutdown(self):
        """End our stream, all of it being with the system."""
        self._core.finSent = True
        if self.isTls:
            self._endTls()
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except SOCKET_ERRORS:
            pass  # the connection is gone already, and receiving will tell how

    def _endTls(self):
        """Tell the other side that nothing was cut off; what comes from now on is thrown away.

        Without this word (close_notify) an end of the connection is an error to TLS. It is sent at
        once, and ``unwrap`` then reports that the other side's has not come, which nobody waits
        for. After ``shutdown`` the socket is no TLS socket any more, and 2.7's fails if it is asked
        as one.
        """
        try:
            self._sock.unwrap()
        except SOCKET_ERRORS + (ValueError,):  # ValueError: TLS had ended before
            pass
        self.isTls = False

    def close(self):
        """Close the socket."""
        try:
            self._sock.close()
        except SOCKET_ERRORS:
            pass  # on some systems close reports an error of the past
