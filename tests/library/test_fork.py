"""Forks: the child cannot disturb the parent, and has a working library of its own."""
from __future__ import absolute_import, division, print_function

import os
import socket
import threading

import pytest

import stockings
from stockings import _loop
from stockings._compat import socketpair

from . import support

PATIENCE = support.PATIENCE

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork"),
    # 3.12 and later warn of a fork while there are threads, which is what is tested.
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


def inChild(function):
    """Run a function in a fork; return what it raised there as text, "" if nothing.

    The child ends at once afterwards, without what pytest would do at its end.
    """
    reading, writing = os.pipe()
    pid = support.forked()
    if pid == 0:
        said = ""
        try:
            function()
        except BaseException as error:
            said = "%s: %s" % (type(error).__name__, error)
        finally:
            os.write(writing, said.encode("utf-8") + b".")
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read().decode("utf-8")
    os.waitpid(pid, 0)
    return said[:-1] if said.endswith(".") else "the child hung or died"


def goesOn(near, far):
    """Assert that a link of the parent works in both directions."""
    for one, other in ((near, far), (far, near)):
        one.write(u"from the parent")
        assert other.read(PATIENCE) == u"from the parent"
    assert far.read(0.01) is None and near.active and far.active


CALLS = {
    "write": lambda stocking: stocking.write(b"x"),
    "read": lambda stocking: stocking.read(1),
    "flush": lambda stocking: stocking.flush(1) and stocking.write(b"x"),
    "waitClosed": lambda stocking: stocking.waitClosed(1) and stocking.write(b"x"),
    "join": lambda stocking: stocking.join(1) or stocking.write(b"x"),
    "close": lambda stocking: stocking.close() or stocking.write(b"x"),
    "abort": lambda stocking: stocking.abort() or stocking.write(b"x"),
    "closeWrite": lambda stocking: stocking.closeWrite() or stocking.write(b"x"),
    "iteration": lambda stocking: list(stocking),
    "fileno": lambda stocking: stocking.fileno(),
    "active": lambda stocking: stocking.active or stocking.write(b"x"),
    "closeCause": lambda stocking: stocking.closeCause == "forked" and stocking.write(b"x"),
    "closeError": lambda stocking: stocking.closeError or stocking.write(b"x"),
    "stats": lambda stocking: stocking.stats() and stocking.write(b"x"),
}


@pytest.mark.parametrize("name", sorted(CALLS))
def test_every_first_call_in_the_child_lets_go(link, name):
    """Whatever the child does first with its copy, it learns whose the connection is.

    Also if a thread was in the middle of something at the fork.
    """
    near, far = link
    near.fileno()
    near.read(0.001)  # the socket has been waited for

    def child():
        with pytest.raises(stockings.StockingBroken) as caught:
            CALLS[name](near)
        assert caught.value.cause == near.closeCause == "forked"
        assert not near.active and not near.is_alive()

    with near._pump.lock:
        assert inChild(child) == ""
    goesOn(near, far)


def test_a_fork_while_threads_wait_and_write(link):
    """A lock that a thread holds at that moment stays locked in the child, where it is not used."""
    near, far = link
    over = threading.Event()

    def writer():
        count = 0
        while not over.is_set():
            near.write(b"x" * 1000)
            near.flush(PATIENCE)
            count += 1
        near.write(u"over")
        return count

    def reader():
        return sum(1 for _ in iter(lambda: far.read(PATIENCE), u"over"))

    waiting = support.inThread(near.read, None)
    writing, reading = support.inThread(writer), support.inThread(reader)

    def child():
        for stocking in link:
            stocking.abort()
            assert stocking.closeCause == "forked"

    try:
        for _ in range(10):
            assert inChild(child) == ""
    finally:
        over.set()
    assert writing() == reading()
    far.write(u"answer")
    assert waiting() == u"answer"


def test_with_in_the_child_closes_the_copy(link):
    """Its end is not the connection's."""
    near, far = link

    def child():
        with near:
            pass
        with pytest.raises(KeyError), far:
            raise KeyError("x")

    assert inChild(child) == ""
    goesOn(near, far)


