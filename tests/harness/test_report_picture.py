"""The picture report: an SVG that shows the matrix and needs nothing from elsewhere."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import runs

from harness.report import picture


def test_the_picture_shows_the_summary_and_loads_nothing(tmp_path: Path) -> None:
    who = runs.peers()
    run = runs.run_of(who, runs.results(who))
    picture.write(run, tmp_path / "matrix.svg", {})
    text = (tmp_path / "matrix.svg").read_text(encoding="utf-8")
    shown = "".join(ElementTree.fromstring(text).itertext()).replace("\xa0", " ")
    assert "pairs" in shown
    assert all(peer.name in shown for peer in run.header.peers)
    assert "url(http" not in text
