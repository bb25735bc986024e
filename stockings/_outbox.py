"""The octets that were written and that the system has not taken yet."""
from __future__ import absolute_import, division, print_function

import collections

#: Queued messages are joined up to this many octets per send: more gains nothing on loopback.
JOINED = 256 * 1024
#: A payload up to this size is joined with its header (a copy is cheaper than one more call). Of a
#: larger one this much travels with the header, so that no tiny segment goes out alone.
SMALL = 16 * 1024
#: Buffers after which no frame is added to what is handed to the system in one call: more gains
#: nothing, and with the last frame it is no more than the 16 that every system takes (IOV_MAX).
BUFFERS = 15
#: What the frames are that can be joined.
_SHORT = {bytes}


class _Large(object):
    """A frame whose payload is referred to, not copied."""

    __slots__ = ("head", "payload")

    def __init__(self, head, payload):
        self.head = head
        self.payload = payload

    def __len__(self):
        return len(self.head) + len(self.payload)


def _rest(frame, count):
    """Return a frame without its first ``count`` octets."""
    if type(frame) is not _Large:
        return memoryview(frame)[count:]
    beyond = count - len(frame.head)
    if beyond < 0:
        return _Large(frame.head[count:], frame.payload)
    return memoryview(frame.payload)[beyond:]


class Outbox(object):
    """A queue of frames, handed out in pieces of a good size for one send call.

    ``add`` needs no lock: a program that writes faster than the other side takes must not wait for
    the thread that sends, and that one joins what has gathered. All else needs the pump's lock.

    No frame is left behind. ``flowing`` is true while somebody is bound to look into the queue
    again: the I/O thread, which waits for room. Who adds a frame looks at ``flowing`` afterwards,
    and sends by himself if it is false; who finds the queue empty first takes the flag down and
    then looks once more (``Channel.pumpOut``). One of the two sees what the other one did.
    """

    def __init__(self):
        #: Octets queued, as far as they were counted, those that the system took or that were lost.
        self.queuedTotal = self.sentTotal = self.lostTotal = 0
        #: Messages counted, and the most octets that were queued at a time.
        self.messages = self.peak = 0
        self.flowing = False
        #: About how many octets were added since the last count: threads may miscount it.
        self.gathered = 0
        #: Frames that were not counted yet; only the holder of the lock takes some out.
        self.added = collections.deque()
        # Behind them in time: frames that were counted, and views of what is left of one.
        self._frames = collections.deque()
        # What was offered last: a TLS socket that refused it insists on the same octets again.
        self._piece = None

    def add(self, head, payload):
        """Queue a frame; a large payload is referred to, not copied. Returns the frame."""
        frame = head + payload if len(payload) <= SMALL else _Large(head, payload)
        self.added.append(frame)
        self.gathered += len(frame)
        return frame

    def begin(self, head, payload, sent):
        """Take a frame of which the system has ``sent`` octets already, nothing being queued.

        Returns whether that is all of it.
        """
        size = len(head) + len(payload)
        self.messages += 1
        self.queuedTotal += size
        self.sentTotal += sent
        if size > self.peak:
            self.peak = size
        if sent == size:
            return True
        self._frames.append(_rest(_Large(head, payload), sent) if payload else head[sent:])
        return False

    def withdraw(self, frame):
        """Take a frame back; return False if it is on its way already."""
        try:
            self.added.remove(frame)
        except ValueError:
            return False
        return True

    @property
    def waiting(self):
        """Whether an octet is queued."""
        return bool(self._piece is not None or self._frames or self.added)

    @property
    def octets(self):
        """How many octets are queued."""
        return self.count() - self.sentTotal - self.lostTotal

    def isBelow(self, mark):
        """Whether fewer octets are queued; needs no lock, so that a write costs none for it.

        What threads miscount while they add frames at once is corrected by the next count.
        """
        return self.queuedTotal - self.sentTotal - self.lostTotal + self.gathered < mark

    def count(self):
        """Count the frames that were added since; return the octets of all frames so far."""
        if self.added:
            self._frames.extend(self._counted())
        return self.queuedTotal

    def _counted(self):
        """Take the frames that were added since, and count them."""
        added = self.added
        self.gathered = 0
        frames = [added.popleft() for _ in range(len(added))]
        self.messages += len(frames)
        self.queuedTotal += sum(map(len, frames))
        octets = self.queuedTotal - self.sentTotal - self.lostTotal
        if octets > self.peak:
            self.peak = octets
        return frames

    def piece(self, several=False):
        """Return octets to offer to the socket, the same ones until it takes some; or None.

        With ``several`` they may be a list of buffers, for sendmsg.
        """
        if several and self._piece is None:
            buffers = self._buffers()
            if buffers:
                return buffers
        if self._piece is None:
            if self.added and not self._frames:
                # The usual cases by hand: one frame, or many short ones that gathered.
                frames = self._counted()
                if len(frames) == 1 and type(frames[0]) is bytes:
                    self._piece = frames[0]
                elif (self.queuedTotal - self.sentTotal - self.lostTotal <= JOINED and
                        set(map(type, frames)) == _SHORT):
                    self._piece = b"".join(frames)
                else:
                    self._frames.extend(frames)
            else:
                self.count()
            if self._piece is None and self._frames:
                self._piece = self._next()
        piece = self._piece
        return piece if piece is None or len(piece) <= JOINED else piece[:JOINED]

    def _buffers(self):
        """Return the buffers of the frames that come next if the first one is large, else None."""
        frames = self._frames
        if not ((frames and type(frames[0]) is not bytes) or
                (not frames and self.added and type(self.added[0]) is _Large)):
            return None
        self.count()
        buffers = []
        room = JOINED
        for frame in frames:
            if type(frame) is _Large:
                buffers.append(frame.head)
                frame = frame.payload
            buffers.append(frame)
            room -= len(frame)
            if room <= 0 or len(buffers) >= BUFFERS:
                break
        return buffers

    def _next(self):
        """Take the next frame out of the queue, joined with the small ones that follow it."""
        frames = self._frames
        first = frames.popleft()
        if type(first) is _Large:
            frames.appendleft(memoryview(first.payload)[SMALL:])
            return first.head + first.payload[:SMALL]
        if not frames or type(first) is not bytes:
            return first
        joined = [first]
        room = JOINED - len(first)
        while frames:
            frame = frames[0]
            room -= len(frame)
            if room < 0 or type(frame) is not bytes:
                break
            joined.append(frames.popleft())
        return b"".join(joined)

    def sent(self, count):
        """Note that the system took the first ``count`` octets of what ``piece`` gave."""
        self.sentTotal += count
        if self._piece is None:
            self._sentBuffers(count)
        elif count == len(self._piece):
            self._piece = None
        else:
            self._piece = memoryview(self._piece)[count:]

    def _sentBuffers(self, count):
        frames = self._frames
        while count:
            frame = frames.popleft()
            count -= len(frame)
            if count < 0:
                frames.appendleft(_rest(frame, len(frame) + count))
                break

    def clear(self):
        """Forget what is queued; whoever adds a frame now finds out that it is over."""
        self.flowing = False
        self.lostTotal += self.octets
        self._frames.clear()
        self._piece = None
