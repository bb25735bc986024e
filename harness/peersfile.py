"""The TOML file that a user names with `--peers`: what stands at its top, and where it is wrong.

What a table of a peer says is for `peers` to read.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import discovery
from harness.discovery import Discovery
from harness.fields import Fields, Invalid
from harness.peertable import located

if sys.version_info >= (3, 11):
    import tomllib
else:
    # A checker that runs on a newer Python need not have it.
    import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]

#: What may stand at the top of a file.
INTERPRETERS, PEERS = "interpreters", "peers"


class PeersError(Exception):
    """A file of peers or a choice of peers cannot be used: where, what is wrong, what to do."""


@dataclass(frozen=True)
class PeersFile:
    """A file of peers, its tables not looked at yet.

    `interpreters` are commands that run Python and that no search finds; `peers` are the tables of
    third parties by name.
    """

    interpreters: tuple[tuple[str, ...], ...]
    peers: dict[str, Any]


def read(path: Path) -> PeersFile:
    """Read a file; raises `PeersError`."""
    try:
        text = path.read_bytes().decode("utf-8")
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PeersError(f"{path}:{_line_of(error, text)}: this is not TOML: {error}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise PeersError(f"{path}: cannot be read: {error}") from error
    peers, commands = tables.pop(PEERS, {}), tables.pop(INTERPRETERS, [])
    if tables or not isinstance(peers, dict) or not (peers or commands):
        other = f", not [{next(iter(tables))}]" if tables else ""
        raise PeersError(f"{path}: has to consist of tables [peers.NAME]{other}")
    try:
        return PeersFile(_interpreters(commands, path.absolute().parent), peers)
    except Invalid as error:
        raise PeersError(f"{path}: {error}") from error


def _interpreters(commands: Any, folder: Path) -> tuple[tuple[str, ...], ...]:
    if not isinstance(commands, list):
        commands = [commands]
    found = []
    for number, command in enumerate(commands):
        key = f"{INTERPRETERS}[{number}]"
        words = Fields({key: command}).texts(key)
        if not words or not all(words):
            raise Invalid(f"'{key}' has to be a list of words that are not empty")
        found.append(tuple(located(word, folder) for word in words))
    return tuple(found)


def with_named(found: Discovery, files: Sequence[Path]) -> Discovery:
    """Return what a search has found, with the interpreters that the files name added.

    One that a file names has to be one, and not one that was found; raises `PeersError`.
    """
    named = {command: path for path in files for command in read(path).interpreters}
    if not named:
        return found
    added = discovery.survey(named, discovery.NAMED_LIMIT)
    refused = dict(added.skipped)
    there = {one.name for one in found.found}
    for one in added.found:
        if one.name in there:
            refused[one.command] = f"is {one.name}, which was found without it"
    for command, reason in refused.items():
        raise PeersError(f"{named[command]}: '{INTERPRETERS}': {shlex.join(command)}: {reason}")
    return Discovery(found.found + added.found, found.skipped)


def _line_of(error: ValueError, text: str) -> int:
    match = re.search(r"at line (\d+)", str(error))
    return int(match[1]) if match else max(1, len(text.splitlines()))
