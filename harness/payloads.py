"""Messages as the harness gives them to peers, and as peers describe them back.

A large payload is not sent to a peer as octets but as a recipe: a seed and a length, from which
both sides compute the same octets.  A peer describes what it received by kind, length, CRC-32,
first and last octets (and whole, when short); `Received.matches` decides whether that is the
message that was meant.  conformance/ADAPTERS.md defines both for authors of adapters.
"""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from harness.codec import Frame, Kind

#: The 16 code points of text recipes: one to four octets each, NUL and line feed among them,
#: right-to-left and astral ones too, so that a wrong charset or a split code point shows.
ALPHABET = (
    "Az0~\u00e9\u00df\u03a9\u0416\u05d0\u20ac\u4e2d\ufffd\U0001f600\U0010ffff\u0000\n"
)
#: Octets of a bytes block behind its number: with it, a block is one page of 4096 octets.
TAIL_OCTETS = 4088
#: Code points of a text block behind its number.
UNIT_POINTS = 1024
#: Octets of the head and of the tail of a description.
EDGE = 32
#: Messages up to this many octets are described whole.
WHOLE_LIMIT = 4096
#: Payloads kept by the cache: a case uses a handful, again and again.
KEPT = 16
#: Units kept: all that the suite uses, since the generator takes a millisecond for one.
UNITS_KEPT = 128
#: The largest payload worth keeping; together they stay below 64 MiB.
KEPT_OCTETS = 4 << 20


def _draws(seed: int, count: int) -> Iterator[int]:
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) % (1 << 31)
        yield seed >> 16


@lru_cache(maxsize=UNITS_KEPT)
def _unit(kind: Kind, seed: int) -> bytes:
    if kind == "bytes":
        return bytes(draw & 255 for draw in _draws(seed, TAIL_OCTETS))
    return "".join(ALPHABET[draw & 15] for draw in _draws(seed, UNIT_POINTS)).encode()


def generate(kind: Kind, seed: int, length: int) -> bytes:
    """Return the `length` octets that the recipe `(kind, seed, length)` stands for."""
    return _kept(kind, seed, length) if length <= KEPT_OCTETS else _generate(kind, seed, length)


def _generate(kind: Kind, seed: int, length: int) -> bytes:
    unit = _unit(kind, seed)
    number: Callable[[int], bytes] = (
        struct.Struct(">Q").pack if kind == "bytes" else lambda block: b"%08x" % block
    )
    whole, rest = divmod(length, 8 + len(unit))
    pieces = [piece for block in range(whole) for piece in (number(block), unit)]
    last = number(whole) + unit
    cut = rest
    # A text ends with a whole code point: step back from its continuation octets (10xxxxxx).
    while kind == "text" and cut and last[cut] & 0xC0 == 0x80:
        cut -= 1
    return b"".join([*pieces, last[:cut], b"." * (rest - cut)])


_kept = lru_cache(maxsize=KEPT)(_generate)


