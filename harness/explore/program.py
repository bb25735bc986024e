"""Programs: what two peers do with one connection, as a short text that is also data.

A program stands in the id of a case and replays it, so it holds nothing that an id must not hold.

    program = step *( "," step )
    step    = "narrow"                          ; small buffers everywhere; only at the start
            / "h" order                         ; the handshake, held back until here
            / side "w" length kind [ "x" n ]    ; writes a message (n of them)
            / side "r" [ n ]                    ; reads a message (n of them)
            / side "s"                          ; stall: what it sends is not carried on any more
            / side "g"                          ; go: it is carried on again
            / side "c" schedule                 ; cut: what it sends from here on arrives in pieces
            / end                               ; the last step
    end     = side "e"                          ; closes
            / side "f" [ at ]                   ; its direction ends (FIN): here, or inside a frame
            / side "x" [ at ]                   ; the connection is reset: here, or inside a frame
    side    = "1" / "2"                         ; the first peer has connected, the second listened
    kind    = "t" / "b"                         ; text, bytes
    order   = 1*4side / "x"                     ; who sends one after the other; x: both at once

A length counts octets of the payload. `at` counts octets of one more frame, the last ones that get
through. A schedule is one of `harness.schedule` that only cuts (`1*`, `p*`, `2,whole`), with `+` in
the place of its commas.

    1w64b,2r                    the first writes 64 octets, the second reads them
    1s,1w3tx2,1g,2r2            two texts that arrive glued together
    h12,2c1+2*,2w300t,1r,2e     hello and answer; a text in pieces; the second closes

What a program means is for `model` to say, also which steps can follow each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from harness import schedule
from harness.codec import Kind

Side = Literal[1, 2]
Ending = Literal["close", "fin", "reset"]

#: The longest message: one octet longer than what three header octets can say, so that every
#: header that a program can afford is there.
LONGEST = 1 << 20
#: Messages of one step, and octets of `at`: what is more says nothing new.
MOST = 999

_KINDS: dict[str, Kind] = {"t": "text", "b": "bytes"}
_ENDINGS: dict[str, Ending] = {"e": "close", "f": "fin", "x": "reset"}
_NUMBER = r"[1-9][0-9]{0,6}"


class ProgramError(ValueError):
    """A text is no program: `text`, `position` (characters from its start, from 0) and `what`."""

    def __init__(self, text: str, position: int, what: str) -> None:
        super().__init__(text, position, what)
        self.text = text
        self.position = position
        self.what = what

    def __str__(self) -> str:
        return f"program {self.text!r}, character {self.position + 1}: {self.what}"


def other(side: Side) -> Side:
    """Return the other side."""
    return 2 if side == 1 else 1


@dataclass(frozen=True, slots=True)
class Narrow:
    """The buffers of both peers and of the relay are as small as can be asked for."""

    def __str__(self) -> str:
        return "narrow"


@dataclass(frozen=True, slots=True)
class Shake:
    """The handshake: who sends its messages, one after the other; none: both one at once."""

    order: tuple[Side, ...]

    def __str__(self) -> str:
        return "h" + ("".join(map(str, self.order)) or "x")


@dataclass(frozen=True, slots=True)
class Write:
    """A side writes some messages of one kind and length."""

    side: Side
    length: int
    kind: Kind
    times: int = 1

    def __str__(self) -> str:
        more = f"x{self.times}" if self.times > 1 else ""
        return f"{self.side}w{self.length}{self.kind[0]}{more}"


@dataclass(frozen=True, slots=True)
class Read:
    """A side reads some messages, or as many as there can be."""

    side: Side
    times: int = 1

    def __str__(self) -> str:
        return f"{self.side}r{self.times if self.times > 1 else ''}"


@dataclass(frozen=True, slots=True)
class Hold:
    """What a side sends is not carried on any more (`on`), or it is again."""

    side: Side
    on: bool

    def __str__(self) -> str:
        return f"{self.side}{'s' if self.on else 'g'}"


@dataclass(frozen=True, slots=True)
class Cut:
    """What a side sends from here on arrives in the pieces of a schedule, counted from here."""

    side: Side
    schedule: str

    def __str__(self) -> str:
        return f"{self.side}c{self.schedule.replace(',', '+')}"


@dataclass(frozen=True, slots=True)
class End:
    """A side closes, or the relay ends its direction, or the connection: behind so many octets."""

    side: Side
    how: Ending
    inside: int = 0

    def __str__(self) -> str:
        return f"{self.side}{_letter(_ENDINGS, self.how)}{self.inside or ''}"


Step = Narrow | Shake | Write | Read | Hold | Cut | End


@dataclass(frozen=True, slots=True)
class Program:
    """Some steps; `parse` makes those that have a meaning."""

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return ",".join(map(str, self.steps))


def words(text: str) -> Iterator[tuple[int, Step]]:
    """Yield each step of a text with the position of its word; raises `ProgramError`."""
    if not text:
        raise ProgramError(text, 0, "is empty; '1w1b' is the shortest program")
    at = 0
    for word in text.split(","):
        try:
            yield at, step(word)
        except ProgramError as error:
            raise ProgramError(text, at + error.position, error.what) from None
        at += len(word) + 1


def step(word: str) -> Step:
    """Read one step; raises `ProgramError` with positions in the word."""
    for pattern, make in _FORMS:
        match = pattern.fullmatch(word)
        if match:
            return make(match)
    what = "expected a step such as narrow, h12, 1w64b, 2r, 1s, 1g, 1c1*, 2e, 1f or 1x3"
    raise ProgramError(word, 0, f"{what}, not {word!r}")


def _write(match: re.Match[str]) -> Step:
    return Write(
        _side(match), _limited(match, "length", LONGEST), _KINDS[match["kind"]], _times(match)
    )


def _cut(match: re.Match[str]) -> Step:
    text = match["schedule"]
    try:
        parsed = schedule.parse(text.replace("+", ","))
    except schedule.ScheduleError as error:
        raise ProgramError(match.string, match.start("schedule") + error.position, error.what) \
            from None
    if parsed.end or not all(map(_only_cuts, parsed.steps)):
        what = f"the schedule {text!r} does more than cut; the program has steps for the rest"
        raise ProgramError(match.string, match.start("schedule"), what)
    return Cut(_side(match), str(parsed))


def _only_cuts(one: schedule.Step) -> bool:
    # `&` would wait for a message that the program may not write before the reader has to have this
    # one.
    return isinstance(one, schedule.Octets) or (isinstance(one, schedule.Rest) and not one.glued)


def _end(match: re.Match[str]) -> Step:
    how = _ENDINGS[match["end"]]
    if how == "close" and match["at"]:
        raise ProgramError(match.string, match.start("at"), "a close stands behind whole messages")
    return End(_side(match), how, _limited(match, "at", MOST) if match["at"] else 0)


def _shake(match: re.Match[str]) -> Step:
    return Shake(tuple(1 if digit == "1" else 2 for digit in match["order"] if digit != "x"))


def _times(match: re.Match[str]) -> int:
    return _limited(match, "times", MOST) if match["times"] else 1


def _limited(match: re.Match[str], group: str, limit: int) -> int:
    value = int(match[group])
    if value > limit:
        raise ProgramError(match.string, match.start(group), f"{value} is more than {limit}")
    return value


def _side(match: re.Match[str]) -> Side:
    return 1 if match["side"] == "1" else 2


def _letter(letters: dict[str, Ending], meaning: Ending) -> str:
    return next(letter for letter, meant in letters.items() if meant == meaning)


_FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Step]], ...] = tuple(
    (re.compile(pattern, re.ASCII), make)
    for pattern, make in (
        (r"narrow", lambda match: Narrow()),
        (r"h(?P<order>[12]{1,4}|x)", _shake),
        (rf"(?P<side>[12])w(?P<length>{_NUMBER})(?P<kind>[tb])(?:x(?P<times>{_NUMBER}))?", _write),
        (rf"(?P<side>[12])r(?P<times>{_NUMBER})?", lambda match: Read(_side(match), _times(match))),
        (r"(?P<side>[12])(?P<hold>[sg])", lambda match: Hold(_side(match), match["hold"] == "s")),
        (r"(?P<side>[12])c(?P<schedule>.*)", _cut),
        (rf"(?P<side>[12])(?P<end>[efx])(?P<at>{_NUMBER})?", _end),
    )
)
