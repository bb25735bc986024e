"""The driving side of many connections: one process that asks all of them, and what one side costs.

It is the same for every contender that frames its messages by a prefix, so that what is measured is
the side that serves: raw sockets, one ``poll``, one message under way on each connection.
"""
from __future__ import absolute_import, division, print_function

import os
import select
import socket
import time

import plays

#: Seconds of processor time of this process, to the microsecond.
processor_time = getattr(time, "process_time", None) or time.clock

#: Octets that one connection may send back at once.
READ = 4096


class Crowd(object):
    """Connections that each have sent a message and wait for its echo."""

    def __init__(self, address, count, frame):
        self.frame = frame
        self.socks = {}
        for _ in range(count):
            sock = socket.create_connection(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.socks[sock.fileno()] = sock

    def play(self, size, count):
        """Have ``count`` messages echoed in all; every echo is compared."""
        frames = [self.frame(each.message()) for each in plays.expectations(size)]
        length = len(frames[0])
        poll = select.poll()
        under_way, parts = {}, {}
        for number, descriptor in enumerate(self.socks):
            poll.register(descriptor, select.POLLIN)
            under_way[descriptor] = frames[number % len(frames)]
        began = plays.clock()
        for descriptor, frame in under_way.items():
            self.socks[descriptor].sendall(frame)
        asked = len(under_way)
        left = max(count, asked)
        total = left
        while left:
            for descriptor, _ in poll.poll():
                sock = self.socks[descriptor]
                got = parts.pop(descriptor, b"") + sock.recv(READ)
                frame = under_way[descriptor]
                if got != frame:
                    if not got or len(got) >= length or not frame.startswith(got):
                        raise plays.WrongOctets("an echo is not what was sent")
                    parts[descriptor] = got
                    continue
                left -= 1
                if asked < total:
                    asked += 1
                    under_way[descriptor] = frame = frames[asked % len(frames)]
                    sock.sendall(frame)
        return {"seconds": plays.clock() - began, "echoes": total}

    def close(self):
        """End them all."""
        for sock in self.socks.values():
            sock.close()


def facts():
    """Return what this process holds, as far as the system tells: octets, and numbers."""
    told = {}
    try:
        with open("/proc/self/status") as lines:
            for line in lines:
                word, _, value = line.partition(":")
                if word in ("VmHWM", "VmRSS"):
                    told["peak" if word == "VmHWM" else "memory"] = int(value.split()[0]) * 1024
                elif word == "Threads":
                    told["threads"] = int(value)
        told["descriptors"] = len(os.listdir("/proc/self/fd"))
    except (IOError, OSError):
        pass  # another system: the table says nothing there
    told["cpu"] = processor_time()
    return told
