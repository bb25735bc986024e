"""What the command line selects: interpreters, peers, partners, cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import click

from harness import clauses, discovery, environments, peers, peersfile, suite
from harness.clauses import Clause
from harness.discovery import Discovery
from harness.peerspec import PeerSpec
from harness.plan import ROOT, Roster, Stem
from harness.problem import Incomplete, Usage


def _tell(line: str) -> None:
    click.echo(line, err=True)


@dataclass
class Selection:
    """The options that say which peers and cases are meant.

    What cannot be resolved raises a `Problem`, which is for the user.
    """

    peer_files: Sequence[Path] = ()
    peer: Sequence[str] = ()
    partner: Sequence[str] = ()
    case: Sequence[str] = ()
    clause: Sequence[str] = ()

    @cached_property
    def suite(self) -> list[Stem]:
        """Every case that there is."""
        try:
            return suite.collect()
        except suite.SuiteError as error:
            raise Incomplete(f"the cases cannot be collected: {error}") from error

    def clauses(self) -> list[Clause]:
        """Return the selected clauses, or all of them."""
        known = clauses.load()
        for ident in self.clause:
            if ident not in known:
                raise Usage(f"--clause {ident}: SPEC.md has no such clause; see `list clauses`")
        return [one for one in known.values() if not self.clause or one.id in self.clause]

    def named(self) -> list[Stem]:
        """Return the cases that are selected by name, whatever they decide; never none."""
        for glob in self.case:
            if not any(stem.chosen([glob], []) for stem in self.suite):
                raise Usage(f"--case {glob}: matches no case; see `list cases`")
        return [stem.narrowed(self.case) for stem in self.suite if stem.chosen(self.case, [])]

    def stems(self) -> list[Stem]:
        """Return the selected cases; never none."""
        self.clauses()
        chosen = [
            stem.narrowed(clauses=self.clause)
            for stem in self.named() if stem.chosen([], self.clause)
        ]
        if not chosen:
            raise Usage(self._nothing())
        return chosen

    def _nothing(self) -> str:
        if self.case and self.clause:
            return "no case fits both --case and --clause"
        return f"no case decides {', '.join(self.clause)} yet; see `list clauses`"

    @cached_property
    def survey(self) -> Discovery:
        """The interpreters of this machine and of the files, and what was passed over.

        Who may be one and did not answer is named at once, or a run would be green without it.
        """
        found = discovery.survey(discovery.candidates())
        for line in found.silent:
            click.echo(f"harness: {line}", err=True)
        try:
            return peersfile.with_named(found, self.peer_files)
        except peers.PeersError as error:
            raise Usage(str(error)) from error

    @cached_property
    def available(self) -> list[PeerSpec]:
        """Every peer there is: the reference on each interpreter, then the files' peers.

        Nothing is installed for them yet.
        """
        found = peers.reference_peers(self.survey.found, ROOT)
        try:
            for path in self.peer_files:
                found += peers.load_file(path, self.survey.found, say=_tell)
        except peers.PeersError as error:
            raise Usage(str(error)) from error
        return found

    def roster(self) -> Roster:
        """Return the selected peers, ready to start: what they require is installed."""
        prepare = partial(environments.prepare, say=_tell)
        try:
            judged = peers.select(self.available, self.peer)
            partners = peers.select(self.available, self.partner) if self.partner else []
            installed = peers.ready([*judged, *partners], prepare, _tell)
        except peers.PeersError as error:
            raise Usage(str(error)) from error
        except environments.PreparationFailed as error:
            raise Incomplete(str(error)) from error
        return Roster(tuple(installed[: len(judged)]), tuple(installed[len(judged) :]))

    def options(self) -> dict[str, Any]:
        """Return the selection as the results file states it and a replay repeats it."""
        return {
            "peers": [str(path) for path in self.peer_files], "peer": list(self.peer),
            "with": list(self.partner), "case": list(self.case), "clause": list(self.clause),
        }
