"""What `harness mutants` prints: the kill matrix in short, and everything that is not in order."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from harness import program
from harness.mutation.accounts import Accounts, Book, key, tried
from harness.mutation.zoo import Mutant
from harness.report.findings import counted
from harness.report.ink import NARROWEST, paragraph, say
from harness.report.kills import implementations
from harness.results import Result

#: Lines of one list that are printed; the results file has the rest.
SHOWN = 40
INDENT = 4


def show(console: Console, book: Book, accounts: Accounts, seconds: float) -> None:
    """Print the kill matrix and the lists."""
    known = tried(book)
    breaks = {one.name: one.breaks for one in known}
    kills = [kill for kill in accounts.kills if kill.clause in breaks.get(kill.mutant, ())]
    if known:
        fair = {(kill.mutant, kill.case.partition("/")[0]) for kill in kills}
        _matrix(console, known, fair, {one.family for one in accounts.survivors})
    _mutants(console, accounts)
    _cases(console, accounts)
    _wrong(console, accounts)
    killed = len({kill.mutant for kill in kills})
    cases = len(dict.fromkeys(key(stem) for stem in book.stems))
    verdict = ("proved", "bold green") if accounts.proved else ("not proved", "bold red")
    say(
        console, verdict,
        f": {killed} of {counted(len(known), 'mutant')} killed,"
        f" {counted(cases, 'case')}, {len(accounts.idle)} of them idle,"
        f" {counted(len(accounts.kills), 'kill')} in {seconds:.0f} s",
    )


def _matrix(
    console: Console, tried: Sequence[Mutant], fair: set[tuple[str, str]], bad: set[str]
) -> None:
    """Families of mutants and of cases: how many mutants of the one the other has killed."""
    rows = list(dict.fromkeys(one.family for one in tried))
    left = max(map(len, rows))
    say(console, "kill matrix  by a clause that they break, families of cases have killed mutants")
    for row in rows:
        names = {one.name for one in tried if one.family == row}
        by = Counter(family for name, family in fair if name in names)
        dead = len({name for name, _ in fair} & names)
        listed = sorted(by.items(), key=lambda item: (-item[1], item[0]))
        told = ", ".join(f"{family} {count}" for family, count in listed)
        head, style = row.ljust(left + 2), "bold red" if row in bad else "green"
        killed = f"{dead:3} of {len(names):2}  "
        room = max(NARROWEST, console.width - len(head) - len(killed))
        for line in Text(told or "none").wrap(console, room):
            say(console, head, (killed, style), line)
            head, killed = " " * len(head), " " * len(killed)
    say(console)


def _mutants(console: Console, accounts: Accounts) -> None:
    for one in accounts.survivors[:SHOWN]:
        say(console, ("SURVIVED  ", "bold red"), one.name)
        paragraph(console, INDENT, "defect", one.defect)
        paragraph(console, INDENT, "breaks", ", ".join(one.breaks))
        others = sorted({
            f"{kill.case} by {kill.clause}" for kill in accounts.kills if kill.mutant == one.name
        })
        if others:
            paragraph(console, INDENT, "but", f"{others[0]} fails ({counted(len(others), 'kill')})")
        _replay(console, f"--mutant {one.name}")
    _rest(console, accounts.survivors)


def _cases(console: Console, accounts: Accounts) -> None:
    for name in accounts.idle[:SHOWN]:
        say(console, ("IDLE      ", "bold red"), name)
        _replay(console, f"--case '{name}'")
    _rest(console, accounts.idle)
    idle = {name.partition("[")[0] for name in accounts.idle}
    listed = [pair for pair in accounts.undecided if pair[0] not in idle]
    for case, clause in listed[:SHOWN]:
        say(console, ("UNDECIDED ", "bold red"), f"{case} quotes {clause}, and kills by others")
        _replay(console, f"--case {case}")
    _rest(console, listed)


def _wrong(console: Console, accounts: Accounts) -> None:
    lists = (
        ("WRONG     ", "on an endpoint without a defect", accounts.wrong),
        ("HARNESS   ", "the case itself is broken", accounts.faulty),
        ("NULL      ", "on an implementation of nothing", accounts.floor),
    )
    for word, where, results in lists:
        for result in results[:SHOWN]:
            say(console, (word, "bold red"), f"{result.verdict} {result.id}")
            paragraph(console, INDENT, "because", result.reason or where)
            names = [name for name in implementations(result) if name != "sound.Sound"]
            name = (names or ["sound.Sound"])[0]
            _replay(console, f"--mutant {name} --case '{_name(result)}'")
        _rest(console, results)


def _name(result: Result) -> str:
    return result.case + result.params


def _replay(console: Console, options: str) -> None:
    start = shlex.join(program.words())
    say(console, " " * INDENT, ("replay    ", "dim"), f"{start} mutants {options}")


def _rest(console: Console, listed: Sequence[object]) -> None:
    if len(listed) > SHOWN:
        say(console, f"    and {len(listed) - SHOWN} more")
        say(console)


def floor(console: Console, met: int, accounts: Accounts) -> None:
    """Say how many cases met implementations of nothing, and how many passed."""
    passed = len(accounts.floor)
    style = "bold red" if passed else "green"
    say(
        console, "floor: ", f"{counted(met, 'case')} on implementations of nothing, ",
        (f"{passed} passed", style),
    )


def details(console: Console, accounts: Accounts, results: Iterable[Result]) -> None:
    """Print every result of a small run, since somebody looks at one mutant or one case."""
    killing = {(kill.mutant, kill.case) for kill in accounts.kills}
    for result in results:
        who = implementations(result)
        word = "kills " if any((name, _name(result)) in killing for name in who) else "      "
        say(console, word, str(result.verdict).ljust(12), result.id, (f"  {result.reason}", "dim"))
    say(console)
