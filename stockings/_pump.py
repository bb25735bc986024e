"""Who touches the socket, and when: one lock, and whichever thread is there.

Theory of operation
-------------------
A message should reach the wire without a detour over another thread, and a program should never
wait because the other side does not read. So two kinds of threads pump:

* the calling thread (``_calling``): ``write`` sends at once if nothing is queued before it,
  ``read`` on an empty queue receives at once, and a ``read`` that waits does so for the socket
  itself (``_reading``), wide awake at first if it expects to wait only shortly (``_spinning``),
  then receives. They only do what the socket allows without blocking;
* the I/O thread (``_loop``), one for all Stockings of a flavour, which waits for descriptors and
  does what is left: the rest of a send, receiving while the program does not ask, noticing the end.

A program that writes many messages in a row is in a hurry: from the sixth on they gather, and go
out together. The I/O thread is woken for the first that is held back and sends what it finds, so
that none waits for anything but a turn of the processor; the writer itself sends when enough has
gathered, or when it reads.

They cannot race: the socket is non-blocking, every call of it happens with ``lock`` held, and each
holder works on the same state (the core) and leaves it complete. Which of two threads comes first
changes who does the work and not the result. A thread that finds nothing to do (EAGAIN after
readiness, a wake-up without a reason) does nothing.

Two things are done without the lock, because they are done for every message, and ``_outbox`` and
``_inbox`` say why that is safe: adding a frame to the queue, and taking a message from a batch.

Whoever changes something calls ``settle`` before it releases the lock. It does what the new state
asks for: ends our stream once the queue is empty, wakes waiting calls whose condition has come
true, keeps the descriptor of ``fileno()`` in step, and nudges the I/O thread if that should now
wait for something else. Nothing waits with the lock held.

The socket is closed by the I/O thread alone, after it has stopped to wait for it: a descriptor that
is closed under a waiting thread wakes nobody, and its number may come back as somebody else's.
"""
from __future__ import absolute_import, division, print_function

import os
import threading

from stockings._calling import Calling
from stockings._channel import Channel
from stockings._compat import yieldProcessor
from stockings._core import CLOSE, SHUTDOWN
from stockings._deadline import Deadline
from stockings._ending import Gate
from stockings._reading import ReadingSide
from stockings._spinning import Spin
from stockings._waiting import Waiting


