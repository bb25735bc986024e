"""How text gets onto a terminal, or into a pipe, without surprises.

What peers send and print is anybody's text. It may hold escape sequences, and the console
may not be able to show it. Our own words are ASCII, so that they need none of this care.
"""

from __future__ import annotations

from typing import Final

from rich.console import Console
from rich.text import Text

LABEL: Final = 10
"""The width of the labels before paragraphs: the longest one, `expected`, and two spaces."""

NARROWEST: Final = 24
"""The least room for a paragraph, in columns. Below that, overflowing is easier to read."""


class _Terminal(Console):
    """A console that leaves it to the command line what becomes of a run that nobody reads."""

    def on_broken_pipe(self) -> None:
        """Raise what rich has caught; by itself it exits with 1, which would be a verdict."""
        self.quiet = True
        raise  # rich calls this where it handles the error


def on_stdout() -> Console:
    """Return a console on stdout; what is printed on it may raise `BrokenPipeError`."""
    return _Terminal(highlight=False)


def printable(text: str, console: Console) -> str:
    """The text on one line, with everything that is no visible character spelled out."""
    visible = text if text.isprintable() else "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
    if speaks_unicode(console):
        return visible
    return visible.encode("ascii", "backslashreplace").decode()


def speaks_unicode(console: Console) -> bool:
    """Whether the console takes every character."""
    return console.encoding.lower().replace("-", "").startswith("utf")


def say(console: Console, *pieces: str | tuple[str, str] | Text) -> None:
    """Print one line from pieces with styles, never broken, so that it can be copied whole."""
    if not console.is_terminal and console.color_system is None and not console.record:
        _write(console, "".join(printable(_words(piece), console) for piece in pieces).rstrip())
        return
    line = Text.assemble(*(_clean(piece, console) for piece in pieces))
    line.rstrip()
    console.print(line, soft_wrap=True, highlight=False)


def _write(console: Console, line: str) -> None:
    """Write a line without styles into a pipe or a file.

    The console would write the same, and lay out each of the thousands of lines of a run for that.
    """
    console.file.write(line + "\n")
    console.file.flush()


def _words(piece: str | tuple[str, str] | Text) -> str:
    """What a piece says."""
    if isinstance(piece, Text):
        return piece.plain
    return piece if isinstance(piece, str) else piece[0]


def _clean(piece: str | tuple[str, str] | Text, console: Console) -> Text:
    """A piece as the console can show it."""
    # Before it becomes a Text, which would drop control characters without a trace.
    plain = printable(_words(piece), console)
    if isinstance(piece, Text):
        # Styles inside the text count characters, so they go where these have changed.
        return piece if plain == piece.plain else Text(plain, piece.style)
    return Text(plain, "" if isinstance(piece, str) else piece[1])


def paragraph(console: Console, indent: int, label: str, text: str, style: str = "") -> None:
    """Print a labelled paragraph with a hanging indent, wrapped to the width of the console."""
    room = max(NARROWEST, console.width - indent - LABEL)
    head = label
    for part in text.splitlines() or [""]:
        body = _clean((part, style), console)
        for line in body.wrap(console, room, overflow="fold"):
            say(console, " " * indent, (head.ljust(LABEL), "dim"), line)
            head = ""
