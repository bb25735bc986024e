"""Waiting calls: conditions, time limits, signals."""
from __future__ import absolute_import, division, print_function

import threading

import pytest

from stockings._compat import clock
from stockings._waiting import Waiting

from . import support


class Box(object):
    """Something to wait for."""

    def __init__(self):
        self.lock = threading.Lock()
        self.waiting = Waiting(self.lock)
        self.full = False

    def wait(self, timeout):
        """Wait until it is full."""
        return self.waiting.until(lambda: self.full, timeout, lambda happened: None)

    def fill(self, full=True):
        """Change it and announce that."""
        with self.lock:
            self.full = full
            self.waiting.announce()


@pytest.fixture
def box():
    """A box whose descriptors are given back."""
    box = Box()
    yield box
    box.waiting.close()


def test_true_at_once_needs_no_descriptor(box):
    """A condition that holds is answered whatever the time limit."""
    box.fill()
    before = support.openDescriptors()
    assert box.wait(-1) is True and box.wait(0) is True and box.wait(None) is True
    assert support.openDescriptors() == before


@pytest.mark.parametrize("timeout", [0, -1, 0.02])
def test_time_limit(box, timeout):
    """False after the limit, and not before it."""
    start = clock()
    assert box.wait(timeout) is False
    assert clock() - start >= timeout


def test_one_announcement_wakes_all(box):
    """Many calls wait; all see the condition."""
    results = [support.inThread(box.wait, support.PATIENCE) for _ in range(5)]
    box.fill()
    assert [result() for result in results] == [True] * 5


def test_descriptors_are_used_again(box):
    """The second wait makes no new ones."""
    # A wait makes some, unless its time is over before it begins.
    before = support.openDescriptors()
    assert support.until(lambda: not box.wait(0.001) and support.openDescriptors() != before)
    before = support.openDescriptors()
    box.wait(0.001)
    assert support.openDescriptors() == before


def test_close_takes_those_in_use_too(box):
    """A call that waits during the close gives its descriptor back when it returns."""
    before = support.openDescriptors()
    result = support.inThread(box.wait, support.PATIENCE)
    assert support.until(lambda: box.waiting.calls)
    box.waiting.close()
    box.fill()
    assert result() is True
    assert support.openDescriptors() == before


@support.timer
def test_signals_neither_shorten_nor_break_a_wait(box):
    """Handlers run while it waits, and the time limit stays."""
    ran = []
    start = clock()
    with support.alarms(lambda: ran.append(clock()), 0.01, 0.01):
        assert box.wait(0.1) is False
    assert ran and clock() - start >= 0.1


@support.timer
def test_a_raising_handler_ends_the_wait(box):
    """Its exception comes out of the call, which leaves nothing behind."""
    support.interrupted(box.wait, support.PATIENCE)
    assert box.waiting.calls == []
    assert box.wait(0) is False
