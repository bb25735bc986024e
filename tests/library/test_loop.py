"""The I/O thread: its life, and one connection not harming another."""
from __future__ import absolute_import, division, print_function

import logging
import os
import threading

import pytest

import stockings
from stockings import _loop
from stockings._loop import Loop, loopOf
from stockings._waiters import PollWaiter, SelectWaiter, hasPoll

from . import support

WAITERS = [SelectWaiter] + ([PollWaiter] if hasPoll else [])


class FakePump(object):
    """Remembers how it was served; the socket is real, so that waiting is."""

    interval = deadline = None
    led = atHome = False

    def __init__(self, sock):
        self.sock = sock
        self.descriptor = sock.fileno()
        self.served = []
        self.dropped = []
        self.finished = threading.Event()
        self.answer = lambda readable, writable: (False, True, False)

    def serve(self, readable, writable):
        """Answer as told."""
        self.served.append((readable, writable))
        return self.answer(readable, writable)

    def drop(self, cause, error=None):
        """End at the next turn."""
        self.dropped.append((cause, error))
        self.answer = lambda readable, writable: (True, False, False)

    def isLeft(self):
        """Nobody comes here."""
        self.atHome = False
        return True

    def expire(self):
        """End at the next turn, as the time is over."""
        self.drop("expired")

    def obey(self):
        """Nothing was asked for."""

    def retire(self, deadline):
        """Nobody leads here."""

    def finish(self):
        """Close."""
        self.sock.close()
        self.finished.set()


@pytest.fixture(params=WAITERS, ids=lambda waiter: waiter.__name__)
def loop(request):
    """A loop of its own for the test, with each waiter."""
    return Loop(request.param)


def end(loop, *pumps):
    """End these pumps and wait until they are."""
    for pump in pumps:
        pump.drop("aborted")
        loop.nudge(pump)
    for pump in pumps:
        assert pump.finished.wait(support.PATIENCE)


def ioThreads():
    """How many I/O threads live."""
    return sum(thread.name == "stockings-io" for thread in threading.enumerate())


def test_one_thread_that_ends_with_the_last_pump(loop, sockets):
    """Many pumps share a thread, which is gone after the last, and starts again for the next."""
    for _ in range(3):
        pumps = [FakePump(sock) for sock in sockets() + sockets()]
        for pump in pumps:
            loop.add(pump)
        assert ioThreads() == 1
        end(loop, *pumps)
        assert support.until(lambda: ioThreads() == 0)


def test_a_pump_whose_program_left_is_served(loop, sockets):
    """Once, and then looked at no more."""
    pump = FakePump(sockets()[0])
    pump.atHome = True
    loop.add(pump)
    assert support.until(lambda: len(pump.served) == 2)
    assert not pump.atHome and not loop._visited
    end(loop, pump)


class Home(object):
    """A pump whose program comes again and again."""

    asked = 0

    def isLeft(self):
        """It does not leave."""
        self.asked += 1
        return False


@pytest.mark.parametrize(("number", "most", "turns"), [(5, 5, 1), (40, 16, 3), (3000, 46, 66)])
def test_of_many_pumps_some_are_looked_at_each_time(loop, monkeypatch, number, most, turns):
    """So many that all are seen soon, and so few that it costs little."""
    now = [1.0]
    monkeypatch.setattr(_loop, "clock", lambda: now[0])
    pumps = [Home() for _ in range(number)]
    loop._visited.update((pump, None) for pump in pumps)
    for turn in range(1, turns + 1):
        loop._lookAround()
        loop._lookAround()  # too soon
        assert sum(pump.asked for pump in pumps) == turn * most
        now[0] += 1
    assert all(pump.asked for pump in pumps) and len(loop._visited) == number


def test_a_clock_that_is_set_back_does_not_stop_the_looks(loop, sockets, monkeypatch):
    """The time of the next one is never far away."""
    monkeypatch.setattr(_loop, "clock", lambda: 1000.0)
    loop._nextLook = 4600.0
    pump = FakePump(sockets()[0])
    looked = []
    pump.isLeft = lambda: looked.append(True)
    loop._visited[pump] = None
    assert loop._timeout() <= _loop.LOOK
    loop._lookAround()
    assert looked


def test_serves_what_is_ready(loop, sockets):
    """A pump is served when its socket is readable, and not for another one's."""
    near, far = sockets()
    quiet, _ = sockets()
    pump, other = FakePump(near), FakePump(quiet)
    loop.add(pump)
    loop.add(other)
    assert support.until(lambda: pump.served and other.served)

    def serve(readable, writable):
        if readable:
            near.recv(10)
        return False, True, False

    pump.answer = serve
    far.sendall(b"x")
    assert support.until(lambda: any(readable for readable, _ in pump.served))
    assert not any(readable for readable, _ in other.served)
    end(loop, pump, other)


def test_a_defect_ends_one_connection_only(loop, sockets, caplog):
    """An exception that should not be is logged, and the others are served on."""
    pump, other = FakePump(sockets()[0]), FakePump(sockets()[0])
    loop.add(other)
    error = RuntimeError("defect")

    def broken(readable, writable):
        raise error

    pump.answer = broken
    with caplog.at_level(logging.ERROR, "stockings"):
        loop.add(pump)
        assert pump.finished.wait(support.PATIENCE)
    assert pump.dropped == [("internal", error)] and "defect" in caplog.text
    assert not other.finished.is_set()
    end(loop, other)


