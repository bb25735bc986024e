"""Construction and end."""
from __future__ import absolute_import, division, print_function

import errno
import gc
import os
import select
import socket
import threading
import warnings
import weakref

import pytest

import stockings
from stockings._compat import PY2, clock
from stockings.wire import encode

from . import support

PATIENCE = support.PATIENCE


def options(sock):
    """The options that a program may have set."""
    wanted = [(socket.SOL_SOCKET, name) for name in (
        socket.SO_SNDBUF, socket.SO_RCVBUF, socket.SO_KEEPALIVE, socket.SO_REUSEADDR)]
    wanted.append((socket.IPPROTO_TCP, socket.TCP_NODELAY))
    return [sock.getsockopt(*option) for option in wanted] + [
        sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)]


def test_construction_changes_nothing_but_blocking(sockets, opened):
    """The socket is non-blocking afterwards; its options, sock and addr are as given."""
    near, far = sockets()
    near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    before = options(near)
    stocking = opened(near)
    assert options(near) == before and near.gettimeout() == 0
    assert stocking.sock is near and stocking.addr == far.getsockname()
    assert stocking.active and stocking.is_alive() and stocking.isAlive()
    assert stocking.closeCause is None and stocking.closeError is None


@pytest.mark.parametrize("family", ["AF_UNIX", "AF_INET6"])
def test_other_kinds_of_sockets(opened, family):
    """Socket pairs and IPv6 work alike."""
    if family == "AF_UNIX":
        if not hasattr(socket, "socketpair"):
            pytest.skip("no socketpair")
        near, far = socket.socketpair()
    else:
        listener = socket.socket(socket.AF_INET6)
        try:
            listener.bind(("::1", 0))
            listener.listen(1)
            near = socket.create_connection(listener.getsockname()[:2])
            far = listener.accept()[0]
        except socket.error:
            pytest.skip("no IPv6 here")
        finally:
            listener.close()
    near, far = opened(near), opened(far)
    near.write(u"there")
    far.write(b"back")
    assert far.read(PATIENCE) == u"there" and near.read(PATIENCE) == b"back"


def test_a_closed_socket_is_refused(sockets, flavour):
    """With the socket's own error, which Python 3 on Windows calls otherwise."""
    near, far = sockets()
    near.close()
    with pytest.raises(EnvironmentError) as caught:
        flavour(near)
    assert caught.value.args[0] in (errno.EBADF, getattr(errno, "WSAENOTSOCK", errno.EBADF))


def test_a_socket_that_is_no_stream_is_refused(flavour):
    """It would take what is written, and no message would ever arrive; nothing was changed."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(7)
    try:
        with pytest.raises(ValueError) as caught:
            flavour(sock)
        assert "stream socket" in str(caught.value) and sock.gettimeout() == 7
    finally:
        sock.close()


def test_a_broken_socket_is_taken_and_shows_its_end(sockets, opened):
    """A connection that was reset before: addr is None, the cause tells."""
    near, far = sockets()
    support.reset(far)
    assert select.select([near], [], [], PATIENCE)[0]  # and the error is still to be told
    stocking = opened(near)
    assert stocking.addr is None
    assert stocking.waitClosed(PATIENCE) and not stocking.active
    assert stocking.closeCause == "reset" and stocking.read() is None
    with pytest.raises(stockings.StockingBroken):
        stocking.write(b"x")


def test_what_came_before_it_was_taken_is_delivered(sockets, opened):
    """The other side wrote and ended before the constructor ran."""
    near, far = sockets()
    far.sendall(encode(u"early") + encode(b"bird"))
    far.close()
    stocking = opened(near)
    assert stocking.read(PATIENCE) == u"early" and stocking.read(PATIENCE) == b"bird"
    assert stocking.waitClosed(PATIENCE) and stocking.closeCause == "eof"


def answeredClose(stocking, raw):
    """close(), and the other side ends its half as soon as it sees that."""
    closing = support.inThread(stocking.close)
    assert support.receiveAll(raw) == b""
    raw.close()
    closing()


#: What brings about each end of a Stocking and its raw socket, with the cause that follows.
ENDS = {
    "eof": lambda stocking, raw: raw.close(),
    "truncated": lambda stocking, raw: (raw.sendall(b"\xc9abc"), raw.close()),
    "reset": lambda stocking, raw: support.reset(raw),
    "protocol": lambda stocking, raw: raw.sendall(b"\x81\xff"),
    "closed": lambda stocking, raw: answeredClose(stocking, raw),
    "aborted": lambda stocking, raw: stocking.abort(),
}


@pytest.mark.parametrize("cause", sorted(ENDS))
def test_a_write_after_any_end_raises(wired, cause):
    """Whatever the end was: with its cause, each time, and nothing is queued or sent."""
    stocking, raw = wired
    ENDS[cause](stocking, raw)
    assert stocking.waitClosed(PATIENCE)
    clean = cause in ("eof", "closed")
    before = stocking.stats()
    for message in (u"late", b"", b"x" * 100000):
        with pytest.raises(stockings.StockingClosed) as caught:
            stocking.write(message)
        assert caught.value.cause == stocking.closeCause == cause
        assert isinstance(caught.value, stockings.StockingBroken) is not clean
    after = stocking.stats()
    assert (after.messagesSent, after.bytesSent) == (before.messagesSent, before.bytesSent)
    assert stocking.queuedBytes == 0 and not stocking.writeDataQueued()


def test_a_write_after_the_end_of_its_own_half_raises(wired):
    """closeWrite() is the end of writing alone."""
    stocking, raw = wired
    stocking.closeWrite()
    for message in (u"late", b""):
        with pytest.raises(stockings.StockingClosed):
            stocking.write(message)
    raw.sendall(encode(b"still read"))
    assert stocking.read(PATIENCE) == b"still read"
    assert support.receiveAll(shutWriting(raw)) == b""


def shutWriting(sock):
    """End a raw socket's own half, and return it."""
    sock.shutdown(socket.SHUT_WR)
    return sock


