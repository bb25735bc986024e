"""A problem that ends the command line: one message on stderr, and one of the exit codes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
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


def written(what: str, write: Callable[[], object]) -> bool:
    """Write a report; say whether that went well, after telling on stderr why it did not.

    What was found out is worth its exit code all the same, which a traceback would hide.
    """
    try:
        write()
    except OSError as error:
        click.echo(f"harness: {what}: cannot be written: {error.strerror}", err=True)
        return False
    return True


def require_apart(
    inputs: Iterable[tuple[str, Path]], outputs: Iterable[tuple[str, Path | None]]
) -> None:
    """Raise `Usage` before the work if an output would replace an input, or another output.

    Each is given with the option that named it. Devices are there to be named more than once.
    """
    taken = [(name, path.resolve()) for name, path in inputs]
    for name, path in outputs:
        if path is None or (path.exists() and not path.is_file() and not path.is_dir()):
            continue
        place = path.resolve()
        for other, there in taken:
            if place == there or (place.exists() and there.exists() and place.samefile(there)):
                raise Usage(f"{name} {path}: is {other}, too; take another name")
        taken.append((name, place))


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
