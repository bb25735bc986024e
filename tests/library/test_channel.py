"""The calls of the socket, with scripted outcomes."""
from __future__ import absolute_import, division, print_function

import random
import ssl

import pytest

from stockings import _channel
from stockings._channel import Channel
from stockings._compat import socketpair, usesBuffers
from stockings._core import Core
from stockings.wire import encode, encodeParts

from .fakes import (
    AGAIN,
    INTR,
    PIPE,
    RESET,
    WSA_ABORTED,
    WSA_AGAIN,
    WSA_INTR,
    WSA_RESET,
    WSA_SHUTDOWN,
    FakeSocket,
)


def _number(error):
    return str(error.args[0])


@pytest.fixture
def make():
    """A function that gives (channel, core, fake socket) for scripts."""
    made = []

    def build(sends=(), recvs=(), **settings):
        sock = FakeSocket(sends, recvs)
        made.append(sock)
        core = Core(**settings)
        core.handshakeDone(True)
        return Channel(sock, core), core, sock

    yield build
    for sock in made:
        sock.close()


def write(core, *messages):
    """Queue messages; return their octets."""
    for message in messages:
        core.queue(*encodeParts(message))
    return b"".join(encode(message) for message in messages)


def readAll(core):
    """Take all messages."""
    messages = []
    while core.inbox.unread:
        messages.append(core.inbox.take())
    return messages


def test_short_sends_continue_at_the_right_octet(make):
    """Whatever the socket takes at a time, the octets arrive whole and in order."""
    steps = random.Random(1)
    for _ in range(50):
        script = [steps.choice([1, 2, 7, 100, 5000, 0, AGAIN, INTR]) for _ in range(60)]
        channel, core, sock = make(script)
        expected = write(core, b"a" * 10, u"b" * 300, b"", b"c" * 20000, b"d")
        for _ in range(80):
            channel.pumpOut()
        assert sock.sent == expected and core.outbox.octets == 0
        assert core.counters["bytesSent"] == len(expected)
        sock.close()


@pytest.mark.parametrize("later", [0, AGAIN, WSA_AGAIN], ids=["zero", "EAGAIN", "10035"])
def test_later_keeps_the_rest(make, later):
    """A full socket ends the turn; the next one goes on."""
    channel, core, sock = make([3, later])
    expected = write(core, b"12345")
    channel.pumpOut()
    assert sock.sent == expected[:3] and core.outbox.octets == 3
    stats = core.stats()
    assert (stats.sendCalls, stats.partialSends, stats.refusedSends) == (2, 1, 1)
    channel.pumpOut()
    assert sock.sent == expected and core.cause is None


def test_a_signal_during_a_call_changes_nothing(make):
    """EINTR is tried again at once."""
    channel, core, sock = make([INTR, WSA_INTR], [WSA_INTR, encode(b"m"), INTR])
    expected = write(core, b"x")
    channel.pumpOut()
    channel.pumpIn()
    assert sock.sent == expected and readAll(core) == [b"m"] and core.cause is None


@pytest.mark.parametrize("later", [AGAIN, WSA_AGAIN], ids=_number)
def test_readiness_without_octets_changes_nothing(make, later):
    """A wake-up without a reason (EAGAIN after readiness) is harmless."""
    channel, core, sock = make(recvs=[later])
    channel.pumpIn()
    channel.pumpOut()
    assert core.cause is None and core.reading and sock.calls == ["recv"]


def test_a_reader_is_handed_what_came_alone(make):
    """It was never queued, and counts as if it had been."""
    channel, core, _ = make(recvs=[encode(b"one"), encode(u"two")])
    assert channel.receiveAtOnce() == b"one" and channel.receiveAtOnce() == u"two"
    stats = core.stats()
    assert not core.inbox.unread and core.inbox.unreadBytes == 0
    assert (stats.messagesReceived, stats.bytesReceived, stats.recvCalls) == (2, 8, 2)
    assert stats.peakUnreadBytes == 4


@pytest.mark.parametrize("parts, messages", [
    ([encode(b"one") + encode(b"two")], [b"one", b"two"]),
    ([encode(b"one")[:2], encode(b"one")[2:]], [b"one"]),
    ([encode(b"x" * 100)[:1], encode(b"x" * 100)[1:]], [b"x" * 100]),
    ([encode(b"one") + encode(b"two")[:1], encode(b"two")[1:]], [b"one", b"two"]),
], ids=["two", "payload", "header", "one-and-a-half"])
def test_a_reader_gets_the_rest_from_the_inbox(make, parts, messages):
    """Whatever does not come alone."""
    channel, core, _ = make(recvs=parts)
    got = []
    for _ in parts:
        got.append(channel.receiveAtOnce() if core.inbox.untouched else channel.pumpIn(1))
        got += readAll(core)
    assert [message for message in got if message is not None] == messages
    assert core.stats().messagesReceived == len(messages)


