"""What libFuzzer runs: `python -m tools.fuzz.target PROGRAM [libFuzzer's options] FOLDER…`.

A process of its own, since libFuzzer ends the process that it runs in. PROGRAM is a file that
starts this module again, with itself as the first argument: libFuzzer needs one for a merge.
"""

from __future__ import annotations

import sys

import atheris

# Both codecs, so that a distinction which only one of them makes is found, too.
with atheris.instrument_imports(include=["harness", "stockings"]):
    from tools.fuzz.compare import compare

atheris.Setup(sys.argv[1:], compare)
atheris.Fuzz()
