"""The handshake: order, readiness, refusal, the other side gone."""
from __future__ import absolute_import, division, print_function

import logging
import threading

import pytest

import stockings
from stockings.wire import encode

from . import support

PATIENCE = support.PATIENCE


def shaking(flavour, function):
    """A Stocking class whose handshake is this function of it."""
    class Shaking(flavour):
        def handshake(self):
            return function(self)

    return Shaking


def take(stocking):
    """The documented loop: take one message; None if the connection ends before it."""
    while stocking.active:
        message = stocking._read()
        if message is not None:
            return message
    return None


def exchange(stocking):
    """Send an id and take the other side's."""
    stocking._write(u"id")
    return take(stocking) == u"id"


def test_without_a_handshake_ready_at_once(link):
    """When the constructor returns, without a thread."""
    assert [stocking.handshakeComplete for stocking in link] == [True, True]
    assert link[0].waitReady(0) is True
    names = [thread.name for thread in threading.enumerate()]
    assert "stockings-handshake" not in names


def test_not_ready_until_it_returns(sockets, opened, flavour):
    """read and write raise NotReady; afterwards handshakeComplete is what it returned."""
    go = threading.Event()
    near, raw = sockets()
    stocking = opened(near, shaking(flavour, lambda self: go.wait(PATIENCE) and "result"))
    raw.sendall(encode(b"early"))
    for call in (stocking.read, lambda: stocking.read(5), lambda: stocking.write(b"x")):
        with pytest.raises(stockings.NotReady):
            call()
    assert stocking.handshakeComplete is False and stocking.waitReady(0.01) is False
    go.set()
    assert stocking.waitReady(PATIENCE) is True
    assert stocking.handshakeComplete == "result"
    assert stocking.read(PATIENCE) == b"early"


def test_its_thread_is_no_daemon(sockets, opened, flavour):
    """Even when the Stocking is made on a daemon thread; a program waits for it."""
    seen = []

    def function(self):
        seen.append(threading.current_thread().daemon)
        return True

    near, raw = sockets()
    make = support.inThread(opened, near, shaking(flavour, function))
    assert make().waitReady(PATIENCE) and seen == [False]


def test_both_sides_at_once(sockets, opened, flavour):
    """Each sends first and then waits: both complete, messages follow."""
    cls = shaking(flavour, exchange)
    near, far = [opened(sock, cls) for sock in sockets()]
    assert near.waitReady(PATIENCE) and far.waitReady(PATIENCE)
    near.write(u"application")
    assert far.read(PATIENCE) == u"application"


def test_handshake_messages_come_first_on_the_wire(sockets, opened, flavour):
    """Exactly them, then the application's, with nothing in between."""
    near, raw = sockets()
    stocking = opened(near, shaking(flavour, exchange))
    raw.sendall(encode(u"id"))
    assert stocking.waitReady(PATIENCE)
    stocking.write(b"application")
    expected = encode(u"id") + encode(b"application")
    assert support.receiveExactly(raw, len(expected)) == expected


def test_messages_glued_behind_the_handshake_are_kept(sockets, opened, flavour):
    """What the handshake does not take is for read, in order, even from the same segment."""
    near, raw = sockets()
    raw.sendall(b"".join(encode(m) for m in (u"id", b"1", u"2", b"3")))
    stocking = opened(near, shaking(flavour, exchange))
    assert stocking.waitReady(PATIENCE)
    assert [stocking.read(PATIENCE) for _ in range(3)] == [b"1", u"2", b"3"]


def test_hooks_are_bypassed(sockets, opened, flavour):
    """_write and _read know nothing of preWrite and postRead."""
    class Hooked(flavour):
        def preWrite(self, message):
            return u"<" + message

        def postRead(self, message):
            return message + u">"

        def handshake(self):
            return exchange(self)

    near, raw = sockets()
    stocking = opened(near, Hooked)
    raw.sendall(encode(u"id") + encode(u"m"))
    assert stocking.waitReady(PATIENCE)
    stocking.write(u"m")
    assert stocking.read(PATIENCE) == u"m>"
    expected = encode(u"id") + encode(u"<m")
    assert support.receiveExactly(raw, len(expected)) == expected


@pytest.mark.parametrize("result", [False, None, 0])
def test_refusal_arrives(sockets, opened, flavour, result):
    """False ends the connection, and what the handshake wrote is delivered (20 times in 20)."""
    def refuse(self):
        self._write(u"DENIED")
        self._write(b"x" * 100000)
        return result

    refusing = shaking(flavour, refuse)
    refusing.linger = PATIENCE
    for _ in range(20):
        near, raw = sockets()
        raw.sendall(encode(u"unread"))  # the trap: an unread octet makes a plain close a reset
        stocking = opened(near, refusing)
        assert support.receiveAll(raw) == encode(u"DENIED") + encode(b"x" * 100000)
        raw.close()
        with pytest.raises(stockings.HandshakeFailed):
            stocking.waitReady(PATIENCE)
        assert stocking.closeCause == "handshake" and not stocking.active
        with pytest.raises(stockings.NotReady):
            stocking.read()
        with pytest.raises(stockings.NotReady):
            stocking.write(b"x")
        stocking.join(PATIENCE)
        assert not stocking.is_alive()


