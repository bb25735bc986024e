"""The HTML report: what is on its pages, and what a hostile peer cannot put there."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from logs import log_of
from runs import failed, passed, peers
from runs import run_of as whole

from harness import clauses
from harness.results import Footer, Header, PeerInfo, Result, Run, Suite, plan_digest
from harness.site import build, sequence
from harness.site.names import page, visible
from harness.story import lines, logfile
from harness.verdicts import Check, Verdict

PEERS = ("mine@cpython3.13-poll", "yours@cpython2.7-select")
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\u202e\ud800"


def result(peers: tuple[str, ...], verdict: Verdict, **more: object) -> Result:
    """One result of one case."""
    ident = f"frame/header/empty[1]@{'~'.join(peers)}"
    return replace(
        Result(ident, "frame/header/empty", "[1]", peers, verdict), **more  # type: ignore[arg-type]
    )


def run_of(*results: Result, folder: Path = Path()) -> Run:
    """A whole run with these results."""
    infos = tuple(PeerInfo(one, one.partition("@")[0], "cpython", "poll") for one in PEERS)
    header = Header(Suite("1.0", "d"), "1.0.0", "2026-01-02T03:04:05+00:00", infos, len(results),
                    plan_digest(one.id for one in results))
    return Run(header, results, Footer(len(results), {}, (), 1, 1.0), folder)


def red(**more: object) -> Result:
    """A pair that broke FRAME-5."""
    check = Check("FRAME-5", "MUST", False, "shortest headers", "one longer")
    return result(PEERS, Verdict.FAIL, clause="FRAME-5", checks=(check,), **more)


def test_a_red_case_tells_clause_check_and_the_command(tmp_path: Path) -> None:
    """What a person needs to believe it and to see it again."""
    one = red(blame=PEERS[1])
    build.write(run_of(one), tmp_path, clauses.load())
    text = (tmp_path / page("case", one.id)).read_text("utf-8")
    for part in ("FRAME-5</b> (MUST)", "shortest headers", "one longer", "harness replay",
                 f"{PEERS[1]} was the first"):
        assert part in text


def test_the_index_has_matrix_and_links_without_the_script(tmp_path: Path) -> None:
    """A letter in every cell, and a page behind it."""
    build.write(run_of(red(), result(PEERS[:1], Verdict.PASS)), tmp_path, clauses.load())
    text = (tmp_path / "index.html").read_text("utf-8")
    link = page("pair", "~".join(PEERS))
    assert f'href="{link}" aria-label="{PEERS[0]} with {PEERS[1]}: FAIL">F</a>' in text
    assert (tmp_path / link).is_file()
    assert (tmp_path / page("peer", PEERS[0])).is_file()


def test_nothing_from_a_peer_becomes_markup(tmp_path: Path) -> None:
    """A peer may write what it likes to stderr, and into a reason."""
    bad = red(stderr=HOSTILE, reason=HOSTILE, step=HOSTILE, localised=HOSTILE, params=HOSTILE)
    build.write(run_of(bad), tmp_path, clauses.load())
    for file in tmp_path.rglob("*.html"):
        text = file.read_text("utf-8")
        assert "<script>alert" not in text
        assert "<img" not in text
        assert not {"\x1b", "\u202e"} & set(text)
    case = (tmp_path / page("case", bad.id)).read_text("utf-8")
    assert "&lt;/script&gt;" in case
    assert r"\u001b[31m\u202e\ud800" in case


def test_names_cannot_lead_out_of_the_folder() -> None:
    """Whatever a peer is called, and two names never share a page."""
    assert ".." not in page("peer", "../../etc/passwd")
    assert page("peer", "a b") != page("peer", "a/b")
    assert visible("a\tb\n") == "a\tb\n"


def test_a_log_is_shown_as_diagram_and_octets(tmp_path: Path) -> None:
    """Header octets are marked, and the chunk has its time."""
    log = logfile.CaseLog(
        lines.Header(0, "id", "case", "", [*PEERS], []),
        (
            lines.Wire(1, 0, [*PEERS], "a:1", "b:2"),
            lines.Octets(1_500_000, 0, "forward", 0, 3, b"\x02hi"),
            lines.FrameLine(1_500_000, 0, "forward", 0, b"\x02", "text", 2, "0", b"hi", True),
        ),
        lines.Judged(2_000_000, "FAIL", "FRAME-5", "", None),
    )
    logfile.write(log, tmp_path / "logs" / "one.jsonl")
    one = red(log="logs/one.jsonl")
    site = tmp_path / "site"
    build.write(run_of(one, folder=tmp_path), site, clauses.load())
    text = (site / page("case", one.id)).read_text("utf-8")
    assert '<span class="o header">02</span> <span class="o payload">68 69</span>' in text
    assert "<svg" in text
    assert "1.500 ms" in text


def test_a_peer_that_meets_itself_has_two_lanes() -> None:
    """And arrows between them, in both directions."""
    me = PEERS[0]
    log = log_of([
        lines.Wire(1, 0, [me, me], "a:1", "b:2"),
        lines.Octets(2, 0, "forward", 0, 3, b"\x82hi"),
        lines.Octets(3, 0, "backward", 0, 1, b"\x80"),
    ], peers=[me, me])
    drawn = sequence.diagram(log)
    forth, back = (f"{me} (first) → {me} (second)", f"{me} (second) → {me} (first)")
    assert [drawn.way(row) for row in drawn.rows] == [forth, back]
    assert [chunk.way for chunk in sequence.chunks(log)] == [forth, back]


@pytest.mark.parametrize(
    ("chunks", "runs"),
    [
        ([b"\x82hi", b"\x05\x81", b"ab"],
         ["header 82", "payload 68 69", "header 05 81", "payload 61 62"]),
        ([b"\x82hi\x05"], ["header 82", "payload 68 69", "header 05"]),
        ([b"\x05", b"\x81a"], ["header 05", "header 81", "payload 61"]),
        ([bytes(12)], ["header " + " ".join(["00"] * 10), "payload 00 00"]),
    ],
    ids=["in-payload", "in-header", "over-two-chunks", "endless"],
)
def test_a_frame_that_is_not_whole_has_a_header_too(chunks: list[bytes], runs: list[str]) -> None:
    """Behind a whole one, or first of all."""
    body: list[lines.Line] = [lines.Wire(1, 0, [*PEERS], "a:1", "b:2")]
    at = 0
    for chunk in chunks:
        body.append(lines.Octets(2, 0, "forward", at, len(chunk), chunk))
        at += len(chunk)
        if chunk.startswith(b"\x82"):
            body.append(lines.FrameLine(2, 0, "forward", 0, b"\x82", "text", 2, "0", b"hi", True))
    told = [run for chunk in sequence.chunks(log_of(body)) for run in chunk.runs]
    assert [f"{run.kind} {run.digits}" for run in told] == runs


def test_a_log_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    """The rest of the page is still there."""
    one = red(log="logs/gone.jsonl")
    build.write(run_of(one, folder=tmp_path), tmp_path / "site", clauses.load())
    assert "cannot be read" in (tmp_path / "site" / page("case", one.id)).read_text("utf-8")


def test_the_same_run_gives_the_same_octets_and_an_earlier_site_goes(tmp_path: Path) -> None:
    """Two sites of one run are equal, also where another run's site lay before."""
    build.write(run_of(red(), result(PEERS[:1], Verdict.FAIL)), tmp_path / "a", clauses.load())
    for name in ("a", "b"):
        build.write(run_of(red()), tmp_path / name, clauses.load())
    first, second = (
        {one.relative_to(tmp_path / name): one.read_bytes()
         for one in (tmp_path / name).rglob("*") if one.is_file()}
        for name in ("a", "b")
    )
    assert first == second


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    """A mistyped folder costs nobody their files."""
    (tmp_path / "case").mkdir()
    with pytest.raises(build.SiteError, match="holds other files"):
        build.write(run_of(red()), tmp_path, clauses.load())
    assert [one.name for one in tmp_path.iterdir()] == ["case"]


