"""Cuts a running stream into the pieces of a schedule, without waiting.

Where the tester waits for the proof that a piece was read, a relay has another direction to serve:
a `Cutter` is asked again and again whether the next piece may go out. Not thread-safe.
"""

from __future__ import annotations

from typing import Literal

from harness import clock
from harness.clock import Deadline
from harness.schedule import Ending, Schedule
from harness.witness import EAGER_LOOKS, Witness

Finding = Literal["consumed", "unproved", "gone"]


class Cutter:
    """The way through one schedule.

    `waiting`: a piece has gone out whole, and nothing shows yet that it was read. `end`: the end
    that the schedule gives the stream, once all its pieces went out. `segmentation`: whether the
    pieces so far were proved to arrive alone; None before the first.
    """

    def __init__(self, schedule: Schedule) -> None:
        self._sizes = schedule.sizes()
        self._last = schedule.end
        self._left: int | None = None
        self._gaps = clock.gaps()
        self._looked = False
        self._pause: Deadline | None = None
        self.waiting = False
        self.end: Ending | None = None
        self.segmentation: Literal["proved", "unproved"] | None = None
        self._next_piece()

    def room(self, octets: int) -> int:
        """Return how many of so many octets belong to the present piece."""
        return octets if self._left is None else min(octets, self._left)

    def wrote(self, octets: int) -> None:
        """Take note that so many octets of the present piece went out."""
        if self._left is None:
            return
        self._left -= octets
        if self._left == 0:
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
                self.waiting = False
                self.segmentation = self.segmentation or "proved"
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
        self.waiting = False
        self.segmentation = "unproved"
        return "unproved"

    def _next_piece(self) -> None:
        self._left = next(self._sizes, 0)
        if self._left == 0:
            # Only a schedule with an end of its own runs out of pieces.
            self.end = self._last
