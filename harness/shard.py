"""Which part of a plan a machine runs: `--shard K/N`.

A case belongs to a shard by a digest of its own id and by nothing else, so that it stays where it
is when cases come and go, and every machine agrees without asking another.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Shard:
    """Number `number` of `of` parts, counted from 1."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `K/N`; raises ValueError, whose message says what is wrong."""
        match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        if match is None:
            raise ValueError(f"a shard reads K/N, as in 1/3, not {text!r}")
        number, of = int(match[1]), int(match[2])
        if not 1 <= number <= of:
            raise ValueError(f"of {of} shards none has the number {number}: they count from 1")
        return cls(number, of)

    def holds(self, ident: str) -> bool:
        """Whether a case belongs to this shard."""
        digest = hashlib.sha256(ident.encode()).digest()
        return int.from_bytes(digest[:8], "big") % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"