class Pump(Calling):
    """Runs one channel on behalf of the calling threads and of the I/O thread."""

    def __init__(self, sock, core, loop, linger=2.0, interval=None):
        self.core = core
        self._channel = Channel(sock, core)
        self.loop = loop
        #: Seconds that a graceful end may take; None for no limit.
        self.linger = linger
        #: Upper bound of the I/O thread's sleep in seconds, None for none.
        self.interval = interval
        #: Kept as a number: the I/O thread must forget it even if the socket was closed underneath.
        self.descriptor = sock.fileno()
        self.pid = os.getpid()
        #: Guards the socket, the core and everything below.
        self.lock = threading.Lock()
        #: When a graceful end has to be over; None while none is under way.
        self.deadline = None
        #: (read, write) that the I/O thread waits for.
        self.watched = (False, False)
        # Set without the lock: the Stocking was collected, and how it was to end before.
        self._abandoned = False
        self._asked = None
        # The pair behind fileno(), made on demand.
        self._signal = None
        self._waiting = Waiting(self.lock)
        # No call leads on a TLS socket: what that waits for may be the other direction.
        self._reading = ReadingSide(self.descriptor, loop, not self._channel.isTls)
        self._spin = Spin()
        # When the program last sent by itself, and how often in a row it did so in a hurry.
        self._wrote = self._hurry = 0
        # The I/O thread has to look at something that interest() does not tell.
        self._changed = False

    def settle(self, nudge=True):
        """Do what the state asks for after a change; see the head of this file."""
        core = self.core
        if self._waiting.calls:
            self._waiting.announce()
        if core.finWanted and core.step() is SHUTDOWN:
            self._channel.shutdown()
        if self._signal is not None:
            self._signal.update(core.visible(), core.asks())
        if core.lingering and self.deadline is None:
            self.deadline = Deadline(self.linger)
            self._changed = True
        if core.finished:
            return
        read, write = self.interest() if self._channel.isTls else core.interest()
        watched = self._reading.assign(read), write
        if not nudge:
            self.watched = watched
        elif self._changed or watched != self.watched or (
                (core.dropped or core.finSent) and core.step() is CLOSE):
            self._changed = False
            self.loop.nudge(self)

    def interest(self):
        """Return (read, write): what somebody has to wait for."""
        read, write = self.core.interest()
        # TLS: for the other direction alone, since its own would be there again and again.
        crossedOut, crossedIn = self._channel.sendNeedsRead, self._channel.receiveNeedsWrite
        return ((read and not crossedIn) or (write and crossedOut),
                (write and not crossedOut) or (read and crossedIn))

    # For any thread

    def probe(self):
        """Ask the socket: Windows' select never says anything of one that is not connected."""
        with self.lock:
            self._channel.pumpIn(1)
            self.settle()

    def update(self, action):
        """Return ``action()``, called with the lock held, and do what follows from it."""
        with self.lock:
            result = action()
            self.settle()
            return result

    def drop(self, cause, error=None):
        """End at once."""
        self.update(lambda: self.core.drop(cause, error))

    def expire(self):
        """End what ends gracefully at once, since its time is over.

        For the cause that it ends for already: any other would be an end of this side's making,
        and would take the messages away that came before malformed octets. What the socket takes
        is still sent: this process may have stood still all the time.
        """
        with self.lock:
            if not self.core.finished:
                self._channel.pumpOut()
                self.core.drop(self.core.cause)
                self.settle()

    # For the I/O thread

    @property
    def atHome(self):
        """Whether the program receives, so that this thread only has to look whether it comes."""
        return self._reading.atHome

    def isLeft(self):
        """Whether the program has not come since the last look."""
        with self.lock:
            return self._reading.movesOut()

    def obey(self):
        """Do what was asked for without the lock.

        An end that the program began goes on without its Stocking.
        """
        asked, self._asked = self._asked, None
        if asked:
            self.end(asked)
        elif self._abandoned and not (self.core.local and self.core.lingering):
            self.drop("aborted")

    def serve(self, readable, writable):
        """Do what the socket is ready for; return (close, read, write): what to do next."""
        channel = self._channel
        with self.lock:
            if readable or writable:
                self.core.counters["wakeups"] += 1
            if readable:
                self._reading.fired()
                if self._signal is not None:
                    self._signal.hold()
            sends = writable or (readable and channel.sendNeedsRead)
            receives = readable or (writable and channel.receiveNeedsWrite)
            if sends:
                channel.pumpOut()
            if receives or channel.pending():
                channel.pumpIn()
            self.settle(nudge=False)
            # Finished: close() ran out of patience, and this thread was late.
            return (self.core.finished or self.core.step() is CLOSE,) + self.watched

    def finish(self):
        """Close the socket; the caller has stopped to wait for it."""
        with self.lock:
            if self.core.finished:
                return
            self.core.finished = True
            if self._signal is not None:
                self._signal.update(self.core.visible(), False)  # a fork may keep the socket open
            self._channel.close()
            self.settle()
            self._waiting.close()
            if self._abandoned:
                self.release()

    def retire(self, deadline):
        """The interpreter ends: nobody may wake up from what it does to the sockets.

        Does nothing if the lock stays taken, by a thread that was stopped in the middle.
        """
        while not self.lock.acquire(False):
            if deadline.over:
                return
            yieldProcessor()
        try:
            self._reading.retire()
        finally:
            self.lock.release()

    def shut(self):
        """2.7 has come to its end: let nobody but this thread do anything any more."""
        self.lock = self._waiting.lock = Gate(self.lock)

    @property
    def led(self):
        """Whether a calling thread waits for the socket."""
        return self._reading.leader is not None

    # For the end of the Stocking

    def release(self):
        """Give the descriptor of fileno() back."""
        signal, self._signal = self._signal, None
        if signal is not None:
            signal.close()

    def end(self, cause):
        """Begin the end that the program asks for: graceful if it is "closed", else at once."""
        self.update(lambda: (self.core.linger if cause == "closed" else self.core.drop)(cause))

    def endLater(self, cause):
        """Have the I/O thread do so. Takes no lock, does not wait."""
        self._asked = cause
        self.loop.nudge(self)

    def abandon(self):
        """Nobody has the Stocking: it is being collected, or its making was interrupted.

        Takes no lock: the collector runs anywhere, and so does a signal handler.
        """
        self._abandoned = True
        if self.pid != os.getpid():
            self.forked()
        elif self.core.finished:
            self.release()
        else:
            self.loop.nudge(self)

    def forked(self):
        """Let go of the parent's connection: this process is a copy, and only closes its copy.

        The lock may have been held at the time of the fork by a thread that is not here.
        """
        self.lock = threading.Lock()
        self._waiting = Waiting(self.lock)
        # The parent's wakers are shared with it: nothing may be sent through them from here.
        self.watched = (False, False)
        self._changed = False
        self._reading.forget()
        self.release()
        self.core.drop("forked")
        self.finish()