@pytest.mark.parametrize("end", ["fin", "reset"])
def test_an_end_that_nobody_takes_does_not_spin(flavour, opened, sockets, end):
    """Above its mark a Stocking does not receive, and a system reports a hang-up all the same.

    The I/O thread is watched while it serves another connection: a spin would show as wake-ups.
    """
    class Small(flavour):
        recvHighWater = 1000

    (near, raw), (one, other) = sockets(), sockets()
    stocking, one, other = opened(near, Small), opened(one), opened(other)
    raw.sendall(encode(b"x" * 900) * 5)
    assert support.until(lambda: stocking.unreadBytes > 1000)
    support.reset(raw) if end == "reset" else raw.close()
    for _ in range(20):
        one.write(b"ping")
        assert other.read(PATIENCE) == b"ping"
    before = stocking.stats().wakeups
    for _ in range(200):
        one.write(b"ping")
        assert other.waitMessage(PATIENCE) and other.read() == b"ping"
    assert stocking.stats().wakeups - before <= 2
    assert stocking.read() == b"x" * 900 and stocking.active


def test_a_socket_that_was_never_connected(opened):
    """Its end is an error, not a hang."""
    stocking = opened(socket.socket())
    assert stocking.addr is None
    assert stocking.waitClosed(PATIENCE)
    stocking.read()
    assert not stocking.active


def test_an_end_that_no_wait_announces(opened, flavour, monkeypatch):
    """Windows' select never says anything of a socket that is not connected."""
    sock = socket.socket()
    number, waiter = sock.fileno(), flavour._waiterType
    watch = waiter.watch
    monkeypatch.setattr(waiter, "watch", lambda self, descriptor, read, write:
                        descriptor == number or watch(self, descriptor, read, write))
    assert opened(sock).waitClosed(PATIENCE)


# Ends that come from the other side


def test_clean_end(wired):
    """Messages before it stay readable; then None, not active, StockingClosed."""
    stocking, raw = wired
    raw.sendall(encode(b"1") + encode(u"2"))
    raw.close()
    assert stocking.waitClosed(PATIENCE) and stocking.closeCause == "eof" and stocking.active
    assert stocking.read() == b"1" and stocking.active
    assert stocking.read() == u"2" and not stocking.active
    assert stocking.read() is None and stocking.read() is None
    for call in (lambda: stocking.read(None), lambda: stocking.read(1),
                 lambda: stocking.write(b"")):
        with pytest.raises(stockings.StockingClosed) as caught:
            call()
        assert type(caught.value) is stockings.StockingClosed and caught.value.cause == "eof"
    assert stocking.closeError is None
    stocking.join(PATIENCE)
    assert not stocking.is_alive()


@pytest.mark.parametrize("tail,pending", [
    (b"\x00", (1, None)), (b"\xc3", (0, 3)), (b"\xc3ab", (2, 3))])
