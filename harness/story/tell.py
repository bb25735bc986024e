"""A log as a story: what came of the case, and then what happened, line by line.

Times are milliseconds from the beginning of the case. On a terminal lines are wrapped to its width,
in a pipe each event is one line. Our own words are ASCII, for the sake of pipes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

from rich.console import Console
from rich.text import Text

from harness.report.findings import replay
from harness.report.ink import NARROWEST, paragraph, printable, say
from harness.results import Header as RunHeader
from harness.results import Result, Run, Suite
from harness.story import talk
from harness.story.fold import Run as Pieces
from harness.story.fold import folded
from harness.story.lines import (
    OUTWARD,
    Bad,
    Checked,
    Dropped,
    FrameLine,
    Line,
    Mark,
    Octets,
    Over,
    Spoken,
    Wire,
)
from harness.story.logfile import CaseLog
from harness.verdicts import STYLE, Verdict

INDENT: Final = 6
"""The indent of what belongs to the title, as in the report of a run."""

SHOWN: Final = 16
"""Octets of a chunk that are shown."""

STDERR_LINES: Final = 20
"""Lines of stderr shown: a whole traceback."""

WHO: Final = 15
"""The width of the column that says who: `second -> first`."""


class Quotable(Protocol):
    """A clause of the specification, as far as a story quotes it."""

    @property
    def level(self) -> str:
        """MUST, SHOULD or MAY."""

    @property
    def sentence(self) -> str:
        """Its wording, on one line."""


def story(
    log: CaseLog,
    console: Console,
    clauses: Mapping[str, Quotable],
    direction: str | None = None,
    wire: int | None = None,
    everything: bool = False,
) -> None:
    """Tell a log. `direction` and `wire` leave out what went elsewhere; `everything` folds nothing.

    `clauses` are those to quote, by their ids.
    """
    _outcome(log, console, clauses)
    teller = _Teller(log, console)
    kept = [one for one in log.body if _wanted(one, direction, wire)]
    for one in folded(kept, 1 if everything else None):
        teller.tell(one)


def _wanted(line: Line, direction: str | None, wire: int | None) -> bool:
    here = wire is None or getattr(line, "wire", wire) == wire
    return here and (direction is None or getattr(line, "direction", direction) == direction)


def _outcome(log: CaseLog, console: Console, clauses: Mapping[str, Quotable]) -> None:
    """The verdict and what it rests on, and how to get it again."""
    judged = log.judged
    style = STYLE[Verdict(judged.verdict)]
    say(console, (f"{judged.verdict} ".ljust(INDENT), style), (log.header.id, "bold"))
    for ident in [judged.clause] if judged.clause else [one[0] for one in log.header.clauses]:
        quoted = clauses.get(ident)
        level = quoted.level.lower() if quoted else "clause"
        paragraph(console, INDENT, level, f"{ident}: {_sentence(log, ident, quoted)}")
    broken = [one for one in log.each(Checked) if not one.ok]
    for check in broken:
        label = f"[{check.clause}] " if check.clause != judged.clause else ""
        paragraph(console, INDENT, "expected", label + check.expected)
        paragraph(console, INDENT, "observed", label + check.observed, style)
    if not broken and judged.reason:
        paragraph(console, INDENT, "because", judged.reason, style)
    if judged.step:
        paragraph(console, INDENT, "step", judged.step)
    if judged.blame:
        why = f": {judged.why}" if judged.why else ""
        paragraph(console, INDENT, "blame", judged.blame + why)
    if judged.stderr:
        tail = "\n".join(judged.stderr.splitlines()[-STDERR_LINES:])
        paragraph(console, INDENT, "stderr", tail, "dim")
    say(console, " " * INDENT, ("replay    ", "dim"), _replay(log))
    say(console)


def _sentence(log: CaseLog, ident: str, quoted: Quotable | None) -> str:
    if quoted is not None:
        return quoted.sentence
    return next((words for name, words in log.header.clauses if name == ident), "")


def _replay(log: CaseLog) -> str:
    """The command that runs the case again."""
    header, judged = log.header, log.judged
    result = Result(
        header.id, header.case, header.params, tuple(header.peers), Verdict(judged.verdict)
    )
    run = Run(RunHeader(Suite("", ""), "", "", (), 1, "", header.options), (result,), None)
    return replay(run, result)


class _Teller:
    """Tells one line after the other, with what it has to remember of those before."""

    def __init__(self, log: CaseLog, console: Console) -> None:
        self._console = console
        self._zero = log.header.ns
        self._talk = talk.Talk()
        self._frames: dict[tuple[int, str], int] = {}
        self._several = len(log.wires) > 1
        self._ends = {wire.wire: self._roles(wire) for wire in log.wires}
        peers = log.header.peers
        self._names = {peers[0]: "first", peers[-1]: "second"} if len(peers) > 1 else {}
        if len(set(peers)) == 1:
            # A peer that meets itself is both; one alone is just the peer.
            self._names = {peers[0]: "both" if len(peers) > 1 else "peer"}
        for name, role in self._names.items():
            say(console, " " * INDENT, (f"{role}".ljust(10), "dim"), name)
        say(console)

    @staticmethod
    def _roles(wire: Wire) -> tuple[str, str]:
        return ("tester", "peer") if wire.ends[0] == "tester" else ("first", "second")

    def tell(self, line: Line | Pieces) -> None:
        """Tell one line."""
        if isinstance(line, Pieces):
            self._row(line.ns, self._way(line.wire, line.direction), line.words)
        elif isinstance(line, Wire):
            near, far = self._ends[line.wire]
            number = f" {line.wire}" if self._several else ""
            self._row(line.ns, f"wire{number}", f"{near} {line.near} -> {far} {line.far}")
        elif isinstance(line, Octets):
            self._row(line.ns, self._way(line.wire, line.direction), _chunk(line))
        elif isinstance(line, FrameLine):
            self._frame(line)
        elif isinstance(line, Bad):
            words = f"no frame: {line.clause}, octet {line.offset}: {line.what}"
            self._row(line.ns, self._way(line.wire, line.direction), words, "red")
        elif isinstance(line, Mark):
            self._row(line.ns, self._way(line.wire, line.direction), self._mark(line), "cyan")
        elif isinstance(line, Spoken):
            self._spoken(line)
        elif isinstance(line, Checked):
            self._check(line)
        elif isinstance(line, Over):
            self._row(line.ns, "case", "is over; what follows is tidying up", "dim")
        elif isinstance(line, Dropped):
            self._row(line.ns, line.of, f"{line.count} events are not kept", "yellow")

    def _way(self, wire: int, direction: str) -> str:
        near, far = self._ends[wire]
        ends = (near, far) if direction in OUTWARD else (far, near)
        return " -> ".join(ends) + (f" #{wire}" if self._several else "")

    def _frame(self, frame: FrameLine) -> None:
        at = (frame.wire, frame.direction)
        number = self._frames[at] = self._frames.get(at, 0) + 1
        long = "" if frame.shortest else ", longer than the shortest one"
        words = (
            f"frame {number}: {frame.kind} of {frame.length}, crc {frame.crc32},"
            f" header {talk.spaced(frame.header.hex())}{long}, from octet {frame.start}"
        )
        self._row(frame.ns, self._way(frame.wire, frame.direction), words, "bold")

    def _mark(self, mark: Mark) -> str:
        far = self._ends[mark.wire][1 if mark.direction in OUTWARD else 0]
        words = _MARKS.get(mark.what, "{what} at octet {offset}")
        told = words.format(what=mark.what, offset=mark.offset, far=far)
        queues = mark.queues
        if not queues:
            return told
        return (
            f"{told} (kernel: {queues['bytes_received']} received, {queues['receive']} of them"
            f" unread, {queues['send']} in its send queue{', full' if queues['full'] else ''})"
        )

    def _spoken(self, line: Spoken) -> None:
        name = self._names.get(line.peer, line.peer)
        well = line.what == "request" or (line.what == "answer" and "ok" in line.body)
        self._row(line.ns, name, self._talk.words(line), "" if well else "yellow")

    def _check(self, check: Checked) -> None:
        if check.ok:
            self._row(check.ns, "check", f"{check.clause} kept: {check.expected}", "green")
            return
        words = f"{check.clause} broken: expected {check.expected}; observed {check.observed}"
        self._row(check.ns, "check", words, "bold red")

    def _row(self, ns: int, who: str, text: str, style: str = "") -> None:
        """One event: its time, who, and the words, wrapped on a terminal."""
        console = self._console
        time = f"{(ns - self._zero) / 1e6:{10}.3f}  "
        head = ((time, "dim"), (who.ljust(WHO) + "  ", ""))
        room = console.width - len(time) - WHO - 2
        body = Text(printable(text, console), style)
        if not console.is_terminal:
            say(console, *head, body)
            return
        for line in body.wrap(console, max(NARROWEST, room), overflow="fold"):
            say(console, *head, line)
            head = ((" " * len(time), ""), (" " * (WHO + 2), ""))


_MARKS: Final = {
    "consumed": "{far} has read the first {offset} octets",
    "unread": "{far} has not read the first {offset} octets in time",
    "unproved": "no proof that {far} has read the first {offset} octets",
    "gone": "{far} has gone; nothing tells whether it has read the first {offset} octets",
    "stuck": "its sender is stuck: it has handed over {offset} octets and can hand over no more",
    "refilled": "its sender waits for us, who have read {offset} octets",
    "fin": "FIN behind octet {offset}",
    "reset": "RST behind octet {offset}",
    "pause": "we stop reading at octet {offset}",
    "resume": "we read on at octet {offset}",
    "full": "{far} has no room for more than the first {offset} octets",
    "room": "{far} has room for more again",
    "ended-fin": "our relay ends it with a FIN behind octet {offset}",
    "ended-reset": "our relay resets it behind octet {offset}",
}


def _chunk(chunk: Octets) -> str:
    octets = talk.spaced(chunk.octets[:SHOWN].hex())
    more = " .." if chunk.length > SHOWN else ""
    piece = "" if chunk.chunk is None else f", piece {chunk.chunk + 1}"
    last = chunk.offset + chunk.length - 1
    where = f"octet {chunk.offset}" if chunk.length == 1 else f"octets {chunk.offset} to {last}"
    return f"{where}{piece}: {octets}{more}"
