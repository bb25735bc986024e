"""What a run shows while it goes on: one living line on a terminal, one line a case in a pipe."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable
from types import TracebackType
from typing import Final

from rich.console import Console
from rich.live import Live as RichLive
from rich.text import Text

from harness.report.findings import Key, explain, key
from harness.report.ink import LABEL, say, speaks_unicode
from harness.results import Result
from harness.verdicts import RED, STYLE, Verdict

WINDOW: Final = 5.0
"""Seconds over which the rate is taken: long enough to be steady, short enough to be current."""

REFRESH: Final = 8
"""Redraws a second: smooth to the eye, and nothing to the two cores that do the work."""

BAR: Final = (10, 32)
"""The least and the most columns of the bar. A shorter one tells nothing and is left out."""

WORD: Final = max(len(verdict.value) for verdict in Verdict)
"""The room for a verdict at the start of a line."""


class Live:
    """The progress of a run; give it every result as it comes, from one thread.

    As a context manager it starts and stops itself. `now` is a monotonic clock in seconds.
    """

    def __init__(
        self, console: Console, total: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._console = console
        self._total = total
        self._now = now
        self._began = now()
        self._counts: Counter[Verdict] = Counter()
        self._recent: deque[float] = deque()
        self._told: set[Key] = set()
        self._printed = False
        self._line = RichLive(
            console=console,
            get_renderable=self.line,
            refresh_per_second=REFRESH,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Live:
        """Start."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Show the line, if the console is a terminal."""
        self._began = self._now()
        if self._console.is_terminal:
            self._line.start()

    def stop(self) -> None:
        """Take the line away, and leave a blank one below what was printed."""
        self._line.stop()
        if self._printed:
            say(self._console)
            self._printed = False

    def add(self, result: Result) -> None:
        """Count a result, and print it if it is red or nobody watches a line."""
        self._counts[result.verdict] += 1
        self._recent.append(self._now())
        if result.verdict in RED or not self._console.is_terminal:
            self._print(result)

    def line(self) -> Text:
        """The line as it stands now: bar, cases done, verdicts, cases a second, time."""
        now = self._now()
        done = sum(self._counts.values())
        text = Text(f"{done}/{self._total}", no_wrap=True, overflow="crop", end="")
        for verdict in Verdict:
            if self._counts[verdict]:
                text.append(f"  {self._counts[verdict]} {verdict}", STYLE[verdict])
        text.append(f"  {self._rate(now):.0f}/s  {_clock(now - self._began)}", "dim")
        return self._bar(done, self._console.width - len(text) - 2).append_text(text)

    def _bar(self, done: int, room: int) -> Text:
        """The bar, red as soon as something was; empty where there is no room for one."""
        least, most = BAR
        if room < least:
            return Text(no_wrap=True, overflow="crop", end="")
        size = min(room, most)
        full = size * done // max(self._total, done, 1)
        char = "\u2501" if speaks_unicode(self._console) else "#"
        rest = char if speaks_unicode(self._console) else "."
        style = "red" if RED & self._counts.keys() else "green"
        return Text.assemble((char * full, style), (rest * (size - full), "bright_black"), "  ")

    def _rate(self, now: float) -> float:
        """Results a second, of late."""
        while self._recent and self._recent[0] < now - WINDOW:
            self._recent.popleft()
        span = min(WINDOW, now - self._began)
        return len(self._recent) / span if span > 0 else 0.0

    def _print(self, result: Result) -> None:
        """Print a result; what a red one means is told once, not once a pair."""
        self._printed = True
        verdict = (str(result.verdict).ljust(WORD + 1), STYLE[result.verdict])
        say(self._console, verdict, f" {result.id}", (f"  {result.seconds:.3f}s", "dim"))
        if result.verdict not in RED or key(result) in self._told:
            return
        self._told.add(key(result))
        self._explain(result)

    def _explain(self, result: Result) -> None:
        """The lines below a red result."""
        indent = " " * (WORD + 2)
        clause = [("clause", result.clause)] if result.clause else []
        for label, fact in [*clause, *explain(result)]:
            say(self._console, indent, (label.ljust(LABEL), "dim"), fact)


def _clock(seconds: float) -> str:
    """Seconds as minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
