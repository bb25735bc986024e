"""A problem that ends the command line: one message on stderr, and one of the exit codes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO, Any

import click


class Problem(click.ClickException):
    """Ends the command line with a message. One of its kinds is raised, never this itself."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the message."""
        click.echo(f"harness: {self.format_message()}", file=file, err=file is None)


class Usage(Problem):
    """A command line that cannot mean anything, or that selects nothing."""

    exit_code = 2


class Incomplete(Problem):
    """A run that could not be carried out, or not to its end."""

    exit_code = 3


def require_writable(option: str, path: Path) -> None:
    """Raise `Usage` now rather than after the work, if a file of results cannot be written.

    `option` is what named it. A file that is there stays as it is.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        existed = path.exists()
        path.open("ab").close()
        if not existed:
            path.unlink()
    except OSError as error:
        raise Usage(f"{option} {path}: cannot be written: {error.strerror}") from error


def require_folder(option: str, folder: Path) -> None:
    """Raise `Usage` now rather than after the work, if files cannot be written into a folder.

    `option` is what named it. A folder that is not there is not left, and nothing in one that is.
    """
    try:
        existed = folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
        if not existed:
            folder.rmdir()
    except OSError as error:
        raise Usage(f"{option} {folder}: cannot be written: {error.strerror}") from error
