"""The waiting calls of one connection: each has a condition and a descriptor that wakes it."""
from __future__ import absolute_import, division, print_function

from stockings._deadline import Deadline
from stockings._waiters import waiterOfCalls
from stockings._waker import Waker


class Call(object):
    """One waiting call at a time; kept for the next one, since its descriptors cost something."""

    def __init__(self):
        #: What it waits for; called with the lock held.
        self.condition = None
        self.waker = Waker()
        self._waiter = waiterOfCalls()
        self._waiter.watch(self.waker.fileno(), True, False)
        self._leading = None

    def wait(self, timeout):
        """Wait until woken, at most ``timeout`` seconds (None: no limit); may return early."""
        self._waiter.wait(timeout)

    def waitOrReadable(self, descriptor, timeout):
        """The same, or until a socket (always the same) is readable; return whether it is."""
        leading = self._leading
        if leading is None:
            leading = waiterOfCalls()
            leading.watch(self.waker.fileno(), True, False)
            leading.watch(descriptor, True, False)
            # Only now: one that a signal handler's exception left half made would never wake.
            self._leading = leading
        return leading.isReady(descriptor, timeout)


class Waiting(object):
    """Waiting calls; ``lock`` guards everything in here and what the conditions look at."""

    def __init__(self, lock):
        self.lock = lock
        #: Those that wait now.
        self.calls = []
        # Those at rest, for the next ones.
        self._resting = []
        self._closed = False

    def announce(self):
        """Wake the calls whose condition has come true. The lock is held."""
        for call in self.calls:
            if not call.waker.isSet and call.condition():
                call.waker.set()

    def call(self):
        """Return a call that does not wait yet. The lock is held, as for the other two."""
        return self._resting.pop() if self._resting else Call()

    def enter(self, call, condition):
        """Begin to wait; ``leave`` ends it.

        Not in one with ``call``: if a signal handler raised before its caller has the result, the
        call would wait for ever.
        """
        call.condition = condition
        self.calls.append(call)

    def leave(self, call):
        """End a call; once more if a signal handler raised in the middle of this."""
        if call in self.calls:
            self.calls.remove(call)
        elif call in self._resting:
            return
        call.condition = None  # which may refer to a Stocking
        if call.waker.isSet:
            call.waker.clear()
        if self._closed:
            call.waker.close()
        else:
            self._resting.append(call)

    def until(self, condition, timeout, settle):
        """Wait until ``condition()`` is true; return False if it is not after ``timeout`` seconds.

        The mechanism behind every call that waits for no message. ``settle`` is called after each
        look at the condition, and told what that gave, both with the lock held. The wait is for a
        descriptor: signal handlers run at once (one that raises ends the wait), and 2.7 does not
        oversleep.
        """
        deadline = Deadline(timeout)
        call = None
        try:
            while True:
                with self.lock:
                    happened = condition()
                    settle(bool(happened))
                    if happened or deadline.over:
                        return bool(happened)
                    if call is None:
                        call = self.call()
                        self.enter(call, condition)
                    else:
                        call.waker.update(False)
                call.wait(deadline.left())
        finally:
            if call is not None:
                with self.lock:
                    self.leave(call)

    def close(self):
        """Give the descriptors back; those in use follow when their call returns."""
        self._closed = True
        while self._resting:
            self._resting.pop().waker.close()