def test_truncated_end(wired, tail, pending):
    """An end inside a frame is told apart, and the part is not delivered."""
    stocking, raw = wired
    raw.sendall(encode(b"1") + tail)
    raw.close()
    assert stocking.read(PATIENCE) == b"1"
    with pytest.raises(stockings.StockingBroken) as caught:
        stocking.read(PATIENCE)
    assert caught.value.cause == "truncated"
    assert (caught.value.error.received, caught.value.error.expected) == pending
    assert stocking.read() is None and stocking.closeCause == "truncated"


def test_reset(wired):
    """The system's error is kept."""
    stocking, raw = wired
    support.reset(raw)
    with pytest.raises(stockings.StockingBroken) as caught:
        stocking.read(PATIENCE)
    assert caught.value.cause == stocking.closeCause == "reset"
    assert stocking.closeError.args[0] in (errno.ECONNRESET, 10054)
    assert caught.value.__cause__ is stocking.closeError
    with pytest.raises(stockings.StockingBroken):
        stocking.write(b"x")


@pytest.mark.parametrize("bad", [b"\x81\xff", b"\x83\xed\xa0\x80", b"\x00" * 11],
                         ids=["utf8", "surrogate", "header"])
def test_malformed_octets(wired, bad):
    """What came before is delivered, nothing after it; the other side sees the end."""
    stocking, raw = wired
    raw.sendall(encode(b"1") + encode(b"2") + bad + encode(b"after"))
    assert stocking.read(PATIENCE) == b"1" and stocking.read(PATIENCE) == b"2"
    with pytest.raises(stockings.StockingBroken) as caught:
        stocking.read(PATIENCE)
    assert caught.value.cause == "protocol"
    assert isinstance(caught.value.error, stockings.ProtocolError)
    assert support.receiveAll(raw) == b""


def test_messages_before_malformed_octets_stay(sockets, opened, flavour):
    """However long the program leaves them, and however long the other side keeps its end open."""
    class Hasty(flavour):
        linger = 0.1

    near, raw = sockets()
    stocking = opened(near, Hasty)
    raw.sendall(encode(b"1") + encode(b"2") + b"\x81\xff")
    # Only the end of the linger time lets go of the socket, which the other side does not end.
    assert support.until(lambda: not stocking.is_alive())
    assert stocking.active
    assert stocking.read() == b"1" and stocking.read() == b"2" and stocking.read() is None
    assert not stocking.active
    assert stocking.closeCause == "protocol"


def test_queued_messages_go_out_after_the_other_sides_end(sockets, opened):
    """The other side ends its direction, and only then reads."""
    near, raw = sockets()
    stocking = opened(near)
    big = b"x" * 8000000
    stocking.write(big)
    raw.shutdown(socket.SHUT_WR)
    assert stocking.waitClosed(PATIENCE)
    expected = encode(big)
    assert support.receiveExactly(raw, len(expected)) == expected
    assert support.receiveAll(raw) == b""


def test_the_answer_to_a_request_and_an_end(wired):
    """A peer that sends its request and its end in one go gets the answer."""
    stocking, raw = wired
    raw.sendall(encode(u"request"))
    raw.shutdown(socket.SHUT_WR)
    assert stocking.waitClosed(PATIENCE)
    for message in stocking:
        stocking.write(u"answer to " + message)
    assert support.receiveAll(raw) == encode(u"answer to request")


def test_socket_closed_underneath(wired):
    """No hang, no spin, no traceback: an end like others."""
    stocking, raw = wired
    stocking.sock.close()
    # Only then: what waits makes descriptors, and one may get the number of the closed socket.
    assert support.until(lambda: stocking.read() is None and stocking._core.cause)
    assert stocking.waitClosed(PATIENCE) and stocking.closeCause == "reset"
    assert not stocking.active


# Ends that come from this side


def test_close_delivers_everything(link):
    """What was written before is all there, small and large."""
    near, far = link
    support.patient(near)
    messages = [u"%d" % number for number in range(200)] + [b"x" * 3000000]
    for message in messages:
        near.write(message)
    result = support.inThread(near.close)
    assert list(far) == messages
    result()
    assert far.closeCause == "eof" and near.closeCause == "closed"
    assert not near.active and near.read() is None


def test_close_with_an_unread_octet_loses_nothing(sockets, opened):
    """The trap: closing with unread input resets the connection and destroys what is on its way."""
    near, raw = sockets()
    stocking = support.patient(opened(near))
    big = b"x" * 4000000
    raw.sendall(encode(b"unread") + b"\xc1")
    assert stocking.waitMessage(PATIENCE)
    stocking.write(big)
    result = support.inThread(stocking.close)
    assert support.receiveAll(raw) == encode(big)
    raw.close()
    result()