@dataclass(frozen=True)
class Message:
    """One message of a case.  Made by `text`, `octets`, `recipe` or `surrogate`; a plain value.

    `kind` is "text" or "bytes"; `length` counts payload octets.  The payload is either held
    (`seed` is None) or computed from the seed when it is first asked for, and then kept.
    """

    kind: Kind
    seed: int | None
    length: int
    _octets: bytes | None = field(default=None, repr=False)

    @classmethod
    def text(cls, text: str) -> Message:
        """Return a text message.  Raises UnicodeEncodeError for what UTF-8 cannot carry."""
        payload = text.encode("utf-8")
        return cls("text", None, len(payload), payload)

    @classmethod
    def octets(cls, octets: bytes) -> Message:
        """Return a bytes message."""
        return cls("bytes", None, len(octets), bytes(octets))

    @classmethod
    def recipe(cls, kind: Kind, seed: int, length: int) -> Message:
        """Return a message of `length` octets that a peer computes by itself."""
        return cls(kind, seed, length)

    @classmethod
    def surrogate(cls) -> Message:
        """Return the text that no UTF-8 can carry (feature `surrogates`); it has no payload."""
        return cls("text", None, 0)

    @property
    def payload(self) -> bytes:
        """The octets.  Raises ValueError for `surrogate()`, which has none."""
        if self._octets is not None:
            return self._octets
        if self.seed is None:
            raise ValueError("a lone surrogate has no UTF-8 octets")
        return generate(self.kind, self.seed, self.length)

    @property
    def crc32(self) -> str:
        """The CRC-32 of the payload as a description gives it."""
        return self._facts[0]

    @property
    def head(self) -> bytes:
        """The first octets of the payload, as many as a description gives."""
        return self._facts[1]

    @property
    def tail(self) -> bytes:
        """The last octets of the payload, as many as a description gives."""
        return self._facts[2]

    @cached_property
    def _facts(self) -> tuple[str, bytes, bytes]:
        # Together, since the payload of a long recipe is computed anew whenever it is asked for.
        payload = self.payload
        return crc32(payload), payload[:EDGE], payload[-EDGE:]

    def frame(self) -> Frame:
        """Return the one frame that carries this message."""
        return Frame(self.kind, self.payload)

    def request(self) -> dict[str, Any]:
        """Return the message as requests of the adapter protocol give it."""
        if self.seed is not None:
            return {"kind": self.kind, "seed": self.seed, "length": self.length}
        if self._octets is None:
            return {"kind": "text", "surrogate": True}
        if self.kind == "text":
            return {"kind": "text", "text": self._octets.decode("utf-8")}
        return {"kind": "bytes", "base64": base64.b64encode(self._octets).decode("ascii")}

    def reversed(self) -> Message:
        """Return what a mirror (level 0) answers: octets, or code points, back to front."""
        if self.kind == "bytes":
            return Message.octets(self.payload[::-1])
        return Message.text(self.payload.decode("utf-8")[::-1])

    def description(self) -> dict[str, Any]:
        """Return how a correct peer describes this message in an answer."""
        facts: dict[str, Any] = {
            "kind": self.kind,
            "length": self.length,
            "crc32": self.crc32,
            "head": base64.b64encode(self.head).decode("ascii"),
            "tail": base64.b64encode(self.tail).decode("ascii"),
        }
        if self.length <= WHOLE_LIMIT:
            facts["base64"] = base64.b64encode(self.payload).decode("ascii")
        return facts


@dataclass(frozen=True)
class Received:
    """A message as a peer described it.

    `kind` is what the peer says, also when it is neither "text" nor "bytes".  `octets` is the
    whole payload where the description has it.
    """

    kind: str
    length: int
    crc32: str
    head: bytes
    tail: bytes
    octets: bytes | None = None

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Received:
        """Return the description in an answer; raises what `answer.MISSHAPEN` has if it is none."""
        whole = facts.get("base64")
        kind, length, checksum = facts["kind"], facts["length"], facts["crc32"]
        if type(length) is not int or type(kind) is not str or type(checksum) is not str:
            raise TypeError("a message has a kind, a length and a crc32")
        return cls(
            kind=kind,
            length=length,
            crc32=checksum,
            head=base64.b64decode(facts["head"], validate=True),
            tail=base64.b64decode(facts["tail"], validate=True),
            octets=None if whole is None else base64.b64decode(whole, validate=True),
        )

    def matches(self, message: Message) -> bool:
        """Say whether this is `message`: same kind, and every fact given fits its payload."""
        if (self.kind, self.length) != (message.kind, message.length):
            return False
        edges = (self.crc32, self.head, self.tail) == (message.crc32, message.head, message.tail)
        return edges and (self.octets is None or self.octets == message.payload)


def all_match(received: Sequence[Received], messages: Sequence[Message]) -> bool:
    """Say whether exactly these messages were received, in order, with kind and content."""
    return len(received) == len(messages) and all(
        got.matches(message) for got, message in zip(received, messages, strict=True)
    )


def crc32(octets: bytes) -> str:
    """Return the CRC-32 (IEEE 802.3) of octets as 8 lower-case hex digits."""
    return f"{zlib.crc32(octets):08x}"


def describe(what: Message | Received) -> str:
    """Return a short text for people: `text of 64 octets, crc 1a2b3c4d, e9a3…`."""
    if isinstance(what, Message) and what.seed is None and what._octets is None:
        return "text with a lone surrogate"
    shown = what.head[:8].hex() + ("…" if what.length > 8 else "")
    unit = "octet" if what.length == 1 else "octets"
    text = f"{what.kind} of {what.length} {unit}, crc {what.crc32}"
    return f"{text}, {shown}" if shown else text
