"""Peers that are built before they are started: once for their sources, or one clear error."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness import builds, environments, peers
from harness.environments import PreparationFailed
from harness.peerspec import PeerSpec

PROGRAM = "import sys; open(sys.argv[1], 'a').write('built')"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a peer that a Python script builds, and a cache of our own."""
    monkeypatch.setenv(environments.CACHE_VARIABLE, str(tmp_path / "cache"))
    (tmp_path / "build.py").write_text(PROGRAM, encoding="utf-8")
    path = tmp_path / "peers.toml"
    path.write_text(
        f"[peers.mine]\ncommand = ['{{build}}/out']\n"
        f"build = ['{sys.executable}', './build.py', '{{build}}/out']\n", encoding="utf-8")
    return path


def spec_of(path: Path) -> PeerSpec:
    (spec,) = peers.load_file(path, [])
    return spec


def test_a_build_is_made_once_for_its_sources(file: Path) -> None:
    """A second run takes what is there; a change of a file beside the sources makes another."""
    said: list[str] = []
    spec = spec_of(file)
    for _ in range(2):
        (ready,) = builds.made([spec], said.append)
    assert ready == replace(spec, build=None)
    assert Path(ready.command[0]).read_text(encoding="utf-8") == "built"
    assert len(said) == 1 and said[0].startswith("building mine with ")
    (file.parent / "header.h").write_text("new", encoding="utf-8")
    assert spec_of(file).command != spec.command


def test_a_build_that_fails_is_quoted_and_leaves_nothing(file: Path) -> None:
    """The command, its exit code, what it said."""
    (file.parent / "build.py").write_text("raise SystemExit('no such luck')", encoding="utf-8")
    spec = spec_of(file)
    with pytest.raises(PreparationFailed, match=r"(?s)mine cannot be built.*code 1.*no such luck"):
        builds.made([spec])
    assert spec.build is not None and not Path(spec.build.place).exists()


def test_a_missing_tool(file: Path) -> None:
    """It is one clear error, or, if the peer is optional, the peer is left out and named."""
    file.write_text("[peers.mine]\ncommand = ['{build}/x']\nbuild = ['no-such-tool']\n",
                    encoding="utf-8")
    with pytest.raises(PreparationFailed, match=r"mine cannot be built.*no-such-tool"):
        builds.made([spec_of(file)])
    with file.open("a", encoding="utf-8") as more:
        more.write("optional = true\n")
    said: list[str] = []
    assert peers.load_file(file, [], say=said.append) == []
    assert said == [f"harness: {file}: mine is left out: there is no no-such-tool on this machine"]
