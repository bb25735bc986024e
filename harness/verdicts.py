"""What a case says about a peer, and what a run says to the shell.

This module is pure: observations go in, verdicts come out, and nothing here reads a file,
a clock or a socket. The order of the rules is the point. It is written so that a mistake
of ours can never look like a pass, and so that evidence against a peer is never covered up
by something that went wrong later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, Protocol, get_args

Level = Literal["MUST", "SHOULD", "MAY", "INFO"]
"""How strictly a check judges: the level of its clause, or INFO for a mere observation."""


class Verdict(str, Enum):
    """The outcome of one case; design section 6 defines the words.

    The members stand in order of severity, the mildest first. INFO is milder than PASS, since
    beside a judgement a mere observation adds nothing.
    """

    INFO = "INFO"
    PASS = "PASS"
    UNSUPPORTED = "UNSUPPORTED"
    WARN = "WARN"
    XFAIL = "XFAIL"
    STALE = "STALE"
    FLAKY = "FLAKY"
    FAIL = "FAIL"
    TIMEOUT = "TIMEOUT"
    CRASH = "CRASH"
    UNTESTABLE = "UNTESTABLE"
    HARNESS = "HARNESS"

    def __str__(self) -> str:
        """The bare word, on every Python version."""
        return self.value


GREEN: Final = frozenset(
    {Verdict.PASS, Verdict.WARN, Verdict.INFO, Verdict.UNSUPPORTED, Verdict.XFAIL}
)
"""Verdicts with which a peer conforms."""

RED: Final = frozenset(Verdict) - GREEN
"""Verdicts that make a run fail, be it the peer's fault or ours."""

UNTRUSTED: Final = frozenset({Verdict.HARNESS, Verdict.UNTESTABLE})
"""Red verdicts that say nothing about the peer: the case was not really run."""

LETTER: Final[Mapping[Verdict, str]] = {
    Verdict.PASS: ".",
    Verdict.WARN: "w",
    Verdict.FAIL: "F",
    Verdict.INFO: "i",
    Verdict.UNSUPPORTED: "u",
    Verdict.UNTESTABLE: "?",
    Verdict.TIMEOUT: "T",
    Verdict.CRASH: "C",
    Verdict.FLAKY: "~",
    Verdict.HARNESS: "H",
    Verdict.XFAIL: "x",
    Verdict.STALE: "S",
}
"""One character a verdict. The dot and the small letters are green, all others are red."""

STYLE: Final[Mapping[Verdict, str]] = {
    Verdict.PASS: "green",
    Verdict.WARN: "yellow",
    Verdict.FAIL: "bold red",
    Verdict.INFO: "blue",
    Verdict.UNSUPPORTED: "bright_black",
    Verdict.UNTESTABLE: "bold magenta",
    Verdict.TIMEOUT: "bold red",
    Verdict.CRASH: "bold red",
    Verdict.FLAKY: "bold yellow",
    Verdict.HARNESS: "bold magenta",
    Verdict.XFAIL: "cyan",
    Verdict.STALE: "bold yellow",
}
"""The terminal style of a verdict. Red is the peer, magenta is ours, bold needs a hand."""

_TROUBLE_KINDS: Final = frozenset(
    {Verdict.TIMEOUT, Verdict.CRASH, Verdict.UNTESTABLE, Verdict.HARNESS, Verdict.FAIL}
)


@dataclass(frozen=True)
class Check:
    """One observation of a case, bound to the clause that it decides.

    `level` says how strictly it judges, `ok` whether the observation met the expectation;
    `expected` and `observed` are for people and are printed as they are.
    Raises ValueError for a level that does not exist.
    """

    clause: str
    level: Level
    ok: bool
    expected: str
    observed: str

    def __post_init__(self) -> None:
        if self.level not in get_args(Level):
            raise ValueError(f"check of {self.clause}: unknown level {self.level!r}")


@dataclass(frozen=True)
class Trouble:
    """What cut a case short.

    `kind` is TIMEOUT, CRASH, UNTESTABLE, HARNESS, or FAIL for a library that broke a clause
    by raising where it must not; that one has to name the clause, which need not be one that
    the case declares (every case may find a thread left behind). `step` is what was being
    done, `peer` who was doing it, if a peer was. Raises ValueError for another kind and for a
    FAIL without clause.
    """

    kind: Verdict
    step: str | None
    clause: str | None
    reason: str
    peer: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in _TROUBLE_KINDS:
            raise ValueError(f"{self.kind} does not interrupt a case")
        if self.kind is Verdict.FAIL and self.clause is None:
            raise ValueError("a FAIL has to name the clause that was broken")


@dataclass(frozen=True)
class Judgement:
    """A verdict with the clause that decided it, the reason in one line, and the step."""

    verdict: Verdict
    clause: str | None
    reason: str
    step: str | None


class KnownFailure(Protocol):
    """What `overlay` asks of one line of a known-failing list."""

    @property
    def line(self) -> int:
        """The number of the line in its file."""

    @property
    def verdict(self) -> Verdict:
        """The verdict that is expected."""

    @property
    def clause(self) -> str | None:
        """The clause that is expected to decide it."""

    @property
    def reason(self) -> str:
        """Why it is expected, in the words of whoever listed it."""