@pytest.mark.parametrize("later", [AGAIN, WSA_AGAIN], ids=_number)
def test_a_reader_finds_nothing(make, later):
    """And everything goes on."""
    channel, core, _ = make(recvs=[later, encode(b"m")])
    assert channel.receiveAtOnce() is None and core.cause is None
    assert channel.receiveAtOnce() == b"m"


@pytest.mark.parametrize("signal", [INTR, WSA_INTR], ids=_number)
def test_a_signal_while_a_reader_receives(make, signal):
    """The call is made again."""
    channel, core, _ = make(recvs=[signal, encode(b"m")])
    assert channel.receiveAtOnce() is None
    assert readAll(core) == [b"m"]


@pytest.mark.parametrize("error", [RESET, WSA_RESET, WSA_ABORTED], ids=_number)
def test_a_reader_meets_a_reset(make, error):
    """It is the cause."""
    channel, core, _ = make(recvs=[error])
    assert channel.receiveAtOnce() is None
    assert core.cause == "reset" and core.error.args[0] == error.args[0]


def test_a_reader_meets_the_end(make):
    """Clean between two frames."""
    channel, core, _ = make(recvs=[b""])
    assert channel.receiveAtOnce() is None and core.inputEnd == ("eof", None)


def test_a_reader_gets_the_message_before_malformed_octets(make):
    """The end follows."""
    channel, core, _ = make(recvs=[encode(b"m") + b"\0" * 11])
    assert channel.receiveAtOnce() == b"m"
    assert core.cause == "protocol"


@pytest.mark.skipif(not usesBuffers, reason="nothing is received in place here")
def test_a_reader_goes_on_behind_the_head_that_follows_a_large_message(make):
    """Of that only little is asked for, and a read that finds no whole message returns None."""
    large, small = encode(b"l" * 150000), encode(b"s" * 20000)
    channel, core, _ = make(recvs=[large[:65536], large[65536:], small[:4096], small[4096:]])
    channel.pumpIn(65537)
    assert readAll(core) == [b"l" * 150000]
    assert channel.receiveAtOnce() is None
    assert readAll(core) == [b"s" * 20000]


def test_send_turn_is_bounded(make):
    """A fast receiver cannot keep the sender for ever."""
    channel, core, sock = make()
    write(core, b"x" * (_channel.TURN * 3))
    channel.pumpOut()
    assert _channel.TURN <= len(sock.sent) < _channel.TURN * 2


def test_receive_turn_is_bounded(make):
    """A fast sender cannot keep the receiver for ever."""
    first, full = [encode(b"x" * (size - 4)) + encode(u"")
                   for size in (_channel.RECEIVE, _channel.RECEIVE_LARGE)]
    channel, core, sock = make(recvs=[first] + [full] * 100)
    channel.pumpIn()
    assert len(sock.calls) == 1 + _channel.TURN // _channel.RECEIVE_LARGE


def test_receiving_stops_at_the_mark(make):
    """Above the mark nothing more is asked for, below it again."""
    short = encode(b"x" * 1000)
    channel, core, sock = make(recvs=[short] * 10, recvHighWater=2 * len(short))
    for _ in range(3):
        channel.pumpIn()
    assert sock.calls == ["recv"] * 2
    readAll(core)
    core.inbox.settle()
    for _ in range(3):
        channel.pumpIn()
    assert sock.calls == ["recv"] * 4


@pytest.mark.parametrize("error", [RESET, WSA_RESET, WSA_ABORTED], ids=_number)
def test_reset_behind_messages(make, error):
    """The messages first, then the first error; it is never asked again."""
    channel, core, sock = make(recvs=[encode(b"1"), error, b""])
    channel.pumpIn()
    channel.pumpIn()
    channel.pumpIn()
    assert readAll(core) == [b"1"] and (core.cause, core.error) == ("reset", error)
    assert sock.calls == ["recv"] * 2