def test_exception_is_kept_and_logged(sockets, opened, flavour, caplog, capfd):
    """It ends the connection like False; no traceback on stderr."""
    def fail(self):
        self._write(u"sorry")
        raise KeyError("secret")

    near, raw = sockets()
    with caplog.at_level(logging.WARNING, "stockings"):
        stocking = opened(near, shaking(flavour, fail))
        assert support.receiveAll(raw) == encode(u"sorry")
        with pytest.raises(stockings.HandshakeFailed) as caught:
            stocking.waitReady(PATIENCE)
    assert isinstance(stocking.closeError, KeyError) and caught.value.error is stocking.closeError
    assert str(caught.value).endswith("it raised KeyError: 'secret'")
    assert stocking.closeCause == "handshake" and "KeyError" in caplog.text
    assert "Traceback" not in capfd.readouterr()[1]


@pytest.mark.parametrize("end,cause", [
    (lambda raw: raw.close(), "eof"), (support.reset, "reset"),
    (lambda raw: (raw.sendall(b"\x83a"), raw.close()), "truncated"),
    (lambda raw: raw.sendall(b"\x81\xff"), "protocol")],
    ids=["fin", "reset", "truncated", "malformed"])
def test_other_side_gone(sockets, opened, flavour, end, cause):
    """active turns false, the handshake ends, and the Stocking never becomes ready."""
    near, raw = sockets()
    stocking = opened(near, shaking(flavour, lambda self: take(self) or True))
    end(raw)
    with pytest.raises(stockings.HandshakeFailed) as caught:
        stocking.waitReady(PATIENCE)
    assert caught.value.cause == stocking.closeCause == cause
    assert stocking.handshakeComplete is False


def test_waiting_read_in_a_handshake_sees_the_end(sockets, opened, flavour):
    """_read(None) raises when the other side is gone."""
    near, raw = sockets()
    stocking = opened(near, shaking(flavour, lambda self: self._read(None)))
    raw.close()
    with pytest.raises(stockings.HandshakeFailed) as caught:
        stocking.waitReady(PATIENCE)
    assert caught.value.cause == "eof"


def test_id_and_end_at_once_completes(sockets, opened, flavour):
    """The other side sends its word and closes: the documented loop gets it, every time."""
    for _ in range(30):
        near, raw = sockets()
        stocking = opened(near, shaking(flavour, lambda self: take(self) == u"id"))
        raw.sendall(encode(u"id") + encode(u"last"))
        raw.close()
        assert stocking.waitReady(PATIENCE)
        assert stocking.read(PATIENCE) == u"last"
        assert stocking.waitClosed(PATIENCE) and not stocking.active
        stocking.abort()


def test_close_during_the_handshake(sockets, opened, flavour):
    """The handshake notices, and the Stocking does not become ready."""
    near, raw = sockets()
    stocking = opened(near, shaking(flavour, take))
    raw.close()
    stocking.close()
    with pytest.raises(stockings.HandshakeFailed):
        stocking.waitReady(PATIENCE)
    with pytest.raises(stockings.NotReady):
        stocking.read()


def test_close_by_the_handshake_itself(sockets, opened, flavour):
    """It does not wait there; what was written arrives."""
    def function(self):
        self._write(u"bye")
        self.close()
        return True

    near, raw = sockets()
    stocking = opened(near, shaking(flavour, function))
    assert support.receiveAll(raw) == encode(u"bye")
    with pytest.raises(stockings.HandshakeFailed):
        stocking.waitReady(PATIENCE)
    assert stocking.closeCause == "closed"


def test_descriptor_stays_quiet_until_ready(sockets, opened, flavour):
    """A program that selects is not woken by messages that it may not read."""
    import select
    go = threading.Event()
    near, raw = sockets()
    stocking = opened(near, shaking(flavour, lambda self: go.wait(PATIENCE)))
    raw.sendall(encode(b"m"))
    assert support.until(lambda: stocking.stats().messagesReceived)
    assert not select.select([stocking], [], [], 0)[0]
    go.set()
    assert select.select([stocking], [], [], PATIENCE)[0]
    assert stocking.read() == b"m"


def test_thread_that_cannot_start(sockets, flavour, monkeypatch):
    """The constructor raises and leaves nothing behind."""
    from stockings import _stocking

    class Refusing(threading.Thread):
        def start(self):
            raise RuntimeError("can't start new thread")

    near, raw = sockets()
    keeper = flavour(sockets()[0])  # so that the I/O thread runs already
    monkeypatch.setattr(_stocking.threading, "Thread", Refusing)
    try:
        with pytest.raises(RuntimeError):
            shaking(flavour, exchange)(near)
    finally:
        keeper.abort()
    assert support.receiveAll(raw) == b""


def test_a_handshake_from_a_mixin_counts(sockets, opened, flavour):
    """Overridden is overridden, wherever the class got it from."""
    class Mixin(object):
        def handshake(self):
            return "mixed"

    class Mixed(Mixin, flavour):
        pass

    stocking = opened(sockets()[0], Mixed)
    assert stocking.waitReady(PATIENCE) and stocking.handshakeComplete == "mixed"
