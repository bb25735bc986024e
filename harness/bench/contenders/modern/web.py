"""websockets, its variant with threads: binary messages, no compression, no limits."""
import threading

import websockets
from websockets.sync import client, server

from sockets import Plain, background

SETTINGS = {"compression": None, "max_size": None, "ping_interval": None}


class Link:
    """A connection as the plays want it."""

    blocks = True

    def __init__(self, made):
        self.send = made.send
        self.receive = made.recv


class Contender(Plain):
    """WebSockets."""

    version = websockets.__version__

    def listen(self):
        """Return the address."""
        self.came = threading.Event()
        self.server = server.serve(self.take_one, "127.0.0.1", 0, **SETTINGS)
        background(self.server.serve_forever)
        return self.server.socket.getsockname()

    def take_one(self, made):
        """Hand the connection over; it would be closed when this returns."""
        self.link = Link(made)
        self.came.set()
        threading.Event().wait()

    def accept(self, links):
        """Take one connection."""
        self.came.wait()

    def connect(self, address, links):
        """Make one connection."""
        self.link = Link(client.connect("ws://{}:{}".format(*address), **SETTINGS))
