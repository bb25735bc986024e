"""The end of the interpreter on 2.7: threads go on while it takes their modules apart.

From 3.x on, a daemon thread stands still as soon as the interpreter has begun to end. On 2.7 it
runs on, finds None where a function was, and complains on stderr. So there, behind all handlers at
exit, a gate is shut in every connection, at which other threads stay for good, and the end waits
until those that are inside this package have got there or sleep: a waiter needs nothing of a module
from when it knows what to ``sleep`` with until it comes to the gate, if only its time is over.
"""
from __future__ import absolute_import, division, print_function

import atexit
import sys
import threading

from stockings._compat import threadsOutlive
from stockings._deadline import Deadline
from stockings._waiters import PollWaiter, SelectWaiter

#: Seconds to wait for them. A thread that has just begun to wait needs a fraction of a millisecond
#: of processor time, and gets it late on a busy machine; one that is in a hook may stay there.
_LIMIT = 0.5
#: Seconds between two looks, and in how many in a row all have to sleep.
_PAUSE = 0.001
_LOOKS = 3


def atLast(function):
    """Have 2.7 call a function at its end, behind all handlers: they may wait for other threads."""
    if threadsOutlive:
        atexit._exithandlers.insert(0, (function, (), {}))
    return function


class Gate(object):
    """A lock that only this thread gets any more. No method but the first needs a module."""

    def __init__(self, lock):
        self._lock = lock
        self._identOf = getattr(threading, "get_ident", None) or threading._get_ident
        self._ident = self._identOf()
        self._shut = threading.Lock()
        self._shut.acquire()

    def __enter__(self):
        if self._identOf() != self._ident:
            sleep = self._shut.acquire
            sleep()
        self._lock.acquire()

    def __exit__(self, *_):
        self._lock.release()

    def locked(self):
        """As of the lock."""
        return self._lock.locked()


#: Where they sleep.
_SLEEPS = frozenset(method.__code__ for method in (
    PollWaiter.wait, PollWaiter.isReady, SelectWaiter.wait, Gate.__enter__))


def awaitSleep():
    """Wait until each other thread that is in a call of this package sleeps.

    One that goes from call to call is outside for a moment, so it is looked at more than once.
    """
    deadline = Deadline(_LIMIT)
    pause = threading.Event()
    quiet = 0
    while _others() and quiet < _LOOKS and not deadline.over:
        quiet = 0 if any(map(_isAwake, _others())) else quiet + 1
        pause.wait(_PAUSE)


def _others():
    """Return the innermost frame of every other thread."""
    mine = threading.current_thread().ident
    return [frame for ident, frame in sys._current_frames().items() if ident != mine]


def _isAwake(frame):
    """Whether a thread is in a call of this package, and does not sleep there."""
    if frame.f_code in _SLEEPS:
        return "sleep" not in frame.f_locals or "came" in frame.f_locals
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith("stockings."):
            return True
        frame = frame.f_back
    return False
