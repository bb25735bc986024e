"""Several runs as one: shards of a plan put together, and plans of several systems side by side.

Runs on the same operating system are shards, or repeats, of one plan; they have to have the same
peers. A peer of another operating system is another peer, whatever its name, so where there are
several systems each name gets its system behind it: `reference@cpython3.13-poll+linux`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.records import Header, PeerInfo, Result
from harness.repeats import agreed
from harness.results import Run, ident_of, plan_digest
from harness.shard import Shard


class MergeError(Exception):
    """Runs that do not make one; the message names the files."""


@dataclass(frozen=True)
class Source:
    """One run that is merged: `name` is its file, for messages."""

    name: str
    run: Run

    @property
    def system(self) -> str:
        """The operating system that it ran on, in one word."""
        return str(self.run.header.host.get("platform", "")).partition("-")[0].lower() or "unknown"

    @property
    def whole(self) -> tuple[int, str]:
        """How many cases the whole plan has, and their digest."""
        header = self.run.header
        return (header.planned, header.plan) if header.shard is None else (
            header.shard.planned, header.shard.plan
        )


@dataclass(frozen=True)
class Merged:
    """What they make together. `origins` says whose each result is, by its id: for its wire log."""

    header: Header
    results: tuple[Result, ...]
    origins: Mapping[str, Source]
    seconds: float


def combine(sources: Sequence[Source], repeats: bool = False) -> Merged:
    """Make one run of several; raises `MergeError`.

    With `repeats` a case may have a result in several runs of the same system. They are taken as
    tries of the case, so that two which disagree make it FLAKY.
    """
    first = sources[0]
    for other in sources:
        _require_original(other)
        _require_complete(other)
        _require_same(first, other, "suites", _suite)
    systems: dict[str, list[Source]] = {}
    for one in sources:
        systems.setdefault(one.system, []).append(one)
    peers: list[PeerInfo] = []
    results: list[Result] = []
    origins: dict[str, Source] = {}
    for system, group in systems.items():
        suffix = f"+{system}" if len(systems) > 1 else ""
        peers += [_renamed_peer(peer, suffix) for peer in group[0].run.header.peers]
        for source, result in _of_system(group, repeats):
            result = _renamed(result, suffix)
            results.append(result)
            origins[result.id] = source
    results.sort(key=lambda result: result.id)
    options = dict(first.run.header.options)
    if len(systems) > 1:
        # A replay is for one of them, which was asked in its own way.
        own = {system: dict(group[0].run.header.options) for system, group in systems.items()}
        options = {"of_systems": own, "left_out": _left_out(own)}
    header = replace(
        first.run.header, options=options, peers=tuple(peers), planned=len(results), shard=None,
        plan=plan_digest(result.id for result in results),
        started=min(one.run.header.started for one in sources),
        host={**first.run.header.host, "platform": _platforms(sources)},
    )
    seconds = sum(one.run.footer.seconds for one in sources if one.run.footer is not None)
    return Merged(header, tuple(results), origins, round(seconds, 3))


def _left_out(options: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What each system could not run, as a report lists it."""
    return [
        f"{system}: {reason}" for system, own in options.items()
        for reason in own.get("left_out", ())
    ]


def _suite(source: Source) -> Any:
    header = source.run.header
    return header.suite, header.harness


def _peers(source: Source) -> Any:
    # The number of its process is all that differs between two starts of one peer.
    return [
        replace(peer, hello={key: value for key, value in peer.hello.items() if key != "pid"})
        for peer in source.run.header.peers
    ]


def _options(source: Source) -> Any:
    return source.run.header.options


def _platforms(sources: Sequence[Source]) -> str:
    found = dict.fromkeys(str(one.run.header.host.get("platform", "")) for one in sources)
    return ", ".join(found)


def _require_original(source: Source) -> None:
    # Its host is no single system any more, after which its peers could be called.
    if "of_systems" in source.run.header.options:
        raise MergeError(f"{source.name}: is merged from several systems already;"
                         " merge the original files, all at once")


def _require_complete(source: Source) -> None:
    footer = source.run.footer
    if footer is None or footer.missing:
        missing = "it has no footer" if footer is None else f"{footer.missing[0]} has no result"
        raise MergeError(f"{source.name}: the run did not come to its end: {missing}")


def _require_same(one: Source, other: Source, what: str, take: Any) -> None:
    if take(one) != take(other):
        raise MergeError(f"{one.name} and {other.name} are of different {what}")


def _of_system(group: Sequence[Source], repeats: bool) -> Iterator[tuple[Source, Result]]:
    """The results of the runs of one system, each id once."""
    first = group[0]
    for other in group[1:]:
        _require_same(first, other, "plans", lambda one: one.whole)
        _require_same(first, other, "peers", _peers)
        _require_same(first, other, "options", _options)
    tries: dict[str, list[tuple[Source, Result]]] = {}
    for source in group:
        for result in source.run.results:
            tries.setdefault(result.id, []).append((source, result))
    if not repeats:
        _require_once(tries)
    _require_whole(group, tries)
    for found in tries.values():
        result = found[0][1] if len(found) == 1 else agreed([one for _, one in found])
        # Of several logs `agreed` names one, by a name that only its own folder gives a meaning.
        origin = next((source for source, one in found if one.log == result.log), found[0][0])
        yield origin, result


def _require_once(tries: Mapping[str, Sequence[tuple[Source, Result]]]) -> None:
    for ident, found in tries.items():
        if len(found) > 1:
            (one, _), (other, _) = found[:2]
            raise MergeError(
                f"{one.name} and {other.name} both have a result of {ident};"
                " --repeats takes them as tries of one case"
            )


def _require_whole(group: Sequence[Source], ids: Mapping[str, object]) -> None:
    planned, digest = group[0].whole
    names = ", ".join(one.name for one in group)
    if len(ids) < planned:
        raise MergeError(f"{planned - len(ids)} of {planned} cases are in none of {names}"
                         + _absent(group))
    if plan_digest(ids) != digest:
        raise MergeError(f"{names}: their cases are not those of the plan that they state")


def _absent(group: Sequence[Source]) -> str:
    """Which shards are missing, where all runs are shards of the same number of them."""
    there = [one.run.header.shard for one in group]
    of = {None if shard is None else shard.of for shard in there}
    number = of.pop()
    if of or number is None:
        return ""
    missing = sorted(set(range(1, number + 1)) - {shard.number for shard in there if shard})
    listed = ", ".join(str(Shard(one, number)) for one in missing)
    return f"; what is missing is shard {listed}" if listed else ""


def _renamed_peer(peer: PeerInfo, suffix: str) -> PeerInfo:
    return replace(peer, name=peer.name + suffix)


def _renamed(result: Result, suffix: str) -> Result:
    """The result with its peers named as in the merged file."""
    if not suffix:
        return result
    peers = tuple(name + suffix for name in result.peers)
    blame = None if result.blame is None else result.blame + suffix
    ident = ident_of(result.case, result.params, peers)
    return replace(result, id=ident, peers=peers, blame=blame)
