"""What is written and what goes wrong on the way: everything from a seed.

A message is made from its number alone, so that the one that was not confirmed on a broken
connection is the same one on the next.
"""

from __future__ import annotations

import random
import struct
from typing import Literal

from harness.codec import Kind
from harness.payloads import ALPHABET, Message

#: Of 10,000 messages: so many are empty, fit one or two header octets, are described whole, fill
#: socket buffers, or take many turns of the I/O thread; and the octets of the longest of each sort.
SIZES = ((150, 0), (5500, 63), (3600, 900), (700, 4096), (45, 65536), (5, 1 << 20))
#: Octets from which on a message is a recipe, which a peer computes for itself.
RECIPES = 200
#: Seeds of those recipes: as many as an adapter keeps at hand.
SEEDS = 4

#: What a link does to a batch of messages. "hold": nothing gets through until all were written, so
#: that they come glued and the sender's buffers fill; "delay": until the next batch was written.
Fault = Literal["none", "recut", "hold", "delay"]
FAULTS: tuple[Fault, ...] = ("none", "recut", "recut", "hold", "delay")
#: Pieces of a re-cut; more of them only take longer, since each one waits until it was read.
PIECES = 12


def message(seed: int, number: int) -> Message:
    """The message of that number; nearly all hold their number, and so are unlike all others."""
    draw = random.Random(seed << 40 | number)
    kind: Kind = draw.choice(("text", "bytes"))
    (longest,) = draw.choices([size for _, size in SIZES], [share for share, _ in SIZES])
    length = draw.randint(longest // 8, longest)
    if length >= RECIPES:
        return Message.recipe(kind, draw.randrange(SEEDS), length)
    if kind == "text":
        text = f"{number}:" + "".join(draw.choices(ALPHABET, k=length // 3))
        return Message.text(text if length else "")
    octets = struct.pack(">Q", number) + bytes(draw.choices(range(256), k=length))
    return Message.octets(octets[:length + 8] if length else b"")


def schedule(draw: random.Random) -> str:
    """A way to cut a stream: pieces of some octets or of whole or glued messages, then the rest."""
    def piece() -> str:
        return draw.choice((str(draw.choice((1, 2, 3, 64, 65, 1448, 4096))), "p", "&"))

    return ",".join([piece() for _ in range(draw.randint(1, PIECES))] + ["whole"])
