"""The hunt: programs drawn for one pair until one fails, which is then made small.

Hypothesis draws and shrinks whole programs. What it shrinks is data, and what became of a program
is remembered, so that nothing depends on how fast anything was. What is left in the end is carried
out again, with all the patience there is, before it is believed.
"""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings

from harness import clock
from harness.clock import Deadline
from harness.explore.bench import Bench
from harness.explore.draw import programs
from harness.explore.meaning import mended
from harness.explore.program import Program
from harness.openaxis import Where
from harness.repeats import agreed
from harness.results import Result
from harness.verdicts import RED, Verdict

#: How often a program that failed is carried out again before it is believed.
AGAIN = 2
#: The share of patience for attempts to make a program smaller: most of those that fail do it by
#: waiting in vain.
HASTE = 0.5
#: Seconds for making one program smaller; then the smallest one so far has to do.
SHRINKING = 120.0


class Red(Exception):
    """A program has failed."""

    def __init__(self, program: Program) -> None:
        super().__init__(str(program))
        self.program = program


class Hunt:
    """Programs for one pair.

    `known` are results by id, which are not asked for again; `report` is told of every new green
    one. `time` ends the drawing, if it is given.
    """

    def __init__(
        self, bench: Bench, pair: Where, known: dict[str, Result],
        report: Callable[[Result], None], time: Deadline | None,
    ) -> None:
        self._bench = bench
        self._pair = pair
        self._known = known
        self._report = report
        self._time = time
        self._first: Result | None = None
        self._tried: dict[str, Result] = {}
        self._shrinking: Deadline | None = None

    def run(self, examples: int, steps: int, number: int) -> Result | None:
        """Draw so many programs; return the smallest one that fails, if one does.

        `number` is the seed. The result is FLAKY if the failure does not come again.
        """
        patience = clock.patience()
        try:
            found = self._found(examples, steps, number)
            smallest = None if found is None else self._polished(found)
        finally:
            clock.set_patience(patience)
        return None if smallest is None else self._believed(smallest)

    def _found(self, examples: int, steps: int, number: int) -> Program | None:
        @seed(number)
        @settings(
            max_examples=examples, database=None, deadline=None, report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink), verbosity=Verbosity.quiet,
            suppress_health_check=list(HealthCheck), print_blob=False,
        )
        @given(programs(self._bench.families(self._pair), steps))
        def holds(program: Program) -> None:
            self._look(program)

        try:
            holds()
        except Red as red:
            return red.program
        return None

    def _polished(self, program: Program) -> str:
        """Leave out of a program, which fails, every step without which it still does."""
        at = 0
        while at < len(program.steps):
            smaller = mended(program.steps[:at] + program.steps[at + 1 :])
            try:
                if smaller is not None:
                    self._look(smaller)
                at += 1
            except Red as red:
                program = red.program
        return self._bench.ident(self._pair, program)

    def _look(self, program: Program) -> None:
        """Carry out a program, unless it is known; raises `Red` if it fails as the first one did.

        The clause may be another one, since a smaller program may belong to another family. Nobody
        is asked any more when the time is over: what is not known then counts as green.
        """
        ident = self._bench.ident(self._pair, program)
        result = self._known.get(ident) or self._tried.get(ident)
        time = self._time if self._first is None else self._shrinking
        if result is None and not (time is not None and time.over):
            result = self._bench.carry_out(ident)
            self._note(ident, result)
        if result is not None and self._first is not None:
            if result.verdict is self._first.verdict:
                raise Red(program)

    def _note(self, ident: str, result: Result) -> None:
        if self._first is not None:
            self._tried[ident] = result
        elif result.verdict in RED:
            self._first = self._tried[ident] = result
            self._shrinking = Deadline(SHRINKING, scaled=False)
            clock.set_patience(clock.patience() * HASTE)
        else:
            self._known[ident] = result
            self._report(result)

    def _believed(self, smallest: str) -> Result:
        """Carry out what was found again; return what is to be believed of it."""
        assert self._first is not None
        for ident in dict.fromkeys((smallest, self._first.id)):
            tries = [self._bench.carry_out(ident) for _ in range(AGAIN)]
            believed = agreed([self._tried[ident], *tries])
            if believed.verdict is not Verdict.FLAKY:
                break
        return believed