@pytest.mark.skipif(os.name == "nt", reason="a socket's number on Windows is no file descriptor")
def test_a_reused_number_is_the_new_pump(loop, sockets):
    """A socket that was closed underneath gives its number to another: the old pump is dropped."""
    near, far = sockets()
    number = near.fileno()
    old = FakePump(near)
    loop.add(old)
    assert support.until(lambda: old.served)
    again = sockets()[0]
    os.dup2(again.fileno(), number)
    new = FakePump(again)
    new.descriptor = number
    loop.add(new)
    assert old.finished.wait(support.PATIENCE) and old.dropped[0][0] == "reset"
    assert not new.finished.is_set()
    end(loop, new)


def test_a_full_select_refuses_another_connection(sockets, opened, monkeypatch):
    """Windows' select takes 512 sockets, and with one more it would serve none of them."""
    monkeypatch.setattr(SelectWaiter, "limit", 3)
    near, far = sockets()
    first, second = opened(near, stockings.SelectStocking), opened(far, stockings.SelectStocking)
    third, raw = sockets()
    with pytest.raises(ValueError) as caught:
        stockings.SelectStocking(third)
    assert "3 sockets" in str(caught.value) and "2 connections are open" in str(caught.value)
    assert third.gettimeout() == support.PATIENCE  # untouched: its owner may do without
    first.write(u"still served")
    assert second.read(support.PATIENCE) == u"still served"
    first.close()
    assert second.waitClosed(support.PATIENCE)
    raw.sendall(b"\x81m")
    assert support.until(lambda: room(opened, third)).read(support.PATIENCE) == u"m"


def room(opened, sock):
    """Return a Stocking once there is room for one, else None."""
    try:
        return opened(sock, stockings.SelectStocking)
    except ValueError:
        return None


def test_a_deadline_ends_the_pump(loop, sockets):
    """When its graceful end takes too long, it is dropped."""
    class Over(object):
        over = True

        def left(self):
            return 0.0

    pump = FakePump(sockets()[0])
    pump.deadline = Over()
    loop.add(pump)
    assert pump.finished.wait(support.PATIENCE) and pump.dropped[0][0] == "expired"


def test_the_sleep_is_the_shortest_of_intervals_and_deadlines(loop):
    """None without either."""
    class Left(object):
        def __init__(self, seconds):
            self.deadline = self
            self.seconds = seconds

        def left(self):
            return self.seconds

    assert loop._timeout() is None
    loop._ending.add(Left(None))
    assert loop._timeout() is None
    loop._intervals["a"] = 0.5
    loop._intervals["b"] = 0.2
    loop._ending.add(Left(0.3))
    assert loop._timeout() == 0.2
    loop._ending.add(Left(0.1))
    assert loop._timeout() == 0.1


def test_a_nudged_pump_obeys_first(loop, sockets):
    """What was asked for without the lock is done before the pump is served."""
    pump = FakePump(sockets()[0])
    loop.add(pump)
    assert support.until(lambda: pump.served)
    pump.obey = lambda: pump.drop("aborted")
    loop.nudge(pump)
    assert pump.finished.wait(support.PATIENCE) and pump.dropped[0][0] == "aborted"


def test_stop_ends_the_thread_and_leaves_the_rest(loop, sockets, monkeypatch):
    """At the end of the interpreter nothing is closed any more."""
    monkeypatch.setattr(_loop, "_EXIT", support.PATIENCE)
    pump = FakePump(sockets()[0])
    loop.add(pump)
    thread = loop._thread
    loop.stop()
    assert not thread.is_alive() and loop.stopped and not pump.finished.is_set()
    with pytest.raises(stockings.StockingError):
        loop.add(FakePump(sockets()[0]))
    loop._waker.close()
    if loop.standby is not None:
        loop.standby.close()


def test_stop_waits_for_a_thread_that_leaves(loop, sockets, monkeypatch):
    """Or it runs on without the names of its modules: 2.7 then printed a traceback in the end."""
    monkeypatch.setattr(_loop, "_EXIT", support.PATIENCE)
    left, joined, usual = threading.Event(), threading.Event(), loop._leave

    def leave():
        leaves = usual()
        if leaves:
            left.set()
            joined.wait(support.PATIENCE)
        return leaves

    monkeypatch.setattr(loop, "_leave", leave)
    pump = FakePump(sockets()[0])
    loop.add(pump)
    thread = loop._thread
    usualJoin = thread.join
    monkeypatch.setattr(thread, "join", lambda timeout: [joined.set(), usualJoin(timeout)])
    end(loop, pump)
    assert left.wait(support.PATIENCE)
    loop.stop()
    ended = not thread.is_alive()
    joined.set()
    assert ended


def test_a_thread_that_cannot_start_leaves_nothing(loop, sockets, monkeypatch):
    """The error goes to whoever wanted a Stocking."""
    def refuse(self):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(_loop.threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            loop.add(FakePump(sockets()[0]))
    pump = FakePump(sockets()[0])
    loop.add(pump)
    end(loop, pump)


def test_one_loop_for_each_flavour(monkeypatch):
    """The same one in this process, a new one in a fork."""
    loops = [loopOf(waiter) for waiter in WAITERS]
    assert [loopOf(waiter) for waiter in WAITERS] == loops and len(set(loops)) == len(WAITERS)
    monkeypatch.setattr(_loop, "_loops", dict(_loop._loops))
    with monkeypatch.context() as patch:
        patch.setattr("os.getpid", lambda: -1)
        assert loopOf(WAITERS[0]) not in loops
