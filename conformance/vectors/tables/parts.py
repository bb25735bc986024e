"""What vectors are made of: messages, vectors and groups as JSON, from octets laid by hand.

No header is ever computed here: the tables state each one, so that the vectors do not share a
mistake with any codec, ours included.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

from conformance.vectors.tables.recipes import expand

Json = dict[str, object]


def plain(octets: str) -> str:
    """Octets as the files write them: lower case, without spaces. ValueError when they are none."""
    return bytes.fromhex(octets).hex()


def text(content: str, octets: str) -> Json:
    """A text message with its UTF-8 octets, both laid by hand."""
    return {"kind": "text", "length": len(bytes.fromhex(octets)), "text": content,
            "octets": plain(octets)}


def run(octets: str) -> Json:
    """A bytes message."""
    return {"kind": "bytes", "length": len(bytes.fromhex(octets)), "octets": plain(octets)}


def recipe(kind: str, seed: int, length: int) -> Json:
    """A message too long to write down: how to make it, and the checksum of its payload."""
    checksum = zlib.crc32(expand(kind, seed, length)) & 0xFFFFFFFF
    return {"kind": kind, "length": length, "crc32": f"{checksum:08x}",
            "recipe": {"kind": kind, "seed": seed, "length": length}}


def vector(name: str, comment: str, flags: str, clauses: str, **rest: object) -> Json:
    """One vector; flags and clauses are written as words with spaces between."""
    return {"id": name, "comment": comment, "flags": flags.split(), "clauses": clauses.split(),
            **rest}


def group(kind: str, comment: str, vectors: Sequence[Json]) -> Json:
    """Vectors of one sort under one heading; `kind` says which keys they have."""
    return {"type": kind, "comment": comment, "vectors": list(vectors)}


def note(bug: str, description: str, effect: str) -> Json:
    """What a flag means: the sort of mistake, what the vector does, what the mistake leads to."""
    return {"bugType": bug, "description": description, "effect": effect}
