"""One lock, whichever thread: what follows from a change."""
from __future__ import absolute_import, division, print_function

import select

import pytest

from stockings import _calling, errors
from stockings._core import Core
from stockings._outbox import SMALL
from stockings._pump import Pump
from stockings.wire import encode, encodeParts

from . import support
from .fakes import AGAIN, RESET, FakeLoop, FakeSocket


@pytest.fixture
def make():
    """A function that gives (pump, fake socket) for scripts; the pump waits as told by a loop."""
    made = []

    def build(sends=(), recvs=()):
        sock = FakeSocket(sends, recvs)
        core = Core()
        core.handshakeDone(True)
        pump = Pump(sock, core, FakeLoop())
        pump.serve(False, False)
        made.append(pump)
        return pump, sock

    yield build
    for pump in made:
        pump.drop("aborted")
        pump.finish()
        pump.release()


def send(pump, message):
    """Write a message."""
    pump.send(*encodeParts(message))


def test_a_write_goes_out_at_once(make):
    """On the calling thread, and nobody is woken for it."""
    pump, sock = make()
    send(pump, b"m")
    assert sock.sent == encode(b"m") and pump.loop.nudged == []


def test_the_rest_is_left_to_the_io_thread(make):
    """It is nudged once, told to wait for room, and sends the rest; later writes only queue."""
    pump, sock = make([2])
    send(pump, b"first")
    send(pump, b"second")
    assert pump.loop.nudged and sock.calls == ["send"]
    assert pump.serve(False, False) == (False, True, True)
    del pump.loop.nudged[:]
    send(pump, b"third")
    assert pump.loop.nudged == []
    assert pump.serve(False, True) == (False, True, False)
    assert sock.sent == encode(b"first") + encode(b"second") + encode(b"third")


def test_a_read_receives_at_once(make):
    """On the calling thread, one call, and only if nothing is there."""
    pump, sock = make(recvs=[encode(b"1") + encode(b"2")])
    assert pump.receive() == b"1"
    assert pump.receive() == b"2" and sock.calls == ["recv"]
    assert pump.receive() is None


def test_a_read_does_not_wait_for_another_thread(make):
    """While somebody else is at the socket, there is no message yet."""
    pump, sock = make(recvs=[encode(b"1")])
    with pump.lock:
        assert pump.receive() is None
    assert pump.receive() == b"1"


def test_the_end_is_answered(make):
    """A look after the last message ends our stream and asks for the close."""
    pump, sock = make(recvs=[encode(b"1"), b""])
    assert pump.receive() == b"1"
    assert pump.receive() is None
    assert sock.calls[-1] == "shutdown" and pump.loop.nudged
    assert pump.serve(False, False)[0]
    pump.finish()
    assert sock.calls[-1] == "close" and pump.core.finished
    pump.finish()
    assert sock.calls.count("close") == 1


def test_a_graceful_end_gets_a_deadline(make):
    """The I/O thread is nudged, so that it learns of it."""
    pump, sock = make([AGAIN])
    send(pump, b"m")
    pump.serve(False, False)
    del pump.loop.nudged[:]
    pump.update(lambda: pump.core.linger("closed"))
    assert pump.deadline is not None and pump.loop.nudged
    assert pump.serve(False, True) == (False, True, False)
    assert sock.calls[-1] == "shutdown"


def test_descriptor_is_level_triggered(make):
    """Readable while a message or the end waits, however often it is looked at; else quiet."""
    pump, sock = make(recvs=[encode(b"1") + encode(b"2"), RESET])
    number = pump.fileno()

    def readable():
        return bool(select.select([number], [], [], 0)[0])

    assert not readable()
    pump.serve(True, False)
    assert readable() and readable()
    assert pump.receive() == b"1" and readable()
    assert pump.receive() == b"2" and not readable()
    pump.serve(True, False)
    assert readable() and pump.fileno() == number
    pump.receive()
    assert readable()
    pump.drop("aborted")
    with pytest.raises(errors.StockingClosed):
        pump.fileno()


def test_waiting_ends_when_the_condition_comes_true(make):
    """Whoever changes the state wakes the waiting call."""
    pump, sock = make(recvs=[encode(b"1")])
    assert pump.waitUntil(lambda: pump.core.inbox.unread, 0) is False
    result = support.inThread(pump.waitUntil, lambda: pump.core.inbox.unread, support.PATIENCE)
    pump.serve(True, False)
    assert result() is True


