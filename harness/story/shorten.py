"""Control messages without the bulk of their payloads.

What is left of a message is what identifies it: kind, length, CRC-32 and first octets, the same of
what was to be written and of what was read, so that the two can be compared.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from typing import Any

from harness.payloads import Message

#: Octets of a payload that are kept: enough to recognise it.
HEAD = 16
#: Characters of any other text that are kept: a traceback.
TEXT = 2000
#: Items of a list that are kept: more messages than a case writes or reads at once.
ITEMS = 1000
#: What is raised by something that looks like a message of the protocol and is none.
ODD = (AttributeError, KeyError, TypeError, ValueError)


def body(said: Mapping[str, Any]) -> dict[str, Any]:
    """Return a control message with its payloads summed up; the original is left alone."""
    # Only what we have said ourselves is taken for a recipe, and computed.
    ours = "do" in said
    return {str(key): _short(value, ours) for key, value in said.items()}


def _short(value: Any, ours: bool) -> Any:
    if isinstance(value, Mapping):
        summary = _summed(value, ours) if "kind" in value else None
        return summary or {str(key): _short(each, ours) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_short(one, ours) for one in value[:ITEMS]]
    if isinstance(value, str) and len(value) > TEXT:
        return value[:TEXT] + "…"
    if isinstance(value, float) and not math.isfinite(value):
        # Python reads and writes such numbers, and JSON has none.
        return str(value)
    return value


def _summed(message: Mapping[str, Any], ours: bool) -> dict[str, Any] | None:
    """Sum up a message of a request, or the description of one; None if it is neither."""
    try:
        if ours:
            meant = _meant(message)
            return _summary(meant.kind, meant.length, meant.crc32, meant.payload)
        head = base64.b64decode(message["head"], validate=True)
        return _summary(message["kind"], int(message["length"]), str(message["crc32"]), head)
    except ODD:
        return None


def _summary(kind: str, length: int, crc32: str, head: bytes) -> dict[str, Any]:
    return {"kind": str(kind), "length": length, "crc32": crc32, "head": head[:HEAD].hex()}


def _meant(message: Mapping[str, Any]) -> Message:
    if "text" in message:
        return Message.text(message["text"])
    if "base64" in message:
        return Message.octets(base64.b64decode(message["base64"], validate=True))
    return Message.recipe(message["kind"], message["seed"], message["length"])
