"""The messages that were received and not taken yet."""
from __future__ import absolute_import, division, print_function

import collections

from stockings.wire import Decoder

#: What the mark counts for each message besides its octets, which is about what the object takes
#: (34 to 59 octets and a place in a list): a peer that sends tiny ones must not get twenty times
#: the memory that the mark allows.
MESSAGE = 64


class Inbox(object):
    """Decoded messages in batches, one batch per receive.

    A reader pops from ``batch`` without any lock, which is what makes reading cheap; list.pop is
    atomic, so each message goes to one reader. Only whoever found or left the batch empty takes the
    lock, to account for it and to go on to the next. Unread octets are thus counted in batches.
    """

    def __init__(self, maxMessageSize=None, highWater=None):
        self.decoder = Decoder(maxMessageSize)
        #: Messages being taken, the next one last.
        self.batch = []
        #: Octets on the wire of all batches that are not used up.
        self.unreadBytes = 0
        #: Whether receiving rests, because what is unread has come to ``highWater``.
        self.paused = False
        self._highWater = highWater
        # (batch, its octets, what it counts) that wait their turn; the same of the one being taken.
        self._batches = collections.deque()
        self._octets = self._count = 0
        # What all batches that are not used up count together.
        self._unread = 0

    @property
    def unread(self):
        """Whether a message is there. Needs no lock."""
        return bool(self.batch or self._batches)

    @property
    def untouched(self):
        """Whether no message waits, no payload is incomplete, and receiving goes on."""
        return not (self.batch or self._batches or self.paused or self.decoder.missing)

    def feed(self, data):
        """Decode octets; return how many messages they completed."""
        return self.keep(self.decoder.consumed, self.decoder.feed(data))

    def filled(self, count):
        """The same with octets that were put into the decoder's ``room``."""
        return self.keep(self.decoder.consumed, self.decoder.filled(count))

    def keep(self, before, messages):
        """Have messages wait that ``feed`` gave, and gave since so many octets were consumed."""
        if messages:
            octets = self.decoder.consumed - before
            count = octets + MESSAGE * len(messages)
            messages.reverse()
            self._batches.append((messages, octets, count))
            self.unreadBytes += octets
            self._unread += count
            if self._highWater is not None and self._unread >= self._highWater:
                self.paused = True
        return len(messages)

    def take(self):
        """Return the next message, None if there is none."""
        while True:
            if not self.batch:
                self.settle()
            batch = self.batch
            if not batch:
                return None
            try:
                message = batch.pop()
            except IndexError:
                continue  # another reader popped it just now, and others may wait behind
            if not batch:
                self.settle()
            return message

    def settle(self):
        """Go on to the next batch if this one is used up, and let receiving go on below the mark.

        Below a quarter of it: far enough that pausing and resuming do not alternate.
        """
        if self.batch:
            return
        self.unreadBytes -= self._octets
        self._unread -= self._count
        self._octets = self._count = 0
        if self._batches:
            self.batch, self._octets, self._count = self._batches.popleft()
        if self.paused and self._unread <= self._highWater // 4:
            self.paused = False

    def clear(self):
        """Forget all messages, and the part of one that has come."""
        self.decoder = Decoder(self.decoder.maxMessageSize)
        self.batch = []
        self._batches.clear()
        self.unreadBytes = self._octets = self._unread = self._count = 0
