"""Results that say the same thing, told once.

One broken peer among eighteen fails the same case in thirty-five pairs. That is one finding,
and printed thirty-five times it would bury the next.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.results import Result, Run
from harness.verdicts import Verdict, difference

Key = tuple[str, Verdict, str | None, str, str | None]
"""What makes two results the same finding."""


@dataclass(frozen=True)
class Finding:
    """Results of one case with the same verdict, clause, step and reason; never empty."""

    results: tuple[Result, ...]

    @property
    def example(self) -> Result:
        """The first of the results."""
        return self.results[0]

    @property
    def spread(self) -> str:
        """How far it spreads, in words: results, variants of the case, pairs or peers."""
        noun = "pairs" if len(self.example.peers) > 1 else "peers"
        places = len({one.peers for one in self.results})
        variants = len({one.params for one in self.results})
        several = f"{variants} variants, " if variants > 1 else ""
        return f"{len(self.results)} results: {several}{places} {noun}"

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
    """What the result is filed under.

    Peers and parameters are no part of it: where they matter, the reason differs.
    """
    return (result.case, result.verdict, result.clause, result.reason, result.step)


def findings(results: Iterable[Result], verdicts: Iterable[Verdict]) -> list[Finding]:
    """The findings among the results with one of the verdicts.

    The most severe come first, then those that came up most often, then in the order of the
    results.
    """
    wanted = set(verdicts)
    groups: dict[Key, list[Result]] = {}
    for result in results:
        if result.verdict in wanted:
            groups.setdefault(key(result), []).append(result)
    severity = tuple(Verdict)
    found = [Finding(tuple(group)) for group in groups.values()]
    found.sort(key=lambda one: (-severity.index(one.example.verdict), -len(one.results)))
    return found


def explain(result: Result) -> list[tuple[str, str]]:
    """What a result rests on, as labelled lines: the deciding check or the reason, the step."""
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
    return facts


def replay(run: Run, result: Result) -> str:
    """The shell command that runs exactly this result's case again."""
    words = ["python", "-m", "harness", "replay", result.id, *_options(run.header.options)]
    return shlex.join(words)


def _options(options: Mapping[str, Any]) -> list[str]:
    """The options of the run without which the case would not be the same one."""
    files = options.get("peers") or []
    words = []
    for file in [files] if isinstance(files, str) else files:
        words += ["--peers", str(file)]
    patience = options.get("patience")
    if patience not in (None, 1):
        words += ["--patience", str(patience)]
    return words
