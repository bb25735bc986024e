"""Write the vector files from the tables beside this script, or check that they are up to date.

    python -m conformance.vectors.generate           write encode.json, decode.json, …
    python -m conformance.vectors.generate --check   exit 1 and name each file that differs

The tables state every header and every octet of a short payload by hand; no codec takes part.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from types import ModuleType

from conformance.vectors.tables import decode, encode, malformed, truncated

VERSION = "1.0"  # of SPEC.md, whose clauses the vectors name
HERE = Path(__file__).resolve().parent
TABLES: dict[str, ModuleType] = {
    "encode.json": encode,
    "decode.json": decode,
    "malformed.json": malformed,
    "truncated.json": truncated,
}


def content(table: ModuleType) -> str:
    """The text of one vector file."""
    document = {
        "format": table.FORMAT,
        "version": VERSION,
        "comment": table.COMMENT,
        "count": sum(len(group["vectors"]) for group in table.GROUPS),
        "notes": table.NOTES,
        "groups": table.GROUPS,
    }
    # ASCII only: a text with U+FEFF or U+0000 in it then survives every editor.
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def main(arguments: list[str]) -> int:
    """Write or check every file; 0 when all is well, 1 when a checked file differs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true",
    help="write nothing, exit 1 on a difference")
    check = parser.parse_args(arguments).check
    stale = []
    for name, table in TABLES.items():
        path, text = HERE / name, content(table)
        if not check:
            path.write_text(text, encoding="ascii", newline="\n")
        elif not path.is_file() or path.read_text(encoding="ascii") != text:
            stale.append(name)
    for name in stale:
        print(f"{name} is not what its table says; run python -m conformance.vectors.generate",
              file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
