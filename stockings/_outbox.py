"""The octets that were written and that the system has not taken yet."""
from __future__ import absolute_import, division, print_function

import collections

#: Queued messages are joined up to this many octets per send: more gains nothing on loopback.
JOINED = 256 * 1024
#: A payload up to this size is joined with its header (a copy is cheaper than one more call). Of a
#: larger one this much travels with the header, so that no tiny segment goes out alone.
SMALL = 16 * 1024


class Outbox(object):
    """A queue of frames, handed out in pieces of a good size for one send call."""

    def __init__(self):
        #: Octets ever queued, those of them that the system took, and those that were dropped.
        self.queuedTotal = self.sentTotal = self.lostTotal = 0
        self._frames = collections.deque()
        # What was offered last: a TLS socket that refused it insists on the same octets again.
        self._piece = None

    @property
    def octets(self):
        """How many octets are queued."""
        return self.queuedTotal - self.sentTotal - self.lostTotal

    def add(self, head, payload):
        """Queue a frame; a large payload is referred to, not copied."""
        if len(payload) <= SMALL:
            self._frames.append(head + payload)
        else:
            self._frames.append(head + payload[:SMALL])
            self._frames.append(memoryview(payload)[SMALL:])
        self.queuedTotal += len(head) + len(payload)

    def piece(self):
        """Return octets to offer to the socket, the same ones until it takes some; or None."""
        if self._piece is None and self._frames:
            self._piece = self._frames.popleft()
            if self._frames and isinstance(self._piece, bytes):
                self._join()
        if self._piece is None or len(self._piece) <= JOINED:
            return self._piece
        return self._piece[:JOINED]

    def _join(self):
        """Join the piece with the small frames that follow it."""
        frames = self._frames
        joined = [self._piece]
        room = JOINED - len(self._piece)
        while frames and isinstance(frames[0], bytes) and len(frames[0]) <= room:
            room -= len(frames[0])
            joined.append(frames.popleft())
        if len(joined) > 1:
            self._piece = b"".join(joined)

    def sent(self, count):
        """Note that the system took the first ``count`` octets of the piece."""
        self.sentTotal += count
        if count == len(self._piece):
            self._piece = None
        else:
            self._piece = memoryview(self._piece)[count:]

    def clear(self):
        """Forget what is queued."""
        self.lostTotal += self.octets
        self._frames.clear()
        self._piece = None
