"""The three kinds of line in a results file, and their JSON form.

`results` says how they follow each other. Every record is a value: frozen, and equal to the
one that is read back from its own line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, cast, get_args

from harness import fields
from harness.verdicts import Check, Level, Verdict

FORMAT: Final = 1
"""The version of the file's layout; a reader refuses every other one."""


@dataclass(frozen=True)
class Suite:
    """Which suite judged: its version, and the digest of its clauses and cases."""

    version: str
    digest: str


@dataclass(frozen=True)
class PeerInfo:
    """One peer of the run, with the whole answer to `hello` that it gave."""

    name: str
    implementation: str
    runtime: str | None
    flavour: str
    hello: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Share:
    """Which part of a whole plan a run was: number `number` of `of`; and what the whole plan is."""

    number: int
    of: int
    planned: int
    plan: str


@dataclass(frozen=True)
class Header:
    """The plan of a run. `plan` is `plan_digest` of the ids, `started` is ISO 8601.

    With a `shard` these are the ids of that part alone, and the shard states the whole.
    """

    suite: Suite
    harness: str
    started: str
    peers: tuple[PeerInfo, ...]
    planned: int
    plan: str
    options: Mapping[str, Any] = field(default_factory=dict)
    host: Mapping[str, Any] = field(default_factory=dict)
    shard: Share | None = None

    def to_json(self) -> dict[str, Any]:
        """The header as the object of its line."""
        return {"type": "header", "format": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Header:
        """The header that a line states; raises fields.Invalid."""
        take = fields.Fields(line)
        take.exactly("type", "header")
        take.exactly("format", FORMAT)
        suite = take.inner("suite")
        header = cls(
            Suite(suite.text("version"), suite.text("digest")),
            take.text("harness"), take.text("started"),
            tuple(_peer(peer, index) for index, peer in enumerate(take.mappings("peers"))),
            take.count("planned"),
            take.text("plan"),
            _options(take),
            take.mapping("host"),
            _share(take.optional_mapping("shard")),
        )
        suite.done()
        take.done()
        return header


@dataclass(frozen=True)
class Known:
    """The known-failing line that a result was held against."""

    line: int
    reason: str


@dataclass(frozen=True)
class Result:
    """The outcome of one case against one peer, or against an ordered pair of them.

    `id` is `case`, `params` (with its brackets, or empty) and the peers. `seconds` is wall
    time. `segmentation` is "proved" when the kernel has confirmed that the octets arrived
    cut as the case says, "unproved" when they were cut on trust, None when they were whole.
    `expected_verdict` and `known` are set where a known-failing line applied.

    `log` names the wire log, relative to the folder of the results file. `blame` is the peer of a
    pair that first broke a clause, where that could be told. `tries` counts the outcomes of a case
    that was repeated, by verdict and clause ("PASS", "FAIL END-5"); it is empty for a case that ran
    once. `localised` says the smallest combination of axes with which a case of a covering array
    fails, in words.
    """

    id: str
    case: str
    params: str
    peers: tuple[str, ...]
    verdict: Verdict
    clause: str | None = None
    reason: str = ""
    checks: tuple[Check, ...] = ()
    clauses: tuple[str, ...] = ()
    step: str | None = None
    seconds: float = 0.0
    segmentation: str | None = None
    stderr: str = ""
    expected_verdict: Verdict | None = None
    known: Known | None = None
    log: str | None = None
    blame: str | None = None
    tries: Mapping[str, int] = field(default_factory=dict)
    localised: str = ""

    @property
    def family(self) -> str:
        """The first part of the case's path."""
        return self.case.partition("/")[0]

    @property
    def where(self) -> str:
        """The peer, or the pair joined by a tilde."""
        return "~".join(self.peers)

    @property
    def decisive(self) -> Check | None:
        """The check that decided the verdict, if a check did and not what interrupted the case."""
        level = {Verdict.FAIL: "MUST", Verdict.XFAIL: "MUST", Verdict.WARN: "SHOULD"}
        for check in self.checks:
            bound = check.clause == self.clause and check.level == level.get(self.verdict)
            if bound and not check.ok:
                return check
        return None

    def to_json(self) -> dict[str, Any]:
        """The result as the object of its line."""
        # Plain strings and lists only: xdist carries this object between processes, and its
        # serialiser knows neither enumerations nor other subclasses.
        # Not by `asdict`, which copies every value and took a tenth of a run's processor time.
        return {
            "type": "result", **vars(self), "verdict": self.verdict.value,
            "expected_verdict": self.expected_verdict and self.expected_verdict.value,
            "checks": tuple(dict(vars(check)) for check in self.checks),
            "known": self.known and dict(vars(self.known)), "tries": dict(self.tries),
        }

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Result:
        """The result that a line states; raises fields.Invalid."""
        take = fields.Fields(line)
        take.exactly("type", "result")
        expected = take.optional_text("expected_verdict")
        cut = take.optional_text("segmentation")
        if cut not in (None, "proved", "unproved"):
            raise fields.Invalid(f"'segmentation' cannot be {cut!r}")
        result = cls(
            take.text("id"),
            take.text("case"),
            take.text("params"),
            take.texts("peers"),
            _verdict(take.text("verdict")),
            take.optional_text("clause"),
            take.text("reason"),
            tuple(_check(check, index) for index, check in enumerate(take.mappings("checks"))),
            take.texts("clauses"),
            take.optional_text("step"),
            take.number("seconds"),
            cut,
            take.text("stderr"),
            None if expected is None else _verdict(expected),
            _known(take.optional_mapping("known")),
            take.optional_text("log"),
            take.optional_text("blame"),
            _tries(take.mapping("tries")),
            take.text("localised"),
        )
        take.done()
        if len(result.peers) not in (1, 2):
            raise fields.Invalid("'peers' has to name one peer or two")
        return result


@dataclass(frozen=True)
class Footer:
    """The end of a run: what was recorded, what was planned and is not there (first ids)."""

    results: int
    counts: Mapping[Verdict, int]
    missing: tuple[str, ...]
    exit: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """The footer as the object of its line."""
        counts = {verdict.value: number for verdict, number in self.counts.items()}
        return {"type": "footer", **asdict(self), "counts": counts}

    @classmethod
    def from_json(cls, line: Mapping[str, Any]) -> Footer:
        """The footer that a line states; raises fields.Invalid."""
        take = fields.Fields(line)
        take.exactly("type", "footer")
        counts = take.inner("counts")
        footer = cls(
            take.count("results"),
            {_verdict(word): counts.count(word) for word in counts},
            take.texts("missing"), take.count("exit"), take.number("seconds"),
        )
        take.done()
        return footer


def _options(take: fields.Fields) -> dict[str, Any]:
    """A header's `options`; those of a merged file hold one such object for each system."""
    options = take.mapping("options")
    if "of_systems" in options:
        systems = take.inner("options").inner("of_systems")
        for system in systems:
            systems.mapping(system)
    return options


def _share(line: Mapping[str, Any] | None) -> Share | None:
    """A header's `shard`."""
    if line is None:
        return None
    take = fields.Fields(line, "shard.")
    share = Share(take.count("number"), take.count("of"), take.count("planned"), take.text("plan"))
    take.done()
    return share


def _verdict(word: str) -> Verdict:
    """The verdict of a name."""
    try:
        return Verdict(word)
    except ValueError:
        raise fields.Invalid(f"there is no verdict {word!r}") from None


def _peer(line: Mapping[str, Any], index: int) -> PeerInfo:
    """One entry of the header's `peers`."""
    take = fields.Fields(line, f"peers[{index}].")
    peer = PeerInfo(
        take.text("name"), take.text("implementation"), take.optional_text("runtime"),
        take.text("flavour"), take.mapping("hello"),
    )
    take.done()
    return peer


def _check(line: Mapping[str, Any], index: int) -> Check:
    """One entry of a result's `checks`."""
    take = fields.Fields(line, f"checks[{index}].")
    level = take.text("level")
    if level not in get_args(Level):
        raise fields.Invalid(f"'checks[{index}].level' cannot be {level!r}")
    check = Check(
        take.text("clause"), cast(Level, level), take.truth("ok"),
        take.text("expected"), take.text("observed"),
    )
    take.done()
    return check


def _tries(line: Mapping[str, Any]) -> dict[str, int]:
    """A result's `tries`."""
    take = fields.Fields(line, "tries.")
    return {outcome: take.count(outcome) for outcome in take}


def _known(line: Mapping[str, Any] | None) -> Known | None:
    """A result's `known`."""
    if line is None:
        return None
    take = fields.Fields(line, "known.")
    known = Known(take.count("line"), take.text("reason"))
    take.done()
    return known
