"""Peers on the running interpreter, for tests that talk to one."""

from __future__ import annotations

import platform
import sys

from commandline import ROOT, TRUTH

from harness.discovery import Interpreter
from harness.peers import reference_peers
from harness.peerspec import Hosted, PeerSpec

INTERPRETER = Interpreter(
    (sys.executable,), sys.implementation.name, platform.python_version(), sys.executable
)


def reference() -> PeerSpec:
    """The reference, in the flavour that every system has."""
    return next(one for one in reference_peers([INTERPRETER], ROOT) if one.flavour == "select")


def broken(cls: str) -> PeerSpec:
    """A library of `truth/broken.py`."""
    classes = {"own": f"broken:{cls}"}
    (spec,) = Hosted("broken", (INTERPRETER,), classes, (TRUTH, ROOT), {}, "all", ()).specs()
    return spec


def command(*argv: str, name: str = "own") -> PeerSpec:
    """A peer that is a program of its own."""
    return PeerSpec(name, name, None, "default", argv, (*argv, "--mirror"))


def scripted(manner: str) -> PeerSpec:
    """The adapter of `truth/scripted.py`."""
    return command(sys.executable, str(TRUTH / "scripted.py"), manner)
