"""Who waits for the socket: a waiting read, or the I/O thread; never nobody."""
from __future__ import absolute_import, division, print_function

import select

import pytest

from stockings import _loop, _signal
from stockings._core import Core
from stockings._deadline import Deadline
from stockings._pump import Pump
from stockings._reading import STREAK, ReadingSide
from stockings._standby import Standby, hasStandby
from stockings.wire import encode

from . import support
from .fakes import FakeLoop
from .support import PATIENCE

needsStandby = pytest.mark.skipif(not hasStandby, reason="the system has no epoll")


def readable(descriptor, timeout=0):
    """Whether a descriptor is readable."""
    return bool(select.select([descriptor], [], [], timeout)[0])


@pytest.fixture
def standby():
    """A standby set."""
    standby = Standby()
    yield standby
    standby.close()


@needsStandby
def test_an_arming_is_good_for_one_event(standby, sockets):
    """Also for octets that were there before; then the socket is quiet until it is armed again."""
    near, far = sockets()
    far.sendall(b"x")
    assert readable(near, PATIENCE)
    standby.arm(near.fileno(), True)
    assert readable(standby, PATIENCE) and standby.ready() == [near.fileno()]
    assert not readable(standby) and standby.ready() == []
    standby.arm(near.fileno(), True)
    assert readable(standby) and standby.ready() == [near.fileno()]


@needsStandby
def test_arming_is_seen_by_a_waiting_thread(standby, sockets):
    """Which nobody wakes: that is the point of the set."""
    near, far = sockets()
    standby.arm(near.fileno(), False)
    result = support.inThread(readable, standby, PATIENCE)
    far.sendall(b"x")
    assert readable(near, PATIENCE) and not readable(standby)
    standby.arm(near.fileno(), True)
    assert result() is True


@needsStandby
def test_a_disarmed_socket_cannot_spin(standby, sockets):
    """A hang-up is told whatever is asked for, but only once."""
    near, far = sockets()
    standby.arm(near.fileno(), False)
    support.reset(far)
    assert readable(near, PATIENCE)
    standby.ready()
    assert not readable(standby)


@needsStandby
def test_a_socket_that_was_closed_underneath_is_refused(standby, sockets):
    """So that its owner finds out."""
    near, far = sockets()
    number = near.fileno()
    assert standby.arm(number, True)
    near.close()
    assert not standby.arm(number, True)


class Memory(object):
    """A standby set that remembers, and refuses on demand."""

    def __init__(self):
        self.told = []
        self.works = True

    def arm(self, descriptor, armed):
        """Remember it."""
        self.told.append(armed)
        return self.works


@pytest.fixture
def side():
    """A reading side over a remembered standby set."""
    loop = FakeLoop()
    loop.standby = Memory()
    side = ReadingSide(7, loop, True)
    side.told = loop.standby.told
    return side


def test_one_leads_at_a_time(side):
    """The I/O thread's waiter has it before the first lead, the standby set between two leads."""
    assert side.assign(True) is True and side.told == []
    assert side.lead("a") and not side.lead("b") and side.assign(True) is False
    assert side.told == []  # an empty set is disarmed
    assert side.giveBack("a") and side.told == [True]
    assert not side.giveBack("a")
    assert side.takeOver("b") and side.told == [True, False]
    assert not side.takeOver("c") and not side.lead("c")


def test_an_event_disarms(side):
    """After it the next assignment arms again; nothing is told twice."""
    side.lead("a")
    side.giveBack("a")
    side.assign(True)
    assert side.told == [True]
    side.fired()
    side.assign(True)
    assert side.told == [True, True]
    side.assign(False)
    assert side.told == [True, True, False]


def test_a_refusal_gives_the_socket_to_the_waiter(side):
    """For good, and nobody leads any more."""
    side.lead("a")
    side._loop.standby.works = False
    assert not side.giveBack("a")
    assert side.assign(True) is True and not side.lead("b")


