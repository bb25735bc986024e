"""One direction of a relay at work: what is read at one side goes out at the other.

A `Carrier` holds at most one buffer of octets, so a reader that stops is felt by the writer.
Nothing here waits, and nothing is thread-safe: the relay calls `step` under its lock.
"""

from __future__ import annotations

import contextlib
import socket

from harness import clock
from harness.clock import Deadline
from harness.cutter import Cutter
from harness.schedule import Ending, Schedule
from harness.skimmer import Skimmer
from harness.wirelog import Log
from harness.witness import Witness

#: Octets that a direction holds at most, and reads at once: a pipe's worth, enough for full speed.
BUFFER = 1 << 16
#: Octets from the start of a direction that are kept as they came.
KEPT_HEAD = 1 << 16


class Side:
    """One of the relay's two sockets.

    `witness`: what the kernel says of its far end. `broken`: the far end takes nothing more.
    `reset`: it has reset the connection. `settled`: the system has no event to report for it any
    more, and whatever there still is to read is there already.
    """

    def __init__(self, sock: socket.socket, witness: Witness) -> None:
        self.socket = sock
        self.witness = witness
        self.broken = False
        self.reset = False
        self.settled = False

    def read(self, buffer: memoryview) -> int | None:
        """Read once into a buffer: the octets read, 0 at the end, None if there is nothing now."""
        try:
            return self.socket.recv_into(buffer)
        except BlockingIOError:
            return None
        except ConnectionError as error:
            self._fail(error)
            return 0

    def write(self, view: memoryview) -> int:
        """Write once: the octets taken, 0 if there is no room now or the side is broken."""
        try:
            return self.socket.send(view)
        except BlockingIOError:
            return 0
        except ConnectionError as error:
            self._fail(error)
            return 0

    def finish(self) -> None:
        """Tell the far end that nothing more will come (FIN)."""
        with contextlib.suppress(OSError):  # a reset came first; reading will tell
            self.socket.shutdown(socket.SHUT_WR)

    def trouble(self) -> None:
        """Take note that the system reports an error or a hang-up on the socket."""
        self.settled = True
        code = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._fail(OSError(code, "reported by the system"))

    def _fail(self, error: OSError) -> None:
        # A broken pipe is a refusal that came after a FIN, and reading will still show that FIN.
        # After a reset reading would show a plain end, so the reset has to be remembered.
        self.broken = self.settled = True
        self.reset = self.reset or not isinstance(error, BrokenPipeError)


