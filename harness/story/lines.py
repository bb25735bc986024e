"""The kinds of line in a log file, and their JSON form: an object whose `type` names the kind.

`log.schema.json` beside this module defines the same for other programs. Times (`ns`) are
nanoseconds of one monotonic clock. A connection is a `wire`, numbered from 0; its directions are
`sent` and `received` at the tester, `forward` (away from the first peer) and `backward` at a relay.
Octets are written as two hexadecimal digits each.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Final, get_args, get_origin, get_type_hints

from harness.fields import Invalid

FORMAT: Final = 1
"""The version of the file's layout; a reader refuses every other one."""

OUTWARD: Final = ("sent", "forward")
"""The directions from a wire's first end to its second one."""


@dataclass(frozen=True)
class Header:
    """The first line: which case this is. `clauses` are those it quotes, with their sentences.

    `ns` is the time at which the case began, `options` are those of the run, for replaying.
    """

    type: ClassVar[str] = "header"
    ns: int
    id: str
    case: str
    params: str
    peers: list[str]
    clauses: list[list[str]]
    options: dict[str, Any] = field(default_factory=dict)
    format: int = FORMAT


@dataclass(frozen=True)
class Wire:
    """A connection between two ends, `tester` and a peer or two peers with a relay between.

    `near` and `far` are addresses as `HOST:PORT`: the tester's own and the peer's; or where the
    relay listens for the first peer, and where it connects to the second one.
    """

    type: ClassVar[str] = "wire"
    ns: int
    wire: int
    ends: list[str]
    near: str
    far: str


@dataclass(frozen=True)
class Octets:
    """A chunk: its place in the direction, its length, and the octets that were kept of it."""

    type: ClassVar[str] = "octets"
    ns: int
    wire: int
    direction: str
    offset: int
    length: int
    octets: bytes
    chunk: int | None = None


@dataclass(frozen=True)
class Mark:
    """A proof, an end or a pause; `what`, `offset` and `queues` as in `harness.wirelog.Event`."""

    type: ClassVar[str] = "mark"
    ns: int
    wire: int
    direction: str
    what: str
    offset: int = 0
    chunk: int | None = None
    queues: dict[str, Any] | None = None


@dataclass(frozen=True)
class FrameLine:
    """A frame, when its last octet came. `head` is the first octets of its payload."""

    type: ClassVar[str] = "frame"
    ns: int
    wire: int
    direction: str
    start: int
    header: bytes
    kind: str
    length: int
    crc32: str
    head: bytes
    shortest: bool

    @property
    def end(self) -> int:
        """The offset behind its last octet."""
        return self.start + len(self.header) + self.length


@dataclass(frozen=True)
class Bad:
    """What is wrong with a direction, and from which octet on."""

    type: ClassVar[str] = "malformed"
    ns: int
    wire: int
    direction: str
    clause: str
    offset: int
    what: str


@dataclass(frozen=True)
class Spoken:
    """A control message, or what became of a peer's process: `harness.dialogue.Said`.

    Payloads are shortened to their kind, length, CRC-32 and first octets.
    """

    type: ClassVar[str] = "control"
    ns: int
    peer: str
    what: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Checked:
    """A check of the case, as it was made."""

    type: ClassVar[str] = "check"
    ns: int
    clause: str
    level: str
    ok: bool
    expected: str
    observed: str


@dataclass(frozen=True)
class Over:
    """The case function has ended; what follows is our tidying up."""

    type: ClassVar[str] = "over"
    ns: int


@dataclass(frozen=True)
class Dropped:
    """How many events of a wire, or messages of a peer, were let go before this time."""

    type: ClassVar[str] = "dropped"
    ns: int
    of: str
    count: int


@dataclass(frozen=True)
class Judged:
    """The last line: what came of it; of a pair, whose fault it was, and `why` we think so."""

    type: ClassVar[str] = "verdict"
    ns: int
    verdict: str
    clause: str | None
    reason: str
    step: str | None
    blame: str | None = None
    why: str | None = None
    stderr: str = ""


Line = (
    Header | Wire | Octets | Mark | FrameLine | Bad | Spoken | Checked | Over | Dropped | Judged
)

KINDS: Final[Mapping[str, type[Any]]] = {kind.type: kind for kind in get_args(Line)}
"""The kinds of line by the word that names them."""

TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    word: {one.name: get_type_hints(kind)[one.name] for one in fields(kind)}
    for word, kind in KINDS.items()
}
"""The types of their fields, by the fields' names."""


def to_json(line: Line) -> dict[str, Any]:
    """Return a line as the object that is written."""
    body = {
        key: value.hex() if isinstance(value, bytes) else value
        for key, value in asdict(line).items()
    }
    return {"type": line.type, **body}


def from_json(body: Mapping[str, Any]) -> Line:
    """Return the line that an object states; raises `fields.Invalid`."""
    word = body.get("type")
    if not isinstance(word, str) or word not in KINDS:
        raise Invalid(f"'type' cannot be {word!r}")
    kind = KINDS[word]
    wanted = TYPES[word]
    for key in body.keys() - wanted.keys() - {"type"}:
        raise Invalid(f"{key!r} is not known in a line of type {word!r}")
    for key in wanted.keys() - body.keys():
        raise Invalid(f"{key!r} is missing in a line of type {word!r}")
    line: Line = kind(**{key: _value(key, body[key], wanted[key]) for key in wanted})
    if isinstance(line, Header) and line.format != FORMAT:
        raise Invalid(f"'format' has to be {FORMAT}, not {line.format}")
    return line


def _value(key: str, value: Any, wanted: Any) -> Any:
    """Return a value as the field of that type has it."""
    if wanted is bytes:
        try:
            return bytes.fromhex(value)
        except (TypeError, ValueError):
            raise Invalid(f"{key!r} has to be octets in hexadecimal digits") from None
    if not _fits(value, wanted):
        raise Invalid(f"{key!r} cannot be {value!r:.60}")
    return value


def _fits(value: Any, wanted: Any) -> bool:
    """Whether a value of JSON is of a type; True is an int to Python, and none to us."""
    origin = get_origin(wanted)
    if origin is types.UnionType:
        return any(_fits(value, one) for one in get_args(wanted))
    if origin is list:
        return isinstance(value, list) and all(_fits(one, get_args(wanted)[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict)
    return type(value) is wanted
