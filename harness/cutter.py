"""Cuts a running stream into the pieces of a schedule, without waiting.

Where the tester waits for the proof that a piece was read, a relay has another direction to serve:
a `Cutter` is asked again and again whether the next piece may go out. Not thread-safe.
"""

from __future__ import annotations

from typing import Literal

from harness import clock
from harness.clock import Deadline
from harness.schedule import Ending, Octets, Piece, Reading, Schedule
from harness.skimmer import Skimmer
from harness.witness import EAGER_LOOKS, Witness

Finding = Literal["consumed", "unproved", "gone"]


class Cutter:
    """The way through one schedule.

    `waiting`: a piece has gone out whole, and nothing shows yet that it was read. `end`: the end
    that the schedule gives the stream, once all its pieces went out. `stalls`: what comes the
    other way is not to be read now. `segmentation`: whether the pieces so far were proved to
    arrive alone; None before the first.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._steps = schedule.unrolled()
        self._last = schedule.end
        self._piece: Piece | None = None
        self._left = 0
        self._from: int | None = None
        self._gaps = clock.gaps()
        self._looked = False
        self._pause: Deadline | None = None
        self._stalls_next: bool | None = None
        self.waiting = False
        self.end: Ending | None = None
        self.stalls = False
        self.segmentation: Literal["proved", "unproved"] | None = None
        self._next_piece()
        self._settle()

    @classmethod
    def ending(cls, end: Ending, proved: bool) -> Cutter:
        """A schedule that is over but for its end; `proved`: octets have to be consumed first."""
        cutter = cls(Schedule((), end))
        cutter.waiting = proved
        return cutter

    @property
    def wants_look(self) -> bool:
        """Whether the proof of the last piece is waited for even if nothing else is to be sent."""
        return self.waiting and (self.end is not None or self._stalls_next is not None)

    def room(self, octets: int, at: int, skimmer: Skimmer, final: bool) -> int:
        """Return how many of so many octets may go out now: those of the present piece.

        They begin at the offset `at` of the stream. `final`: no more of them can come before some
        of these have gone out; until then messages are held back until they are whole.
        """
        piece = self._piece
        if piece is None:
            return 0
        if isinstance(piece, Octets):
            return octets if piece.size is None else min(octets, self._left)
        self._from = at if self._from is None else self._from
        stop = skimmer.end_of(self._from, ahead=piece.glued)
        whole = stop is not None and stop <= at + octets
        if not whole and not final and skimmer.malformed is None:
            return 0
        return octets if stop is None else min(octets, stop - at)

    def wrote(self, octets: int, at: int, skimmer: Skimmer) -> None:
        """Take note that so many octets of the present piece went out, from the offset `at` on."""
        piece = self._piece
        if isinstance(piece, Octets):
            if piece.size is None:
                return
            self._left -= octets
            over = self._left == 0
        else:
            assert piece is not None and self._from is not None
            over = skimmer.end_of(self._from, ahead=piece.glued) == at + octets
        if over:
            self.waiting = True
            self._gaps = clock.gaps()
            self._looked = False
            self._pause = None
            self._next_piece()

    def look(self, witness: Witness, written: int) -> Finding | None:
        """Look whether the last piece was read, with all `written` octets; None if not yet.

        Anything else ends the waiting. "gone": the reader has gone, so the question is void.
        """
        if witness.refusal:
            return self._look_at_time()
        # A reader that does not read at once gets one look at a time.
        looks = 1 if self._looked else EAGER_LOOKS
        self._looked = True
        for _ in range(looks):
            state = witness.consumed(written)
            if state != "no":
                self.segmentation = self.segmentation or "proved"
                self._settle()
                return "consumed" if state == "yes" else "gone"
        return None

    @property
    def gap(self) -> float:
        """Seconds until the next look is worth while."""
        return next(self._gaps) if self._looked else 0.0

    def _look_at_time(self) -> Finding | None:
        self._looked = True
        if self._pause is None:
            self._pause = Deadline(clock.UNPROVED_GAP, scaled=False)
        if not self._pause.over:
            return None
        self.segmentation = "unproved"
        self._settle()
        return "unproved"

    def _next_piece(self) -> None:
        self._piece = None
        for step in self._steps:
            if isinstance(step, Reading):
                self._stalls_next = not step.on
                continue
            self._piece = step
            self._left = (isinstance(step, Octets) and step.size) or 0
            self._from = None
            return
        # Only a schedule with an end of its own runs out of pieces.
        self.end = self._last

    def _settle(self) -> None:
        """The pieces so far were read: what stands behind them in the schedule begins."""
        self.waiting = False
        if self._stalls_next is not None:
            self.stalls, self._stalls_next = self._stalls_next, None
