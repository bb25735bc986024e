"""Signals: none breaks or shortens a wait, one that raises comes out, and SIGPIPE does not kill."""
from __future__ import absolute_import, division, print_function

import signal
import socket
import sys
import threading

import pytest

from stockings._compat import clock

from . import support

PATIENCE = support.PATIENCE

pytestmark = support.timer


#: Every call that may wait, with a time limit (None: without one) where it takes one; and what it
#: returns when the limit is over.
WAITS = {
    "read": (lambda stocking, limit: stocking.read(limit), None),
    "_read": (lambda stocking, limit: stocking._read(limit), None),
    "waitMessage": (lambda stocking, limit: stocking.waitMessage(limit), False),
    "waitClosed": (lambda stocking, limit: stocking.waitClosed(limit), False),
    "join": (lambda stocking, limit: stocking.join(limit), None),
    "flush": (lambda stocking, limit: stocking.flush(limit), False),
}


@pytest.fixture
def stuck(wired):
    """A Stocking whose other side neither writes nor reads, with more queued than fits."""
    stocking, raw = wired
    stocking.write(b"q" * 20000000)
    return stocking


@pytest.mark.parametrize("name", sorted(WAITS))
def test_a_storm_of_signals_changes_no_wait(stuck, name):
    """A signal every millisecond: the wait ends when its time is over, not before, with no error.

    On 2.7 and 3.4 each of them makes the system call fail with EINTR.
    """
    call, over = WAITS[name]
    ran = []
    with support.alarms(lambda: ran.append(1), 0.001, 0.001):
        start = clock()
        assert call(stuck, 0.05) is over
        assert clock() - start >= 0.05
    assert ran


@pytest.mark.parametrize("name", sorted(WAITS))
def test_a_handler_that_raises_ends_every_wait(stuck, name):
    """Its exception comes out, also where there is no time limit; the Stocking goes on."""
    call = WAITS[name][0]
    support.interrupted(call, stuck, None)
    assert stuck.active and stuck.read(0.001) is None


def test_a_handler_that_raises_ends_an_iteration(wired):
    """The next one goes on with the message that then comes."""
    stocking, raw = wired
    support.interrupted(next, iter(stocking))
    raw.sendall(b"\x81a")
    assert next(iter(stocking)) == u"a"


def test_a_handler_that_raises_ends_a_write_that_waits_for_room(sockets, opened, flavour):
    """Its message was not queued."""
    class Polite(flavour):
        sendHighWater = 1

    near, raw = sockets()
    stocking = opened(near, Polite)
    big = b"x" * 20000000
    stocking.write(big)
    support.interrupted(stocking.write, b"y")
    stocking.closeWrite()
    assert len(support.receiveAll(raw)) == len(big) + 4


def test_a_handler_that_raises_ends_a_close(sockets, opened, flavour):
    """What is queued is still delivered, in the time that is left, and another close waits."""
    class Patient(flavour):
        linger = PATIENCE

    near, raw = sockets()
    stocking = opened(near, Patient)
    stocking.write(b"x" * 20000000)
    support.interrupted(stocking.close)
    again = support.inThread(stocking.close)
    assert len(support.receiveAll(raw)) == 20000004
    raw.close()
    again()
    assert stocking.closeCause == "closed" and not stocking.is_alive()


def test_a_handler_that_raises_ends_the_wait_for_the_handshake(sockets, opened, flavour):
    """The handshake itself runs on its own thread, and goes on."""
    class Shaking(flavour):
        def handshake(self):
            return self._read(PATIENCE) == u"now"

    near, raw = sockets()
    stocking = opened(near, Shaking)
    support.interrupted(stocking.waitReady)
    raw.sendall(b"\x83now")
    assert stocking.waitReady(PATIENCE)


def test_a_storm_of_signals_loses_nothing(link):
    """Messages larger than any buffer, both ways at once, on the thread that the signals meet."""
    near, far = link
    message = b"m" * 4000000
    with support.alarms(lambda: None, 0.001, 0.001):
        for _ in range(3):
            near.write(message)
            far.write(message)
            assert near.flush(PATIENCE) and far.flush(PATIENCE)
            assert near.read(PATIENCE) == message and far.read(PATIENCE) == message


PIPE = """
from __future__ import print_function
import signal, socket, sys
import stockings
from stockings._compat import socketpair
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
Flavour = getattr(stockings, sys.argv[1])
near, far = socketpair()
stocking = Flavour(near)
far.shutdown(socket.SHUT_RD)  # what a write to it raises is EPIPE, and the other half stays quiet
try:
    while True:
        stocking.write(b"x")
except stockings.StockingBroken as error:
    print(error.cause)
stocking.abort()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="the system has no SIGPIPE")
@pytest.mark.skipif(not (hasattr(socket, "MSG_NOSIGNAL") or sys.platform.startswith("linux")),
                    reason="the system cannot send without the signal")
def test_sigpipe_kills_no_process(flavour):
    """A program that has it at its default, as one that is piped into others, gets the error."""
    status, output = support.runPython(PIPE, flavour.__name__)
    assert (status, output.strip()) == (0, "reset")


def test_a_handler_may_have_threads_make_its_calls(link):
    """It interrupts every method of the main thread, and what its threads write comes as well."""
    near, far = link
    threads = []

    def write():
        near.write(u"from a thread")
        near.stats()

    def handle():
        if len(threads) < 50:
            threads.append(threading.Thread(target=write))
            threads[-1].start()
            # Only now: an alarm that comes while one is handled would have this run inside itself.
            signal.setitimer(signal.ITIMER_REAL, 0.002)

    got, written = [], 0
    with support.alarms(handle, 0.001):
        while len(threads) < 50:
            near.write((u"%d" % written).encode("ascii"))
            written += 1
            got.append(far.read(0.001))
            near.read()
            assert near.queuedBytes >= 0 and near.active
    for thread in threads:
        thread.join(PATIENCE)
    near.closeWrite()
    got += list(far)
    assert [int(one) for one in got if isinstance(one, bytes)] == list(range(written))
    assert got.count(u"from a thread") == 50


def test_a_flag_is_seen_when_the_call_returns(wired):
    """A handler that only sets a flag disturbs nothing; a wait goes on to its time limit."""
    stocking, raw = wired
    flags = []
    with support.alarms(lambda: flags.append(1), 0.01):
        assert stocking.read(0.05) is None
    assert flags == [1] and stocking.active
