"""Programs of third parties that have to be built before they can be started.

A build is made once for its command and its sources, in a folder of the cache, and serves every
later run; a stamp that is written last tells a whole one from a half-made one.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from harness import command, environments
from harness.environments import PreparationFailed
from harness.peerspec import Build, PeerSpec

#: What stands for the folder of the build, in its command and in those of the peer.
PLACE = "{build}"
#: The file that makes a build a whole one.
STAMP = "stockings-harness.built"
#: Seconds for one build: a small program takes some, on a busy machine many.
LIMIT = 300.0
#: How many lines of a failed build's output are quoted.
QUOTED_LINES = 20


Commands = list[tuple[str, ...]]


def planned(
    argv: tuple[str, ...], folder: Path, commands: Commands
) -> tuple[Build | None, Commands]:
    """Return the build that a command stands for, and the commands of the peer with its place.

    `folder` is that of the file of peers. The place depends on the command and on every file beside
    those that it names, headers too. Without a command there is no build.
    """
    if not argv:
        return None, commands
    key = hashlib.sha256(repr((argv, str(folder))).encode())
    named = sorted({Path(word) for word in argv if os.path.isabs(word) and os.path.exists(word)})
    for place in sorted({path if path.is_dir() else path.parent for path in named}):
        for path in sorted(each for each in place.iterdir() if each.is_file()):
            key.update(repr((str(path), path.read_bytes())).encode())
    home = str(environments.cache().parent / "builds" / key.hexdigest()[:16])
    build, *rest = (
        tuple(word.replace(PLACE, home) for word in words) for words in (argv, *commands)
    )
    return Build(build, home), rest


def made(specs: Sequence[PeerSpec], say: Callable[[str], None] | None = None) -> list[PeerSpec]:
    """Return the same peers with everything built, each build once."""
    for build, name in {spec.build: spec.implementation for spec in specs}.items():
        if build is not None:
            make(name, build, say)
    return [replace(spec, build=None) for spec in specs]


def make(name: str, build: Build, say: Callable[[str], None] | None = None) -> None:
    """Build what a peer is to be started from, unless it is there; raises `PreparationFailed`."""
    home = Path(build.place)
    try:
        if (home / STAMP).exists():
            return
        home.parent.mkdir(parents=True, exist_ok=True)
        with environments.locked(home, 2 * LIMIT):
            if not (home / STAMP).exists():
                if say is not None:
                    say(f"building {name} with {build.argv[0]} (once)")
                _run(name, build, home)
    except OSError as error:
        raise PreparationFailed(
            f"{name} cannot be built: {error}; its 'build' is: {' '.join(build.argv)}"
        ) from error


def _run(name: str, build: Build, home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    ended = command.run(build.argv, LIMIT, dict(os.environ))
    if ended.code != 0:
        shutil.rmtree(home, ignore_errors=True)
        how = f"exit code {ended.code}" if ended.code is not None else f"no end within {LIMIT:g} s"
        lines = ended.output.strip().splitlines()[:QUOTED_LINES]
        raise PreparationFailed(
            f"{name} cannot be built: {' '.join(build.argv)} failed: {how}"
            + "".join(f"\n    {line}" for line in lines)
        )
    (home / STAMP).touch()


def missing(commands: Commands) -> str | None:
    """Return the first program that commands begin with and that this machine does not have."""
    for argv in commands:
        if argv and PLACE not in argv[0] and shutil.which(argv[0]) is None:
            return argv[0]
    return None
