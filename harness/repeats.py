"""Many tries of one case, made into one result.

A try is a whole trial, with its own record and its own look behind the peers. Tries do not soften
anything: where all agree their verdict stands, and where two disagree the case is FLAKY, which is
red. Nothing is ever tried again because of how it ended.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from harness.records import Result
from harness.verdicts import RED, Verdict, one_line

ENOUGH: Final = 10
"""After how many tries that end red in the same way a case is not tried further. It fails, and to
wait for a thousand time-outs would tell nothing more."""


def outcome(result: Result) -> str:
    """How a try ended, in words: `PASS`, `FAIL END-5`."""
    return f"{result.verdict} {result.clause}" if result.clause else str(result.verdict)


def repeated(attempt: Callable[[Sequence[Result]], Result], times: int) -> Result:
    """Make the tries of a case one after the other, and return what they come to.

    `attempt` makes one try and is told of the earlier ones; `times` is at least 1. A case that
    could not be run at all (UNSUPPORTED) is not repeated, nor one whose first `ENOUGH` tries fail
    alike.
    """
    if times == 1:
        return attempt(())
    tries: list[Result] = []
    for _ in range(times):
        tries.append(attempt(tries))
        if _settled(tries):
            break
    return agreed(tries)


def _settled(tries: Sequence[Result]) -> bool:
    if len(tries) == 1:
        return tries[0].verdict is Verdict.UNSUPPORTED
    if len(tries) != ENOUGH:
        return False
    return len({outcome(one) for one in tries}) == 1 and tries[0].verdict in RED


def agreed(tries: Sequence[Result]) -> Result:
    """Return the one result of several tries of a case; there must be one at least.

    Tries that agree in verdict and clause give the last of them. Others give FLAKY, with the
    particulars of the first try that ended otherwise than most; its clause is named where no other
    was broken. A result that is made of tries already, as `merge` has them, counts for all of them.
    Only a try that was HARNESS goes before that: our own fault says nothing about the peer, however
    often it came up. `seconds` are those of all tries together, and the log is the first that a try
    has left.
    """
    counts: Counter[str] = Counter()
    for one in tries:
        counts.update(_tries(one))
    usual = max(counts, key=counts.__getitem__)
    stray = next((one for one in tries if outcome(one) != usual), tries[-1])
    ours = next((one for one in tries if one.verdict is Verdict.HARNESS), None)
    shown = ours or stray
    if ours is None and len(counts) > 1:
        clauses = {clause for word in counts if (clause := word.partition(" ")[2])}
        shown = replace(
            stray, verdict=Verdict.FLAKY, clause=clauses.pop() if len(clauses) == 1 else None,
            reason=_difference(tries, usual, stray),
        )
    seconds = round(sum(one.seconds for one in tries), 6)
    log = next((one.log for one in tries if one.log is not None), None)
    return replace(shown, tries=dict(counts), seconds=seconds, log=log)


def _tries(result: Result) -> Mapping[str, int]:
    """The outcomes that a result stands for: those of its own tries, or its one."""
    return result.tries or {outcome(result): 1}


def _difference(tries: Sequence[Result], usual: str, stray: Result) -> str:
    """Say which try was the first to end otherwise than most, and why it ended so."""
    at = next(at for at, one in enumerate(tries) if one is stray)
    if stray.verdict is Verdict.FLAKY:
        return one_line(f"most tries gave {usual}; in run {at + 1}, {stray.reason}")
    number = 1 + sum(sum(_tries(one).values()) for one in tries[:at])
    why = f": {stray.reason}" if stray.reason else ""
    return one_line(f"most tries gave {usual}, try {number} gave {outcome(stray)}{why}")
