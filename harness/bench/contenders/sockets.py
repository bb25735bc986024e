"""What contenders over plain TCP connections have in common."""
from __future__ import absolute_import, division, print_function

import platform
import socket
import threading

import crowd
import plays


class Plain(object):
    """A contender on connected sockets; a subclass makes a link of one."""

    version = platform.python_version()
    play = None
    link = None
    crowd = None

    def listen(self):
        """Return the address."""
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(1024)
        return self.listener.getsockname()

    def accept(self, links):
        """Take that many connections: one to talk on, or a number of them to serve or to keep."""
        socks = [self.prepared(self.listener.accept()[0]) for _ in range(links)]
        if links == 1:
            self.link = self.wrap(socks[0])
        else:
            self.take(socks)

    def connect(self, address, links):
        """Make that many connections."""
        if links == 1:
            self.link = self.wrap(self.prepared(socket.create_connection(address)))
        else:
            self.crowd = crowd.Crowd(address, links, self.frame)

    def prepared(self, sock):
        """Return a connected socket: nobody is to wait for an acknowledgement of what went before.
        """
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def burst(self, side, size, count):
        """Play one side of the workload."""
        if self.play in ("many", "idle", "construct"):
            return getattr(self, self.play)(side, size, count)
        return getattr(plays, self.play + "_" + side)(self.link, size, count)

    def many(self, side, size, count):
        """Serve in the background; the other side asks."""
        return {} if side == "serve" else self.crowd.play(size, count)

    def construct(self, side, size, count):
        """Make and close the driving side of so many connections."""
        if side == "serve":
            return {}
        seconds = 0.0
        for _ in range(count):
            near, far = socket.socketpair()
            began = plays.clock()
            made = self.wrap(near)
            far.close()
            self.unwrap(made)
            seconds += plays.clock() - began
        return {"seconds": seconds}

    def take(self, socks):
        """Keep connections, or serve them in the background, by what is played."""
        raise plays.CannotPlay("it has no way to serve many connections here")

    def frame(self, message):
        """Return a message as this contender puts it on the wire."""
        raise plays.CannotPlay("its frames are not known here")

    def wrap(self, sock):
        """Return a link over a socket that is set up."""
        raise NotImplementedError

    def unwrap(self, link):
        """Close a link."""
        link.sock.close()


def background(function, *args):
    """Run a function in a thread that nothing waits for."""
    thread = threading.Thread(target=function, args=args)
    thread.daemon = True
    thread.start()