def test_a_process_that_stood_still_delivers_what_the_system_takes(sockets, opened):
    """As after SIGSTOP, or the sleep of a machine: the other side has read meanwhile."""
    near, raw = sockets()
    stocking = support.patient(opened(near), 0.05)
    pump = stocking._pump
    while not stocking.queuedBytes:
        stocking.write(b"x" * 100000)
    total = pump.core.outbox.count()
    closing = support.inThread(stocking.close)
    assert support.until(lambda: pump.deadline is not None)
    raw.setblocking(False)
    octets = b""
    with pump.lock:  # whatever is to be done waits for it
        assert support.until(lambda: pump.deadline.over)
        while True:
            try:
                octets += raw.recv(1 << 20)
            except EnvironmentError:
                break
    raw.settimeout(PATIENCE)
    octets += support.receiveAll(raw)
    closing()
    assert len(octets) == total and stocking.closeCause == "closed"


def test_close_is_bounded(sockets, opened, flavour):
    """By ``linger``, when the other side does not read."""
    class Hasty(flavour):
        linger = 0.1

    near, raw = sockets()
    stocking = opened(near, Hasty)
    stocking.write(b"x" * 30000000)
    start = clock()
    stocking.close()
    assert clock() - start >= 0.1 and not stocking.is_alive()
    assert stocking.closeCause == "closed"


def test_linger_zero_drops(sockets, opened, flavour):
    """No waiting at all."""
    class Dropping(flavour):
        linger = 0

    near, raw = sockets()
    stocking = opened(near, Dropping)
    stocking.write(b"x" * 30000000)
    stocking.close()
    assert not stocking.is_alive()
    raw.close()


def test_close_again_and_from_many_threads(link):
    """All return, and nothing is written afterwards."""
    near, far = link
    near.write(b"last")
    results = [support.inThread(near.close) for _ in range(4)]
    assert far.read(PATIENCE) == b"last"
    assert far.waitClosed(PATIENCE)
    for result in results:
        result()
    near.close()
    near.abort()
    with pytest.raises(stockings.StockingClosed) as caught:
        near.write(b"late")
    assert caught.value.cause == "closed"
    with pytest.raises(stockings.StockingClosed):
        near.write(b"")


def test_close_wakes_waiting_reads(link):
    """A read that waits raises StockingClosed."""
    near, far = link
    results = [support.inThread(near.read, None) for _ in range(3)]
    far.closeWrite()
    near.abort()
    for result in results:
        with pytest.raises(stockings.StockingClosed):
            result()


def test_abort_drops(wired):
    """At once, whatever is queued or unread; the other side sees an end or a reset."""
    stocking, raw = wired
    raw.sendall(encode(b"unread"))
    assert stocking.waitMessage(PATIENCE)
    stocking.write(b"x" * 30000000)
    stocking.abort()
    assert not stocking.is_alive() and stocking.closeCause == "aborted"
    assert stocking.read() is None and stocking.queuedBytes == stocking.unreadBytes == 0
    with pytest.raises(stockings.StockingBroken):
        stocking.write(b"x")
    stocking.abort()


def test_close_write_goes_on_reading(sockets, opened):
    """The other side sees the end, answers, and the answer is read. Repeating it does nothing."""
    near, raw = sockets()
    stocking = opened(near)
    stocking.write(u"request")
    stocking.closeWrite()
    stocking.closeWrite()
    with pytest.raises(stockings.StockingClosed):
        stocking.write(u"more")
    assert support.receiveAll(raw) == encode(u"request")
    raw.sendall(encode(u"answer"))
    raw.close()
    assert list(stocking) == [u"answer"] and stocking.closeCause == "eof"


def test_with_closes_and_an_exception_aborts(sockets, flavour):
    """The block's exception comes out."""
    near, raw = sockets()
    with flavour(near) as stocking:
        stocking.write(u"bye")
        raw.close()
    assert stocking.closeCause in ("closed", "eof", "reset") and not stocking.is_alive()
    near, raw = sockets()
    with pytest.raises(KeyError):
        with flavour(near) as stocking:
            raise KeyError("x")
    assert stocking.closeCause == "aborted"


def test_join_waits_for_the_end(link):
    """At most as long as told."""
    near, far = link
    near.join(0.01)
    assert near.is_alive()
    result = support.inThread(near.join)
    near.abort()
    result()


