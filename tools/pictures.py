"""Takes pictures of an HTML report, so that a change of its looks can be looked at.

Usage: python -m tools.pictures SITE FOLDER
The site is one that `python -m harness report FILE --html SITE` has written. Pictures take
Playwright and a Chromium on PATH.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

SIZES: Final = {"phone": (390, 844), "desktop": (1440, 900)}
SCHEMES: Final = ("light", "dark")
#: Chromium speaks to nobody, and runs in a container.
OPTIONS: Final = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                  "--disable-background-networking", "--disable-component-update", "--disable-sync")


def main(arguments: list[str]) -> int:
    """Take all pictures of a site."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    # Here, so that the module is read where there is no Playwright.
    from playwright.sync_api import sync_playwright

    with sync_playwright() as control:
        browser = control.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(OPTIONS)
        )
        for picture in take(browser, Path(arguments[0]), Path(arguments[1])):
            print(picture)
        browser.close()
    return 0


def take(browser: Any, site: Path, folder: Path) -> list[Path]:
    """Take a picture of each kind of page, on each size of screen, in both colour schemes."""
    folder.mkdir(parents=True, exist_ok=True)
    taken = []
    for size, (width, height) in SIZES.items():
        for scheme in SCHEMES:
            for name, address in _pages(site).items():
                tab = browser.new_page(
                    viewport={"width": width, "height": height}, color_scheme=scheme
                )
                tab.goto(address)
                if name in ("matrix", "filter"):
                    place = ".matrix" if name == "matrix" else "#browse"
                    tab.evaluate(f"document.querySelector('{place}').scrollIntoView()")
                taken.append(folder / f"{name}-{size}-{scheme}.png")
                tab.screenshot(path=taken[-1])
                tab.close()
    return taken


def _pages(site: Path) -> Mapping[str, str]:
    """The address of one page of each kind that the site has: the one that tells most."""
    site = site.resolve()  # browsers know no relative paths
    index = (site / "index.html").as_uri()
    found = {"index": index, "matrix": index, "filter": f"{index}#verdict=FAIL"}
    for kind in ("peer", "pair", "case"):
        pages = sorted((site / kind).iterdir(), key=lambda one: one.stat().st_size)
        if pages:
            found[kind] = pages[-1].as_uri()
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
