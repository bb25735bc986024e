"""pyzmq: a pair of PAIR sockets over TCP, with their own threads and queues."""
from __future__ import absolute_import, division, print_function

import zmq

from sockets import Plain


class Link(object):
    """A socket of ZeroMQ as the plays want it."""

    #: It has a queue of a thousand messages, which the plays that do not read never fill.
    blocks = False

    def __init__(self, sock):
        self.send = sock.send
        self.receive = sock.recv


class Contender(Plain):
    """ZeroMQ."""

    version = zmq.__version__

    def listen(self):
        """Return the address."""
        self.socket = zmq.Context().socket(zmq.PAIR)
        port = self.socket.bind_to_random_port("tcp://127.0.0.1")
        return "127.0.0.1", port

    def accept(self, links):
        """Take one connection: it is made in the background."""
        self.link = Link(self.socket)

    def connect(self, address, links):
        """Make one connection."""
        sock = zmq.Context.instance().socket(zmq.PAIR)
        sock.connect("tcp://%s:%d" % address)
        self.link = Link(sock)
