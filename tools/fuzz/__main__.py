"""`python -m tools.fuzz`: look for octets of which the library's codec and the tester's differ.

Random octets in random pieces go to both; coverage leads the search (atheris, libFuzzer). Exit
codes: 0 nothing was found, or atheris is not there; 1 the codecs differ, and the input is shown;
3 the fuzzer itself failed.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.fuzz import compare, corpus

ROOT = Path(__file__).resolve().parent.parent.parent
#: Octets of the longest input: some frames with headers of every length, in eight pieces.
LONGEST = 512
#: Seconds for one input, which takes a millisecond, and MiB for the process, which needs 60: a
#: decoder that loops, or gives memory for a declared length, is found, too.
ONE_INPUT, MEMORY = 10, 512


def main() -> int:
    """Do what the command line says; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, metavar="N",
                        help="how long to look; 60 without it")
    parser.add_argument("--seed", type=int, default=1, metavar="N",
                        help="of the random numbers; 1 without it")
    parser.add_argument("--update", action="store_true",
                        help="keep the smallest inputs that reach all that was reached")
    options = parser.parse_args()
    if importlib.util.find_spec("atheris") is None:
        print("fuzz: SKIPPED: atheris is not installed; it has wheels for CPython 3.11 and newer "
              "on Linux (x86-64) only")
        return 0
    with tempfile.TemporaryDirectory(prefix="stockings-fuzz-") as name:
        return _fuzz(Path(name), options.seconds, options.seed, options.update)


def _fuzz(folder: Path, seconds: int, seed: int, update: bool) -> int:
    kept, found, smallest = (folder / name for name in ("kept", "found", "smallest"))
    for each in (kept, found, smallest):
        each.mkdir()
    for number, data in enumerate(corpus.inputs()):
        (kept / str(number)).write_bytes(data)
    output = _run(folder, [f"-max_total_time={seconds}", f"-seed={seed}", f"-max_len={LONGEST}",
                           "-print_final_stats=1", f"-artifact_prefix={folder}/finding-",
                           found, kept])
    findings = sorted(folder.glob("finding-*"))
    if findings:
        return _shown(findings)
    executed = re.search(r"number_of_executed_units: +(\d+)", output)
    covered = re.findall(r"cov: (\d+) ft: (\d+)", output)
    if executed is None or not covered:
        print(output[-2000:], file=sys.stderr)
        print("fuzz: the fuzzer did not run to its end", file=sys.stderr)
        return 3
    print(f"fuzz: {executed[1]} inputs in {seconds} s, seed {seed}: no difference; "
          f"{covered[-1][0]} edges, {covered[-1][1]} features")
    if update:
        _run(folder, ["-merge=1", f"-max_len={corpus.LONGEST}", smallest, kept, found])
        corpus.write(path.read_bytes() for path in smallest.iterdir())
        print(f"fuzz: {len(corpus.inputs())} inputs are kept")
    return 0


def _run(folder: Path, options: list[str | Path]) -> str:
    """Run libFuzzer on the codecs; return what it said."""
    program = folder / "target"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tools.fuzz.target "$0" "$@"\n')
    program.chmod(0o700)
    words = [f"-timeout={ONE_INPUT}", f"-rss_limit_mb={MEMORY}", *map(str, options)]
    return subprocess.run(
        [program, *words], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", check=False,
    ).stdout


def _shown(findings: list[Path]) -> int:
    """Say what was found: the input, and what the codecs say of it."""
    for path in findings:
        data = path.read_bytes()
        print(f"fuzz: FOUND ({path.name.split('-')[1]}): {data.hex()}")
        try:
            compare.compare(data)
        except Exception as error:
            print(f"fuzz: {type(error).__name__}: {error}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
