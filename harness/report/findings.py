"""Results that say the same thing, told once.

One broken peer among eighteen fails the same case in thirty-five pairs. That is one finding,
and printed thirty-five times it would bury the next.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from harness.report import kills
from harness.report.bounds import told
from harness.results import Result, Run
from harness.verdicts import Verdict, difference

NUMBER: Final = re.compile(r"\b[0-9a-f]{6,}\b|\d+")
"""What differs between two results that say the same thing: numbers, checksums and octets."""

Key = tuple[str, Verdict, str | None, str, str | None]
"""What makes two results the same finding; see `key`."""


@dataclass(frozen=True)
class Finding:
    """Results of one case that say the same thing; never empty."""

    results: tuple[Result, ...]

    @property
    def example(self) -> Result:
        """The first of the results."""
        return self.results[0]

    @property
    def spread(self) -> str:
        """How far it spreads, in words: results, variants of the case, pairs or peers."""
        noun = "pair" if len(self.example.peers) > 1 else "peer"
        places = counted(len({one.peers for one in self.results}), noun)
        variants = len({one.params for one in self.results})
        several = f"{variants} variants, " if variants > 1 else ""
        return f"{counted(len(self.results), 'result')}: {several}{places}"

    @property
    def suspect(self) -> str | None:
        """What several pairs have in common, in words; None when nothing stands out.

        Where one peer is left of many pairs, it is the one to look at first.
        """
        pairs = {one.peers for one in self.results if len(one.peers) > 1}
        if len(pairs) < 2:
            return None
        for at, role in enumerate(("first", "second")):
            held = {pair[at] for pair in pairs}
            if len(held) == 1:
                return f"{held.pop()} is {role} in all of them"
        shared = set.intersection(*map(set, pairs))
        return f"{shared.pop()} is in all of them" if len(shared) == 1 else None


def key(result: Result) -> Key:
    """What the result is filed under: case, verdict, clause, and the words of reason and step.

    Lengths, times and the peers' names are particulars of one result, so they do not count.
    """
    step = None if result.step is None else _words(result.step, result.peers)
    return (result.case, result.verdict, result.clause, _words(result.reason, result.peers), step)


def _words(text: str, peers: Iterable[str]) -> str:
    """A text without the names of the peers and without its numbers."""
    for peer in peers:
        text = text.replace(peer, "@")
    return NUMBER.sub("#", text)


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it has to be."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def findings(results: Iterable[Result], verdicts: Iterable[Verdict]) -> list[Finding]:
    """The findings among the results with one of the verdicts.

    The most severe come first; of these the first one of each clause, so that no defect hides the
    others by its number; then those that came up most often, then in the order of the results.
    """
    wanted = set(verdicts)
    groups: dict[Key, list[Result]] = {}
    for result in results:
        if result.verdict in wanted:
            groups.setdefault(key(result), []).append(result)
    severity = tuple(Verdict)
    found = [Finding(tuple(group)) for group in groups.values()]
    found.sort(key=lambda one: (-severity.index(one.example.verdict), -len(one.results)))
    first: dict[tuple[Verdict, str | None], Finding] = {}
    for one in found:
        first.setdefault((one.example.verdict, one.example.clause), one)
    leaders = {id(one) for one in first.values()}
    found.sort(key=lambda one: (-severity.index(one.example.verdict), id(one) not in leaders))
    return found


def explain(result: Result) -> list[tuple[str, str]]:
    """What a result rests on, as labelled lines: the deciding check or the reason, the step.

    Behind those stand, where they are known, how repeated tries ended, the smallest combination
    of axes that fails, and the peer of a pair that broke a clause first.
    """
    facts = []
    reason = result.reason
    check = result.decisive
    if check is not None:
        facts += [("expected", check.expected), ("observed", check.observed)]
        # What is left is what happened after the check had failed.
        reason = reason.removeprefix(difference(check)).strip()
    if reason:
        facts.append(("because", reason))
    if result.step is not None:
        facts.append(("step", result.step))
    if len(result.tries) > 1:
        facts.append(("tries", told(result.tries)))
    if result.localised:
        facts.append(("narrowed", result.localised))
    if result.blame is not None:
        facts.append(("blame", f"{result.blame} was the first to break a clause"))
    return facts


def replay(run: Run, result: Result) -> str:
    """The shell command that runs exactly this result's case again, on the system that it ran on.

    Of a merged file that is the command of the run that the result came from: with its options, and
    without a system behind the names of the peers.
    """
    options, peers = _origin(run, result)
    case = result.id.removesuffix(f"@{result.where}")
    words = [*_program(options), "replay", f"{case}@{'~'.join(peers)}"]
    words += _files("--peers", options.get("peers"))
    if options.get("patience", 1) != 1:
        words += ["--patience", str(options["patience"])]
    if options.get("validate"):
        words.append("--validate")
    if result.verdict is Verdict.FLAKY:
        # One try would end in one way, and show nothing.
        words += ["--repeat", str(options.get("repeat", 1))]
        words += ["--load", f"{options['load']:g}"] if options.get("load") else []
    if result.verdict is Verdict.STALE:
        # Without the list that it contradicts, it would be a plain pass.
        words += _files("--known-failing", options.get("known_failing"))
    return shlex.join(words)


def _origin(run: Run, result: Result) -> tuple[Mapping[str, Any], Sequence[str]]:
    """The options of the run that a result came from, and the names of its peers there."""
    for system, options in run.header.options.get("of_systems", {}).items():
        if result.peers[0].endswith(f"+{system}"):
            return options, [peer.removesuffix(f"+{system}") for peer in result.peers]
    return run.header.options, result.peers


def explain_command(run: Run, result: Result) -> str | None:
    """The shell command that tells a result's wire log as a story; None when there is no log."""
    if result.log is None:
        return None
    # The folder may be a temporary one that is gone: a way through it would lead nowhere.
    path = os.path.normpath(run.folder / result.log)
    return shlex.join([*_program(_origin(run, result)[0]), "explain", path])


def _program(options: Mapping[str, Any]) -> Sequence[str]:
    """The words that start the harness as the run was started."""
    return options.get("program") or ("python", "-m", "harness")


def commands(run: Run, result: Result) -> list[tuple[str, str]]:
    """What to type next about a red result, as labelled lines: explain it, and run it again."""
    if kills.about_mutants(run):
        return [("replay", shlex.join([*_program(run.header.options), *kills.again(result)]))]
    story = explain_command(run, result)
    return [*([("explain", story)] if story else []), ("replay", replay(run, result))]


def _files(option: str, files: Iterable[object] | None) -> list[str]:
    """The option once for each file."""
    return [word for file in files or () for word in (option, str(file))]
