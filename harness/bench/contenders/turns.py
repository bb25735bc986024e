"""The plays for contenders with an event loop: generators that yield whatever has to be waited for.

The same plays as in ``plays``, which calls functions that wait. A link has ``send(message)``, which
never waits, ``full()`` and ``drained()`` to wait for room, and ``receive()`` to wait for a message.
"""
from __future__ import absolute_import, division, print_function

import plays


def ping_drive(link, size, count):
    """Send a message and wait for its echo, ``count`` times; every round is timed."""
    messages = [each.message() for each in plays.expectations(size)]
    link.send(messages[0])
    yield link.receive()
    laps = []
    began = plays.clock()
    for expected in plays.rotation(messages, count):
        start = plays.clock()
        link.send(expected)
        got = yield link.receive()
        laps.append(plays.clock() - start)
        if got != expected:
            raise plays.WrongOctets("the echo of message %d is not what was sent"
                                    % (len(laps) - 1))
    link.outcome = {"seconds": plays.clock() - began, "laps": plays.tally(laps)}


def ping_serve(link, size, count):
    """Send back each message."""
    for _ in range(count + 1):
        got = yield link.receive()
        link.send(got)
    link.outcome = {}


def stream_drive(link, size, count):
    """Send ``count`` messages, then wait until the other side says that it has them."""
    messages = [each.message() for each in plays.expectations(size)]
    began = plays.clock()
    for message in plays.rotation(messages, count):
        link.send(message)
        if link.full():
            yield link.drained()
    got = yield link.receive()
    if got != plays.ACK:
        raise plays.WrongOctets("something else came than the word that all is there")
    link.outcome = {"seconds": plays.clock() - began}


def stream_serve(link, size, count):
    """Receive ``count`` messages and compare each one."""
    for number, expected in enumerate(plays.rotation(plays.expectations(size), count)):
        got = yield link.receive()
        if got != expected.block:
            expected.check(got, number)
    link.send(plays.ACK)
    link.outcome = {}


def both_drive(link, size, count):
    """Send ``count`` messages while the other side does the same; nobody reads before."""
    messages = [each.message() for each in plays.expectations(size)]
    began = plays.clock()
    for message in plays.rotation(messages, count):
        link.send(message)
    for number, expected in enumerate(plays.rotation(plays.expectations(size), count)):
        got = yield link.receive()
        expected.check(got, number)
    link.send(plays.ACK)
    got = yield link.receive()
    if got != plays.ACK:
        raise plays.WrongOctets("something else came than the word that all is there")
    link.outcome = {"seconds": plays.clock() - began}


both_serve = both_drive
