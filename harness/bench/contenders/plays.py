"""The two sides of every workload on one connection, over a link that sends and receives messages.

A link has ``send(message)`` and ``receive()``, which waits; ``blocks`` tells that ``send`` may wait
for the other side to receive, and ``finish()`` has everything sent that a link has kept. Every
message that arrives is compared with the one that was expected: a contender that loses, repeats,
reorders or alters one is found out and not timed.
"""
from __future__ import absolute_import, division, print_function

import binascii
import itertools
import random
import threading
import time
from collections import Counter

#: The most precise clock that there is; only 2.7 has none that cannot be set.
clock = getattr(time, "perf_counter", time.time)

#: Different messages, sent in rotation: a prime, so that no power of two of lost ones hides.
VARIETY = 31
#: Octets that those messages may take together.
ROOM = 4 * 1024 * 1024
#: Octets after which a long message repeats itself: a prime again.
PERIOD = 65521
ACK = b"all of them are here"


class CannotPlay(Exception):
    """The contender has no way to do this; says why."""


class WrongOctets(Exception):
    """Something else arrived than what was sent."""


class Expected(object):
    """One message of ``size`` octets that no zeros and no other number would give.

    Only what repeats is kept, so that a receiver needs no second copy of a long one.
    """

    def __init__(self, size, number):
        self.size = size
        length = min(size, PERIOD)
        bits = random.Random(number).getrandbits(8 * length) if length else 0
        self.block = binascii.unhexlify(("%0*x" % (2 * length, bits)).encode("ascii")[:2 * length])

    def message(self):
        """Return it whole, without a second copy on the way."""
        if self.size <= PERIOD:
            return self.block
        whole, rest = divmod(self.size, PERIOD)
        return b"".join([self.block] * whole + [self.block[:rest]])

    def check(self, got, number):
        """Raise WrongOctets unless ``got`` is it; without a copy, and in no time beside a receive.
        """
        if len(got) != self.size:
            raise WrongOctets("message %d has %d octets instead of %d"
                              % (number, len(got), self.size))
        for at in range(0, self.size, PERIOD):
            if not got.startswith(self.block[:self.size - at], at):
                raise WrongOctets("message %d is altered behind octet %d" % (number, at))


def expectations(size):
    """Return what the messages of a workload are: the same on both sides."""
    return [Expected(size, number) for number in range(max(1, min(VARIETY, ROOM // size)))]


def rotation(things, count):
    """Return an iterator over ``count`` things, in rotation."""
    return itertools.islice(itertools.cycle(things), count)


def tally(laps):
    """Return how often each time was taken, in nanoseconds of three digits: [[time, count], ...].

    Fine enough for a distribution, and short enough for one line.
    """
    return sorted(Counter(int(float("%.2e" % (lap * 1e9))) for lap in laps).items())


def ping_drive(link, size, count):
    """Send a message and wait for its echo, ``count`` times; every round is timed."""
    send, receive = link.send, link.receive
    messages = [each.message() for each in expectations(size)]
    send(messages[0])
    receive()  # not counted: the other process may not have been ready
    laps = []
    lap = laps.append
    began = clock()
    for expected in rotation(messages, count):
        start = clock()
        send(expected)
        got = receive()
        lap(clock() - start)
        if got != expected:
            raise WrongOctets("the echo of message %d is not what was sent" % (len(laps) - 1))
    return {"seconds": clock() - began, "laps": tally(laps)}


def ping_serve(link, size, count):
    """Send back each message."""
    send, receive = link.send, link.receive
    for _ in range(count + 1):
        send(receive())
    finish(link)
    return {}


def stream_drive(link, size, count):
    """Send ``count`` messages, then wait until the other side says that it has them."""
    send = link.send
    messages = [each.message() for each in expectations(size)]
    began = clock()
    for message in rotation(messages, count):
        send(message)
    acknowledged(link)
    return {"seconds": clock() - began}


def stream_serve(link, size, count):
    """Receive ``count`` messages and compare each one."""
    receive = link.receive
    for number, expected in enumerate(rotation(expectations(size), count)):
        got = receive()
        if got != expected.block:
            expected.check(got, number)
    link.send(ACK)
    finish(link)
    return {}


def both_drive(link, size, count):
    """Send ``count`` messages while the other side does the same; nobody reads before."""
    messages = [each.message() for each in expectations(size)]
    began = clock()
    failed = []
    sender = threading.Thread(target=send_all, args=(link, messages, count, failed))
    sender.daemon = True
    if link.blocks:
        sender.start()
    else:
        sender.run()
    for number, expected in enumerate(rotation(expectations(size), count)):
        expected.check(link.receive(), number)
    if link.blocks:
        sender.join()
    if failed:
        raise failed[0]
    link.send(ACK)
    finish(link)
    acknowledged(link)
    return {"seconds": clock() - began}


both_serve = both_drive


def send_all(link, messages, count, failed):
    """Send them, in rotation; what goes wrong is kept, since nobody looks into this thread."""
    try:
        for message in rotation(messages, count):
            link.send(message)
        finish(link)
    except Exception as error:
        failed.append(error)


def finish(link):
    """Have a link send what it has kept so far; most keep nothing."""
    if hasattr(link, "flush"):
        link.flush()


def acknowledged(link):
    """Wait for the word of the other side."""
    got = link.receive()
    if got != ACK:
        raise WrongOctets("%d octets came instead of the word that all is there" % len(got))
