"""Careful blocking sockets: what everybody writes by hand, and the measure of all others.

A header of four octets with the length. A short message goes out with its header in one call; two
would cost twice as much, and a long one is not copied for that.
"""
from __future__ import absolute_import, division, print_function

import struct

from sockets import Plain, background

HEADER = struct.Struct("!I")
#: Octets up to which copying a message behind its header is cheaper than a second call.
SHORT = 64 * 1024


class Link(object):
    """Messages on a socket: one call to send each, two or more to receive it."""

    blocks = True

    def __init__(self, sock):
        self.sock = sock
        self.sendall = sock.sendall
        self.recv = sock.recv

    def send(self, message):
        """Send one message."""
        header = HEADER.pack(len(message))
        if len(message) <= SHORT:
            self.sendall(header + message)
        else:
            self.sendall(header)
            self.sendall(message)

    def receive(self):
        """Wait for one message."""
        header = self.recv(4)
        if len(header) != 4:
            header = self.rest(header, 4)
        length, = HEADER.unpack(header)
        message = self.recv(length) if length <= SHORT else b""
        return message if len(message) == length else self.rest(message, length)

    def rest(self, begun, length):
        """Receive what is missing of ``length`` octets, into their final place."""
        buffer = bytearray(length)
        view = memoryview(buffer)
        view[:len(begun)] = begun
        at = len(begun)
        while at < length:
            took = self.sock.recv_into(view[at:])
            if not took:
                raise EOFError("the other side has closed the connection")
            at += took
        return buffer if length > 4 else bytes(buffer)


class Contender(Plain):
    """Raw sockets; of many connections, each has a thread."""

    wrap = Link

    def frame(self, message):
        """Return a message as it is sent."""
        return HEADER.pack(len(message)) + message

    def take(self, socks):
        """Echo on each connection until it ends."""
        for sock in socks:
            background(echo, Link(sock))


def echo(link):
    """Send back every message until the end."""
    while True:
        try:
            link.send(link.receive())
        except (EnvironmentError, EOFError):
            return  # the other side has gone
