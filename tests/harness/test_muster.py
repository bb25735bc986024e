"""Who comes to a run: hellos, peers that are left out, and peers that cannot be used."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import hosts
import pytest

from harness.muster import MusterFailed, muster
from harness.peererror import NotStarted


def test_a_muster_takes_everybody_s_word(tmp_path: Path) -> None:
    good = hosts.reference()
    mirror = replace(hosts.command("mirror", name="mirror"), level=0)
    # A Python library without the flavour: the system lacks it, `select.poll` perhaps.
    lacking = replace(
        good, name="lacking", flavour="poll",
        command=(*good.command[:2], "--class", "select=stockings:SelectStocking"),
    )
    missing = hosts.command("/no/such/adapter", name="missing")
    odd = replace(hosts.scripted("declines"), name="odd", flavour="other")
    mustered = muster([good, mirror, lacking, missing, odd], tmp_path)
    assert list(mustered.hellos) == [good.name]
    assert mustered.hellos[good.name].implementation.startswith("reference ")
    assert mustered.left_out == (
        "mirror is a mirror (level 0): `smoke` checks it, but no case can",
        "lacking: hello: declares the flavours select, not poll",
    )
    assert isinstance(mustered.errors[0], NotStarted)
    assert [error.peer for error in mustered.errors] == ["missing", "odd"]


def test_a_failed_muster_is_told_in_one_line_a_peer(tmp_path: Path) -> None:
    peers = [hosts.command(f"/no/{name}", name=name) for name in ("one", "two")]
    errors = muster(peers, tmp_path).errors
    assert str(MusterFailed(errors[:1])).startswith("one: start: cannot run '/no/one': ")
    lines = str(MusterFailed(errors)).splitlines()
    assert lines[0] == "2 peers cannot be used:"
    assert [line.split(":")[0].strip() for line in lines[1:]] == ["one", "two"]


def test_an_interruption_does_not_wait_for_peers_that_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = hosts.command(sys.executable, "-c", "import sys; sys.stdin.read()", name="hanging")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("harness.muster.ThreadPoolExecutor.map", interrupted)
    with pytest.raises(KeyboardInterrupt):
        muster([hanging], tmp_path)
