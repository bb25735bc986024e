"""What the tables of a file of peers have in common, whatever kind of peer each describes."""

from __future__ import annotations

import os
import re
from pathlib import Path

from harness.fields import Fields, Invalid

#: The one flavour of an implementation that knows of none; it does not show in a peer's name.
ONLY_FLAVOUR = "default"
NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
PAIRS = ("all", "reference", "none")


def flavours(fields: Fields) -> tuple[str, ...]:
    """The flavours of a table, each once."""
    found = some(fields, "flavours")
    if len(set(found)) != len(found):
        raise Invalid("'flavours' has one of them twice")
    for flavour in found:
        check_flavour("flavours", flavour)
    return found


def located(word: str, folder: Path) -> str:
    """A word of a file, with a leading ./ or ../ taken from the folder of the file."""
    near = re.match(r"\.\.?[/\\]", word) is not None
    return os.path.normpath(folder / word) if near else word


def some(fields: Fields, key: str) -> tuple[str, ...]:
    """A list of strings, at least one and none of them empty."""
    words = fields.texts(key)
    if not words or not all(words):
        raise Invalid(f"'{key}' has to be a list of strings that are not empty")
    return words


def string_table(fields: Fields, key: str) -> dict[str, str]:
    """A table whose values are strings."""
    table = fields.mapping(key)
    for name, text in table.items():
        if not isinstance(text, str):
            raise Invalid(f"'{key}.{name}' has to be a string: put it in quotes")
    return table


def check_flavour(key: str, flavour: str) -> None:
    """Raise `Invalid` unless it can be a flavour."""
    if not NAME.fullmatch(flavour):
        raise Invalid(f"'{key}': a flavour consists of a-z, 0-9, '.' and '-', not {flavour!r}")


def pairs(fields: Fields) -> str:
    """Whom a peer is paired with."""
    word = fields.text("pairs")
    if word not in PAIRS:
        raise Invalid(f"'pairs' has to be one of {', '.join(PAIRS)}, not {word!r}")
    return word
