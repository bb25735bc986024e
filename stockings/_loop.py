"""The I/O thread: one for all Stockings of a flavour, alive while any of them has a socket open.

It waits for descriptors and lets the pumps do what those are ready for. Calling threads never touch
the waiter; they put a pump on the list of nudged ones and wake the thread. ``nudge`` takes no lock,
because a finaliser calls it, and that may run inside any of this package's locked regions.

The thread knows pumps and never Stockings, so that a forgotten Stocking is collected.
"""
from __future__ import absolute_import, division, print_function

import atexit
import collections
import logging
import os
import threading

from stockings._compat import clock, yieldProcessor
from stockings._deadline import Deadline
from stockings._ending import atLast, awaitSleep
from stockings._reading import FEW, LOOK, TURNS
from stockings._standby import Standby, hasStandby
from stockings._waiters import PollWaiter, SelectWaiter
from stockings._waker import Waker
from stockings.errors import StockingError

_log = logging.getLogger("stockings")
#: How long the end of the interpreter waits for the thread to notice, in seconds; it needs none of
#: it unless the machine is overloaded (one second was too short for a process of the lowest
#: priority among busy ones), and after it the thread is only noisy (2.7), not harmful.
_EXIT = 5.0


class Loop(object):
    """Serves the pumps of one flavour."""

    def __init__(self, waiterType):
        self._waiterType = waiterType
        self.pid = os.getpid()
        #: True after the interpreter began to end.
        self.stopped = False
        # The thread that ends it, by number: 2.7 knows it as a thread of no kind by then.
        self._ender = None
        #: The sockets that calling threads arm the thread for; None where there is no such thing.
        self.standby = None
        #: Guards the life of the thread: _members, _thread, _waker and standby.
        self._lock = threading.Lock()
        # The pumps whose sockets are open, the thread that serves them, and the one that did last.
        self._members = set()
        self._thread = None
        self._left = None
        self._waker = None
        self._nudged = collections.deque()
        # The rest belongs to the thread: pumps by descriptor, the longest sleep that some of them
        # allow, those whose end has a deadline, and those whose program reads by itself, the next
        # one to look at first, with the time of that look.
        self._waiter = None
        self._pumps = {}
        self._intervals = {}
        self._ending = set()
        self._visited = collections.OrderedDict()
        self._nextLook = 0

    def checkRoom(self):
        """Raise ValueError if the waiter could not watch one connection more, besides the waker.

        Refused here: a waiter with one too many waits for none of them.
        """
        limit = self._waiterType.limit
        if limit is not None and len(self._members) + 2 > limit:
            raise ValueError("select can watch %d sockets on this system, and %d connections are "
                             "open, which leaves no room for another SelectStocking: close one "
                             "first, or spread them over processes" % (limit, len(self._members)))

    def add(self, pump):
        """Serve a pump until its socket is closed; starts the thread for the first one."""
        if self.stopped:
            self.checkWait()
        with self._lock:
            self.checkRoom()
            if self._thread is None:
                self._start()
            self._members.add(pump)
        self.nudge(pump)

    @property
    def isHere(self):
        """Whether this is the I/O thread, which runs a finaliser if the collector comes by."""
        return threading.current_thread() is self._thread

    def checkWait(self):
        """Raise StockingError where nothing may wait.

        That is the I/O thread, and, as that is gone then, the thread that ends the interpreter.
        Others may wait there: they end with the process, and an error would only make noise.
        """
        if self._ender == threading.current_thread().ident:
            raise StockingError("the interpreter ends, and nothing serves connections any more: "
                                "only calls that do not wait work now")
        if self.isHere:
            raise StockingError("a finaliser runs on the thread that serves all connections: "
                                "only calls that do not wait work there")

    def _start(self):
        waiter = self._waiterType()
        waker = Waker()
        standby = Standby() if hasStandby else None
        try:
            for private in [waker, standby] if hasStandby else [waker]:
                waiter.check(private.fileno())
                waiter.watch(private.fileno(), True, False)
            thread = threading.Thread(target=self._run, name="stockings-io")
            thread.daemon = True
            self._waiter, self._waker, self.standby, self._thread = waiter, waker, standby, thread
            thread.start()
        except BaseException:
            self._thread = self._waker = self.standby = None
            waker.close()
            if standby is not None:
                standby.close()
            raise

    def nudge(self, pump):
        """Have a pump looked at. From any thread, without a lock."""
        self._nudged.append(pump)
        waker = self._waker
        if waker is not None:
            waker.set()

    def stop(self):
        """End the thread because the interpreter ends; what is open stays as it is.

        Threads that wait for sockets wait for nothing from now on: what the end of the interpreter
        closes would wake them when nothing of it works any more (2.7).
        """
        self.stopped = True
        self._ender = threading.current_thread().ident
        # One that has just left is still to come to its end (2.7 would take its True away). It may
        # leave now: so the first of the two is read first.
        thread = self._thread or self._left
        if thread is not None and self.pid == os.getpid():
            deadline = Deadline(_EXIT)
            waker = self._waker
            if waker is not None:
                waker.set()
            thread.join(_EXIT)
            for pump in list(self._members):
                pump.retire(deadline)
                while pump.led and not deadline.over:
                    yieldProcessor()

    # The thread

    def _run(self):
        with self._lock:  # which the thread that starts this one holds until it has done so
            if not self.isHere:
                return  # a signal handler raised there, and it gave everything back
            wakerDescriptor = self._waker.fileno()
            standbyDescriptor = None if self.standby is None else self.standby.fileno()
        while not self.stopped:
            self._serveNudged()
            self._serveDeadlines()
            if self._visited:
                self._lookAround()
            if self._nudged:
                continue
            if self._leave():
                return
            for descriptor, readable, writable in self._waiter.wait(self._timeout()):
                if descriptor == wakerDescriptor:
                    self._waker.clear()
                elif descriptor == standbyDescriptor:
                    self._serveArmed()
                elif descriptor in self._pumps:
                    self._serve(self._pumps[descriptor], readable, writable)

    def _leave(self):
        """Whether nothing is left to serve; gives the descriptors back."""
        with self._lock:
            if self._members or self._nudged:
                return False
            self._left, self._thread = self._thread, None
            self._waker.close()
            if self.standby is not None:
                self.standby.close()
            self._waker = self._waiter = self.standby = None
            return True

    def _serveNudged(self):
        nudged = self._nudged
        while nudged:
            pump = nudged.popleft()
            if pump in self._members:
                self._serve(pump, False, False)

    def _serveArmed(self):
        armed = self.standby.ready()
        self._serveNudged()  # a pump may have been added, and armed at once
        for descriptor in armed:
            if descriptor in self._pumps:
                self._serve(self._pumps[descriptor], True, False)

    def _serve(self, pump, readable, writable):
        """Give a pump its turn, then wait for what it wants next."""
        other = self._pumps.get(pump.descriptor)
        if other is not None and other is not pump:
            # Its socket was closed underneath, and the number is in use again.
            other.drop("reset")
            self._forget(other)
        try:
            pump.obey()
            close, read, write = pump.serve(readable, writable)
            if not close:
                self._pumps[pump.descriptor] = pump
                self._waiter.watch(pump.descriptor, read, write)
                if pump.interval is not None:
                    self._intervals[pump] = pump.interval
                if pump.deadline is not None:
                    self._ending.add(pump)
                if pump.atHome:
                    self._visited.setdefault(pump)
        except Exception as error:  # a defect, which must not take the other connections along
            _log.exception("a connection ends by a defect of the library")
            pump.drop("internal", error)
            close = True
        if close:
            self._forget(pump)

    def _forget(self, pump):
        """Stop to wait for a pump and close its socket."""
        if self._pumps.get(pump.descriptor) is pump:
            del self._pumps[pump.descriptor]
            self._waiter.watch(pump.descriptor, False, False)
        self._intervals.pop(pump, None)
        self._ending.discard(pump)
        self._visited.pop(pump, None)
        with self._lock:
            self._members.discard(pump)
        pump.finish()

    def _serveDeadlines(self):
        for pump in [pump for pump in self._ending if pump.deadline.over]:
            pump.expire()
            self._serve(pump, False, False)

    def _lookAround(self):
        """Take over from the programs that do not come any more; see ``_reading``."""
        now = clock()
        if 0 < self._nextLook - now < 2 * LOOK:  # no more than that: 2.7's clock may be set back
            return
        self._nextLook = now + LOOK
        visited = self._visited
        for _ in range(min(len(visited), max(FEW, len(visited) // TURNS))):
            pump = visited.popitem(last=False)[0]
            if pump.isLeft():
                self._serve(pump, False, False)
            else:
                visited[pump] = None

    def _timeout(self):
        """Return how long to wait: until the next deadline or look, and at most an interval."""
        lefts = [pump.deadline.left() for pump in self._ending]
        if self._visited:
            lefts.append(min(LOOK, max(0.0, self._nextLook - clock())))
        lefts += self._intervals.values()
        lefts = [left for left in lefts if left is not None]
        return min(lefts) if lefts else None


#: One for each flavour, by waiter and process.
_loops = dict(((waiter, os.getpid()), Loop(waiter)) for waiter in (PollWaiter, SelectWaiter))


def loopOf(waiterType):
    """Return the loop of a flavour in this process (a fork begins with none).

    Takes no lock: at the time of a fork it might have been held by a thread that is not here.
    """
    pid = os.getpid()
    loop = _loops.get((waiterType, pid))
    if loop is None:
        for of in list(_loops):
            if of[1] != pid:
                _loops.pop(of, None)
        loop = _loops.setdefault((waiterType, pid), Loop(waiterType))  # atomic: one of two wins
    return loop


@atexit.register
def _stopAll():
    for loop in list(_loops.values()):
        loop.stop()


@atLast
def _shutAll():
    for loop in list(_loops.values()):
        for pump in list(loop._members):
            pump.shut()
    awaitSleep()
