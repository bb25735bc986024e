"""Fixtures of the library's tests, among them the one that finds what was left behind."""
from __future__ import absolute_import, division, print_function

import gc
import threading

import pytest

from . import support


@pytest.fixture(autouse=True)
def nothingLeft():
    """After every test: no thread and no descriptor more than before."""
    threadsBefore = set(threading.enumerate())
    descriptorsBefore = support.openDescriptors()
    yield
    if not support.until(lambda: set(threading.enumerate()) <= threadsBefore):
        left = set(threading.enumerate()) - threadsBefore
        pytest.fail("threads were left: %s" % sorted(thread.name for thread in left))
    if descriptorsBefore is None:
        return
    if not support.openDescriptors() <= descriptorsBefore:
        gc.collect()  # PyPy closes what a test forgot (a raw socket) only now
    if not support.until(lambda: support.openDescriptors() <= descriptorsBefore):
        left = support.openDescriptors() - descriptorsBefore
        pytest.fail("descriptors were left: %s" % sorted(left))


@pytest.fixture(params=[pytest.param(cls, id=name) for name, cls in support.flavours()])
def flavour(request):
    """Each flavour of Stocking in turn, or the one that STOCKINGS_FLAVOUR names."""
    return request.param


@pytest.fixture
def sockets():
    """A function that gives connected TCP pairs; they are closed after the test."""
    made = []

    def make():
        pair = support.tcpPair()
        made.extend(pair)
        return pair

    yield make
    for sock in made:
        sock.close()


@pytest.fixture
def opened(flavour):
    """A function that wraps a socket in a Stocking; it is aborted after the test."""
    made = []

    def make(sock, cls=flavour):
        stocking = cls(sock)
        made.append(stocking)
        return stocking

    yield make
    for stocking in made:
        stocking.abort()


@pytest.fixture
def link(opened, sockets):
    """Two Stockings of one flavour, connected with each other."""
    near, far = sockets()
    return opened(near), opened(far)


@pytest.fixture
def wired(opened, sockets):
    """A Stocking, and the raw socket that it is connected with."""
    near, far = sockets()
    return opened(near), far
