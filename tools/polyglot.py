"""The implementations in other languages against the suite: `python -m tools.polyglot`.

Of those whose tools are on this machine the adapters are checked as `harness smoke` does. Then they
run alone, in pairs with each other, and in pairs with the reference on 2.7 and on the newest
CPython, in both flavours and both directions. What is missing is left out and named. Further
options are handed to `harness run`, so that `--peer` and `--case` narrow it; without a `--case` all
cases run but the sampled programs of `explore/`, which take as long as all others together.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from harness import builds, discovery, peers
from harness.cli import main as harness
from harness.smokerun import smoke_peers

PEERS = "conformance/polyglot/polyglot.toml"
CASES = Path(__file__).resolve().parent.parent / "conformance" / "cases"


def partners() -> list[str]:
    """Return the globs of the reference's peers: on 2.7, if it is here, and on the newest."""
    found = discovery.survey(discovery.candidates()).found
    there = sorted((each for each in found if each.name.startswith("cpython")),
                   key=lambda each: each.release)
    old = [each for each in there if each.release < (3, 0)][-1:]
    if not old:
        print("polyglot: there is no CPython 2.7 here to be paired with", file=sys.stderr)
    chosen = dict.fromkeys(each.name for each in [*old, *there[-1:]])
    return [f"reference@{name}-*" for name in chosen]


def main(options: list[str]) -> None:
    """Run it, and end with the exit code of `harness run`."""
    def say(line: str) -> None:
        print(line, file=sys.stderr)

    here = peers.load_file(Path(PEERS), [], say=say)
    if smoke_peers(builds.made(here, say), patience=1.0) != 0:
        sys.exit(1)
    if not any(each.level > 0 for each in here):
        print("polyglot: skipped, since the tools of none of the languages are here")
        return
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--peer", action="append", default=[])
    parser.add_argument("--case", action="append", default=[])
    given, further = parser.parse_known_args(options)
    with_them = [word for glob in partners() for word in ("--with", glob)]
    families = sorted({path.parent.name for path in CASES.glob("*/*.py")} - {"explore"})
    chosen = [word for glob in given.peer or ["polyglot-*"] for word in ("--peer", glob)]
    chosen += [
        word for glob in given.case or [f"{family}/**" for family in families]
        for word in ("--case", glob)
    ]
    harness(["run", "--peers", PEERS, *chosen, *with_them, *further])


if __name__ == "__main__":
    main(sys.argv[1:])
