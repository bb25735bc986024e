"""Waiting for descriptors: all that the two flavours do differently.

A waiter belongs to one thread. ``watch`` says what to wait for, ``wait`` waits. A call that a
signal interrupted returns nothing, and the caller, who knows its deadlines, calls again: 2.7 and
3.4 do not resume a wait by themselves.

Each method that waits has its function in ``sleep`` before it calls it, and what that returned in
``came``: ``_ending`` looks at these to see whether a thread sleeps.
"""
from __future__ import absolute_import, division, print_function

import math
import select

from stockings._compat import INTERRUPTED, SELECT_LIMIT, SOCKET_ERRORS, errnoOf

#: Longest single wait in seconds: poll takes a C int of milliseconds, and every caller loops.
_LONGEST = 86400.0


#: Whether the system has select.poll. Windows has none, and some libraries take it away.
hasPoll = hasattr(select, "poll")


def _milliseconds(timeout):
    """Rounded up, so that the last fraction of a wait is not spent in a spin."""
    return None if timeout is None else int(math.ceil(min(timeout, _LONGEST) * 1000))


class SelectWaiter(object):
    """Waits by select.select, which every system has."""

    #: How many descriptors one waiter can watch; None for any number.
    limit = SELECT_LIMIT

    def __init__(self):
        self._read = set()
        self._write = set()

    @staticmethod
    def check(descriptor):
        """Raise ValueError for a descriptor that select cannot watch (FD_SETSIZE and above)."""
        try:
            select.select([descriptor], [], [], 0)
        except ValueError:
            raise ValueError("select cannot watch descriptor %d: its number is too high for "
                             "SelectStocking, use PollStocking" % descriptor)
        except SOCKET_ERRORS:
            pass  # a bad descriptor: the first read will tell

    def watch(self, descriptor, read, write):
        """Wait for ``descriptor`` to become readable and/or writable; neither: forget it."""
        (self._read.add if read else self._read.discard)(descriptor)
        (self._write.add if write else self._write.discard)(descriptor)

    def wait(self, timeout):
        """Return [(descriptor, readable, writable)], at the latest after ``timeout`` seconds."""
        if timeout is not None:
            timeout = min(timeout, _LONGEST)
        read, write = list(self._read), list(self._write)
        sleep = select.select
        try:
            came = sleep(read, write, [], timeout)
        except ValueError:
            return self._bad()
        except SOCKET_ERRORS as error:
            return [] if errnoOf(error) in INTERRUPTED else self._bad()
        events = dict((descriptor, [True, False]) for descriptor in came[0])
        for descriptor in came[1]:
            events.setdefault(descriptor, [False, True])[1] = True
        return [(descriptor, read, write) for descriptor, (read, write) in events.items()]

    def _bad(self):
        """Return the descriptors that were closed underneath: select names none of them."""
        bad = []
        for descriptor in self._read | self._write:
            try:
                select.select([descriptor], [], [], 0)
            except ValueError:
                bad.append((descriptor, True, True))
            except SOCKET_ERRORS as error:
                if errnoOf(error) not in INTERRUPTED:
                    bad.append((descriptor, True, True))
        return bad


class PollWaiter(object):
    """Waits by select.poll (see hasPoll): any descriptor, and quiet ones cost nothing."""

    limit = None

    def __init__(self):
        self._poll = select.poll()
        self._masks = {}

    @staticmethod
    def check(descriptor):
        """Poll can watch every descriptor."""

    def watch(self, descriptor, read, write):
        """Wait for ``descriptor`` to become readable and/or writable; neither: forget it.

        Forgotten, not watched for nothing: poll reports a hang-up whatever the mask.
        """
        mask = (select.POLLIN if read else 0) | (select.POLLOUT if write else 0)
        if mask == self._masks.get(descriptor, 0):
            return  # each change makes the next poll build its whole table again
        self._masks[descriptor] = mask
        if mask:
            self._poll.register(descriptor, mask)
        else:
            del self._masks[descriptor]
            self._poll.unregister(descriptor)

    def wait(self, timeout):
        """Return [(descriptor, readable, writable)], at the latest after ``timeout`` seconds.

        A hang-up, an error and a closed descriptor count as both: the call that follows tells.
        """
        milliseconds = _milliseconds(timeout)
        sleep = self._poll.poll
        try:
            came = sleep(milliseconds)
        except SOCKET_ERRORS as error:
            if errnoOf(error) in INTERRUPTED:
                return []
            raise
        return [(descriptor, bool(event & ~select.POLLOUT), bool(event & ~select.POLLIN))
                for descriptor, event in came]

    def isReady(self, descriptor, timeout):
        """wait(), but only return whether ``descriptor`` was among what was watched for."""
        milliseconds = _milliseconds(timeout)
        sleep = self._poll.poll
        try:
            came = sleep(milliseconds)
        except SOCKET_ERRORS as error:
            if errnoOf(error) in INTERRUPTED:
                return False
            raise
        return descriptor in [ready for ready, _ in came]


def waiterOfCalls():
    """Return a waiter for a calling thread.

    By poll where it exists, in both flavours: what a calling thread waits for is a private socket
    pair, whose number may be too high for select.
    """
    return PollWaiter() if hasPoll else SelectWaiter()
