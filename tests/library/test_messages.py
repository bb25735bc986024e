"""Writing, reading and waiting, over real sockets."""
from __future__ import absolute_import, division, print_function

import select
import socket

import pytest

import stockings
from stockings._compat import clock
from stockings.wire import encode

from . import support

PATIENCE = support.PATIENCE


def read(stocking):
    """Read one message, however long it takes."""
    return stocking.read(timeout=PATIENCE)


@pytest.mark.parametrize("message", [
    u"", b"", u"a", b"a", u"h\xe9\u20ac\U0001f600\0\ufeff\r\n", bytes(bytearray(range(256))),
    u"x" * 64, b"y" * 8192, u"\xe9" * 500000, b"z" * 3000000],
    ids=lambda message: "%s%d" % (type(message).__name__, len(message)))
def test_messages_arrive_as_they_were(link, message):
    """Content and kind, both ways."""
    for writer, reader in (link, link[::-1]):
        writer.write(message)
        received = read(reader)
        assert received == message and type(received) is type(message)


def test_many_messages_in_order(link):
    """Each exactly once."""
    near, far = link
    for number in range(3000):
        near.write(u"%d" % number)
    assert [read(far) for _ in range(3000)] == [u"%d" % number for number in range(3000)]
    assert far.read() is None


def test_bytes_like_messages_are_copied(link):
    """Changing it after write changes nothing, even while it is queued."""
    near, far = link
    mutable = bytearray(b"x" * 5000000)
    near.write(mutable)
    near.write(memoryview(mutable)[:3])
    mutable[:] = b"y" * len(mutable)
    assert read(far) == b"x" * len(mutable) and read(far) == b"xxx"


@pytest.mark.parametrize("wrong", [3, None, 2.5, ["x"], {}])
def test_wrong_types_are_refused_in_the_caller(link, wrong):
    """And the connection is unharmed."""
    near, far = link
    with pytest.raises(TypeError):
        near.write(wrong)
    near.write(u"fine")
    assert read(far) == u"fine"


def test_surrogates_are_refused_before_anything_is_queued(link):
    """On 2.7 too."""
    near, far = link
    with pytest.raises(UnicodeEncodeError):
        near.write(u"a\ud800b")
    near.write(u"fine")
    assert read(far) == u"fine"


def test_octets_on_the_wire(wired):
    """Nothing before the first message, then exactly the frames."""
    stocking, raw = wired
    messages = [u"a", b"", b"x" * 65, u"\xe9"]
    expected = b"".join(encode(message) for message in messages)
    for message in messages:
        stocking.write(message)
    assert support.receiveExactly(raw, len(expected)) == expected
    raw.setblocking(False)
    with pytest.raises(socket.error):
        raw.recv(1)


def test_octet_by_octet(wired):
    """A message appears with its last octet; read() before that is None."""
    stocking, raw = wired
    octets = encode(u"h\xe9llo" * 20)
    for at in range(len(octets)):
        assert stocking.read() is None
        raw.sendall(octets[at:at + 1])
    assert read(stocking) == u"h\xe9llo" * 20
    assert stocking.stats().messagesReceived == 1


def test_hooks_run_once_for_each_message(sockets, opened, flavour):
    """preWrite takes any arguments, postRead may return anything; _read and _write bypass them."""
    class Mine(flavour):
        def preWrite(self, number, unit=u""):
            return u"%d%s" % (number, unit)

        def postRead(self, message):
            return [message]

    near, far = sockets()
    near, far = opened(near, Mine), opened(far, Mine)
    near.write(3, unit=u"m")
    near._write(b"raw")
    near.write(4)
    assert read(far) == [u"3m"]
    assert far._read(PATIENCE) == b"raw"
    assert read(far) == [u"4"]


def test_a_hook_that_raises(sockets, opened, flavour):
    """preWrite: nothing is sent. postRead: the message counts as taken."""
    class Picky(flavour):
        def preWrite(self, message):
            return message.strip()

        def postRead(self, message):
            return message.decode("ascii")

    near, far = sockets()
    near, far = opened(near, Picky), opened(far, Picky)
    with pytest.raises(AttributeError):
        near.write(3)
    near.write(b"\xff")
    near.write(b"ok")
    with pytest.raises(UnicodeDecodeError):
        read(far)
    assert read(far) == u"ok"


def test_reads_and_their_time_limits(wired):
    """0 and less never wait; a number waits that long; a message that is there needs no time."""
    stocking, raw = wired
    for timeout in (0, -1, -0.5):
        assert stocking.read(timeout) is None
    start = clock()
    assert stocking.read(0.05) is None
    assert clock() - start >= 0.05
    raw.sendall(encode(b"1") + encode(b"2"))
    assert read(stocking) == b"1"
    assert stocking.read(-1) == b"2"
    with pytest.raises(ValueError):
        stocking.read(float("nan"))


