"""``multiprocessing.connection`` over TCP: whole messages of bytes, blocking."""
from __future__ import absolute_import, division, print_function

import platform
from multiprocessing import connection

from sockets import Plain


class Link(object):
    """A Connection as the plays want it."""

    blocks = True

    def __init__(self, made):
        self.send = made.send_bytes
        self.receive = made.recv_bytes
        self.made = made  # 2.7 closes a connection that nothing refers to


class Contender(Plain):
    """The standard library's connections."""

    version = platform.python_version()

    def listen(self):
        """Return the address."""
        self.listener = connection.Listener(("127.0.0.1", 0))
        return self.listener.address

    def accept(self, links):
        """Take one connection."""
        self.link = Link(self.listener.accept())

    def connect(self, address, links):
        """Make one connection."""
        self.link = Link(connection.Client(address))