def test_the_child_has_a_library_of_its_own(link, flavour):
    """New Stockings work there, with an I/O thread of its own, beside the copies."""
    def child():
        near, far = [flavour(sock) for sock in socketpair()]
        far.write(b"y" * 5000000)
        near.write(u"x")
        assert far.read(PATIENCE) == u"x" and near.read(PATIENCE) == b"y" * 5000000
        near.abort()
        far.abort()

    assert inChild(child) == ""
    goesOn(*link)


def test_a_fork_while_other_threads_make_and_end_some(link, flavour):
    """A lock that is needed for that may be held by a thread that is not in the child."""
    over = threading.Event()

    def make():
        while not over.is_set():
            for sock in socketpair():
                flavour(sock).abort()

    def child():
        near, far = [flavour(sock) for sock in socketpair()]
        near.write(u"x")
        assert far.read(PATIENCE) == u"x"

    making = [support.inThread(make) for _ in range(2)]
    try:
        assert [inChild(child) for _ in range(20)] == [""] * 20
    finally:
        over.set()
    for result in making:
        result()
    goesOn(*link)


def test_finding_the_loop_takes_no_lock(link, flavour):
    """The same without luck: whatever lock of the module is held at the fork."""
    held = [each for each in vars(_loop).values() if isinstance(each, type(threading.Lock()))]
    held.append(_loop.loopOf(flavour._waiterType)._lock)

    def child():
        near, far = [flavour(sock) for sock in socketpair()]
        near.write(u"x")
        assert far.read(PATIENCE) == u"x"

    for lock in held:
        lock.acquire()
    try:
        assert inChild(child) == ""
    finally:
        for lock in held:
            lock.release()
    goesOn(*link)


def test_copies_that_the_child_forgets(link):
    """Collecting them there closes nothing of the parent's, and says nothing."""
    def child():
        for stocking in link:
            stocking.__del__()

    assert inChild(child) == ""
    goesOn(*link)


PROGRAM = """
from __future__ import print_function
import multiprocessing, os, sys
import stockings
from stockings._compat import socketpair
Flavour = getattr(stockings, sys.argv[1])
near, far = [Flavour(sock) for sock in socketpair()]

def work(stocking):
    try:
        stocking.write(u"from the child")
    except stockings.StockingBroken as error:
        assert error.cause == "forked", error

if sys.argv[2] == "multiprocessing":
    if hasattr(multiprocessing, "get_context"):
        multiprocessing = multiprocessing.get_context("fork")
    child = multiprocessing.Process(target=work, args=(near,))
    child.start()
    child.join()
    assert child.exitcode == 0, child.exitcode
else:
    pid = os.fork()
    if pid == 0:
        work(near)
        sys.exit(0)
    assert os.waitpid(pid, 0)[1] == 0
near.write(u"from the parent")
assert far.read(20) == u"from the parent" and far.read(0.05) is None
near.abort()
far.abort()
"""


@pytest.mark.parametrize("how", ["multiprocessing", "exit"])
def test_a_child_that_ends_as_a_program_does(flavour, how):
    """Its end runs everything that is registered for it, and neither hangs nor says anything."""
    variables = dict(support.untraced(), PYTHONWARNINGS="ignore::DeprecationWarning")
    assert support.runPython(PROGRAM, flavour.__name__, how, **variables) == (0, "")


def test_a_descriptor_that_a_child_keeps_open_hides_no_end(sockets, opened):
    """close() ends the stream itself and does not rely on the descriptor's being the last one."""
    near, raw = sockets()
    stocking = opened(near)
    stop, go = os.pipe()
    pid = support.forked()
    if pid == 0:
        os.close(go)
        os.read(stop, 1)  # until the parent closes its end
        os._exit(0)
    try:
        closed = support.inThread(stocking.close)
        assert raw.recv(1) == b""
        raw.shutdown(socket.SHUT_WR)
        closed()
    finally:
        os.close(stop)
        os.close(go)
        os.waitpid(pid, 0)
