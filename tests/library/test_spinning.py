"""Looking for a while before falling asleep: when, for how long, and what it may cost."""
from __future__ import absolute_import, division, print_function

import pytest

from stockings import StockingClosed, _calling, _loop
from stockings._reading import STREAK
from stockings._spinning import MOST, SHORT, SPIN, Spin
from stockings._standby import hasStandby
from stockings.wire import encode

from . import support

PATIENCE = support.PATIENCE


@pytest.fixture
def spin():
    """What a connection has learnt whose last wait was short."""
    spin = Spin()
    spin.waited(0)
    return spin


def test_the_first_wait_sleeps():
    """Nothing is known of it."""
    assert not Spin().isDue(None)


@pytest.mark.parametrize("seconds", [SHORT, 1, -3600])
def test_a_slow_conversation_sleeps(spin, seconds):
    """Also if 2.7's clock was set back meanwhile."""
    spin.waited(seconds)
    assert not spin.isDue(None)


def test_a_quick_conversation_looks_each_time(spin):
    """As long as looking gives messages."""
    for _ in range(1000):
        assert spin.isDue(None)
        spin.found()


@pytest.mark.parametrize("timeout", [SPIN / 2, 0.0, float("nan")])
def test_a_limit_below_the_looks_is_left_to_the_sleep(spin, timeout):
    """Which keeps it, or refuses it."""
    assert not spin.isDue(timeout) and spin.isDue(SPIN)


def test_looks_in_vain_become_rare(spin):
    """Answers that always come a little late cost little more than if nobody looked."""
    vain = 0
    for _ in range(MOST * 20):
        if spin.isDue(None):
            vain += 1
            spin.vain()
        spin.waited(2 * SPIN)
    assert 20 <= vain < 40


def test_readers_that_meet_do_not_end_it_for_good(spin):
    """They guess without a lock, and may both count the last wait that was to sleep."""
    spin._left = -1
    assert spin.isDue(None)


def test_a_conversation_that_quickens_is_noticed(spin):
    """After so many waits at most, and then each of them looks."""
    for _ in range(MOST * 5):
        if spin.isDue(None):
            spin.vain()
        spin.waited(2 * SPIN)
    quick = []
    for _ in range(MOST * 2):
        quick.append(spin.isDue(None))
        if quick[-1]:
            spin.found()
        spin.waited(0)
    assert all(quick[MOST:])


@pytest.fixture
def looking(wired, flavour, monkeypatch):
    """A Stocking whose next read looks for ever, since the clock stands, its raw other side, and
    the looks in vain.

    The I/O thread does not look whether its program still comes, or a slow machine would look late.
    """
    if not hasStandby:
        pytest.skip("the I/O thread receives on this system, and nobody looks")
    stocking, raw = wired
    monkeypatch.setattr(_loop.loopOf(flavour._waiterType), "_nextLook", 0)  # put back afterwards
    monkeypatch.setattr(_loop, "LOOK", 1e6)
    monkeypatch.setattr(_calling, "clock", lambda: 1000.0)
    for _ in range(2 * STREAK):
        raw.sendall(encode(b"m"))
        assert stocking.read(PATIENCE) == b"m"
    looks = []
    monkeypatch.setattr(_calling, "yieldProcessor", lambda: looks.append(1))
    return stocking, raw, looks


def look(stocking, looks):
    """Read in another thread; return the result as a function, once that thread is looking."""
    result = support.inThread(stocking.read, None)
    assert support.until(lambda: len(looks) > 10)
    assert not stocking._pump._waiting.calls  # where it would sleep
    return result


def test_a_message_ends_the_looks(looking):
    """It is read without a sleep."""
    stocking, raw, looks = looking
    result = look(stocking, looks)
    raw.sendall(encode(b"quick"))
    assert result() == b"quick"


@pytest.mark.parametrize("way", ["close", "abort", "peer"])
def test_the_end_of_the_connection_ends_the_looks(looking, way):
    """Whoever brings it about."""
    stocking, raw, looks = looking
    result = look(stocking, looks)
    if way == "peer":
        raw.close()
    else:
        getattr(stocking, way)()
    with pytest.raises(StockingClosed):
        result()


def test_who_waits_for_something_else_ends_the_looks(looking):
    """Then the I/O thread receives for both."""
    stocking, raw, looks = looking
    result = look(stocking, looks)
    ended = support.inThread(stocking.waitClosed, PATIENCE)
    assert support.until(lambda: len(stocking._pump._waiting.calls) == 2)
    raw.sendall(encode(b"m"))
    assert result() == b"m"
    raw.close()
    assert ended() is True


def test_what_somebody_else_received_was_not_looked_for_in_vain(looking):
    """The next read looks again."""
    stocking, raw, looks = looking
    result = look(stocking, looks)
    with stocking._pump.lock:
        stocking._core.received(encode(b"theirs"))
    assert result() == b"theirs"
    assert stocking._pump._spin.isDue(None)


@support.timer
def test_a_handler_that_raises_ends_the_looks(looking):
    """Its exception comes out, and the Stocking goes on."""
    stocking, raw, looks = looking
    while not looks:  # on a busy machine the alarm may come before the first of them
        support.interrupted(stocking.read, None)
    raw.sendall(encode(b"m"))
    assert stocking.read(PATIENCE) == b"m"


def test_a_clock_that_is_set_back_ends_the_looks(looking, monkeypatch):
    """2.7 has no other clock."""
    stocking, raw, looks = looking
    result = look(stocking, looks)
    monkeypatch.setattr(_calling, "clock", lambda: 0.0)
    assert support.until(lambda: stocking._pump._waiting.calls)
    raw.sendall(encode(b"m"))
    assert result() == b"m"


def test_a_time_limit_counts_the_looks(looking, monkeypatch):
    """What they took is not waited once more."""
    stocking, _, _ = looking
    slept = []
    monkeypatch.setattr(stocking._pump, "_sleep", slept.append)
    times = iter([0.0] + [SPIN * 2] * 10)
    monkeypatch.setattr(_calling, "clock", lambda: next(times))
    assert stocking.read(SPIN * 3) is None
    assert slept == [pytest.approx(SPIN)]


def test_half_a_message_is_looked_behind(looking):
    """Octets that are no message yet end nothing."""
    stocking, raw, looks = looking
    result = look(stocking, looks)
    frame = encode(b"message")
    before = stocking.stats().bytesReceived
    raw.sendall(frame[:3])
    assert support.until(lambda: stocking.stats().bytesReceived == before + 3)
    raw.sendall(frame[3:])
    assert result() == b"message"


def test_nobody_looks_while_something_is_queued(looking):
    """The I/O thread needs the processor to send it. The read sleeps, and gets its message."""
    stocking, raw, looks = looking
    stocking.write(b"q" * 20000000)  # more than the system takes
    result = support.inThread(stocking.read, None)
    assert support.until(lambda: stocking._pump.led)  # it receives by itself all the same
    raw.sendall(encode(b"m"))
    assert result() == b"m" and not looks