def test_a_pump_whose_thread_is_gone_closes_by_itself(make):
    """close() does not wait for a thread that the end of the interpreter took."""
    pump, sock = make()
    pump.loop.stopped = True
    pump.update(lambda: pump.core.linger("closed"))
    pump.waitFinished(2)
    assert pump.core.finished and sock.calls[-1] == "close"


def test_abandoned_pump_gives_its_descriptors_back(make):
    """Without the lock, and whoever comes first, the close or the collector."""
    pump, sock = make()
    pump.fileno()
    with pump.lock:
        pump.abandon()
    assert pump.loop.nudged == [pump]
    pump.drop("aborted")
    pump.finish()


def test_fork_only_closes(make):
    """The copy in a child process sends nothing, ends nothing, wakes nobody."""
    pump, sock = make([AGAIN])
    send(pump, b"m")
    pump.fileno()
    del pump.loop.nudged[:]
    pump.lock.acquire()  # as if another thread had it at the time of the fork
    pump.forked()
    assert sock.calls == ["send", "close"] and pump.loop.nudged == []
    assert pump.core.cause == "forked"


@pytest.mark.parametrize("readable", [False, True])
@pytest.mark.parametrize("writable", [False, True])
def test_a_pump_that_was_closed_meanwhile_is_forgotten(make, readable, writable):
    """close() that ran out of patience closed the socket: the I/O thread, late, lets go of it.

    Whatever it was woken for, it does not touch the socket, whose number may be another's by now.
    """
    pump, sock = make([2, AGAIN], [encode(b"late")])
    send(pump, b"queued")
    pump.drop("aborted")
    pump.finish()
    calls = list(sock.calls)
    assert calls[-1] == "close"
    assert pump.serve(readable, writable)[0]
    assert sock.calls == calls


def test_a_hurried_writer_gathers(make, monkeypatch):
    """The first messages go out one by one; then a nudge, one piece when it is large or read."""
    monkeypatch.setattr(_calling, "clock", lambda: 1.0)
    pump, sock = make()
    pump._wrote = 1.0
    for _ in range(_calling.STEPS):
        send(pump, b"m")
    assert len(sock.calls) == _calling.STEPS and pump.loop.nudged == []
    send(pump, b"1")
    send(pump, b"2")
    assert len(sock.calls) == _calling.STEPS and pump.loop.nudged == [pump]
    assert pump.core.outbox.octets == 4 and pump.interest() == (True, True)
    assert pump.receive() is None
    assert sock.sent.endswith(encode(b"1") + encode(b"2")) and sock.calls[-2:] == ["send", "recv"]
    assert not pump.core.outbox.flowing


def test_a_hurried_writer_sends_a_large_piece_by_itself(make, monkeypatch):
    """It does not wait for the I/O thread to get a processor."""
    monkeypatch.setattr(_calling, "clock", lambda: 1.0)
    pump, sock = make()
    pump._wrote = 1.0
    pump._hurry = _calling.STEPS
    message = b"x" * 1000
    for _ in range(_calling.ENOUGH // 1000):
        send(pump, message)
    assert sock.calls == []
    send(pump, message)
    assert sock.calls == ["send"] and len(sock.sent) > _calling.ENOUGH


def test_a_writer_with_time_sends_at_once(make, monkeypatch):
    """However many messages it writes."""
    times = iter(range(1000))
    monkeypatch.setattr(_calling, "clock", lambda: float(next(times)))
    pump, sock = make()
    for _ in range(20):
        send(pump, b"m")
    assert len(sock.calls) == 20 and pump.loop.nudged == []


def test_a_frame_that_comes_too_late_is_taken_back(make):
    """The end came between the first look and the lock: the write raises, and nothing is queued."""
    pump, sock = make()
    real = pump.core.outbox.add

    def add(head, payload):
        pump.update(pump.core.closeWriting)
        return real(head, payload)

    pump.core.outbox.add = add
    with pytest.raises(errors.StockingClosed):
        send(pump, b"m" * (SMALL + 1))
    assert sock.calls == ["shutdown"] and not pump.core.outbox.waiting


def test_a_frame_that_is_added_while_another_thread_sends(make):
    """Its writer relies on the sender, which looks once more after it has taken the flag down."""
    pump, sock = make([2])
    send(pump, b"first")
    outbox = pump.core.outbox
    real = outbox.piece

    def piece(several):
        found = real(several)
        if found is None and len(sock.sent) == len(encode(b"first")):
            assert outbox.flowing
            outbox.add(*encodeParts(b"second"))
        return found

    outbox.piece = piece
    pump.serve(False, True)
    assert sock.sent == encode(b"first") + encode(b"second") and not outbox.flowing
