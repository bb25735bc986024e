"""One Markdown table of all JUnit files in a folder, for the summary page of a workflow run.

Run from the checkout as `python -m tools.summarise FOLDER`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from junitparser import JUnitXml, TestSuite


def row(path: Path, folder: Path) -> str:
    """The table row of one file: its place in the folder, its counts, its time."""
    xml = JUnitXml.fromfile(str(path))
    suites = [xml] if isinstance(xml, TestSuite) else list(xml)
    tests = sum(suite.tests for suite in suites)
    red = sum(suite.failures + suite.errors for suite in suites)
    skipped = sum(suite.skipped for suite in suites)
    seconds = sum(suite.time or 0 for suite in suites)
    sign = "❌" if red else "✅"
    name = path.relative_to(folder).as_posix()
    return f"| {sign} {name} | {tests - red - skipped} | {red} | {skipped} | {seconds:.1f} |"


def main(folder: Path) -> int:
    """Print the table; a folder without results is an error, since something should be there."""
    paths = sorted(folder.rglob("*.xml"))
    if not paths:
        print(f"summarise: no JUnit files in {folder}", file=sys.stderr)
        return 1
    print("| results | passed | failed | skipped | seconds |")
    print("|---|---:|---:|---:|---:|")
    for path in paths:
        print(row(path, folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
