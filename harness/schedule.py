"""Schedules: how octets are cut, glued, held up and ended, as a short text that is also data.

A schedule appears in the id of a case and replays the case, so each one has exactly one canonical
text (`str(schedule)`), which holds no space, `@`, `~`, `[`, `]`, `/` or quote.

    schedule = [ steps ] [ end ]            ; not both absent
    steps    = step *( "," step )
    step     = size [ "*" ]                 ; a piece: so many octets; with "*" again and again
             / "p" [ "*" ]                  ; a piece: what is left of the present message
             / "&" [ "*" ]                  ; a piece: that, and the whole next message with it
             / "whole"                      ; all octets that are left, as they come
             / "s"                          ; stall: what comes the other way is not read any more
             / "r"                          ; it is read again
    size     = 1*DIGIT                      ; 1 or more, no leading zero
    end      = "."                          ; then FIN: our sending direction ends
             / "!"                          ; then RST: the connection is reset

Behind a piece there is a pause, until it is proved that the far end has consumed all octets so far;
only then does the next step begin, be it a piece or an `s`. So `p*` lets every message arrive
alone, however the sender had joined them, and `s,5,r,whole` takes nothing from the far end while
it gets its first five octets.

`*` and `whole` take all that is left, so nothing but an end may follow them.

    whole       as it comes             1*          every octet alone
    1,2,3*      1, then 2, then threes  5,whole     cut behind the fifth octet
    p*          every message alone     1,&         one octet; the rest glued to the next message
    3.          three octets, then FIN  1*!         every octet alone, then RST

Pieces that do not take everything are followed by `whole`, unless an end is given: `2,3` is read as
`2,3,whole`, while `2,3.` sends five octets, ends, and never sends the rest.

A relay passes a piece of a given size on as its octets come to it, in several parts if need be; the
pause is behind the last. It holds a piece of messages back until all of it has come, so `&` is for
senders that send the next message without being answered first. An end of the stream, octets that
are no message and 64 KiB end the waiting. Octets that are no message, or the beginning of one, are
one piece.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from harness.codec import FrameReader

Ending = Literal["fin", "reset"]

_ENDS: dict[str, Ending] = {".": "fin", "!": "reset"}
_SIGNS = {ending: sign for sign, ending in _ENDS.items()}
_SIZE = re.compile(r"([1-9][0-9]*)(\*?)", re.ASCII)
_ALL = "whole"


class ScheduleError(ValueError):
    """A text is no schedule: `text`, `position` (characters from its start, from 0) and `what`."""

    def __init__(self, text: str, position: int, what: str) -> None:
        super().__init__(text, position, what)
        self.text = text
        self.position = position
        self.what = what

    def __str__(self) -> str:
        return f"schedule {self.text!r}, character {self.position + 1}: {self.what}"


@dataclass(frozen=True, slots=True)
class Octets:
    """One step: a piece of `size` octets (None: all that are left), `repeated` to the last one."""

    size: int | None
    repeated: bool = False

    def __str__(self) -> str:
        return _ALL if self.size is None else f"{self.size}{'*' if self.repeated else ''}"


@dataclass(frozen=True, slots=True)
class Rest:
    """One step: a piece up to the end of the present message, or of the next one (`glued`)."""

    glued: bool = False
    repeated: bool = False

    def __str__(self) -> str:
        return f"{'&' if self.glued else 'p'}{'*' if self.repeated else ''}"


@dataclass(frozen=True, slots=True)
class Reading:
    """One step: what comes the other way is read from now on, or not."""

    on: bool

    def __str__(self) -> str:
        return "r" if self.on else "s"


Piece = Octets | Rest
Step = Piece | Reading

_WORDS: dict[str, Step] = {
    str(step): step
    for step in (
        Octets(None), Rest(), Rest(repeated=True), Rest(glued=True),
        Rest(glued=True, repeated=True), Reading(False), Reading(True),
    )
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """A parsed schedule; equal schedules do the same. Made by `parse`."""

    steps: tuple[Step, ...]
    end: Ending | None = None

    def __str__(self) -> str:
        return ",".join(map(str, self.steps)) + (_SIGNS[self.end] if self.end else "")

    def unrolled(self) -> Iterator[Step]:
        """Yield one step after the other, repeated ones again and again: maybe without end."""
        for step in self.steps:
            yield step
            while _repeats(step):
                yield step

    def acts(self, octets: bytes) -> list[bytes | Reading]:
        """Return what is to be done with octets that begin between two messages.

        That is the pieces to be sent, none of them empty, and between them what is to be done
        about reading. Together the pieces are all the octets, unless the schedule ends before.
        """
        acts: list[bytes | Reading] = []
        ends = _message_ends(octets) if any(isinstance(step, Rest) for step in self.steps) else []
        at = 0
        for step in self.unrolled():
            if isinstance(step, Reading):
                acts.append(step)
                continue
            if at == len(octets):
                break
            stop = min(len(octets), _stop(step, at, ends, len(octets)))
            acts.append(octets[at:stop])
            at = stop
        return acts

    def pieces(self, octets: bytes) -> list[bytes]:
        """Return the pieces among the `acts`."""
        return [act for act in self.acts(octets) if isinstance(act, bytes)]


def parse(text: str) -> Schedule:
    """Read a schedule; raises `ScheduleError`, which says where and what was expected."""
    end = _ENDS.get(text[-1:])
    body = text[:-1] if end else text
    if not body:
        if end is None:
            raise ScheduleError(text, 0, "is empty; say 'whole' to send everything at once")
        return Schedule((), end)
    steps: list[Step] = []
    at = 0
    for word in body.split(","):
        if steps and _takes_all(steps[-1]):
            raise ScheduleError(text, at, f"nothing but an end may follow {str(steps[-1])!r}")
        steps.append(_step(text, at, word))
        at += len(word) + 1
    if end is None and not _takes_all(steps[-1]):
        steps.append(Octets(None))
    return Schedule(_shortest(steps), end)


def _repeats(step: Step) -> bool:
    return not isinstance(step, Reading) and step.repeated


def _takes_all(step: Step) -> bool:
    return _repeats(step) or step == Octets(None)


def _message_ends(octets: bytes) -> list[int]:
    """The offsets behind the messages that begin within the octets, as far as they are known."""
    reader = FrameReader()
    ends = [one.start + len(one.header) + len(one.frame.payload) for one in reader.feed(octets)]
    pending = reader.pending
    if reader.malformed is None and pending.length is not None:
        ends.append(pending.start + pending.header + pending.length)
    return ends


def _stop(piece: Piece, at: int, ends: list[int], octets: int) -> int:
    if isinstance(piece, Octets):
        return octets if piece.size is None else at + piece.size
    behind = [end for end in ends if end > at]
    return next(iter(behind[piece.glued :]), octets)


def _step(text: str, at: int, word: str) -> Step:
    if word in _WORDS:
        return _WORDS[word]
    match = _SIZE.fullmatch(word)
    if match:
        return Octets(int(match[1]), bool(match[2]))
    for offset, sign in enumerate(word):
        if sign in _ENDS:
            raise ScheduleError(text, at + offset, f"{sign!r} is an end and stands only at the end")
    if word == "*":
        raise ScheduleError(text, at, "'*' needs something to repeat before it: '3*', 'p*', '&*'")
    what = (
        "expected 'whole', a size such as 3 or 3* without a leading zero, or one of"
        f" p, p*, &, &*, s, r, not {word!r}"
    )
    raise ScheduleError(text, at, what)


def _shortest(steps: list[Step]) -> tuple[Step, ...]:
    # One meaning, one text: `2,1,1*` is `2,1*`, and of `s,r` only the last counts.
    kept: list[Step] = []
    for step in steps:
        if isinstance(step, Reading) and kept and isinstance(kept[-1], Reading):
            kept.pop()
        kept.append(step)
    last = kept.pop()
    while kept and _repeats(last) and str(kept[-1]) + "*" == str(last):
        kept.pop()
    return (*kept, last)