def judge(declared: Sequence[str], checks: Sequence[Check], trouble: Trouble | None) -> Judgement:
    """Turn the observations of one case into its verdict; the first rule that fits decides.

    1. HARNESS trouble: HARNESS. Nothing that we saw can be relied on.
    2. A failed MUST check: FAIL by the first one. Whatever interrupted the case came after
       it, and a clean-up that hangs must not cover up what had been proved.
    3. Any other trouble: its own kind.
    4. No clause declared, or no check recorded: HARNESS, never PASS.
    5. A declared clause without a check, or a check of a clause not declared: HARNESS.
    6. A failed SHOULD check: WARN by the first one.
    7. Nothing but MAY and INFO checks: INFO.
    8. Otherwise PASS.
    """
    broken = _first_failed(checks, "MUST")
    if trouble is not None and trouble.kind is Verdict.HARNESS:
        before = f" (after a failed check of {broken.clause})" if broken else ""
        return _interrupted(trouble, before)
    if broken is not None:
        after = f" (then {_summary(trouble)})" if trouble else ""
        return Judgement(Verdict.FAIL, broken.clause, difference(broken) + after, None)
    if trouble is not None:
        return _interrupted(trouble)
    defect = _defect(declared, checks)
    if defect is not None:
        return defect
    missed = _first_failed(checks, "SHOULD")
    if missed is not None:
        return Judgement(Verdict.WARN, missed.clause, difference(missed), None)
    if all(check.level in ("MAY", "INFO") for check in checks):
        seen = one_line(f"observed {checks[0].observed}")
        return Judgement(Verdict.INFO, checks[0].clause, seen, None)
    return Judgement(Verdict.PASS, None, "", None)


def overlay(judgement: Judgement, known: KnownFailure | None) -> Judgement:
    """Hold a judgement against the known-failing line that covers it, if one does.

    Exactly the expected verdict by exactly the expected clause becomes XFAIL. A green verdict
    becomes STALE: the line has outlived its reason. Anything else stays what it was, since a
    peer that fails in another way than the known one has a new defect.
    """
    if known is None:
        return judgement
    if (judgement.verdict, judgement.clause) == (known.verdict, known.clause):
        reason = one_line(f"known failing, line {known.line}: {known.reason}")
        return Judgement(Verdict.XFAIL, judgement.clause, reason, judgement.step)
    if judgement.verdict in GREEN:
        by = f" by {known.clause}" if known.clause else ""
        reason = (
            f"known-failing line {known.line} expects {known.verdict}{by}, "
            f"observed {judgement.verdict}: narrow the line or take it out"
        )
        return Judgement(Verdict.STALE, known.clause, reason, judgement.step)
    return judgement


def exit_code(verdicts: Iterable[Verdict], complete: bool) -> int:
    """The exit status of a run: 0 conforms, 1 does not, 2 nothing ran, 3 not to be trusted.

    `complete` is false when a planned case has no result. 3 goes before 1: a HARNESS or
    UNTESTABLE result, or a missing one, means that the list of failures may not be whole, and
    a caller who compares it with an earlier list has to know that first. A run that planned
    something and recorded nothing is incomplete (3); 2 is left for an empty selection.
    """
    seen = frozenset(verdicts)
    if not complete or seen & UNTRUSTED:
        return 3
    if not seen:
        return 2
    return 1 if seen & RED else 0


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The one verdict that stands for several: the most severe of them.

    It agrees with `exit_code`: every red one is worse than every green one, and HARNESS and
    UNTESTABLE are the worst. Raises ValueError when there is none to choose from.
    """
    return max(verdicts, key=tuple(Verdict).index)


def one_line(text: str) -> str:
    """The text with every run of white space, line ends included, folded to one space."""
    return " ".join(text.split())


def difference(check: Check) -> str:
    """Expectation and observation of a check in one line; the reason of a failed one."""
    return one_line(f"expected {check.expected}; observed {check.observed}")


def _first_failed(checks: Sequence[Check], level: Level) -> Check | None:
    """The first failed check of a level."""
    return next((check for check in checks if check.level == level and not check.ok), None)


def _interrupted(trouble: Trouble, remark: str = "") -> Judgement:
    """The judgement that a trouble gives by itself."""
    return Judgement(trouble.kind, trouble.clause, one_line(trouble.reason) + remark, trouble.step)


def _summary(trouble: Trouble) -> str:
    """A trouble in a few words, for a verdict that something else has decided."""
    where = f" at {trouble.step}" if trouble.step else ""
    return f"{trouble.kind}{where}"


def _defect(declared: Sequence[str], checks: Sequence[Check]) -> Judgement | None:
    """What is wrong with the case itself, if anything."""

    def ours(clause: str | None, reason: str) -> Judgement:
        return Judgement(Verdict.HARNESS, clause, reason, None)

    if not declared:
        return ours(None, "the case declares no clause")
    if not checks:
        return ours(None, "the case recorded no observation")
    checked = {check.clause for check in checks}
    for clause in declared:
        if clause not in checked:
            return ours(clause, f"the case declares {clause} and never checked it")
    for check in checks:
        if check.clause not in declared:
            return ours(check.clause, f"the case checked {check.clause} without declaring it")
    return None
