"""One peer as it will be started: its name, its command and what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import system
from harness.discovery import Interpreter
from harness.fields import Fields

ADAPTER = Path(__file__).resolve().parent / "adapters" / "python_adapter.py"


@dataclass(frozen=True)
class Build:
    """How the program of a peer is made: a command, and the folder in which it puts it."""

    argv: tuple[str, ...]
    place: str


@dataclass(frozen=True)
class PeerSpec:
    """One peer as it will be started. A value: hashable, may be shared between threads.

    `name` is unique in a run; `runtime` is the interpreter's name, or None for a peer that is a
    command. `command` is the whole argv of the driver (level 1); `mirror` that of the mirror
    (level 0), to which only `--connect HOST:PORT` or `--listen 0` is added. `environment` is added
    to ours. `pairs` tells with whom it is paired: `all`, `reference` (only our own peers), `none`.
    `requires` is what has yet to be installed for it, `build` what has yet to be built: see
    `peers.ready`. When a peer is written down, it has been. A peer on another machine has a `host`,
    the address at which it reaches the harness.
    """

    name: str
    implementation: str
    runtime: str | None
    flavour: str
    command: tuple[str, ...]
    mirror: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()
    level: int = 1
    interpreter: Interpreter | None = None
    pairs: str = "all"
    requires: tuple[str, ...] = ()
    build: Build | None = None
    host: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the peer as a JSON object."""
        return {
            "name": self.name, "implementation": self.implementation, "runtime": self.runtime,
            "flavour": self.flavour, "command": list(self.command), "mirror": list(self.mirror),
            "environment": dict(self.environment), "level": self.level,
            "interpreter": None if self.interpreter is None else self.interpreter.to_json(),
            "pairs": self.pairs, "requires": list(self.requires), "host": self.host,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> PeerSpec:
        """Read what `to_json` returned; raises `fields.Invalid`."""
        fields = Fields(values, "peer.")
        interpreter = fields.optional_mapping("interpreter")
        spec = cls(
            name=fields.text("name"), implementation=fields.text("implementation"),
            runtime=fields.optional_text("runtime"), flavour=fields.text("flavour"),
            command=fields.texts("command"), mirror=fields.texts("mirror"),
            environment=tuple(fields.mapping("environment").items()), level=fields.count("level"),
            interpreter=None if interpreter is None else Interpreter.from_json(interpreter),
            pairs=fields.text("pairs"), requires=fields.texts("requires"),
            host=fields.optional_text("host"),
        )
        fields.done()
        return spec


@dataclass(frozen=True)
class Hosted:
    """One implementation that the Python adapter hosts, on any number of interpreters.

    `classes` are `module:Class` by flavour; `path` is where they may be imported from, besides what
    is installed; the rest is as in `PeerSpec`.
    """

    name: str
    interpreters: tuple[Interpreter, ...]
    classes: Mapping[str, str]
    path: tuple[Path, ...]
    environment: Mapping[str, str]
    pairs: str
    requires: tuple[str, ...]

    def specs(self) -> list[PeerSpec]:
        """Return a peer for each interpreter and flavour, in this order."""
        return [
            self._spec(interpreter, flavour)
            for interpreter in self.interpreters for flavour in self.classes
        ]

    def _spec(self, interpreter: Interpreter, flavour: str) -> PeerSpec:
        command = (*interpreter.command, system.path_for(interpreter.platform, ADAPTER))
        for known, place in self.classes.items():
            command += ("--class", f"{known}={place}")
        command += ("--implementation", self.name)
        # Always set, since with a PYTHONPATH of ours a third party would get our library; and never
        # empty, which 2.7 takes for the folder it is started in: often our checkout. The adapter's
        # own folder is searched in any case.
        folders = self.path or (ADAPTER.parent,)
        path = {"PYTHONPATH": system.search_path_for(interpreter.platform, folders)}
        return PeerSpec(
            name=f"{self.name}@{interpreter.name}-{flavour}", implementation=self.name,
            runtime=interpreter.name, flavour=flavour, command=command,
            mirror=(*command, "--mirror", "--flavour", flavour),
            environment=tuple({**path, **self.environment}.items()),
            interpreter=interpreter, pairs=self.pairs, requires=self.requires,
        )
