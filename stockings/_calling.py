"""What calling threads do with a connection: send, receive, wait.

Half of the pump; its head says who may touch the socket and why nothing races.

Calls take the lock by ``with`` and never otherwise: between an ``acquire`` and the ``try`` behind
it a signal handler may run, and if that raises, nobody gives the lock back. Who does not want to
wait for it looks first (``locked``), and may then wait a little all the same: nobody waits with the
lock held.
"""
from __future__ import absolute_import, division, print_function

from stockings._compat import clock, yieldProcessor
from stockings._deadline import Deadline
from stockings._outbox import SMALL
from stockings._signal import signalOf
from stockings._spinning import SPIN

#: Seconds that close() gives the I/O thread beyond the linger time, for an overloaded machine.
MARGIN = 1.0
#: A program that has written more than STEPS messages in a row, each within HURRY seconds of the
#: one before, is in a hurry: a send call takes a tenth of that, so that joining pays.
STEPS = 4
HURRY = 100e-6
#: Octets that such a program gathers before it sends them by itself.
ENOUGH = 64 * 1024


class Calling(object):
    """The half of the pump that runs on calling threads."""

    def send(self, head, payload):
        """Queue a frame, and send it at once if nothing is queued before it.

        Raises StockingClosed after the end.
        """
        core = self.core
        outbox = core.outbox
        if not outbox.flowing and self._hurry < STEPS and self._sendAtOnce(head, payload):
            return
        frame = core.queue(head, payload)
        if not outbox.flowing or outbox.gathered >= ENOUGH:
            self._sendQueued(frame)  # else the I/O thread comes to it: see Outbox

    def _sendAtOnce(self, head, payload):
        """The usual case by hand, half the time of the general one: nobody else is at it, nothing
        is queued, and the socket takes it all. Returns False, having done nothing, if it is not so.
        """
        if self.lock.locked():
            return False
        with self.lock:
            core = self.core
            outbox = core.outbox
            channel = self._channel
            if outbox.flowing or outbox.waiting or not core.writable or channel.isTls:
                return False
            if len(payload) <= SMALL:
                self._hurries()
            elif channel.joins:
                self._hurry = 0  # joining is for small ones
            else:
                return False
            if not channel.sendAtOnce(head, payload):
                self.settle()
            return True

    def _sendQueued(self, frame):
        """Send what is queued, the frame among it, unless somebody else is at it."""
        core = self.core
        outbox = core.outbox
        if outbox.flowing and self.lock.locked():
            return  # whoever has the lock comes to it
        with self.lock:
            refused = not core.writable and outbox.withdraw(frame)
            if outbox.flowing or outbox.gathered >= SMALL or not self._hurries():
                self._channel.pumpOut()
            else:
                outbox.flowing = True
            if outbox.flowing or not core.writable or self._waiting.calls:
                self.settle()  # else all is as it was
        if refused:
            raise core.ended()

    def _hurries(self):
        """Whether the program writes so fast that frames had better be joined.

        The I/O thread is woken for the first of them, as if the socket had no room, and sends as
        soon as it gets a processor. The writer sends by itself what makes up a large piece, and
        all of it when it reads.
        """
        now = clock()
        self._hurry = self._hurry + 1 if now - self._wrote < HURRY else 0
        self._wrote = now
        return self._hurry > STEPS

    def _rest(self):
        """The program does something else than to write: send what was held back."""
        self._hurry = 0
        if self.core.outbox.flowing:
            self._channel.pumpOut()
            self.settle()

    def receive(self):
        """Return a message or None; ask the socket if none is there and nobody else is at it."""
        core = self.core
        inbox = core.inbox
        if self.lock.locked() and not inbox.unread and self._signal is None:
            return None  # whoever has the lock receives, or the next read does
        with self.lock:
            if self._hurry:
                self._rest()
            paused = inbox.paused
            if (inbox.untouched and core.cause is None and core.inputEnd is None and
                    not self._channel.isTls):
                message = self._channel.receiveAtOnce()  # the usual case by hand, in half the time
            else:
                message = inbox.take()
                if message is None and core.wantsInput():
                    self._channel.pumpIn(1)
            if message is None and inbox.unread:
                message = inbox.take()
            if message is None and core.inputEnd is not None:
                core.look()
            self._visit()
            self._settleReading(paused)
            return message

    def goOn(self):
        """The program has taken the last message of a batch: go on to the next one."""
        with self.lock:
            inbox = self.core.inbox
            paused = inbox.paused
            inbox.settle()
            self._settleReading(paused)

    def _visit(self):
        """The program looks for messages itself."""
        reading = self._reading
        if reading.atHome:
            reading.visited = True
        elif not self._isAwaited() and reading.movesIn():
            self._changed = True  # the I/O thread has to look whether it stays

    def _isAwaited(self):
        """Whether a thread waits for a message, whoever receives it."""
        calls = self._waiting.calls
        return bool(calls) and self.core.messageOrEnd in [call.condition for call in calls]

    def _settleReading(self, paused):
        """settle() after a message was looked for, which seldom changes anything else.

        ``paused`` tells whether receiving rested before.
        """
        core = self.core
        if (core.cause is not None or core.inputEnd is not None or paused or core.inbox.paused or
                self._changed or self._waiting.calls):
            self.settle()
        elif self._signal is not None:
            self._signal.update(core.visible(), core.asks())

    def awaitMessage(self, timeout):
        """Return the next message; None if ``timeout`` or the connection ends without one.

        Raises ValueError if ``timeout`` is nan.
        """
        began = clock()
        spin = self._spin
        if self._mayLook() and spin.isDue(timeout):
            while self._mayLook():
                if spin.isReady(self.descriptor):
                    message = self.receive()
                    if message is not None:
                        spin.found()
                        return message
                yieldProcessor()
                if not began <= clock() < began + SPIN:  # 2.7's clock may be set back
                    spin.vain()
                    break
            if timeout is not None:
                timeout -= clock() - began
        message = self._sleep(timeout)
        spin.waited(clock() - began)
        return message

    def _mayLook(self):
        """Whether nobody else watches for what comes next, it is not there yet, and the I/O thread
        does not need the processor to send. Needs no lock: looking in vain does no harm.
        """
        core = self.core
        reading = self._reading
        return (reading.atHome and reading.leader is None and core.cause is None and
                not core.outbox.flowing and not core.inbox.unread)

    def _sleep(self, timeout):
        """The same as awaitMessage, asleep until there is something to do.

        The first thread that waits leads: it waits for the socket itself, and receives. Others
        wait to be woken.
        """
        core = self.core
        inbox = core.inbox
        deadline = None if timeout is None else Deadline(timeout)
        call = None
        readable = False
        try:
            while True:
                with self.lock:
                    if self._hurry:
                        self._rest()
                    paused = inbox.paused
                    if readable:
                        self._channel.pumpIn(1)
                    message = inbox.take()
                    ended = message is None and core.messageOrEnd()
                    if message is not None or ended or (deadline and deadline.over):
                        call = self._leave(call, paused)
                        return message
                    if call is None:
                        if self.loop.stopped or self.loop.isHere:
                            self.loop.checkWait()
                        call = self._waiting.call()
                        self._waiting.enter(call, core.messageOrEnd)
                    elif call.waker.isSet:
                        call.waker.clear()
                    leads = self._leads(call)
                left = None if deadline is None else deadline.left()
                if leads:
                    readable = call.waitOrReadable(self.descriptor, left)
                else:
                    call.wait(left)
        finally:
            if call is not None:  # a signal handler raised
                with self.lock:
                    self._leave(call, True)

    def _leads(self, call):
        """Return whether ``call`` is to wait for the socket; the lock is held."""
        reading = self._reading
        if reading.takeOver(call):
            return True
        leads = reading.lead(call)
        self.settle()
        return leads

    def _leave(self, call, paused):
        """End to wait, with or without a call; the lock is held."""
        core = self.core
        reading = self._reading
        if call is not None:
            self._waiting.leave(call)
            if self._isAwaited():
                reading.waitsElsewhere()  # by other threads: nobody knows when this one comes back
        self._visit()
        if call is not None and (
                core.cause is not None or core.inputEnd is not None or not reading.giveBack(call)):
            paused = True  # settle has to find out who receives now
            if reading.leader is call:
                reading.leader = None
        self._settleReading(paused)

    def waitUntil(self, condition, timeout):
        """Wait until ``condition()``, called with the lock held, is true; false after ``timeout``.

        Raises ValueError if ``timeout`` is nan.
        """
        if timeout != 0 and (self.loop.stopped or self.loop.isHere):
            if self._waiting.until(condition, 0, self._settleWaiting):
                return True
            self.loop.checkWait()
        return self._waiting.until(condition, timeout, self._settleWaiting)

    def _settleWaiting(self, happened):
        if not happened:
            self._reading.waitsElsewhere()
        self.settle()

    def waitFinished(self, timeout):
        """Wait until the I/O thread has closed the socket; close it here if that cannot do it.

        After ``timeout`` seconds and a margin for an overloaded machine, or if the interpreter
        ends and the thread is gone.
        """
        core = self.core
        if self.loop.stopped:
            timeout = 0
        elif timeout is not None:
            timeout += MARGIN
        if not self.waitUntil(lambda: core.finished, timeout):
            self.expire()
            self.finish()

    def fileno(self):
        """Return the descriptor that is readable while a message or the end waits."""
        with self.lock:
            if self.core.local:
                raise self.core.ended()
            if self._signal is None:
                self._signal = signalOf(self.descriptor, self._channel.isTls)
                self.settle()
            return self._signal.fileno()
