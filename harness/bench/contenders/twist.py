"""Twisted's Int32StringReceiver; the reactor runs in a thread of its own."""
from __future__ import absolute_import, division, print_function

import struct
import threading
from collections import deque

import twisted
from twisted.internet import defer, endpoints, protocol, reactor, threads
from twisted.protocols.basic import Int32StringReceiver

import turns
from sockets import Plain, background


class Link(Int32StringReceiver):
    """A protocol as the plays want it."""

    MAX_LENGTH = 2 ** 31 - 1

    def __init__(self):
        self.messages = deque()
        self.waiting = self.room = self.outcome = None
        self.paused = False

    def connectionMade(self):
        """Have the transport say when its queue is long."""
        self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        self.factory.made(self)

    def pauseProducing(self):
        """The transport's queue is long."""
        self.paused = True

    def resumeProducing(self):
        """There is room again."""
        self.paused = False
        room, self.room = self.room, None
        if room is not None:
            room.callback(None)

    def stopProducing(self):
        """The connection has ended."""

    def connectionLost(self, reason=protocol.connectionDone):
        """Have a play that waits fail."""
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.errback(reason)

    def stringReceived(self, message):
        """Give a message to who waits for it."""
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.callback(message)
        else:
            self.messages.append(message)

    def send(self, message):
        """Send one message."""
        self.sendString(message)

    def full(self):
        """Whether to wait for room."""
        return self.paused

    def drained(self):
        """Return what waits for room."""
        self.room = defer.Deferred()
        return self.room

    def receive(self):
        """Return what waits for one message."""
        if self.messages:
            return defer.succeed(self.messages.popleft())
        self.waiting = defer.Deferred()
        return self.waiting


class Echo(Link):
    """Sends back every message."""

    def stringReceived(self, message):
        """Send it back."""
        self.sendString(message)


class Factory(protocol.Factory):
    """Makes protocols, and says when so many are connected."""

    def __init__(self, kind, links=1):
        self.protocol = kind
        self.left = links
        self.link = None
        self.all_here = threading.Event()

    def made(self, link):
        """Count one."""
        self.link = link
        self.left -= 1
        if not self.left:
            self.all_here.set()


class Contender(Plain):
    """Twisted."""

    version = twisted.__version__

    def __init__(self):
        background(reactor.run, False)

    def call(self, function, *args):
        """Return what a function gives, called on the reactor."""
        return threads.blockingCallFromThread(reactor, function, *args)

    def listen(self):
        """Return the address."""
        self.factory = Factory(Echo if self.play == "many" else Link)
        made = self.call(endpoints.serverFromString(
            reactor, "tcp:0:interface=127.0.0.1:backlog=1024").listen, self.factory)
        return made.getHost().host, made.getHost().port

    def accept(self, links):
        """Take that many connections."""
        self.factory.left += links - 1
        self.factory.all_here.wait()
        self.link = self.factory.link

    def connect(self, address, links):
        """Make one connection, or a crowd."""
        if links > 1:
            super(Contender, self).connect(address, links)
            return
        factory = Factory(Link)
        self.call(endpoints.HostnameEndpoint(reactor, *address).connect, factory)
        factory.all_here.wait()
        self.link = factory.link

    def frame(self, message):
        """Return a message as it is sent."""
        return struct.pack("!I", len(message)) + message

    def burst(self, side, size, count):
        """Play one side of the workload."""
        if self.play == "many":
            return self.many(side, size, count)
        play = getattr(turns, self.play + "_" + side)
        self.call(defer.inlineCallbacks(play), self.link, size, count)
        return self.link.outcome
