"""The entry point of the one-file harness, which shiv unpacks and calls."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import built  # written by the build: what this file runs on


def main() -> None:
    """Run the command line of the checkout that is beside this module."""
    here = "{}.{}".format(*sys.version_info)
    if (sysconfig.get_platform(), here) not in {(built.PLATFORM, each) for each in built.VERSIONS}:
        print(
            f"{sys.argv[0]}: made for {built.PLATFORM} and Python {', '.join(built.VERSIONS)}; this"
            f" is {sysconfig.get_platform()} and Python {here}; `tox run -e pyz` in a checkout"
            " makes one for this machine",
            file=sys.stderr,
        )
        sys.exit(2)
    # Before everything else: peers are pointed to this folder, and find nothing in it but ours.
    sys.path.insert(0, str(Path(__file__).resolve().parent / "checkout"))
    from harness import cli, program

    start = " ".join(program.words())
    for verb in cli.main.commands.values():
        verb.help = (verb.help or "").replace(" ".join(program.WORDS), start)
    cli.main(prog_name=start)