def test_a_program_that_keeps_coming_is_at_home(side):
    """Then nobody is armed, whoever leads, until the I/O thread finds that it has not come."""
    side.lead("a")
    side.giveBack("a")
    assert side.told == [True]
    assert [side.movesIn() for _ in range(STREAK)] == [False] * (STREAK - 1) + [True]
    assert side.assign(True) is False and side.told == [True, False]
    assert side.takeOver("b") and not side.takeOver("c") and side.giveBack("b")
    assert side.assign(True) is False and side.told == [True, False]
    assert not side.movesOut() and side.atHome  # it came
    assert side.movesOut() and not side.atHome
    assert side.assign(True) is False and side.told == [True, False, True]


def test_nobody_is_at_home_without_a_standby_set():
    """Nor after the interpreter has begun to end."""
    loop = FakeLoop()
    side = ReadingSide(7, loop, True)
    assert not any(side.movesIn() for _ in range(2 * STREAK))
    loop.standby = Memory()
    side.retire()
    assert not side.movesIn() and not side.atHome


def test_nobody_leads_without_a_standby_set():
    """As on systems without epoll, or on a TLS socket."""
    loop = FakeLoop()
    assert not ReadingSide(7, loop, True).lead("a")
    loop.standby = Memory()
    assert not ReadingSide(7, loop, False).lead("a")


class Watched(object):
    """A real socket with somebody who looks behind each receive."""

    def __init__(self, sock, look):
        self._sock, self._look = sock, look
        self.fileno, self.close = sock.fileno, sock.close

    def recv(self, size):
        """Receive, and have somebody look."""
        data = self._sock.recv(size)
        self._look()
        return data


@needsStandby
def test_what_fileno_shows_is_shown_while_the_io_thread_receives_it(sockets):
    """Nobody sees the descriptor quiet between the system's queue and the one of messages."""
    near, raw = sockets()
    near.setblocking(False)
    core = Core()
    core.handshakeDone(True)
    seen = []
    pump = Pump(Watched(near, lambda: seen.append(readable(number))), core, FakeLoop())
    try:
        number = pump.fileno()
        raw.sendall(encode(b"1") + encode(b"2"))
        assert readable(number, PATIENCE)
        pump.serve(True, False)
        assert seen == [True] and readable(number)
        assert [pump.receive(), pump.receive()] == [b"1", b"2"] and not readable(number)
        raw.sendall(encode(b"half")[:3])
        assert readable(number, PATIENCE)
        pump.serve(True, False)
        assert not readable(number)
    finally:
        pump.drop("aborted")
        pump.finish()
        pump.release()


@pytest.fixture(params=[pytest.param(True, marks=needsStandby), False],
                ids=["standby", "without"])
def way(request, flavour, monkeypatch):
    """Both ways of waiting: for the socket itself, and as on systems without epoll."""
    if not request.param:
        monkeypatch.setattr(_loop, "hasStandby", False)
        monkeypatch.setattr(_signal, "hasStandby", False)
    assert _loop.loopOf(flavour._waiterType)._thread is None
    return request.param


def test_messages_arrive_whoever_waits(way, link):
    """One after the other, each after the reader has begun to wait."""
    near, far = link
    for number in range(50):
        result = support.inThread(far.read, PATIENCE)
        assert support.until(lambda: far._pump._waiting.calls)
        near.write(u"%d" % number)
        assert result() == u"%d" % number


def test_the_reader_receives_by_itself(way, wired):
    """With a standby set the I/O thread sleeps on; without one it receives."""
    stocking, raw = wired
    side = stocking._pump._reading
    # A read hands the reading side over, unless its time is over before it can wait.
    assert support.until(
        lambda: stocking.read(0.001) is None and side._onStandby is way and
        stocking._pump.watched == (not way, False))
    before = stocking.stats().wakeups
    for _ in range(20):
        result = support.inThread(stocking.read, PATIENCE)
        assert support.until(lambda: stocking._pump._waiting.calls and not side._armed)
        raw.sendall(encode(b"m"))
        assert result() == b"m"
    assert (stocking.stats().wakeups == before) is way


