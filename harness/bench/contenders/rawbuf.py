"""The best that raw sockets give: joined sends, big buffered reads. The limit of every library.

Short messages wait until they fill a buffer, or until this side waits for the other; long ones go
out with their header in one call. One large read takes all that is there, and is cut afterwards.
"""
from __future__ import absolute_import, division, print_function

import struct

from sockets import Plain

HEADER = struct.Struct("!I")
#: Octets that are joined before they are sent, and octets that one read may take.
JOINED, READ = 64 * 1024, 256 * 1024
#: Octets from which a message goes out by itself, and from which it is received in its own place.
LONG = 32 * 1024


class Link(object):
    """Messages on a socket, as few calls as possible."""

    blocks = True

    def __init__(self, sock):
        self.sock = sock
        self.queued = []
        self.octets = 0
        self.messages = []  # the next one last
        self.tail = b""

    def send(self, message):
        """Send one message, or keep it until there are more."""
        length = len(message)
        if length >= LONG:
            self.send_long(message)
            return
        self.queued.append(HEADER.pack(length))
        self.queued.append(message)
        self.octets += length
        if self.octets >= JOINED:
            self.flush()

    def send_long(self, message):
        """Send a message without copying it, where the system can."""
        header = HEADER.pack(len(message))
        self.flush()
        if not hasattr(self.sock, "sendmsg"):
            self.sock.sendall(header + message[:LONG])
            sent = LONG + 4
        else:
            sent = self.sock.sendmsg([header, message])
        if sent < 4 + len(message):
            self.sock.sendall(memoryview(message)[sent - 4:])

    def flush(self):
        """Send what was kept."""
        if self.queued:
            self.sock.sendall(b"".join(self.queued))
            del self.queued[:]
            self.octets = 0

    def receive(self):
        """Wait for one message."""
        if not self.messages:
            self.flush()
            self.fill()
        return self.messages.pop()

    def fill(self):
        """Receive until there is at least one whole message."""
        found = []
        while not found:
            data = self.sock.recv(READ)
            if not data:
                raise EOFError("the other side has closed the connection")
            if self.tail:
                data = self.tail + data
            at, end = 0, len(data)
            unpack = HEADER.unpack_from
            while end - at >= 4:
                length, = unpack(data, at)
                if at + 4 + length > end:
                    break
                found.append(data[at + 4:at + 4 + length])
                at += 4 + length
            self.tail = data[at:]
            if len(self.tail) >= 4 and unpack(self.tail, 0)[0] >= LONG:
                found.append(self.receive_long(*unpack(self.tail, 0)))
        found.reverse()
        self.messages = found

    def receive_long(self, length):
        """Receive the rest of a long message into its final place."""
        message = bytearray(length)
        view = memoryview(message)
        at = len(self.tail) - 4
        view[:at] = self.tail[4:]
        while at < length:
            took = self.sock.recv_into(view[at:])
            if not took:
                raise EOFError("the other side has closed the connection")
            at += took
        self.tail = b""
        return message


class Contender(Plain):
    """Raw sockets with buffers."""

    wrap = Link