def test_a_time_limit_inside_a_message_loses_nothing(wired):
    """The rest may come later."""
    stocking, raw = wired
    octets = encode(b"x" * 1000)
    raw.sendall(octets[:500])
    assert stocking.read(0.02) is None
    raw.sendall(octets[500:])
    assert read(stocking) == b"x" * 1000


def test_a_waiting_read_is_woken(wired):
    """By a message, from without a time limit too."""
    stocking, raw = wired
    for timeout in (PATIENCE, None):
        result = support.inThread(stocking.read, timeout)
        raw.sendall(encode(b"m"))
        assert result() == b"m"


def test_many_readers_get_each_message_once(link):
    """N readers, N messages; the end wakes those that are left."""
    near, far = link

    def reader():
        got = []
        try:
            while True:
                got.append(far.read(None))
        except stockings.StockingClosed:
            return got

    readers = [support.inThread(reader) for _ in range(5)]
    messages = [u"%d" % number for number in range(500)]
    for message in messages:
        near.write(message)
    near.close()
    assert sorted(message for result in readers for message in result()) == sorted(messages)


def test_many_writers_never_mix(link):
    """Messages of all sizes from many threads arrive whole, those of one thread in order."""
    near, far = link
    sizes = [1, 70, 9000, 150000, 3, 300000, 64]

    def writer(name):
        for number, size in enumerate(sizes * 3):
            near.write((u"%s %d " % (name, number)).encode("ascii") + name.encode("ascii") * size)

    writers = [support.inThread(writer, name) for name in u"abcdefgh"]
    seen = dict((name, 0) for name in u"abcdefgh")
    for _ in range(8 * len(sizes) * 3):
        name, number, body = read(far).decode("ascii").split(u" ", 2)
        assert int(number) == seen[name] and body == name * sizes[seen[name] % len(sizes)]
        seen[name] += 1
    for result in writers:
        result()


def test_both_write_before_either_reads(link):
    """8 MiB each way with nobody reading: both are sent (receiving goes on by itself)."""
    near, far = link
    message = b"m" * (8 << 20)
    near.write(message)
    far.write(message)
    assert near.flush(PATIENCE) and far.flush(PATIENCE)
    assert read(near) == message and read(far) == message


def test_above_the_mark_sending_goes_on(sockets, opened, flavour):
    """Receiving rests, sending does not; reading resumes it. Nothing is lost."""
    class Small(flavour):
        recvHighWater = 1 << 18

    near, far = sockets()
    near, far = opened(near, Small), opened(far, Small)
    count = 300
    for number in range(count):
        near.write((u"%06d" % number).encode("ascii") + b"x" * 100000)
        far.write(b"y" * 100000)
    for number in range(count):
        assert int(read(far)[:6]) == number
        assert read(near) == b"y" * 100000
    for stocking in (near, far):
        assert stocking.stats().peakUnreadBytes < Small.recvHighWater + (1 << 19)


def test_partial_sends_happen_and_are_counted(sockets, opened):
    """A peer that does not read makes the sender stop inside a message; the rest follows."""
    near, far = sockets()
    near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    stocking = opened(near)
    message = bytes(bytearray(range(256))) * 4000
    stocking.write(message)
    assert stocking.writeDataQueued() and stocking.queuedBytes > 0
    assert stocking.flush(0) is False
    expected = encode(message)
    assert support.receiveExactly(far, len(expected)) == expected
    assert stocking.flush(PATIENCE) and not stocking.writeDataQueued()
    stats = stocking.stats()
    assert stats.partialSends > 0 and stats.bytesSent == len(expected)
    assert stats.messagesSent == 1 and stocking.queuedBytes == 0


def test_flush_tells_of_a_loss(wired):
    """It raises when the connection ends before the system took everything."""
    stocking, raw = wired
    stocking.write(b"x" * 30000000)
    result = support.inThread(stocking.flush, PATIENCE)
    support.reset(raw)
    with pytest.raises(stockings.StockingBroken):
        result()
    with pytest.raises(stockings.StockingBroken) as caught:
        stocking.write(b"more")
    assert caught.value.cause == "reset"


def test_message_size_limit_here(sockets, opened, flavour):
    """A larger message is refused in the caller and the connection goes on."""
    class Limited(flavour):
        maxMessageSize = 10

    near, far = sockets()
    near, far = opened(near, Limited), opened(far)
    near.write(b"x" * 10)
    with pytest.raises(stockings.MessageTooLarge) as caught:
        near.write(u"\xe9" * 6)
    assert (caught.value.size, caught.value.limit) == (12, 10)
    near.write(u"y")
    assert read(far) == b"x" * 10 and read(far) == u"y"


