"""Every public method from many threads at once: each message once, and only documented errors."""
from __future__ import absolute_import, division, print_function

import threading

import pytest

from stockings.errors import StockingClosed

from . import support

WRITERS = READERS = LOOKERS = 3
MESSAGES = 120
CONNECTIONS = 4
#: Seconds of a wait that is meant to run out, again and again.
MOMENT = 0.002

LOOKS = [
    lambda one: one.active, lambda one: one.closeCause, lambda one: one.closeError,
    lambda one: one.handshakeComplete, lambda one: one.queuedBytes, lambda one: one.unreadBytes,
    lambda one: one.writeDataQueued(), lambda one: one.stats(), lambda one: one.fileno(),
    lambda one: one.is_alive(), lambda one: one.isAlive(), lambda one: one.join(MOMENT),
    lambda one: one.flush(MOMENT), lambda one: one.waitReady(MOMENT),
    lambda one: one.waitMessage(MOMENT), lambda one: one.waitClosed(MOMENT),
    lambda one: one.addr, lambda one: one.sock, repr,
]


def write(stocking, writer):
    """Messages of all sizes up to some KiB; text and bytes in turn."""
    for number in range(MESSAGES):
        head = u"%d %d " % (writer, number)
        body = head + u"x" * (number * 37 % 5000)
        stocking.write(body if number % 2 else body.encode("ascii"))


def read(stocking, way):
    """Return all messages that this reader gets up to the end, in one of the ways to read."""
    if way == 0:
        return list(stocking)
    got = []
    while stocking.active:
        try:
            message = stocking.read(MOMENT if way == 1 else 0)
        except StockingClosed:  # the others took the last one
            break
        if message is None:
            stocking.waitMessage(MOMENT)
        else:
            got.append(message)
    return got


def look(stocking, at, over):
    """Call everything that changes nothing, until told to stop and then once more."""
    last = False
    while not last:
        last = over.is_set()
        for offset in range(len(LOOKS)):
            try:
                LOOKS[(at + offset) % len(LOOKS)](stocking)
            except StockingClosed:
                assert stocking.closeCause in ("eof", "closed", "aborted")


def parsed(message):
    """Return (writer, number) of a message, whose kind and length have to fit."""
    isBytes = isinstance(message, bytes)
    writer, number, body = (message.decode("ascii") if isBytes else message).split(u" ")
    assert len(body) == int(number) * 37 % 5000 and isBytes == (int(number) % 2 == 0)
    return int(writer), int(number)


def checkDelivered(taken):
    """Each message once; what one reader got of one writer is in order."""
    everything = []
    for messages in taken:
        mine = [parsed(one) for one in messages]
        for writer in range(WRITERS):
            numbers = [number for who, number in mine if who == writer]
            assert numbers == sorted(numbers)
        everything += mine
    wanted = [(who, number) for who in range(WRITERS) for number in range(MESSAGES)]
    assert sorted(everything) == wanted


def exercise(near, far):
    """Write, read and look from many threads on both ends; close from many at once."""
    over = threading.Event()
    lookers = [support.inThread(look, one, 5 * at, over)
               for one in (near, far) for at in range(LOOKERS)]
    readers = [[support.inThread(read, one, way) for way in range(READERS)] for one in (near, far)]
    writers = [support.inThread(write, one, who) for one in (near, far) for who in range(WRITERS)]
    for writer in writers:
        writer()
    ends = [support.inThread(one.closeWrite) for one in (near, far, near, far)]
    for side in readers:
        checkDelivered([reader() for reader in side])
    ends += [support.inThread(end) for one in (near, far) for end in (one.close, one.abort) * 2]
    for end in ends:
        end()
    over.set()
    for looker in lookers:
        looker()
    for one in (near, far):
        with pytest.raises(StockingClosed):
            one.write(u"late")
        assert one.read() is None and not one.active and not one.is_alive()


def test_every_method_on_one_connection(link):
    exercise(*link)


def test_every_method_on_many_connections(flavour, opened, sockets):
    """One I/O thread serves them all, and they end in any order."""
    pairs = [tuple(map(opened, sockets())) for _ in range(CONNECTIONS)]
    for result in [support.inThread(exercise, *pair) for pair in pairs]:
        result()


def test_making_and_ending_from_many_threads(flavour):
    """Connections come and go, so that the I/O thread itself begins and ends in between."""
    def live():
        for number in range(15):
            first, second = support.tcpPair()
            near, far = flavour(first), flavour(second)
            near.write(u"%d" % number)
            assert far.read(support.PATIENCE) == u"%d" % number
            first, second = (near, far) if number % 2 else (far, near)
            first.abort()
            second.close()

    for result in [support.inThread(live) for _ in range(6)]:
        result()


def test_aborts_in_the_middle_of_everything(flavour, opened, sockets):
    """Whoever is writing, reading or waiting then gets the documented error, and no other."""
    class Careful(flavour):
        sendHighWater = 100000

    near, far = (opened(sock, Careful) for sock in sockets())
    started = threading.Semaphore(0)

    def until(action):
        started.release()
        while True:
            try:
                action()
            except StockingClosed:
                return

    # flush() is content after the end if nothing was lost; fileno() never is.
    actions = [lambda: near.write(b"x" * 3000), lambda: far.write(u"y" * 3000),
               lambda: near.read(None), lambda: far.read(None),
               lambda: near.flush() and near.fileno(), lambda: far.fileno()]
    results = [support.inThread(until, action) for action in actions * 2]
    for _ in results:
        started.acquire()
    support.until(lambda: near.stats().messagesReceived > 50)
    ends = [support.inThread(one.abort) for one in (near, near, far, far)]
    for result in ends + results:
        result()
