"""The verb `smoke`: prints each check of each peer's adapter."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from harness import options
from harness.peererror import NotStarted
from harness.peerspec import PeerSpec
from harness.problem import Incomplete
from harness.process import PeerProcess
from harness.selection import Selection
from harness.smoke import smoke as examine
from harness.smoke.bench import HOST


def smoke_peers(specs: Sequence[PeerSpec], patience: float, first: bool = False) -> int:
    """Check the adapters and print every check; return 0 if all are right, else 1.

    With `first`, an adapter's checks end with the first one that fails. Raises a `Problem` for a
    command that does not exist.
    """
    right = True
    for spec in specs:
        _require_command(spec)
        click.echo(spec.name)
        checks = examine(
            list(spec.command) if spec.level > 0 else None, dict(spec.environment),
            spec.flavour, patience, mirror_command=list(spec.mirror) or None, first=first,
            host=spec.host or HOST,
        )
        for one in checks:
            mark, why = ("ok  ", "") if one.ok else ("FAIL", f": {one.message}")
            click.echo(f"  {mark}  {one.name}{why}")
        right = right and all(one.ok for one in checks)
    return 0 if right else 1


def _require_command(spec: PeerSpec) -> None:
    """Raise a `Problem` unless the peer's command is something that can be run."""
    if spec.host is not None:
        return  # starting it would take a peer that has dialled in
    command = spec.command if spec.level > 0 else spec.mirror
    with tempfile.TemporaryDirectory(prefix="stockings-", ignore_cleanup_errors=True) as folder:
        try:
            PeerProcess(command, dict(spec.environment), spec.name, Path(folder) / "stderr").kill()
        except NotStarted as error:
            raise Incomplete(str(error)) from error


@click.command()
@click.argument("peer")
@options.peer_files
@options.patience
@click.option("--first", is_flag=True,
              help="Stop at the first check that fails: it says what to write next.")
def smoke(peer: str, peer_files: Sequence[Path], patience: float, first: bool) -> None:
    """Check the adapter of a peer: does it obey the adapter protocol?

    PEER is a peer's name, or a glob. A peer that cannot be started at all ends this with exit
    code 3; an adapter that fails a check, with 1.

    \b
    Example:
      python -m harness smoke mine --peers mine.toml
    """
    sys.exit(smoke_peers(Selection(peer_files, (peer,)).roster().judged, patience, first))
