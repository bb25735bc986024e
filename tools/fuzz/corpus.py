"""The inputs that reach everything the fuzzer has found, with what has to come of each.

One file, an entry a line; `tests/library/test_corpus.py` replays it on every interpreter.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tools.fuzz import oracle

FILE = Path(__file__).resolve().parent.parent.parent / "tests" / "corpus" / "wire.json"
#: Octets of the longest input that is kept: every header and the edge of two of them fit.
LONGEST = 199


def inputs() -> list[bytes]:
    """The inputs that are kept."""
    return [bytes.fromhex(each["input"]) for each in json.loads(FILE.read_text("ascii"))]


def text(kept: Iterable[bytes]) -> str:
    """The file's text for these inputs, the shortest first."""
    order = sorted(set(kept), key=lambda data: (len(data), data))
    return "[\n" + ",\n".join(json.dumps(oracle.entry(data)) for data in order) + "\n]\n"


def write(kept: Iterable[bytes]) -> None:
    """Keep these inputs."""
    FILE.write_text(text(kept), encoding="ascii", newline="\n")
