"""Both waiters, each alone."""
from __future__ import absolute_import, division, print_function

import errno
import os
import select

import pytest

from stockings import _waiters
from stockings._compat import clock
from stockings._waiters import PollWaiter, SelectWaiter, waiterOfCalls

from . import support

WAITERS = [SelectWaiter] + ([PollWaiter] if _waiters.hasPoll else [])


@pytest.fixture(params=WAITERS, ids=lambda waiter: waiter.__name__)
def waiter(request):
    """Each waiter in turn."""
    return request.param()


@pytest.fixture
def pair(sockets):
    """Two connected sockets."""
    return sockets()


def test_tells_what_is_ready(waiter, pair):
    """Readable and writable are told apart, and only what was asked for is told."""
    near, far = pair
    number = near.fileno()
    waiter.watch(number, True, False)
    assert waiter.wait(0) == []
    waiter.watch(number, True, True)
    assert waiter.wait(support.PATIENCE) == [(number, False, True)]
    far.sendall(b"x")
    assert support.until(lambda: waiter.wait(1) == [(number, True, True)])
    waiter.watch(number, True, False)
    assert waiter.wait(support.PATIENCE) == [(number, True, False)]
    waiter.watch(number, False, False)
    waiter.watch(number, False, False)
    assert waiter.wait(0) == []


def test_many_descriptors(waiter, sockets):
    """Those that are ready are told, the others are not."""
    pairs = [sockets() for _ in range(5)]
    for near, _ in pairs:
        waiter.watch(near.fileno(), True, False)
    pairs[1][1].sendall(b"x")
    pairs[3][1].sendall(b"x")
    expected = sorted([(pairs[1][0].fileno(), True), (pairs[3][0].fileno(), True)])
    assert support.until(
        lambda: sorted((number, read) for number, read, _ in waiter.wait(1)) == expected)


def test_end_and_reset_count_as_readable(waiter, pair):
    """Whatever the system calls it, the next receive is to tell."""
    near, far = pair
    waiter.watch(near.fileno(), True, False)
    support.reset(far)
    (number, readable, _), = waiter.wait(support.PATIENCE)
    assert number == near.fileno() and readable


def test_closed_underneath_is_told(waiter, sockets):
    """A descriptor that somebody closed ends no wait of the others, and is named."""
    (near, _), (other, peer) = sockets(), sockets()
    number = near.fileno()
    waiter.watch(number, True, False)
    waiter.watch(other.fileno(), True, False)
    near.close()
    assert [event[0] for event in waiter.wait(support.PATIENCE) if event[1]] == [number]
    waiter.watch(number, False, False)
    peer.sendall(b"x")
    assert [event[0] for event in waiter.wait(support.PATIENCE)] == [other.fileno()]


@support.timer
def test_a_signal_ends_no_wait_with_an_error(waiter, pair):
    """An interrupted wait gives nothing or goes on; the handler has run."""
    ran = []
    waiter.watch(pair[0].fileno(), True, False)
    end = clock() + support.PATIENCE
    with support.alarms(lambda: ran.append(1), 0.02):
        while not ran and clock() < end:
            assert waiter.wait(0.2) == []
    assert ran


def test_other_errors_of_poll_are_not_hidden(monkeypatch):
    """Only a signal is harmless."""
    if not _waiters.hasPoll:
        pytest.skip("the system has no poll")

    class Broken(object):
        def poll(self, timeout):
            raise select.error(errno.EFAULT, "broken")

    waiter = PollWaiter()
    waiter._poll = Broken()
    with pytest.raises(_waiters.SOCKET_ERRORS):
        waiter.wait(0)


def test_a_fraction_of_a_millisecond_is_not_a_spin():
    """Poll's time limit is rounded up; a long one fits its integer."""
    assert _waiters._milliseconds(0.0001) == 1
    assert _waiters._milliseconds(0) == 0
    assert _waiters._milliseconds(None) is None
    assert _waiters._milliseconds(1e12) < 2 ** 31


def test_select_checks_the_descriptor(monkeypatch):
    """One above FD_SETSIZE is a ValueError with the way out; a closed one is not its business."""
    def refuse(*_):
        raise ValueError("filedescriptor out of range in select()")

    SelectWaiter.check(0)
    with monkeypatch.context() as patch:
        patch.setattr(_waiters.select, "select", refuse)
        with pytest.raises(ValueError) as caught:
            SelectWaiter.check(5000)
    assert "5000" in str(caught.value) and "PollStocking" in str(caught.value)


@pytest.mark.skipif(not _waiters.hasPoll, reason="no poll")
def test_one_descriptor_of_many(sockets):
    """Whether it is ready itself; a signal is no readiness."""
    (near, far), (other, another) = sockets(), sockets()
    waiter = PollWaiter()
    waiter.watch(near.fileno(), True, False)
    waiter.watch(other.fileno(), True, False)
    assert not waiter.isReady(near.fileno(), 0)
    another.sendall(b"x")
    assert not waiter.isReady(near.fileno(), None)
    far.sendall(b"x")
    assert support.until(lambda: waiter.isReady(near.fileno(), 0))


def test_the_waiter_of_calls_takes_any_descriptor():
    """Poll where the system has it, whatever the flavour."""
    assert type(waiterOfCalls()) is WAITERS[-1]


@pytest.mark.skipif(os.name == "nt", reason="descriptor numbers do not matter on Windows")
def test_select_refuses_a_high_descriptor(sockets):
    """The real select, with a descriptor whose number is too high for it."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    high = 1500
    if soft <= high:
        if hard != resource.RLIM_INFINITY and hard <= high:
            pytest.skip("this process may not open so many descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (high + 100, hard))
    os.dup2(sockets()[0].fileno(), high)
    try:
        with pytest.raises(ValueError):
            SelectWaiter.check(high)
        if _waiters.hasPoll:
            PollWaiter.check(high)
    finally:
        os.close(high)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


