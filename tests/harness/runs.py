"""Runs made up for the tests of reports, in the shape that real ones have."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from harness.report.terminal import summary
from harness.results import Check, Footer, Header, PeerInfo, Result, Run, Suite, Writer, plan_digest
from harness.verdicts import Verdict, exit_code

VERSIONS = ("2.7", "3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
FLAVOURS = ("poll", "select")

SINGLES = (
    "end/clean/between-frames",
    "end/truncated/in-payload",
    "frame/empty/delivered",
    "frame/length/longer-header",
    "handshake/order/glued",
    "sending/large/stuck",
    "stream/cut/every-octet",
    "text/malformed/refused",
)
PAIRS = (
    ("interop/kinds/every-boundary", "[8191]"),
    ("interop/kinds/every-boundary", "[8192]"),
    ("interop/kinds/text", ""),
    ("interop/duplex/both-at-once", ""),
    ("handshake/order/both-sides", ""),
)

TITLE = "pairs  the row connects and writes first, the column listens"
"""The line above the matrix of a summary."""


@dataclass(frozen=True)
class Sentence:
    """A clause to be quoted."""

    level: str
    sentence: str


CLAUSES = {
    "FRAME-5": Sentence(
        "MUST", "A sender MUST use the shortest header that can hold the payload length."
    ),
    "FRAME-9": Sentence(
        "SHOULD",
        "A sender SHOULD send an empty message as a frame of length zero rather than drop it.",
    ),
    "STREAM-1": Sentence(
        "MUST",
        "A receiver MUST deliver the same messages however the transport cuts or joins the octets.",
    ),
}


def peers(implementations: Sequence[str] = ("reference",)) -> tuple[PeerInfo, ...]:
    """Both flavours of every implementation on every version."""
    return tuple(
        PeerInfo(f"{name}@cpython{version}-{flavour}", name, f"cpython{version}", flavour)
        for name in implementations
        for version in VERSIONS
        for flavour in FLAVOURS
    )


def passed(case: str, params: str, *where: str) -> Result:
    """A case that passed."""
    return Result(
        f"{case}{params}@{'~'.join(where)}",
        case,
        params,
        where,
        Verdict.PASS,
        checks=(Check("STREAM-1", "MUST", True, "the message", "the message"),),
        clauses=("STREAM-1",),
        seconds=0.012,
    )


def failed(result: Result) -> Result:
    """The same case, failing a MUST."""
    check = Check("FRAME-5", "MUST", False, "the header 00 81", "the header 00 80 81")
    return replace(
        result,
        verdict=Verdict.FAIL,
        clause="FRAME-5",
        reason="expected the header 00 81; observed the header 00 80 81",
        checks=(*result.checks, check),
    )


def warned(result: Result) -> Result:
    """The same case, not meeting a SHOULD."""
    check = Check("FRAME-9", "SHOULD", False, "80", "nothing")
    return replace(
        result,
        verdict=Verdict.WARN,
        clause="FRAME-9",
        reason="expected 80; observed nothing",
        checks=(*result.checks, check),
    )


def gave(result: Result, verdict: Verdict, reason: str, **changes: Any) -> Result:
    """The same case with a verdict that no check decided."""
    return replace(result, verdict=verdict, reason=reason, checks=(), **changes)


def results(
    who: Sequence[PeerInfo], change: Callable[[Result], Result] = lambda result: result
) -> list[Result]:
    """All cases of all peers and ordered pairs, each changed by `change`."""
    names = [peer.name for peer in who]
    singles = [passed(case, "", name) for case in SINGLES for name in names]
    pairs = [
        passed(case, params, first, second)
        for case, params in PAIRS
        for first in names
        for second in names
    ]
    return [change(result) for result in (*singles, *pairs)]


def run_of(
    who: Sequence[PeerInfo],
    outcome: Iterable[Result],
    *,
    options: Mapping[str, Any] | None = None,
    missing: Sequence[str] = (),
    seconds: float = 41.2,
) -> Run:
    """The run that had these results and lacks the missing ids."""
    listed = tuple(outcome)
    ids = [*(result.id for result in listed), *missing]
    header = Header(
        Suite("1.0", "0" * 64),
        "2.0.0",
        "2026-01-02T03:04:05+00:00",
        tuple(who),
        len(ids),
        plan_digest(ids),
        dict(options or {}),
    )
    counts = Counter(result.verdict for result in listed)
    code = exit_code(counts, not missing)
    return Run(header, listed, Footer(len(listed), counts, tuple(missing), code, seconds))


def write(run: Run, path: Path) -> Path:
    """Write a run as the harness does; the path again."""
    assert run.footer is not None
    ids = [*(one.id for one in run.results), *run.footer.missing]
    with Writer(path, run.header) as writer:
        for result in run.results:
            writer.add(result)
        writer.finish(ids, run.footer.exit, run.footer.seconds)
    return path


def shown(
    run: Run, width: int = 80, *, encoding: str = "utf-8", verbose: bool = False
) -> list[str]:
    """The lines of the summary as a pipe of that encoding gets them."""
    octets = io.BytesIO()
    file = io.TextIOWrapper(octets, encoding=encoding, newline="\n", write_through=True)
    summary(run, Console(file=file, width=width), CLAUSES, verbose=verbose)
    return octets.getvalue().decode(encoding).splitlines()


def rows(lines: Sequence[str]) -> list[tuple[str, list[str]]]:
    """The rows of the pair matrix, as the peer's name and its letters."""
    found = []
    for line in lines[
        lines.index("pairs  the row connects and writes first, the column listens") :
    ]:
        words = line.split()
        if words and words[0].isdigit():
            words = words[1:]
        if words and "@" in words[0]:
            found.append((words[0], words[1:]))
    return found


#: Two peers, and a result of each colour: one alone, and the pair in both orders.
WHO = peers()[:2]
FIRST, SECOND = (peer.name for peer in WHO)
SOME = [
    passed("frame/empty/delivered", "", FIRST),
    failed(passed("interop/kinds/text", "[8191]", FIRST, SECOND)),
    warned(passed("interop/kinds/text", "[8191]", SECOND, FIRST)),
]
