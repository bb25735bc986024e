"""A hook of mkdocs: links of included documents lead to the pages that include them.

README.md and the others link to files of the checkout. Those that are pages of the site lead there;
of the others only the words stay, since a site has no checkout beside it. A dead link in a document
is for tests/test_repository.py to find.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]*)(#[^)\s]*)?\)")
#: Files of the checkout that a page of the site shows.
SHOWN = {
    "README.md": "docs/index.md",
    "conformance/SPEC.md": "docs/reference/specification.md",
    "conformance/ADAPTERS.md": "docs/reference/adapters.md",
}


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Return the text of a page with its links led on; see mkdocs."""
    folder = posixpath.join("docs", posixpath.dirname(page.file.src_uri))

    def led(match: re.Match[str]) -> str:
        picture, words, target, anchor = match[1], match[2], match[3], match[4] or ""
        if picture or not target or ":" in target:
            return match[0]
        place = posixpath.normpath(posixpath.join(folder, target))
        shown = SHOWN.get(place, place)
        if not shown.startswith("docs/"):
            return words
        return f"[{words}]({posixpath.relpath(shown, folder)}{anchor})"

    return LINK.sub(led, markdown)
