"""The HTML report in a browser: keyboard, width of a phone, accessibility, no error."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import clauses
from harness.report.findings import counted
from harness.results import Footer, Header, PeerInfo, Result, Run, Suite, plan_digest
from harness.site import build
from harness.site.names import page
from harness.story import lines, logfile
from harness.verdicts import Check, Verdict
from tools import pictures

CHROMIUM = shutil.which("chromium")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on PATH")

PEERS = ("mine@cpython3.13-poll", "yours@cpython2.7-select")


def made(folder: Path) -> Path:
    """A site with a pass alone, and a red pair with a wire log; the pages to look at."""
    check = Check("FRAME-5", "MUST", False, "shortest headers", "one longer")
    red = Result(f"frame/header/empty@{'~'.join(PEERS)}", "frame/header/empty", "", PEERS,
                 Verdict.FAIL, "FRAME-5", "longer", (check,), stderr="a line\n", log="one.jsonl")
    fine = Result(f"end/closing/plain@{PEERS[0]}", "end/closing/plain", "", PEERS[:1], Verdict.PASS)
    logfile.write(logfile.CaseLog(
        lines.Header(0, red.id, red.case, "", [*PEERS], []),
        (lines.Wire(1, 0, [*PEERS], "a:1", "b:2"),
         lines.Octets(2, 0, "forward", 0, 3, b"\x02hi"),
         lines.FrameLine(2, 0, "forward", 0, b"\x02", "text", 2, "0", b"hi", True)),
        lines.Judged(9, "FAIL", "FRAME-5", "", None),
    ), folder / "one.jsonl")
    infos = tuple(PeerInfo(one, one[:4], one.partition("@")[2], "poll") for one in PEERS)
    header = Header(Suite("1.0", "d"), "1.0.0", "2026-01-02T03:04:05+00:00", infos, 2,
                    plan_digest([red.id, fine.id]))
    build.write(Run(header, (red, fine), Footer(2, {}, (), 1, 1.0), folder), folder / "site",
                clauses.load())
    return folder / "site"


#: The lists that one would have to push sideways; only the matrices of many columns may be.
CUT_OFF = """Array.from(document.querySelectorAll(".wide"), (one) =>
    one.scrollWidth > one.clientWidth && one.querySelector(".list")
    ? one.ariaLabel : "").join("")"""

PAGES = {
    "index": "index.html",
    "peer": page("peer", PEERS[0]),
    "pair": page("pair", "~".join(PEERS)),
    "case": page("case", f"frame/header/empty@{'~'.join(PEERS)}"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, written once."""
    return made(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One Chromium for all tests of this file, on a machine that may be busy."""
    playwright.expect.set_options(timeout=60_000)
    with playwright.sync_playwright() as control:
        running = control.chromium.launch(executable_path=CHROMIUM, args=list(pictures.OPTIONS))
        yield running
        running.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_accessible_and_fits_a_phone(
    browser: Any, site: Path, name: str, scheme: str
) -> None:
    """No error, nothing to scroll sideways, nothing that axe objects to."""
    tab = browser.new_page(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    errors: list[str] = []
    tab.on("console", lambda one: errors.append(one.text) if one.type == "error" else None)
    tab.on("pageerror", lambda one: errors.append(str(one)))
    tab.goto((site / PAGES[name]).as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert not tab.evaluate(CUT_OFF)
    # Without `preload` it would fetch the style sheet, which no browser allows from a folder.
    found = axe.Axe().run(tab, options={"preload": False})
    assert found.violations_count == 0, found.generate_report()
    assert not errors
    tab.close()


def test_the_filter_works_by_keyboard(browser: Any, site: Path) -> None:
    """Type into the verdict's field, and follow the row that is left to its page."""
    tab = browser.new_page()
    tab.goto((site / "index.html").as_uri())
    rows = tab.locator("#rows tr")
    assert rows.count() == 2
    tab.locator("select[name=verdict]").focus()
    tab.keyboard.type("FAIL")
    playwright.expect(rows).to_have_count(1)
    assert tab.locator("#count").inner_text() == f"1 of {counted(2, 'result')}"
    rows.locator("a").focus()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/case/*")
    tab.go_back()
    playwright.expect(rows).to_have_count(1)
    assert tab.locator("select[name=verdict]").input_value() == "FAIL"
    tab.close()


def test_an_address_with_filters_of_another_run_shows_what_there_is(
    browser: Any, site: Path
) -> None:
    """What this run has is filtered, what it does not have is not asked for."""
    tab = browser.new_page()
    tab.goto((site / "index.html").as_uri() + "#verdict=CRASH&family=end")
    playwright.expect(tab.locator("#rows tr")).to_have_count(1)
    assert tab.locator("select[name=verdict]").input_value() == ""
    tab.close()


def test_a_verdict_in_the_summary_leads_to_its_results(browser: Any, site: Path) -> None:
    """One press of a key, without going through the fields."""
    tab = browser.new_page()
    tab.goto((site / "index.html").as_uri())
    tab.get_by_role("link", name="PASS 1").press("Enter")
    playwright.expect(tab.locator("#rows tr")).to_have_count(1)
    assert "end/closing/plain" in tab.locator("#rows").inner_text()
    playwright.expect(tab.locator("#browse")).to_be_in_viewport()
    tab.close()


def test_a_diagram_is_told_in_words_where_it_does_not_fit(browser: Any, site: Path) -> None:
    """On a phone as a list; where it is drawn, the list is there for a screen reader."""
    tab = browser.new_page(viewport={"width": 390, "height": 844})
    tab.goto((site / PAGES["case"]).as_uri())
    playwright.expect(tab.locator("svg")).to_be_hidden()
    told = f"{PEERS[0]} → {PEERS[1]} 3 octets from 0"
    assert told in tab.locator(".events").inner_text()
    tab.set_viewport_size({"width": 1440, "height": 900})
    playwright.expect(tab.locator("svg")).to_be_visible()
    assert told in tab.locator(".events").aria_snapshot()
    tab.close()


def test_a_command_can_be_copied(browser: Any, site: Path) -> None:
    """The button says what it has done, and there is one for each command."""
    tab = browser.new_page()
    tab.goto((site / PAGES["case"]).as_uri())
    button = tab.get_by_role("button", name="Copy the replay command")
    button.press("Enter")
    playwright.expect(button).to_have_text("Copied")
    assert "harness replay" in tab.evaluate("String(getSelection())")
    tab.close()


def test_pictures_are_taken_of_every_kind_of_page(
    browser: Any, site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever changes the looks gets all of them, and none is empty; a relative path will do."""
    monkeypatch.chdir(site.parent)
    taken = pictures.take(browser, Path(site.name), tmp_path / "pictures")
    assert all(one.read_bytes().startswith(b"\x89PNG") for one in taken)
    kinds = {one.name.partition("-")[0] for one in taken}
    assert kinds == {"index", "matrix", "filter", "peer", "pair", "case"}
