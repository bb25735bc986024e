"""A signal handler that raises in the middle of whatever runs: what it leaves behind.

Each test has a process of its own, which nothing else traces: coverage has a lock that such a
handler leaves taken, and only one tracer can be there.
"""
from __future__ import absolute_import, division, print_function

import errno
import gc
import linecache
import os
import socket
import sys
import threading

import pytest

import stockings
from stockings._compat import errnoOf, socketpair

from . import support

PATIENCE = support.PATIENCE


def inProcess(function, flavour, *args):
    """Run a function of this module in a process of its own, and see that it ends in silence."""
    program = "import stockings, %s as here\nhere.%s(stockings.%s, *%r)" % (
        __name__, function.__name__, flavour.__name__, args)
    status, said = support.runPython(program, **support.untraced())
    assert (status, said) == (0, ""), said


class Raising(object):
    """A tracer: raises at the n-th line of the library that a call runs, as a handler may.

    Not where a ``with`` ends normally: no handler runs there since Python 3.10.
    """

    _package = os.path.dirname(stockings.__file__) + os.sep

    def __init__(self, number):
        #: Where it raised; None if it did not, since there are fewer lines.
        self.where = None
        self._left = number
        self._lines = {}

    def __call__(self, frame, event, arg):
        """Trace a call (what sys.settrace takes)."""
        return self._local if frame.f_code.co_filename.startswith(self._package) else None

    def _local(self, frame, event, arg):
        if event == "line":
            name, line = frame.f_code.co_filename, frame.f_lineno
            before = self._lines.get(frame, 0)
            self._lines[frame] = line
            if before < line or not linecache.getline(name, line).lstrip().startswith("with "):
                self._left -= 1
                if self._left == 0:
                    self.where = "%s:%d" % (name, line)
                    raise support.Interrupted
        return self._local

    def during(self, call, *args):
        """Return what a call returns; None if this raised in the middle of it.

        The collector rests, since what is raised in a finaliser gets no further than that.
        """
        gc.disable()
        sys.settrace(self)
        try:
            return call(*args)
        except support.Interrupted:
            return None
        finally:
            sys.settrace(None)
            gc.enable()
            self._lines.clear()


#: What is interrupted, with a time limit for what waits.
CALLS = {
    "read": lambda stocking, limit: stocking.read(),
    "read, waiting": lambda stocking, limit: stocking.read(limit),
    "waitMessage": lambda stocking, limit: stocking.waitMessage(limit),
    "write": lambda stocking, limit: stocking.write(b"x" * 100),
    "flush": lambda stocking, limit: stocking.flush(limit),
    "fileno": lambda stocking, limit: stocking.fileno(),
}


def othersWork(flavour):
    """Assert that new connections do what they should."""
    one, other = [flavour(sock) for sock in socketpair()]
    one.write(b"x" * 300000)
    assert len(other.read(PATIENCE)) == 300000
    one.abort()
    other.abort()


def interruptedAt(number, flavour, name):
    """Interrupt a call at its n-th line, and see a read that waits later get what comes then.

    Return which line that was; None if the call has fewer.
    """
    near, raw = support.tcpPair()
    stocking = flavour(near)
    raising = Raising(number)
    raising.during(CALLS[name], stocking, 0.002)
    waiting = support.inThread(stocking.read, PATIENCE)
    support.until(lambda: stocking._pump._waiting.calls or not waiting.thread.is_alive())
    raw.sendall(b"\x81a")
    assert waiting() == u"a", raising.where
    support.inThread(stocking.abort)()
    raw.close()
    return raising.where


def lineByLine(flavour, name):
    """Interrupt a call at one line after another."""
    number = spared = 0
    while spared < 5:  # a single one may have found the I/O thread at work, and had less to do
        number += 1
        spared = 0 if interruptedAt(number, flavour, name) else spared + 1
    assert number > 30
    othersWork(flavour)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_handler_that_raises_at_any_line_stops_no_later_read(flavour, name):
    """What it leaves half made must not be used: such a read never woke."""
    inProcess(lineByLine, flavour, name)


def nothingServed():
    """Whether no I/O thread runs; one that did not start may be left in Python's list."""
    return not [thread for thread in threading.enumerate()
                if thread.name == "stockings-io" and thread.ident]


def madeLineByLine(flavour):
    """Interrupt the making of a Stocking at one line after another."""
    number, interrupted = 0, True
    while interrupted:
        number += 1
        pair = socketpair()
        raising = Raising(number)
        stocking = raising.during(flavour, pair[0])
        interrupted = raising.where
        if stocking is not None:
            stocking.abort()
        stocking = None
        support.inThread(othersWork, flavour)()
        for sock in pair:
            sock.close()
        if not support.until(nothingServed, 0.5):
            gc.collect()  # PyPy: one that was as good as made goes on until then
            assert support.until(nothingServed), interrupted
    assert number > 60


def test_a_handler_that_raises_while_a_stocking_is_made(flavour):
    """Nothing of it goes on: the thread serves no connection that nobody has."""
    inProcess(madeLineByLine, flavour)


def startInterrupted(flavour):
    """Interrupt the start of the I/O thread when that has begun; it gets its turn only later."""
    class Late(threading.Thread):
        started = []
        turn = threading.Event()

        def start(self):
            super(Late, self).start()
            self.started.append(self)
            raise support.Interrupted

        def run(self):
            self.turn.wait(PATIENCE)
            super(Late, self).run()

    pair = socketpair()
    usual, threading.Thread = threading.Thread, Late
    with pytest.raises(support.Interrupted):
        flavour(pair[0])
    threading.Thread = usual
    othersWork(flavour)
    Late.turn.set()
    Late.started[0].join(PATIENCE)
    assert not Late.started[0].is_alive()
    othersWork(flavour)


def test_a_handler_that_raises_while_the_thread_is_started(flavour):
    """It finds that it is not wanted, and ends without a word; the next one serves."""
    inProcess(startInterrupted, flavour)


def feed(raw):
    """Send short messages, and take what comes, until the other side is gone."""
    try:
        while True:
            raw.sendall(b"\x81a")
            raw.setblocking(False)
            try:
                raw.recv(1 << 16)
            except socket.error as error:
                if errnoOf(error) not in (errno.EAGAIN, errno.EWOULDBLOCK):
                    raise
            raw.settimeout(PATIENCE)
    except socket.error:
        pass


def storm(flavour, name):
    """Interrupt a call again and again; then see that the rest works. What the child runs."""
    near, raw = support.tcpPair()
    feeding = support.inThread(feed, raw)
    stocking = flavour(near)
    for turn in range(150):
        try:
            with support.alarms(support.interrupt, 20e-6 + turn * 2e-6):
                while True:
                    CALLS[name](stocking, PATIENCE)
        except support.Interrupted:
            pass
        except stockings.StockingClosed:
            break  # one that was only good to be aborted
    support.inThread(stocking.abort)()
    feeding()
    othersWork(flavour)


@support.timer
@pytest.mark.skipif(sys.version_info < (3, 10), reason="the end of a `with` can be interrupted")
@pytest.mark.parametrize("name", ["flush", "read", "read, waiting", "write"])
def test_a_handler_that_raises_anywhere_leaves_others_alone(flavour, name):
    """Whatever it breaks: an abort works, other connections go on, and the process ends."""
    inProcess(storm, flavour, name)