def test_what_comes_after_a_blocking_read_is_noticed(way, wired):
    """By fileno(), by other waiting calls, by `active`, whatever the program does meanwhile."""
    stocking, raw = wired
    raw.sendall(encode(b"1"))
    assert stocking.read(PATIENCE) == b"1"
    number = stocking.fileno()
    assert not readable(number)
    raw.sendall(encode(b"2"))
    assert readable(number, PATIENCE) and stocking.read(PATIENCE) == b"2"
    assert stocking.read(0.001) is None
    result = support.inThread(stocking.waitMessage, PATIENCE)
    raw.sendall(encode(b"3"))
    assert result() is True and stocking.read(None) == b"3"
    raw.close()
    assert support.until(lambda: not stocking.active)


def test_the_stream_is_drained_after_a_blocking_read(way, wired):
    """Up to the mark, without the program's help."""
    stocking, raw = wired
    raw.sendall(encode(b"1"))
    assert stocking.read(None) == b"1"
    raw.sendall(encode(b"x" * (4 << 20)))
    assert support.until(lambda: stocking.unreadBytes > 4 << 20)


@pytest.fixture(params=["waiting", "asking", "selecting"])
def settled(request, way, wired):
    """A Stocking whose program has read many messages by itself, and its raw other side."""
    stocking, raw = wired
    if request.param == "selecting":
        stocking.fileno()
    for number in range(3 * STREAK):
        raw.sendall(encode(b"%d" % number))
        message = None
        while message is None:
            if request.param == "selecting":
                assert readable(stocking, PATIENCE)
            message = stocking.read(PATIENCE if request.param == "waiting" else 0)
        assert message == b"%d" % number
    return stocking, raw


def test_a_program_that_comes_no_more_is_noticed(settled):
    """What arrives is received without it, up to the mark, and so is the end."""
    stocking, raw = settled
    raw.sendall(encode(b"m"))
    assert support.until(lambda: stocking.unreadBytes)
    raw.sendall(encode(b"x" * (4 << 20)))
    assert support.until(lambda: stocking.unreadBytes > 4 << 20)
    raw.close()
    assert stocking.waitClosed(PATIENCE) and stocking.closeCause == "eof"
    assert stocking.read() == b"m" and len(stocking.read()) == 4 << 20


def test_a_program_that_comes_no_more_costs_nothing(settled, flavour):
    """Nobody looks for it any more, also while it waits for a message that does not come."""
    stocking, raw = settled
    loop = _loop.loopOf(flavour._waiterType)
    assert support.until(lambda: not loop._visited)
    for _ in range(STREAK):
        raw.sendall(encode(b"m"))
        assert stocking.read(PATIENCE) == b"m"
    result = support.inThread(stocking.read, PATIENCE)
    assert support.until(lambda: stocking._pump._waiting.calls and not loop._visited)
    raw.sendall(encode(b"late"))
    assert result() == b"late"


def atHomeForGood(stocking, raw, flavour, monkeypatch):
    """Have the program be at home, and nobody look whether it stays."""
    monkeypatch.setattr(_loop.loopOf(flavour._waiterType), "_nextLook", 0)  # put back afterwards
    monkeypatch.setattr(_loop, "LOOK", 1e6)
    for _ in range(2 * STREAK):
        raw.sendall(encode(b"m"))
        assert stocking.read(PATIENCE) == b"m"


def test_a_thread_that_still_waits_does_not_depend_on_one_that_has_its_message(
        settled, flavour, monkeypatch):
    """What comes next is received by the I/O thread, and it does not take a look for that."""
    stocking, raw = settled
    atHomeForGood(stocking, raw, flavour, monkeypatch)
    results = [support.inThread(stocking.read, PATIENCE) for _ in range(3)]
    for left in (2, 1, 0):
        assert support.until(
            lambda left=left: len(stocking._pump._waiting.calls) == left + 1)
        raw.sendall(encode(b"%d" % left))
    assert sorted(result() for result in results) == [b"0", b"1", b"2"]


@pytest.mark.parametrize("wait", ["waitMessage", "waitClosed", "close"])
def test_a_program_that_waits_elsewhere_leaves_at_once(settled, flavour, monkeypatch, wait):
    """It does not wait for a look: what it waits for is received by the I/O thread."""
    stocking, raw = settled
    support.patient(stocking, None)
    atHomeForGood(stocking, raw, flavour, monkeypatch)
    result = support.inThread(getattr(stocking, wait))
    if wait == "waitMessage":
        raw.sendall(encode(b"m"))
    else:
        assert wait == "waitClosed" or support.receiveAll(raw) == b""
        raw.close()
    assert result() is not False