class Elements(HTMLParser):
    """Counts the elements of a page, and keeps what its script is given."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.count = 0
        self.data: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Count one."""
        self.count += 1

    def handle_data(self, data: str) -> None:
        """Keep the contents of the script element, which is the only JSON of the page."""
        if data.startswith("{"):
            self.data.append(data)


def test_a_run_of_twelve_thousand_opens_at_once(tmp_path: Path) -> None:
    """A phone has to read no more than this before it shows anything."""
    who = [peer.name for peer in peers(("reference", "other"))][:20]
    cases = [(f"family{number % 8}/group/case", f"[{number}]") for number in range(315)]
    results = [passed(*case, one) for one in who for case in cases]
    results += [passed(*case, one, two) for one in who for two in who for case in cases[:15]]
    run = whole(peers(("reference", "other"))[:20], [failed(results[0]), *results[1:]])
    assert len(run.results) > 12_000
    build.write(run, tmp_path, clauses.load())
    text = (tmp_path / "index.html").read_text("utf-8")
    page_read = Elements(text)
    assert len(text) < 200_000
    assert page_read.count < 2_000
    letters = "".join(place[2] for place in json.loads(page_read.data[0])["places"])
    assert (len(letters), letters.count("F")) == (len(run.results), 1)


def test_what_is_wrong_stands_first(tmp_path: Path) -> None:
    """Nobody has to look for a red row among hundreds of green ones."""
    fine = [passed("frame/a", "", PEERS[0]), passed("frame/c", "", PEERS[0])]
    build.write(run_of(*fine, failed(passed("frame/b", "", PEERS[0]))), tmp_path, clauses.load())
    text = (tmp_path / page("peer", PEERS[0])).read_text("utf-8")
    b, a, c = (text.index(f"frame/<wbr>{one}") for one in "bac")
    assert b < a < c
