"""Whether a thread that waits for a message looks for it a while before it sleeps.

To fall asleep and be woken costs two programs that talk in turn more than all else: on a virtual
machine where four calls of raw sockets take 20 microseconds, a round trip of theirs takes 150. The
answer often comes sooner than that. So a wait whose predecessor was SHORT looks at the socket again
and again, for SPIN seconds at most, and then sleeps. (Linux has the same in the kernel, as busy
polling, and recommends 50 microseconds for it.) Between two looks it hands the processor to whoever
wants it, where Python can say so: not on 2.7.

No message waits for the end of this. What it costs is processor time in which the thread would have
slept, and that is bounded: a program that waits longer than SHORT never looks, and each time that
looking was in vain, twice as many waits as before (and one) sleep at once, up to MOST.

No lock is held while it looks: before 3.10 a signal handler that raises just then would leave it
taken.
"""
from __future__ import absolute_import, division, print_function

from stockings._waiters import waiterOfCalls

#: Seconds to look: what it takes to wake the other side and have its answer, on a virtual machine.
SPIN = 100e-6
#: Seconds below which a wait makes the next one look: the same, with both sides asleep at first.
SHORT = 3 * SPIN
#: Waits that sleep at once after looking was in vain: so many that it costs little beside them,
#: and so few that a conversation which quickens is soon noticed.
MOST = 64


class Spin(object):
    """What the waits of one connection have taught. Needs no lock: it holds guesses, no facts."""

    def __init__(self):
        self._short = False
        # Waits that still sleep at once, and how many it were after looking was last in vain.
        self._left = self._penalty = 0
        # Waiters that nobody looks with just now.
        self._resting = []

    def isDue(self, timeout):
        """Whether a wait of at most ``timeout`` seconds is to look first. Asked once a wait."""
        if not self._short or (timeout is not None and not timeout >= SPIN):
            return False
        if self._left > 0:
            self._left -= 1
            return False
        return True

    def isReady(self, descriptor):
        """Look whether a socket (always the same) is readable. For any thread."""
        try:
            waiter = self._resting.pop()  # for one thread at a time
        except IndexError:
            waiter = waiterOfCalls()
            waiter.watch(descriptor, True, False)
        ready = waiter.isReady(descriptor, 0)
        self._resting.append(waiter)
        return ready

    def found(self):
        """Looking gave a message."""
        self._penalty = 0

    def vain(self):
        """It did not."""
        self._left = self._penalty = min(2 * self._penalty + 1, MOST)

    def waited(self, seconds):
        """A wait was over after so many seconds, part of which it slept."""
        self._short = 0 <= seconds < SHORT
