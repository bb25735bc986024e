"""Large payloads made from a seed and a length, as README.md describes them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

_TAIL_OCTETS = 4088
_UNIT_POINTS = 1024
_ALPHABET = (0x41, 0x7A, 0x30, 0x7E, 0xE9, 0xDF, 0x3A9, 0x416,
             0x5D0, 0x20AC, 0x4E2D, 0xFFFD, 0x1F600, 0x10FFFF, 0x00, 0x0A)


def expand(kind: str, seed: int, length: int) -> bytes:
    """The payload, exactly `length` octets."""
    return _text(seed, length) if kind == "text" else _bytes(seed, length)


def _draws(seed: int) -> Iterator[int]:
    x = seed
    while True:
        x = (x * 1103515245 + 12345) % 2**31
        yield x >> 16


def _bytes(seed: int, length: int) -> bytes:
    draws = _draws(seed)
    tail = bytes(next(draws) & 255 for _ in range(_TAIL_OCTETS))
    block_octets = 8 + _TAIL_OCTETS
    blocks = -(-length // block_octets)
    return b"".join(k.to_bytes(8, "big") + tail for k in range(blocks))[:length]


def _text(seed: int, length: int) -> bytes:
    draws = _draws(seed)
    unit = "".join(chr(_ALPHABET[next(draws) & 15]) for _ in range(_UNIT_POINTS))
    pieces: list[bytes] = []
    left = length
    for k in count():
        block = f"{k:08x}{unit}".encode()
        if len(block) > left:
            # Whole code points only: what is cut off at the end is ignored, not replaced.
            last = block[:left].decode("utf-8", "ignore").encode()
            return b"".join([*pieces, last, b"." * (left - len(last))])
        pieces.append(block)
        left -= len(block)
    raise AssertionError("unreachable: count() has no end")
