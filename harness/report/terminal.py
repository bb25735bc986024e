"""What a run says to the person at the terminal when it is over.

The findings come first, then the tables, then one sentence: whoever looks at the end of a
long output sees the matrix and the verdict, and scrolls up for the reasons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, Protocol

from rich.console import Console

from harness.report import kills
from harness.report.bounds import percent, steadiness, upper_bound
from harness.report.findings import Finding, commands, counted, explain, findings
from harness.report.ink import LABEL, paragraph, say
from harness.report.matrix import Matrix, matrix
from harness.report.progress import Live
from harness.report.tables import peer_tables, total_table
from harness.results import Result, Run
from harness.verdicts import RED, STYLE, Verdict, exit_code

__all__ = ["Live", "Quotable", "conclusion", "summary"]

DETAILED: Final = 10
"""Findings told in full; who has more of them repairs the first ones before reading on."""

BRIEF: Final = 20
"""Findings told in one line after those; the results file has the rest."""

PLACES: Final = 3
"""Ids listed for a finding that came up more than once."""

STDERR_LINES: Final = 5
"""Lines of stderr shown: the end of a traceback, where its message stands."""

SLOWEST: Final = 5
"""Cases listed as the slowest ones."""

SHAKIEST: Final = 10
"""Cases listed as the least steady ones of a run that repeats; findings tell all of them."""

ASTRAY: Final = 16
"""The room for how many tries went astray: six digits of a thousand and more."""

INDENT: Final = 6
"""The indent of what belongs to a finding; its verdict hangs out to the left."""


class Quotable(Protocol):
    """A clause of the specification, as far as a report quotes it."""

    @property
    def level(self) -> str:
        """MUST, SHOULD or MAY."""

    @property
    def sentence(self) -> str:
        """Its wording, on one line."""


Clauses = Mapping[str, Quotable]


def summary(run: Run, console: Console, clauses: Clauses, verbose: bool = False) -> None:
    """Print the outcome of a run.

    `clauses` are the clauses to quote, by their ids; one that is missing is named without
    its wording. `verbose` tells every finding in full and lists the slowest cases.
    """
    _print_findings(run, console, clauses, verbose)
    _print_warnings(run, console, clauses)
    if verbose:
        _print_slowest(run, console)
    _print_steadiness(run, console)
    table = matrix(run)
    if run.results:
        _print_tables(run, table, console)
    for reason in run.header.options.get("left_out", ()):
        paragraph(console, 0, "left out", reason)
    say(console, *conclusion(run, table))


def conclusion(run: Run, table: Matrix) -> tuple[tuple[str, str], str]:
    """The outcome in one sentence: its styled first words, and the rest.

    Of a part of the suite it says that this passes: only the whole shows that a peer conforms.
    """
    if kills.about_mutants(run):
        return _killed(run)
    red = sum(number for verdict, number in run.counts.items() if verdict in RED)
    cases = counted(len(run.results), "case")
    head, style = {
        0: ("this part passes" if run.partial else "conforms", "bold green"),
        1: ("does not conform", STYLE[Verdict.FAIL]),
        2: ("nothing ran", STYLE[Verdict.HARNESS]),
        3: ("undecided" if run.complete else "incomplete", STYLE[Verdict.HARNESS]),
    }[exit_code(run.counts, run.complete)]
    known = run.counts.get(Verdict.XFAIL, 0)
    gap = run.header.planned - len(run.results)
    facts = [
        f"{cases} over {counted(len(run.header.peers), 'peer')}"
        + (f" and {counted(table.pairs, 'pair')}" if table.pairs else ""),
        f"{red} red",
        counted(known, "known failure") if known else "",
        f"{gap} without result" if gap else "",
        f"in {_duration(run.footer.seconds)}" if run.footer else "interrupted",
    ]
    return (head, style), ": " + ", ".join(filter(None, facts))


def _killed(run: Run) -> tuple[tuple[str, str], str]:
    """The outcome of a run of mutants."""
    head, style = {
        0: ("proved", "bold green"), 1: ("not proved", STYLE[Verdict.FAIL]),
    }.get(exit_code(run.counts, run.complete), ("incomplete", STYLE[Verdict.HARNESS]))
    took = f" in {_duration(run.footer.seconds)}" if run.footer else ""
    return (head, style), f": {kills.told(run)}{took}"


def _print_findings(run: Run, console: Console, clauses: Clauses, verbose: bool) -> None:
    """Everything red: the first findings in full, more in a line each, then their number."""
    found = findings(run.results, RED)
    detailed = len(found) if verbose else DETAILED
    for finding in found[:detailed]:
        _print_title(finding, console)
        _print_facts(run, finding, console, clauses)
        say(console)
    if len(found) <= detailed:
        return
    for finding in found[detailed : detailed + BRIEF]:
        _print_title(finding, console)
    more = len(found) - detailed - BRIEF
    if more > 0:
        say(console, f"and {more} more findings; `report --verbose` tells all of them in full")
    say(console)


def _print_title(finding: Finding, console: Console) -> None:
    """The verdict, the case, and where, or how often."""
    example = finding.example
    where = f"{example.params}@{example.where}"
    say(
        console,
        (f"{example.verdict} ".ljust(INDENT), STYLE[example.verdict]),
        (example.case, "bold"),
        where if len(finding.results) == 1 else ("  " + finding.spread, "dim"),
    )


def _print_facts(run: Run, finding: Finding, console: Console, clauses: Clauses) -> None:
    """All that is known of a finding, by its first result."""
    example = finding.example
    _print_clause(example, console, clauses)
    for label, fact in explain(example):
        style = STYLE[example.verdict] if label == "observed" else ""
        paragraph(console, INDENT, label, fact, style)
    _print_places(finding, console)
    tail = "\n".join(example.stderr.splitlines()[-STDERR_LINES:])
    if tail:
        paragraph(console, INDENT, "stderr", tail, "dim")
    for label, command in commands(run, example):
        say(console, " " * INDENT, (label.ljust(LABEL), "dim"), command)


def _print_clause(result: Result, console: Console, clauses: Clauses) -> None:
    """The clause that decided, quoted."""
    if result.clause is None:
        return
    quoted = clauses.get(result.clause)
    words = f"{result.clause}: {quoted.sentence}" if quoted else result.clause
    paragraph(console, INDENT, quoted.level.lower() if quoted else "clause", words)


def _print_places(finding: Finding, console: Console) -> None:
    """Where a repeated finding came up, and who was there every time."""
    if finding.suspect is not None:
        paragraph(console, INDENT, "suspect", finding.suspect)
    if len(finding.results) == 1:
        return
    label = "at"
    for result in finding.results[:PLACES]:
        where = f"{result.params}@{result.where}" if result.params else result.where
        say(console, " " * INDENT, (label.ljust(LABEL), "dim"), where)
        label = ""
    more = len(finding.results) - PLACES
    if more > 0:
        say(console, " " * (INDENT + LABEL), f"and {more} more")


def _print_warnings(run: Run, console: Console, clauses: Clauses) -> None:
    """What SHOULD have been otherwise, in two lines each."""
    found = findings(run.results, [Verdict.WARN])
    for finding in found[: DETAILED + BRIEF]:
        _print_title(finding, console)
        _print_clause(finding.example, console, clauses)
    if len(found) > DETAILED + BRIEF:
        say(console, f"and {len(found) - DETAILED - BRIEF} more warnings")
    if found:
        say(console)


def _print_slowest(run: Run, console: Console) -> None:
    """The cases that took longest."""
    say(console, ("slowest", "bold"))
    slowest = sorted(run.results, key=lambda one: -one.seconds)[:SLOWEST]
    for result in slowest:
        say(console, f"{result.seconds:8.3f}s  {result.id}")
    say(console)


def _print_steadiness(run: Run, console: Console) -> None:
    """What repetition has shown: the least steady cases in a table, the others in one line."""
    steady = steadiness(run.results)
    if not steady:
        return
    shaky = [one for one in steady if one.astray]
    if shaky:
        say(console, ("astray", "bold"), ("  in how many tries, and the rate's 95 % bound", "dim"))
    for one in shaky[:SHAKIEST]:
        share = f"{one.astray:6} of {one.tries}".ljust(ASTRAY)
        say(console, share, f"{percent(one.bound):>7}  ", one.result.id)
    if len(shaky) > SHAKIEST:
        say(console, " " * ASTRAY, f"and {len(shaky) - SHAKIEST} more")
    for tries, alike in Counter(one.tries for one in steady if not one.astray).most_common():
        paragraph(
            console, 0, "steady", f"{counted(alike, 'case')}: {tries} tries each, all alike;"
            f" the rate's 95 % bound is {percent(upper_bound(0, tries))}"
        )
    say(console)


def _print_tables(run: Run, table: Matrix, console: Console) -> None:
    """Pairs, single peers, totals."""
    peers = {peer.name: peer for peer in run.header.peers}
    if table.pairs:
        explained = "  the row connects and writes first, the column listens"
        say(console, ("pairs", "bold"), (explained, "dim"))
    # A mutant has one result, which the totals of its family have, too.
    for line in () if kills.about_mutants(run) else peer_tables(table, peers, console.width):
        say(console, line)
    for line in total_table(run, table, console.width):
        say(console, line)
    say(console)


def _duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
