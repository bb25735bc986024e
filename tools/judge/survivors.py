"""Changes of the judge that no test notices: as mutmut finds them, and as they are listed.

The list is a text file of entries with a blank line between them:

    # Why nobody can notice it.
    harness/verdicts.py judge
    - the line as it is
    + the line as the mutant has it

A change is known by its words and not by a number, so that an entry lives as long as its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.judge.workspace import PREFIX

#: How mutmut names a mutant: module, function or `xǁClassǁfunction`, number.
NAME = re.compile(r"(?P<module>[\w.]+)\.x(?:ǁ(?P<cls>\w+)ǁ|_)(?P<function>\w+?)__mutmut_\d+")


class ListError(Exception):
    """The list of survivors cannot be read: one line that names the file, the line, the reason."""


@dataclass(frozen=True)
class Change:
    """One change: where it is, and which lines it takes out and puts in, without their indents."""

    module: str
    function: str
    removed: tuple[str, ...]
    added: tuple[str, ...]

    def __str__(self) -> str:
        """The change as the list has it."""
        lines = [f"{self.module} {self.function}"]
        lines += [f"- {line}" for line in self.removed]
        return "\n".join([*lines, *(f"+ {line}" for line in self.added)])


@dataclass(frozen=True)
class Entry:
    """A change with the number of its first line in the list."""

    change: Change
    line: int


def change_of(name: str, shown: str) -> Change:
    """Return the change that a mutant is, from mutmut's name and what `mutmut show` prints."""
    match = NAME.fullmatch(name)
    if match is None:
        raise ValueError(f"mutmut has a new way to name its mutants: {name}")
    function = match["function"].removeprefix(PREFIX)
    where = f"{match['cls']}.{function}" if match["cls"] else function
    lines = [line for line in shown.splitlines() if not line.startswith(("---", "+++"))]
    removed, added = (
        tuple(line[1:].strip().replace(PREFIX, "") for line in lines if line.startswith(sign))
        for sign in "-+"
    )
    return Change(match["module"].replace(".", "/") + ".py", where, removed, added)


def read(path: Path) -> list[Entry]:
    """Read the list; raises `ListError`."""
    entries: list[Entry] = []
    number = 1
    for block in re.split(r"\n(?=\n)", path.read_text(encoding="utf-8")):
        first = number + (len(block) - len(block.lstrip("\n")))
        number += block.count("\n") + 1
        lines = block.strip().splitlines()
        if any(not line.startswith("#") for line in lines):
            entries.append(Entry(_parsed(lines, f"{path.name}:{first}"), first))
    seen: set[Change] = set()
    for entry in entries:
        if entry.change in seen:
            raise ListError(f"{path.name}:{entry.line}: this change is listed already")
        seen.add(entry.change)
    return entries


def _parsed(lines: list[str], where: str) -> Change:
    reason = [line for line in lines if line.startswith("#") and line.strip("# ")]
    rest = [line for line in lines if not line.startswith("#")]
    place = rest[0].split(" ")
    removed, added = (
        tuple(line[2:] for line in rest[1:] if line.startswith(sign)) for sign in ("- ", "+ ")
    )
    if not reason or not lines[0].startswith("#"):
        raise ListError(f"{where}: an entry begins with its reason, '# because ...'")
    if len(place) != 2 or len(removed) + len(added) != len(rest) - 1 or not rest[1:]:
        raise ListError(f"{where}: behind its reason an entry reads 'MODULE FUNCTION', '- ', '+ '")
    return Change(place[0], place[1], removed, added)


def compared(
    found: Iterable[Change], listed: Iterable[Entry], modules: Iterable[str]
) -> tuple[list[Change], list[Entry]]:
    """Return the survivors that are not listed, and the entries that are no survivors any more.

    Only entries about the `modules` count: about the others nothing was found out.
    """
    survivors = list(dict.fromkeys(found))
    entries = [entry for entry in listed if entry.change.module in set(modules)]
    known = {entry.change for entry in entries}
    return (
        [change for change in survivors if change not in known],
        [entry for entry in entries if entry.change not in survivors],
    )
