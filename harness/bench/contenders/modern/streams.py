"""asyncio's streams, with a length header of four octets; the loop runs in a thread of its own."""
import asyncio
import platform
import struct

import turns
from sockets import Plain, background

HEADER = struct.Struct("!I")
#: Octets in the transport's own queue from which the sender waits: asyncio's own mark.
FULL = 64 * 1024


class Link:
    """A reader and a writer as the plays want them."""

    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        self.outcome = None

    def send(self, message):
        """Send one message."""
        self.writer.write(HEADER.pack(len(message)) + message)

    def full(self):
        """Whether to wait for room."""
        return self.writer.transport.get_write_buffer_size() > FULL

    def drained(self):
        """Return what waits for room."""
        return self.writer.drain()

    async def receive(self):
        """Wait for one message."""
        length, = HEADER.unpack(await self.reader.readexactly(4))
        return await self.reader.readexactly(length)


async def turned(play):
    """Carry a play out: wait for whatever it yields."""
    got = None
    while True:
        try:
            waited = play.send(got)
        except StopIteration:
            return
        got = await waited


async def echo(reader, writer):
    """Send back every message until the end."""
    link = Link(reader, writer)
    try:
        while True:
            link.send(await link.receive())
    except (EOFError, OSError):
        writer.close()


class Contender(Plain):
    """asyncio."""

    version = platform.python_version()

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.echoes = []  # the loop itself keeps no task alive
        background(self.loop.run_forever)

    def call(self, coroutine):
        """Return what a coroutine gives, carried out on the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def accept(self, links):
        """Take that many connections."""
        socks = [self.prepared(self.listener.accept()[0]) for _ in range(links)]
        if links == 1:
            self.link = Link(*self.call(asyncio.open_connection(sock=socks[0])))
        for sock in socks if links > 1 else ():
            reader, writer = self.call(asyncio.open_connection(sock=sock))
            self.echoes.append(asyncio.run_coroutine_threadsafe(echo(reader, writer), self.loop))

    def connect(self, address, links):
        """Make one connection, or a crowd."""
        if links == 1:
            self.link = Link(*self.call(asyncio.open_connection(*address)))
        else:
            super().connect(address, links)

    def frame(self, message):
        """Return a message as it is sent."""
        return HEADER.pack(len(message)) + message

    def burst(self, side, size, count):
        """Play one side of the workload."""
        if self.play == "many":
            return self.many(side, size, count)
        self.call(turned(getattr(turns, self.play + "_" + side)(self.link, size, count)))
        return self.link.outcome
