"""Who can be tested: the reference on every interpreter, and the third parties of a TOML file.

A peer is described here and run elsewhere. `conformance/ADAPTERS.md` and `conformance/peers.toml`
tell how a file of third parties is written.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from harness import builds, peersfile, peertable
from harness.discovery import Interpreter
from harness.fields import Fields, Invalid
from harness.peersfile import PeersError
from harness.peerspec import Hosted, PeerSpec
from harness.peertable import NAME, ONLY_FLAVOUR
from harness.remote import table as remote

__all__ = ["PeerSpec", "PeersError", "load_file", "ready", "reference_peers", "select"]

#: The name of our own implementation; a file of third parties cannot use it.
REFERENCE = "reference"
REFERENCE_CLASSES = {"poll": "stockings:PollStocking", "select": "stockings:SelectStocking"}
#: Environments made at the same time: an installation is half network and half one processor.
AT_ONCE = 2

CLASS = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
#: What a table may say, with what holds when it does not: for every peer, for one by its
#: interpreters and class, for one by its command.
FOR_EVERY: dict[str, Any] = {"environment": {}, "pairs": "all"}
FOR_PYTHON: dict[str, Any] = {
    "python": [], "class": {}, "path": [], "requires": [], "optional": False
}
FOR_COMMAND: dict[str, Any] = {
    "command": [], "mirror": None, "level": 1, "flavours": [ONLY_FLAVOUR], "build": [],
    "optional": False,
}

FORMS: dict[str, dict[str, Any]] = {
    "python": FOR_EVERY | FOR_PYTHON, "command": FOR_EVERY | FOR_COMMAND,
    "remote": {"remote": {}, "pairs": "all", "flavours": [ONLY_FLAVOUR]},
}

Prepare = Callable[[Interpreter, Sequence[str]], Interpreter]
Say = Callable[[str], None]


class _LeftOut(Exception):
    """A peer is optional, and this machine does not have what it takes."""


def reference_peers(interpreters: Iterable[Interpreter], root: Path) -> list[PeerSpec]:
    """Return our own library as peers, in both flavours on each interpreter.

    `root` is the checkout that holds `stockings/`. A flavour that the system does not have is
    listed too: the peer itself says so when it starts.
    """
    folders = (root.absolute(),)
    return Hosted(
        REFERENCE, tuple(interpreters), REFERENCE_CLASSES, folders, {}, "all", ()
    ).specs()


def load_file(
    path: Path, interpreters: Sequence[Interpreter], prepare: Prepare | None = None,
    say: Say | None = None,
) -> list[PeerSpec]:
    """Return the peers of a TOML file, in its order.

    `interpreters` are those that globs choose from. With `prepare`, what the peers require is
    installed at once; without it, the peers still need `ready` (of those that will be run, so that
    nothing is installed for the others). `say` is told, in a line, of each peer that is left out.
    Raises `PeersError`, and what `prepare` raises.
    """
    specs = []
    for name, table in peersfile.read(path).peers.items():
        try:
            specs.extend(_specs_of(name, table, path.absolute().parent, interpreters))
        except _LeftOut as reason:
            if say is not None:
                say(f"harness: {path}: {name} is left out: {reason}")
        except Invalid as error:
            raise PeersError(f"{path}: [peers.{name}]: {error}") from error
    return specs if prepare is None else ready(specs, prepare)


def _specs_of(
    name: str, table: Any, folder: Path, interpreters: Sequence[Interpreter]
) -> list[PeerSpec]:
    """The peers of one table; raises `Invalid` with the key and what is wrong with it."""
    if not NAME.fullmatch(name):
        raise Invalid("a name consists of a-z, 0-9, '.' and '-'")
    if name == REFERENCE:
        raise Invalid("this name is our own library's; take another one")
    if not isinstance(table, dict):
        raise Invalid("has to be a table")
    forms = [form for form in FORMS if form in table]
    if len(forms) != 1:
        found = f"{' and '.join(forms)} are there" if forms else "none is there"
        raise Invalid(f"needs one of 'python' (with 'class'), 'command' and 'remote'; {found}")
    known = FORMS[forms[0]]
    for key in table:
        if key not in known:
            keys = ", ".join(known)
            raise Invalid(f"'{key}' is not known with '{forms[0]}'; known are {keys}")
    fields = Fields(known | table)
    if forms == ["python"]:
        return _python_table(name, fields, folder, interpreters).specs()
    if forms == ["remote"]:
        return _remote_table(name, fields, folder)
    return _command_table(name, fields, folder)


def _python_table(
    name: str, fields: Fields, folder: Path, interpreters: Sequence[Interpreter]
) -> Hosted:
    classes = peertable.string_table(fields, "class")
    if not classes:
        raise Invalid("'class' has to name a class for each flavour: {poll = \"module:Class\"}")
    for flavour, place in classes.items():
        peertable.check_flavour("class", flavour)
        if not CLASS.fullmatch(place):
            raise Invalid(f"'class.{flavour}' has to read \"module:Class\", not {place!r}")
    return Hosted(
        name, _chosen(fields, interpreters), classes,
        tuple(Path(os.path.normpath(folder / entry)) for entry in fields.texts("path")),
        peertable.string_table(fields, "environment"), peertable.pairs(fields),
        _requirements(fields, folder),
    )


def _chosen(fields: Fields, interpreters: Sequence[Interpreter]) -> tuple[Interpreter, ...]:
    globs, optional = peertable.some(fields, "python"), fields.truth("optional")
    for glob in globs:
        if not optional and not any(fnmatchcase(one.name, glob) for one in interpreters):
            there = ", ".join(one.name for one in interpreters) or "none"
            raise Invalid(
                f"'python': no interpreter fits '{glob}'; there are: {there}; with"
                " 'optional = true' the peer goes without"
            )
    return tuple(one for one in interpreters if any(fnmatchcase(one.name, glob) for glob in globs))


def _requirements(fields: Fields, folder: Path) -> tuple[str, ...]:
    requires = tuple(peertable.located(one, folder) for one in fields.texts("requires"))
    for requirement in requires:
        if requirement.startswith("-"):
            raise Invalid(f"'requires' takes requirements and no options of pip: {requirement!r}")
        if os.path.isabs(requirement) and os.path.isdir(requirement):
            # It would be installed once and then never again, whatever happens in the folder.
            raise Invalid(
                f"'requires': {requirement} is a folder, and what is installed is kept; put a"
                " folder to import from into 'path'"
            )
    return requires


def _command_table(name: str, fields: Fields, folder: Path) -> list[PeerSpec]:
    command = tuple(peertable.located(word, folder) for word in peertable.some(fields, "command"))
    own = fields.optional_texts("mirror")
    mirror = command if own is None else tuple(peertable.located(word, folder) for word in own)
    level = fields.count("level")
    if level not in (0, 1):
        raise Invalid(f"'level' has to be 0 (a mirror) or 1 (a driver), not {level}")
    if level == 0 and not mirror:
        raise Invalid("'mirror' is empty, and a peer of level 0 is nothing else")
    environment, pairs = peertable.string_table(fields, "environment"), peertable.pairs(fields)
    build = tuple(peertable.located(word, folder) for word in fields.texts("build"))
    program = builds.missing([build, command, mirror])
    if program is not None and fields.truth("optional"):
        raise _LeftOut(f"there is no {program} on this machine")
    built, (command, mirror) = builds.planned(build, folder, [command, mirror])
    specs = []
    for flavour in peertable.flavours(fields):
        only = flavour == ONLY_FLAVOUR
        specs.append(PeerSpec(
            name=name if only else f"{name}@{flavour}", implementation=name, runtime=None,
            flavour=flavour, command=command,
            mirror=_mirror_argv(mirror, None if only else flavour),
            environment=tuple(environment.items()), level=level, pairs=pairs, build=built,
        ))
    return specs


def _mirror_argv(words: tuple[str, ...], flavour: str | None) -> tuple[str, ...]:
    """Return the argv of a mirror; an empty one if there is none."""
    if not words:
        return ()
    return (*words, "--mirror", *(() if flavour is None else ("--flavour", flavour)))


def _remote_table(name: str, fields: Fields, folder: Path) -> list[PeerSpec]:
    command, host = remote.command_of(fields.mapping("remote"), folder)
    return [
        PeerSpec(
            name if flavour == ONLY_FLAVOUR else f"{name}@{flavour}", name, None, flavour,
            command, (), pairs=peertable.pairs(fields), host=host,
        )
        for flavour in peertable.flavours(fields)
    ]


def ready(
    specs: Sequence[PeerSpec], prepare: Prepare, say: Say | None = None
) -> list[PeerSpec]:
    """Return the same peers with what they require installed, each set once per interpreter.

    A peer that has to be built is built. `say` is told before that takes its time.
    `prepare` is called from up to AT_ONCE threads; the first exception that it raises is passed on,
    when those that run have ended and without starting more.
    """
    specs = builds.made(specs, say)
    wanted = dict.fromkeys(need for need in map(_need, specs) if need is not None)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = {need: pool.submit(prepare, *need) for need in wanted}
        try:
            made = {need: future.result() for need, future in begun.items()}
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return [
        spec if need is None else _on(spec, need[0], made[need])
        for spec, need in zip(specs, map(_need, specs), strict=True)
    ]


def _need(spec: PeerSpec) -> tuple[Interpreter, tuple[str, ...]] | None:
    return (spec.interpreter, spec.requires) if spec.interpreter and spec.requires else None


def _on(spec: PeerSpec, old: Interpreter, new: Interpreter) -> PeerSpec:
    words = len(old.command)
    return replace(
        spec, interpreter=new, requires=(),
        command=new.command + spec.command[words:], mirror=new.command + spec.mirror[words:],
    )


def select(specs: Sequence[PeerSpec], globs: Sequence[str]) -> list[PeerSpec]:
    """Return the peers whose name fits one of the globs, in their own order; all without globs.

    Raises `PeersError` for a glob that fits none, and for two peers of the same name.
    """
    for name, times in Counter(spec.name for spec in specs).items():
        if times > 1:
            raise PeersError(f"{times} peers are called {name}; rename the table of one of them")
    for glob in globs:
        if not any(fnmatchcase(spec.name, glob) for spec in specs):
            there = ", ".join(spec.name for spec in specs) or "none"
            raise PeersError(f"no peer fits '{glob}'; the peers are: {there}")
    return [
        spec for spec in specs
        if not globs or any(fnmatchcase(spec.name, glob) for glob in globs)
    ]
