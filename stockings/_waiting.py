"""The waiting calls of one connection: each has a condition and a descriptor that wakes it."""
from __future__ import absolute_import, division, print_function

from stockings._deadline import Deadline
from stockings._waker import Waker


class Waiting(object):
    """Waiting calls; ``lock`` guards everything in here and what the conditions look at."""

    def __init__(self, lock):
        self._lock = lock
        # (condition, waker) of every call that waits now, and wakers at rest for the next ones.
        self._calls = []
        self._resting = []
        self._closed = False

    def announce(self):
        """Wake the calls whose condition has come true. The lock is held."""
        for condition, waker in self._calls:
            if condition():
                waker.set()

    def until(self, condition, timeout, settle):
        """Wait until ``condition()`` is true; return False if it is not after ``timeout`` seconds.

        The one mechanism behind every waiting call. ``settle`` is called after each look at the
        condition, both with the lock held. The wait is for a descriptor: signal handlers run at
        once (one that raises ends the wait), and 2.7 does not oversleep.
        """
        deadline = Deadline(timeout)
        call = None
        try:
            while True:
                with self._lock:
                    happened = condition()
                    settle()
                    if happened or deadline.over:
                        return bool(happened)
                    if call is None:
                        call = (condition, self._resting.pop() if self._resting else Waker())
                        self._calls.append(call)
                    else:
                        call[1].update(False)
                call[1].wait(deadline.left())
        finally:
            if call is not None:
                with self._lock:
                    self._leave(call)

    def _leave(self, call):
        self._calls.remove(call)
        call[1].update(False)
        if self._closed:
            call[1].close()
        else:
            self._resting.append(call[1])

    def close(self):
        """Give the descriptors back; those in use follow when their call returns."""
        self._closed = True
        while self._resting:
            self._resting.pop().close()
