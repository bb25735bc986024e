"""Is an adapter itself right?  Some sixty checks, each with a message that says what to change.

`smoke` is run before anybody trusts a verdict about the library behind the adapter.  It judges the
adapter by conformance/ADAPTERS.md and the schemas; it does not judge the library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from harness.peererror import Garbage
from harness.smoke import ends, features, lines, names, scripts, traffic
from harness.smoke.bench import HOST, Bench
from harness.smoke.channel import Failed
from harness.smoke.mirror import MIRROR_CHECKS, MirrorBench

__all__ = ["SmokeResult", "smoke"]


@dataclass(frozen=True)
class SmokeResult:
    """One check: its name, whether it passed, and if not what to change."""

    name: str
    ok: bool
    message: str


#: In this order, since each assumes what those before it have shown.
CHECKS: Sequence[Callable[[Bench], None]] = (
    *lines.CHECKS, *names.CHECKS, *traffic.CHECKS, *scripts.CHECKS, *features.CHECKS,
    *ends.CHECKS,
)


def smoke(
    command: list[str] | None,
    environment: Mapping[str, str],
    flavour: str,
    patience: float,
    mirror_command: list[str] | None = None,
    first: bool = False,
    host: str = HOST,
) -> list[SmokeResult]:
    """Check an adapter and return a result per check.

    `command` is its level 1 argv, `mirror_command` its level 0 argv without `--connect` and
    `--listen`; a level without argv is left out.  `environment` is added to ours; `patience`
    multiplies every time limit, `host` is where the adapter meets us.  When the adapter does not
    even start, say hello, or have the flavour, level 1 ends there; with `first`, all ends at the
    first check that fails.  No process is left behind.
    """
    results: list[SmokeResult] = []
    if command:
        bench = Bench(command, environment, flavour, patience, host)
        results = _run(bench, lines.GREETING, first=True)
        if results[-1].ok:
            results += _run(bench, CHECKS, first)
    if mirror_command and not (first and results and not results[-1].ok):
        results += _run(MirrorBench(mirror_command, environment, patience), MIRROR_CHECKS, first)
    return results


def _run(
    bench: Bench | MirrorBench, checks: Sequence[Callable[..., None]], first: bool
) -> list[SmokeResult]:
    results: list[SmokeResult] = []
    try:
        for check in checks:
            results.append(_one(bench, check))
            if first and not results[-1].ok:
                break
    finally:
        bench.stop()
    return results


def _one(bench: Bench | MirrorBench, check: Callable[..., None]) -> SmokeResult:
    name = check.__name__.replace("_", "-")
    try:
        check(bench)
        bench.tidy()
    except (Failed, Garbage, OSError) as failure:
        bench.stop()  # the next check gets a fresh process, so that it fails for its own reason
        broken = "the adapter's connection broke: " if isinstance(failure, OSError) else ""
        return SmokeResult(name, False, f"{broken}{failure}")
    return SmokeResult(name, True, "")
