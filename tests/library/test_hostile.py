"""Peers that mean harm: one clear cause each, bounded memory, and nobody else is affected."""
from __future__ import absolute_import, division, print_function

import errno
import gc
import platform
import select
import socket

import pytest

import stockings
from stockings.wire import encode, header

from . import support

PATIENCE = support.PATIENCE
MIB = 1 << 20


@pytest.fixture
def bystander(link):
    """A function that has two other Stockings of the same I/O thread exchange something."""
    near, far = link

    def exchange():
        near.write(u"still")
        assert far.read(PATIENCE) == u"still"
        far.write(b"here")
        assert near.read(PATIENCE) == b"here"

    return exchange


def pour(raw, octets, limit=None):
    """Send octets again and again, until the other side takes no more for a while, or has gone.

    Return how many it took; at most about ``limit``.
    """
    raw.setblocking(False)
    taken = refused = 0
    view = memoryview(octets)
    at = 0
    while refused < 3 and (limit is None or taken < limit):
        try:
            sent = raw.send(view[at:])
        except EnvironmentError as error:
            if error.args[0] not in (errno.EAGAIN, errno.EWOULDBLOCK):
                break
            refused += 1
            support.until(lambda: select.select([], [raw], [], 0.02)[1], 0.05)
            continue
        taken += sent
        at = (at + sent) % len(octets)
        refused = 0
    return taken


def memory():
    """Return the octets of memory that this process holds, None where that tells nothing.

    PyPy keeps what nobody holds for as long as it likes: the more, the more there is of all else.
    """
    if platform.python_implementation() == "PyPy":
        return None
    gc.collect()
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * 4096
    except EnvironmentError:
        return None


ENDLESS = b"\x00" * 65536

REFUSED = {
    "a header without an end": ENDLESS,
    "2 to the 70": b"\x00" * 10 + b"\x90",
    "text of octets": b"\x82\xff\xfe",
    "text of a surrogate": b"\x83\xed\xb0\x80",
    "text that is cut inside a character": b"\x82\xe2\x82",
}


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_malformed_octets_have_one_cause(wired, bystander, name):
    """It is "protocol", the message names what was wrong, and the other side sees the end."""
    stocking, raw = wired
    raw.sendall(encode(u"before") + REFUSED[name])
    bystander()
    assert stocking.read(PATIENCE) == u"before"
    with pytest.raises(stockings.StockingBroken) as caught:
        stocking.read(PATIENCE)
    assert caught.value.cause == stocking.closeCause == "protocol"
    assert isinstance(stocking.closeError, stockings.ProtocolError)
    assert str(stocking.closeError) in str(caught.value)
    assert support.receiveAll(raw) == b""
    bystander()


def test_octets_without_an_end_after_malformed_ones_are_thrown_away(wired, bystander):
    """The connection stays for the linger time, in which it must not fill the memory."""
    stocking, raw = wired
    before = memory()
    assert pour(raw, ENDLESS, 128 * MIB)
    assert stocking.waitClosed(PATIENCE) and stocking.closeCause == "protocol"
    bystander()
    assert before is None or memory() - before < 64 * MIB
    assert stocking.unreadBytes == 0 and stocking.stats().peakUnreadBytes < MIB


@pytest.mark.parametrize("bits", [32, 40, 68])
def test_a_declared_length_costs_nothing(wired, bystander, bits):
    """And when the stream ends the error says how much of it had come."""
    stocking, raw = wired
    before = memory()
    raw.sendall(header(1 << bits, True) + b"x" * 100)
    assert stocking.read(0.01) is None and stocking.active
    bystander()
    assert before is None or memory() - before < 8 * MIB
    raw.close()
    with pytest.raises(stockings.StockingBroken) as caught:
        stocking.read(PATIENCE)
    assert caught.value.cause == "truncated"
    assert (caught.value.error.received, caught.value.error.expected) == (100, 1 << bits)


def test_a_declared_length_above_the_limit(sockets, opened, flavour, bystander):
    """It is refused before any of its payload comes, with both numbers."""
    class Limited(flavour):
        maxMessageSize = 1000

    near, raw = sockets()
    stocking = opened(near, Limited)
    raw.sendall(header(1 << 40, True))
    assert stocking.waitClosed(PATIENCE) and stocking.closeCause == "protocol"
    assert (stocking.closeError.size, stocking.closeError.limit) == (1 << 40, 1000)
    bystander()


