"""How the pages are called, and how text from peers is made fit to be shown."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

#: Digits of the hash that tells names apart that look the same in a file name.
DIGITS: Final = 12
#: Characters that are kept of a name, for people who look into the folder.
READABLE: Final = 40


def page(kind: str, name: str) -> str:
    """Return the path of a page, from the top of the site; no name can lead out of it."""
    readable = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")[:READABLE]
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
    return f"{kind}/{readable}-{digest}.html"


def visible(text: str) -> str:
    """Return text with every character spelled out that would not show, or change what does.

    Terminal sequences, lone surrogates and marks that turn the direction of writing are among them.
    """
    # Nearly every text is, and to look at each of its characters took a third of a large report.
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(character: str) -> str:
    if character in "\n\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return character
    return f"\\u{ord(character):04x}"
