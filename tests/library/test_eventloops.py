"""fileno() in what programs wait with, beyond select and poll: epoll both ways, asyncio."""
from __future__ import absolute_import, division, print_function

import select
import socket

import pytest

from stockings.wire import encode

from . import support

PATIENCE = support.PATIENCE

hasEpoll = pytest.mark.skipif(not hasattr(select, "epoll"), reason="the system has no epoll")


@pytest.fixture
def watched(wired):
    """A function that registers a Stocking with a new epoll set; gives both and the raw end."""
    stocking, raw = wired
    made = []

    def make(mask):
        epoll = select.epoll()
        made.append(epoll)
        epoll.register(stocking.fileno(), select.EPOLLIN | mask)
        return stocking, raw, epoll

    yield make
    for epoll in made:
        epoll.close()


@hasEpoll
def test_epoll_reports_as_long_as_something_waits(watched):
    """Level-triggered: after each message as long as there is one more, and at the end for good."""
    stocking, raw, epoll = watched(0)
    assert not epoll.poll(0)
    raw.sendall(encode(b"1") + encode(b"2"))
    assert epoll.poll(PATIENCE) and stocking.read() == b"1"
    assert epoll.poll(0) and stocking.read() == b"2"
    assert not epoll.poll(0)
    raw.close()
    assert epoll.poll(PATIENCE) and stocking.read() is None
    assert epoll.poll(0) and not stocking.active


@hasEpoll
def test_epoll_reports_what_comes_after_the_last_message(watched):
    """Edge-triggered: who reads until None misses nothing, neither a message nor the end."""
    stocking, raw, epoll = watched(select.EPOLLET)
    for number in range(50):
        sent = [encode(u"%d" % each) for each in range(number % 3 + 1)]
        got = []
        raw.sendall(b"".join(sent))
        while len(got) < len(sent):
            assert epoll.poll(PATIENCE)
            message = stocking.read()
            while message is not None:
                got.append(encode(message))
                message = stocking.read()
        assert got == sent
    raw.close()
    while stocking.active:
        assert epoll.poll(PATIENCE)
        assert stocking.read() is None


def test_asyncio_serves_connections_by_their_fileno(sockets, opened):
    """One loop answers twenty connections, and takes each one's end: no thread, no waiting read."""
    asyncio = pytest.importorskip("asyncio")
    pairs = [sockets() for _ in range(20)]
    loop = asyncio.SelectorEventLoop()  # the other one that Windows has knows no descriptors
    serving = set()

    def serve(stocking):
        message = stocking.read()
        while message is not None:
            stocking.write(message[::-1])
            message = stocking.read()
        if not stocking.active:
            loop.remove_reader(stocking.fileno())
            serving.remove(stocking)
            if not serving:
                loop.stop()

    try:
        for near, _ in pairs:
            stocking = opened(near)
            serving.add(stocking)
            loop.add_reader(stocking.fileno(), serve, stocking)
        result = support.inThread(lambda: [ask(raw) for _, raw in pairs])
        handle = loop.call_later(PATIENCE, loop.stop)
        loop.run_forever()
        handle.cancel()
        assert not serving
        assert result() == [encode(u"cba") + encode(b"321")] * len(pairs)
    finally:
        loop.close()


def ask(raw):
    """Send two messages in pieces, and the end; return what comes back."""
    raw.sendall(b"\x83ab")
    raw.sendall(b"c\xc3123")
    raw.shutdown(socket.SHUT_WR)
    return support.receiveExactly(raw, 8)