def test_an_octet_at_a_time(wired, bystander):
    """Between two octets nothing is spent: no call, no wake-up; time limits hold; others go on."""
    stocking, raw = wired
    octets = encode(b"slow" * 4)
    for at in range(len(octets) - 1):
        raw.sendall(octets[at:at + 1])
        assert support.until(lambda count=at + 1: stocking.read() is None and
                             stocking.stats().bytesReceived == count)
        bystander()
    before = stocking.stats()
    assert stocking.waitMessage(0.05) is False
    assert stocking.stats().bytesReceived == before.bytesReceived
    assert stocking.stats().recvCalls <= before.recvCalls + 1
    raw.sendall(octets[-1:])
    assert stocking.read(PATIENCE) == b"slow" * 4


@pytest.mark.parametrize("message", [u"ab", b"", b"x" * 3000], ids=len)
def test_a_flood_that_nobody_reads(sockets, opened, flavour, bystander, message):
    """Receiving rests at the mark, however small the messages are; all that came is there."""
    class Small(flavour):
        recvHighWater = MIB

    near, raw = sockets()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 15)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 15)
    stocking = opened(near, Small)
    before = memory()
    frame = encode(message)
    taken = pour(raw, frame * (65536 // len(frame) or 1))
    raw.settimeout(PATIENCE)
    bystander()
    assert before is None or memory() - before < 24 * MIB
    assert stocking.stats().peakUnreadBytes < 2 * MIB
    stocking.write(u"sending goes on")
    assert support.receiveExactly(raw, 16) == encode(u"sending goes on")
    raw.shutdown(socket.SHUT_WR)
    for _ in range(taken // len(frame)):
        assert stocking.read(PATIENCE) == message
    assert stocking.waitClosed(PATIENCE) and not stocking.active
    assert stocking.closeCause == ("truncated" if taken % len(frame) else "eof")


def test_a_peer_that_never_reads(sockets, opened, flavour, bystander):
    """With sendHighWater and writeTimeout, what waits for it is bounded, and so is the write."""
    class Bounded(flavour):
        sendHighWater = MIB
        writeTimeout = 0.05

    near, raw = sockets()
    stocking = opened(near, Bounded)
    with pytest.raises(stockings.StockingTimeout):
        while True:
            stocking.write(b"x" * 100000)
    assert stocking.queuedBytes < MIB + 200000
    assert stocking.active
    bystander()


@pytest.mark.parametrize("frame", [encode(u"text"), encode(b"x" * 70)], ids=["short", "long"])
def test_a_reset_at_every_point_of_a_frame(sockets, opened, frame, bystander):
    """Whatever had come of it: whole messages first, then a reset, never a part."""
    for cut in range(len(frame) + 1):
        near, raw = sockets()
        stocking = opened(near)
        raw.sendall(encode(b"1") + frame[:cut])
        assert support.until(lambda stocking=stocking, count=2 + cut: stocking.waitMessage(0) and
                             stocking.stats().bytesReceived == count)
        support.reset(raw)
        got = []
        with pytest.raises(stockings.StockingBroken) as caught:
            while True:
                got.append(encode(stocking.read(PATIENCE)))
        assert got == [encode(b"1")] + [frame] * (cut == len(frame))
        assert caught.value.cause == stocking.closeCause == "reset"
        stocking.abort()
    bystander()


def test_many_at_once_leave_the_others_alone(sockets, opened, flavour, bystander):
    """Every kind together on one I/O thread, while two others exchange messages."""
    class Small(flavour):
        recvHighWater = MIB

    attacks = list(REFUSED.values()) + [header(1 << 40, False), b"\xc2ab" * 20000, b"\x00"]
    made = []
    for attack in attacks * 3:
        near, raw = sockets()
        made.append((opened(near, Small), raw))
        pour(raw, attack, len(attack))
        bystander()
    for _, raw in made[::2]:
        support.reset(raw)
    for _ in range(50):
        bystander()
    for stocking, _ in made[::2]:
        # Waiting for each: what the I/O thread is decoding just now is not there yet, and above the
        # mark the end is not looked for.
        with pytest.raises(stockings.StockingBroken):
            while True:
                assert stocking.read(PATIENCE) == b"ab"
        assert stocking.waitClosed(PATIENCE)
        assert stocking.closeCause in ("protocol", "reset", "truncated")
