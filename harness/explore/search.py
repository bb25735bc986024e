"""The search: many pairs, some programs each, until one fails."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass

from harness.clock import Deadline
from harness.explore.bench import Bench
from harness.explore.hunt import Hunt
from harness.intake import Watcher
from harness.openaxis import Where
from harness.results import Result

#: Programs that one pair gets at a time: enough to be worth the trivial one that comes first.
BATCH = 25
#: Keeps the seeds of the batches of two searches apart.
STRIDE = 1_000_003


@dataclass(frozen=True)
class Wish:
    """How much is asked for: programs in all, of so many steps, within `seconds` (None: no limit).

    The same `seed` draws the same programs for the same pairs.
    """

    examples: int
    seed: int
    steps: int
    seconds: float | None = None


class Search:
    """Looks for one program that fails; `watcher` is told of every result.

    `results` are those of all programs so far, by id: green ones, and then the one that was found.
    """

    def __init__(self, bench: Bench, wish: Wish, watcher: Watcher) -> None:
        self.results: dict[str, Result] = {}
        self._bench = bench
        self._wish = wish
        self._watcher = watcher
        # What a user grants is not for the machine to stretch.
        self._time = None if wish.seconds is None else Deadline(wish.seconds, scaled=False)

    def run(self, pairs: Sequence[Where]) -> None:
        """Draw programs for one pair after the other, until one fails or enough were drawn."""
        order = list(pairs)
        random.Random(self._wish.seed).shuffle(order)
        left = self._wish.examples
        for number, pair in enumerate(itertools.cycle(order)):
            if left <= 0 or (self._time is not None and self._time.over):
                return
            hunt = Hunt(self._bench, pair, self.results, self._watcher.add, self._time)
            batch = self._wish.seed * STRIDE + number
            found = hunt.run(min(BATCH, left), self._wish.steps, batch)
            left -= BATCH
            if found is not None:
                self.results[found.id] = found
                self._watcher.add(found)
                return