def test_message_size_limit_there(sockets, opened, flavour):
    """A larger message that is announced ends the connection, after those before it."""
    class Limited(flavour):
        maxMessageSize = 10

    near, far = sockets()
    limited, raw = opened(near, Limited), far
    raw.sendall(encode(b"ok") + encode(b"x" * 11)[:1])
    assert read(limited) == b"ok"
    with pytest.raises(stockings.StockingBroken) as caught:
        read(limited)
    assert caught.value.cause == "protocol"
    assert isinstance(caught.value.error, stockings.MessageTooLarge)


def test_send_mark_makes_write_wait(sockets, opened, flavour):
    """Above sendHighWater a write waits for room, or raises after writeTimeout, unqueued."""
    class Polite(flavour):
        sendHighWater = 100000
        writeTimeout = 0.05

    near, raw = sockets()
    stocking = opened(near, Polite)
    big = b"x" * 20000000
    stocking.write(big)
    with pytest.raises(stockings.StockingTimeout) as caught:
        stocking.write(b"refused")
    assert isinstance(caught.value, socket.timeout)
    stocking.writeTimeout = PATIENCE
    result = support.inThread(stocking.write, b"later")
    expected = encode(big) + encode(b"later")
    assert support.receiveExactly(raw, len(expected)) == expected
    result()


def test_waiting_for_a_message_leaves_it_there(wired):
    """True with a message, False at the time limit and at the end."""
    stocking, raw = wired
    assert stocking.waitMessage(0) is False and stocking.waitMessage(0.02) is False
    raw.sendall(encode(b"m"))
    assert stocking.waitMessage(PATIENCE) is True and stocking.waitMessage() is True
    assert stocking.unreadBytes == 2
    assert stocking.read() == b"m" and stocking.unreadBytes == 0
    raw.close()
    assert stocking.waitMessage(PATIENCE) is False


def pollReadable(number, timeout):
    """As selectReadable, by poll."""
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return bool(poll.poll(timeout * 1000))


def selectReadable(number, timeout):
    """Whether select says readable."""
    return bool(select.select([number], [], [], timeout)[0])


@pytest.mark.parametrize("readable", [selectReadable] + (
    [pollReadable] if hasattr(select, "poll") else []), ids=lambda function: function.__name__)
def test_fileno_is_level_triggered(wired, readable):
    """Readable while something waits, quiet after it was taken, readable at the end for good."""
    stocking, raw = wired
    number = stocking.fileno()
    assert not readable(number, 0)
    raw.sendall(encode(b"1") + encode(b"2"))
    assert readable(number, PATIENCE) and readable(number, 0)
    assert stocking.read() == b"1"
    assert readable(number, 0)
    assert stocking.read() == b"2"
    assert not readable(number, 0)
    raw.sendall(encode(b"3"))
    assert readable(number, PATIENCE)
    assert stocking.read() == b"3"
    raw.close()
    assert readable(number, PATIENCE)
    assert stocking.read() is None and readable(number, 0)
    assert stocking.fileno() == number
    stocking.close()
    with pytest.raises(stockings.StockingClosed):
        stocking.fileno()


def test_fileno_of_a_stocking_that_has_messages(wired):
    """A descriptor that is asked for late shows what is there already."""
    stocking, raw = wired
    raw.sendall(encode(b"m"))
    assert stocking.waitMessage(PATIENCE)
    assert selectReadable(stocking, 0)


def test_iteration_ends_with_a_clean_end(link):
    """Every message, then the loop is over."""
    near, far = link
    support.patient(near)
    for number in range(100):
        near.write(u"%d" % number)
    result = support.inThread(near.close)
    assert list(far) == [u"%d" % number for number in range(100)]
    result()
    assert list(far) == []


def test_iteration_raises_at_a_broken_end(wired):
    """After the messages that came."""
    stocking, raw = wired
    raw.sendall(encode(b"1") + b"\xc3x")
    raw.close()
    got = []
    with pytest.raises(stockings.StockingBroken) as caught:
        for message in stocking:
            got.append(message)
    assert got == [b"1"] and caught.value.cause == "truncated"


def test_idle_stockings_do_nothing(link):
    """Once the last event is over: no call and no wake-up while nothing happens."""
    near, far = link
    near.write(b"x")
    read(far)

    def quiet():
        before = near.stats(), far.stats()
        assert far.waitMessage(0.05) is False
        return (near.stats(), far.stats()) == before

    assert support.until(quiet)