def test_waiting_for_the_end(wired):
    """False at the time limit."""
    stocking, raw = wired
    assert stocking.waitClosed(0) is False and stocking.waitClosed(0.01) is False
    raw.close()
    assert stocking.waitClosed() is True


@pytest.mark.parametrize("how", ["close", "abort"])
def test_the_io_thread_ends_a_connection_without_waiting_for_itself(link, how):
    """As in a finaliser, which runs wherever the collector comes by, with the lock held."""
    near, far = link
    support.patient(near)
    ended = []

    def condition():
        if threading.current_thread().name == "stockings-io" and not ended:
            ended.append(getattr(near, how)())
        return ended

    near.write(b"x" * 4000000)
    waiting = support.inThread(near._pump.waitUntil, condition, PATIENCE)
    assert support.until(lambda: near._pump._waiting.calls or ended)
    far.write(b"comes by")
    assert waiting() and support.until(lambda: near.closeCause)
    if how == "close":
        assert far.read(PATIENCE) == b"x" * 4000000
    assert far.waitClosed(PATIENCE) and near.waitClosed(PATIENCE)
    assert near.closeCause == {"close": "closed", "abort": "aborted"}[how]


def test_nothing_waits_on_the_io_thread(link):
    """It would stop all connections; one clear error instead."""
    near, far = link
    said = []

    def condition():
        if threading.current_thread().name == "stockings-io" and not said:
            for call in (far.read, far.waitMessage, far.flush, far.join):
                try:
                    call(timeout=PATIENCE)
                except stockings.StockingError as error:
                    said.append(str(error))
        return said

    waiting = support.inThread(near._pump.waitUntil, condition, PATIENCE)
    assert support.until(lambda: near._pump._waiting.calls or said)
    far.write(b"comes by")
    # Three calls, and the flush as well if the thread came by before the octets were sent.
    assert waiting() and 3 <= len(said) <= 4 and all("finaliser" in one for one in said)


def test_an_end_that_began_goes_on_without_its_stocking(sockets, flavour):
    """What was written is delivered, though nobody holds it any more."""
    near, raw = sockets()

    class Refusing(flavour):
        linger = PATIENCE

        def handshake(self):
            self._write(b"x" * 4000000)
            return False

    held = [Refusing(near)]
    assert support.until(lambda: held[0].closeCause)
    del held[:]
    gc.collect()
    assert len(support.receiveAll(raw)) == 4000004


def test_an_abandoned_stocking_is_collected(sockets, flavour):
    """Without close: the socket is closed, nothing is left, and 3.x warns."""
    near, raw = sockets()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stocking = flavour(near)
        stocking.fileno()
        stocking.read(0.001)
        gone = weakref.ref(stocking)
        del stocking
        gc.collect()
        assert support.until(lambda: (gc.collect(), gone() is None)[1])
        assert support.receiveAll(raw) == b""
    messages = [str(warning.message) for warning in caught
                if "was not closed" in str(warning.message)]
    assert len(messages) == (0 if PY2 else 1)


def test_an_ended_stocking_is_collected_without_a_warning(sockets, flavour):
    """Its descriptor of fileno() is given back."""
    near, raw = sockets()
    stocking = flavour(near)
    stocking.fileno()
    raw.close()
    assert stocking.waitClosed(PATIENCE)
    stocking.join(PATIENCE)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del stocking
        gc.collect()
    assert not [w for w in caught if "was not closed" in str(w.message)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_cannot_disturb_the_parent(link):
    """The child's copies are ended there, by close, abort or use; the parent goes on."""
    near, far = link
    near.fileno()
    pid = support.forked()
    if pid == 0:
        status = 1
        try:
            with pytest.raises(stockings.StockingBroken) as caught:
                near.write(b"from the child")
            assert caught.value.cause == near.closeCause == "forked"
            near.close()
            far.abort()
            assert not near.active and far.read() is None
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0
    near.write(b"from the parent")
    assert far.read(PATIENCE) == b"from the parent" and far.read(0.05) is None


def test_many_connections_share_a_thread(sockets, opened):
    """One I/O thread for all of a flavour."""
    pairs = [[opened(sock) for sock in sockets()] for _ in range(20)]
    names = [thread.name for thread in threading.enumerate()]
    assert names.count("stockings-io") == 1
    for number, (near, _) in enumerate(pairs):
        near.write(u"%d" % number)
    assert [far.read(PATIENCE) for _, far in pairs] == [u"%d" % number for number in range(20)]
