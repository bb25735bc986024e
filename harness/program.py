"""How the harness was started, for the commands that it prints: from a checkout, or as one file."""

from __future__ import annotations

import sys

#: From a checkout, which is where results and documents say it without being told.
WORDS = ("python", "-m", "harness")
#: The ending of an archive that Python runs.
ARCHIVE = ".pyz"


def words() -> tuple[str, ...]:
    """Return the words that start it once more."""
    started = sys.argv[0]
    return ("python", started) if started.endswith(ARCHIVE) else WORDS