@pytest.mark.parametrize("error", [PIPE, WSA_RESET, WSA_ABORTED, WSA_SHUTDOWN], ids=_number)
def test_failed_send_takes_what_had_arrived(make, error):
    """The error of a send is kept, and messages that are still in the system are not lost."""
    channel, core, sock = make([error], [encode(b"1"), encode(b"2"), b""], recvHighWater=1)
    write(core, b"x")
    channel.pumpOut()
    assert (core.cause, core.error) == ("reset", error) and core.outbox.octets == 0
    assert readAll(core) == [b"1", b"2"]


def test_failed_send_after_the_end(make):
    """The end that came first stays the cause; nothing is received any more."""
    channel, core, sock = make([PIPE], [encode(b"1"), b""])
    channel.pumpIn()
    channel.pumpIn()
    write(core, b"x")
    channel.pumpOut()
    assert core.endSeen() == ("eof", PIPE) and readAll(core) == [b"1"]
    assert sock.calls.count("recv") == 2


def test_a_failed_send_keeps_nothing_of_the_queue():
    """The error stays readable, and does not hold what was to be sent (END-8)."""
    near, far = socketpair()
    near.setblocking(False)
    core = Core()
    core.handshakeDone(True)
    channel = Channel(near, core)
    payload = bytearray(1 << 24)
    core.queue(b"\x40\x80\x80\x88", payload)
    while core.cause is None:
        channel.pumpOut()
        far.close()
    assert core.cause == "reset" and core.error is not None
    payload.append(0)  # BufferError as long as anybody holds a view of it
    near.close()


def test_end_of_the_stream(make):
    """An empty receive is the end, and the last one."""
    channel, core, sock = make(recvs=[b""])
    channel.pumpIn()
    channel.pumpIn()
    assert core.inputEnd == ("eof", None) and sock.calls == ["recv"]


def test_a_tls_socket_is_asked_while_it_holds_octets(make):
    """Decrypted octets that no waiter sees are received in the same turn."""
    channel, core, sock = make(recvs=[encode(b"1"), encode(b"2"), encode(b"3")])
    sock.pending = lambda: len(sock.recvs)
    tls = Channel(sock, core)
    tls.pumpIn(1)
    assert readAll(core) == [b"1", b"2", b"3"] and not channel.pending()


def test_shutdown_and_close_never_raise(make):
    """A connection that is gone cannot be ended more gracefully."""
    channel, core, sock = make()

    def gone(*_):
        raise RESET

    sock.shutdown = gone
    channel.shutdown()
    assert core.finSent
    close, sock.close = sock.close, gone
    channel.close()
    sock.close = close


WANT_READ = ssl.SSLError(ssl.SSL_ERROR_WANT_READ, "read")
WANT_WRITE = ssl.SSLError(ssl.SSL_ERROR_WANT_WRITE, "write")


@pytest.mark.parametrize("later", [0, WANT_READ, WANT_WRITE], ids=["zero", "read", "write"])
def test_a_tls_send_is_retried_with_the_same_octets(make, later):
    """A shorter piece would be a "bad length", the end of the connection; more may follow it."""
    channel, core, sock = make([later])
    offered = []
    send = sock.send
    sock.send = lambda data, flags: offered.append(memoryview(data).tobytes()) or send(data)
    expected = write(core, b"first")
    channel.pumpOut()
    assert channel.sendNeedsRead == (later is WANT_READ) and sock.sent == b""
    expected += write(core, b"second")
    channel.pumpOut()
    assert offered[1].startswith(offered[0]) and sock.sent == expected
    assert not channel.sendNeedsRead and core.cause is None


def test_a_tls_call_clears_what_the_other_direction_waits_for(make):
    """It may have taken it, so the other direction has to be tried again."""
    channel, core, sock = make([WANT_READ], [WANT_WRITE])
    write(core, b"m")
    channel.pumpOut()
    assert channel.sendNeedsRead
    channel.pumpIn()
    assert not channel.sendNeedsRead and channel.receiveNeedsWrite
    channel.pumpOut()
    assert not channel.receiveNeedsWrite and sock.sent == encode(b"m")


def test_a_tls_receive_may_wait_for_writing(make):
    """It is no error, and remembered until the next receive."""
    channel, core, sock = make(recvs=[WANT_WRITE, encode(b"m")])
    channel.pumpIn()
    assert channel.receiveNeedsWrite and core.cause is None
    channel.pumpIn()
    assert readAll(core) == [b"m"] and not channel.receiveNeedsWrite