class Carrier:
    """Carries octets from `source` to `sink`; `name` is the direction's name in the log.

    `paused`: the case wants nothing more to be read. `octets` were read, their first ones are the
    `head`, and `skimmer` has found the frames in them. `ended`: how the source has ended, as far as
    it was read. `handed_on`: the sink was told of the end. `aborting`: the connection is to be
    reset. `closing`: the case wants the direction to end behind what was read.
    """

    def __init__(self, name: str, log: Log, schedule: Schedule) -> None:
        self.name = name
        self.log = log
        self.source: Side | None = None
        self.sink: Side | None = None
        self.paused = False
        self.octets = 0
        self.head = bytearray()
        self.skimmer = Skimmer()
        self.ended: Ending | None = None
        self.handed_on = False
        self.aborting = False
        self.closing: Ending | None = None
        self.cutter = Cutter(schedule)
        self._buffer = memoryview(bytearray(BUFFER))
        self._at = self._stop = 0
        self._written = 0
        self._full = self._stalled = False
        self._holding = False
        self._grace: Deadline | None = None
        self._opposite: Carrier | None = None

    def join(self, source: Side, sink: Side, opposite: Carrier) -> None:
        """Begin: from now on `step` carries octets from one side to the other."""
        self.source, self.sink, self._opposite = source, sink, opposite

    @property
    def held(self) -> bool:
        """Whether nothing is to be read now: by the case's will, or the other direction's cut."""
        return self.paused or (self._opposite is not None and self._opposite.cutter.stalls)

    @property
    def wants_read(self) -> bool:
        """Whether there is a point in reading the source."""
        room = self._at == self._stop or self._holding
        return room and not self.held and self.ended is None

    @property
    def wants_write(self) -> bool:
        """Whether octets wait for the sink to have room."""
        return self._at < self._stop and not self.cutter.waiting and not self._holding

    @property
    def over(self) -> bool:
        """Whether the source has ended and the sink was told."""
        return self.handed_on and self.ended is not None

    @property
    def look_again(self) -> float | None:
        """In how many seconds a step is worth while without an event; None: not at all."""
        if self.wants_read and self.source is not None and self.source.settled:
            return 0.0
        broken = self.sink is not None and self.sink.broken
        behind = self.cutter.waiting and self._at < self._stop
        if behind or (self.cutter.wants_look and not broken):
            return self.cutter.gap
        return clock.LONGEST_GAP if self._grace is not None else None

    def step(self, readable: bool) -> None:
        """Do whatever can be done without waiting; `readable`: reading the source may give more."""
        assert self.source is not None and self.sink is not None
        if self._stalled != (self.held and not self.paused):
            self._stalled = not self._stalled
            self.log.note(self.name, "pause" if self._stalled else "resume", self.octets)
        if self.cutter.wants_look:
            self._clear(self.sink)
        self._flush(self.sink)
        if readable and self.wants_read:
            self._fill(self.source)
            self._flush(self.sink)
        if self.closing and self._at == self._stop:
            self.cutter = Cutter.ending(self.closing, proved=self._written > 0)
            self.closing = None
        if self.source.reset and not self.held:
            self._hand_on_reset(self.sink)
        elif not self.handed_on:
            self._hand_on_end(self.sink)

    def _fill(self, source: Side) -> None:
        held_back = self._stop - self._at
        if held_back:
            self._buffer[:held_back] = bytes(self._buffer[self._at : self._stop])
        self._at, self._stop = 0, held_back
        count = source.read(self._buffer[held_back:])
        if count:
            octets = self._buffer[held_back : held_back + count]
            self.log.octets(self.name, self.octets, octets)
            self.octets += count
            self.head += octets[: KEPT_HEAD - len(self.head)]
            self.skimmer.feed(octets)
            self._stop += count
        elif count == 0:
            self._note_end("reset" if source.reset else "fin")

    def _note_end(self, ending: Ending) -> None:
        self.ended = ending
        self.log.note(self.name, ending, self.octets)

    def _flush(self, sink: Side) -> None:
        self._holding = False
        while self._at < self._stop:
            if sink.broken or self.handed_on or self.cutter.end:
                # Nobody takes these octets any more; reading on lets the source come to its end.
                self._at = self._stop
                return
            if not self._clear(sink):
                return
            left = self._stop - self._at
            final = self.ended is not None or left == BUFFER
            room = self.cutter.room(left, self._written, self.skimmer, final)
            if not room:
                self._holding = True
                return
            taken = sink.write(self._buffer[self._at : self._at + room])
            if not taken:
                if sink.broken:
                    continue
                self._note_room(False)
                return
            self._note_room(True)
            self.cutter.wrote(taken, self._written, self.skimmer)
            self._at += taken
            self._written += taken
            if self.cutter.waiting:
                # One piece a step: the other direction must not wait for all of them.
                return

    def _clear(self, sink: Side) -> bool:
        """Whether no piece of a schedule is on its way that has to arrive alone."""
        if self.cutter.waiting and not sink.broken:
            found = self.cutter.look(sink.witness, self._written)
            if found is None:
                return False
            self.log.note(self.name, found, self._written, queues=sink.witness.seen)
        return True

    def _note_room(self, room: bool) -> None:
        """Note that the sink has no room for what waits, or that it has some again."""
        if room == self._full:
            self._full = not room
            self.log.note(self.name, "room" if room else "full", self._written)

    def _hand_on_end(self, sink: Side) -> None:
        """Hand on an end behind the octets that came before it."""
        if self._at < self._stop:
            return
        if self.ended == "fin" or (self.cutter.end == "fin" and self._clear(sink)):
            if self.ended is None:
                self.log.note(self.name, "ended-fin", self._written)
            sink.finish()
            self.handed_on = True
        elif self.cutter.end == "reset" and self._clear(sink):
            self.log.note(self.name, "ended-reset", self._written)
            self.aborting = True

    def _hand_on_reset(self, sink: Side) -> None:
        """Hand on a reset when the octets before it have arrived, or nobody reads them."""
        self._grace = self._grace or Deadline(clock.BEFORE_RESET)
        read = self.ended is not None and self._at == self._stop
        arrived = bool(sink.witness.refusal) or sink.witness.arrived(self._written)
        self.aborting = (read and arrived) or sink.broken or self._grace.over
        if self.aborting and self.ended is None:
            self._note_end("reset")