def test_half_a_message_does_not_show_for_long(settled):
    """Readable until somebody has received it, if at all; then quiet until the rest is there."""
    stocking, raw = settled
    number = stocking.fileno()
    before = stocking.stats().bytesReceived
    raw.sendall(encode(b"message")[:3])
    assert support.until(lambda: stocking.stats().bytesReceived == before + 3)
    assert support.until(lambda: not readable(number))
    raw.sendall(encode(b"message")[3:])
    assert readable(number, PATIENCE)
    assert stocking.read() == b"message" and not readable(number)


def test_a_mark_that_is_reached_rests_the_socket(opened, sockets, flavour, way):
    """While receiving rests, a descriptor shows messages, and no more than the mark is received."""
    near, raw = sockets()
    raw.setblocking(False)
    stocking = opened(near, type("Small", (flavour,), {"recvHighWater": 10000}))
    number = stocking.fileno()
    frame = encode(b"x" * 1000)
    for _ in range(12):
        raw.sendall(frame)
    assert support.until(lambda: stocking.unreadBytes > 9000)
    for _ in range(12):
        assert readable(number, PATIENCE) and stocking.read() == b"x" * 1000
    assert not readable(number)


def test_many_readers_share_the_messages(way, wired):
    """The one that leads and those that are woken: each message once."""
    stocking, raw = wired
    got = []
    results = [support.inThread(lambda: got.extend(iter(lambda: stocking.read(PATIENCE), b"")))
               for _ in range(4)]
    for number in range(200):
        raw.sendall(encode(b"%d" % (number + 1)))
    raw.sendall(encode(b"") * 4)
    for result in results:
        result()
    assert sorted(map(int, got)) == list(range(1, 201))


@pytest.mark.parametrize("end", ["close", "abort"])
def test_an_end_from_another_thread_wakes_the_reader(way, wired, end):
    """Which waits for the socket: closing that alone would wake nobody."""
    stocking, raw = wired
    stocking.linger = 0
    result = support.inThread(stocking.waitMessage, PATIENCE)
    reading = support.inThread(stocking.read, PATIENCE)
    assert support.until(lambda: len(stocking._pump._waiting.calls) == 2)
    getattr(stocking, end)()
    assert result() is False
    with pytest.raises(Exception) as caught:
        reading()
    assert type(caught.value).__name__ in ("StockingClosed", "StockingBroken")


@needsStandby
def test_a_handler_that_raises_while_a_read_leaves(wired, monkeypatch):
    """Its exception comes out, and whoever reads next receives."""
    class Interrupted(Exception):
        pass

    stocking, raw = wired
    waiting = stocking._pump._waiting
    leave = waiting.leave

    def interrupted(call):
        leave(call)
        waiting.leave = leave
        raise Interrupted

    waiting.leave = interrupted
    with pytest.raises(Interrupted):
        support.until(lambda: stocking.read(0.01))  # its time may be over before it can wait
    assert waiting.calls == [] and not stocking._pump.led
    raw.sendall(encode(b"m"))
    assert support.until(lambda: stocking.unreadBytes == 2), "nobody watches the socket"
    assert stocking.read(PATIENCE) == b"m"


@needsStandby
def test_a_reader_that_retires_waits_for_nothing(sockets):
    """At the end of the interpreter, where what happens to the socket must not wake it."""
    near, far = sockets()
    core = Core()
    core.handshakeDone(True)
    loop = FakeLoop()
    loop.standby = Standby()
    near.setblocking(False)
    pump = Pump(near, core, loop)
    result = support.inThread(pump.awaitMessage, PATIENCE)
    assert support.until(lambda: pump.led)
    pump.retire(Deadline(PATIENCE))
    assert support.until(lambda: not pump.led)
    far.sendall(encode(b"m"))
    pump.drop("aborted")
    assert result() is None and core.inbox.unreadBytes == 0
    pump.finish()
    loop.standby.close()
