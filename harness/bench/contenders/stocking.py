"""A library with the documented Stockings API: this one, or the published 1.2.3.

Which one is said by a class to import. The ways of reading are those that a program has: to wait
in ``read`` itself, to wait with ``select`` on ``fileno()`` for each message, the same but reading
until there is none, and to ask again and again.
"""
from __future__ import absolute_import, division, print_function

import functools
import importlib
import select
import sys

import crowd
from sockets import Plain, background

#: Octets that a sender of many messages may have queued: where a program that sends without end
#: would be told to wait. Only this library has such a mark.
QUEUED = 1024 * 1024
#: Seconds of rest.
REST = 10


class Link(object):
    """A Stocking as the plays want it."""

    blocks = False

    def __init__(self, way, stocking):
        self.stocking = stocking
        self.send = stocking.write
        if way == "wait":
            self.receive = functools.partial(stocking.read, None)
        else:
            self.receive = functools.partial(WAYS[way], stocking)


def by_select(stocking):
    """Wait with select, then read one message."""
    message = None
    while message is None:
        select.select([stocking], [], [])
        message = stocking.read()
    return message


def by_draining(stocking):
    """Read; only when nothing is there, wait with select."""
    message = stocking.read()
    while message is None:
        select.select([stocking], [], [])
        message = stocking.read()
    return message


def by_asking(stocking):
    """Read again and again."""
    message = stocking.read()
    while message is None:
        message = stocking.read()
    return message


WAYS = {"select": by_select, "drain": by_draining, "busy": by_asking}


class Contender(Plain):
    """Stockings of one class, read in one way."""

    def __init__(self, place, way):
        module, _, name = place.partition(":")
        self.made = getattr(importlib.import_module(module), name)
        self.version = getattr(sys.modules[module], "__version__", "")
        self.way = way
        self.kept = []

    def stocking(self, sock):
        """Return a Stocking that is ready: 1.2.3 is not when its constructor returns."""
        stocking = self.made(sock)
        while not stocking.handshakeComplete:
            select.select([], [], [], 0.001)
        return stocking

    def wrap(self, sock):
        """Return a link."""
        stocking = self.stocking(sock)
        if self.play == "stream" and hasattr(stocking, "sendHighWater"):
            stocking.sendHighWater = QUEUED
        return Link(self.way, stocking)

    def unwrap(self, link):
        """Close a link."""
        link.stocking.close()

    def frame(self, message):
        """Return a message of bytes with less than 8,192 octets as it is sent."""
        length = len(message)
        header = [0xC0 | length] if length < 64 else [0x40 | length & 63, 0x80 | length >> 6]
        return bytes(bytearray(header)) + message

    def take(self, socks):
        """Keep the connections; echo on them if that is played."""
        self.kept = [self.stocking(sock) for sock in socks]
        if self.play == "many":
            background(serve, self.kept)

    def idle(self, side, size, count):
        """Rest; say how much of the processor that took, in milliseconds."""
        before = crowd.processor_time()
        select.select([self.listener] if side == "serve" else [], [], [], REST)
        return {"cost": (crowd.processor_time() - before) * 1000, "seconds": REST}


def serve(stockings):
    """Echo whatever comes on any of the connections: one thread, one poll."""
    poll = select.poll()
    known = {}
    for stocking in stockings:
        known[stocking.fileno()] = stocking
        poll.register(stocking.fileno(), select.POLLIN)
    while known:
        for descriptor, _ in poll.poll():
            stocking = known[descriptor]
            message = stocking.read()
            if message is not None:
                stocking.write(message)
            elif not stocking.active:
                poll.unregister(descriptor)
                del known[descriptor]
