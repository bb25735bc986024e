"""What was said to a peer and by it, kept within bounds."""

from __future__ import annotations

import sys
from pathlib import Path

import hosts
import pytest

from harness import dialogue
from harness.dialogue import Dialogue
from harness.peer import Peer
from harness.peererror import PeerError


def test_a_long_dialogue_keeps_its_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """A case may ask for a state a thousand times; how it began and ended is what counts."""
    monkeypatch.setattr(dialogue, "KEPT", 3)
    talk = Dialogue()
    for number in range(20):
        talk.note("request", {"id": number})
    assert [one.body["id"] for one in talk.said] == [0, 1, 2, 17, 18, 19] and talk.dropped == 14
    assert [one.ns for one in talk.said] == sorted(one.ns for one in talk.said)
    talk.begin()
    assert talk.said == [] and talk.dropped == 0


def test_a_peer_tells_what_was_said_since_the_case_began(tmp_path: Path) -> None:
    """Requests before their answers, the process too, and nothing of the case before."""
    peer = Peer(hosts.reference(), tmp_path)
    peer.ensure()
    peer.mark()
    try:
        peer.call("state")
    finally:
        peer.kill()
    said = [(one.what, one.body.get("do"), one.body.get("id")) for one in peer.dialogue.said]
    ident = said[0][2]
    assert said[:3] == [
        ("request", "state", ident), ("answer", None, ident), ("killed", None, None)
    ]


@pytest.mark.parametrize(
    ("code", "what", "text"),
    [
        ("import sys; input(); sys.exit(7)", "ended", "exit code 7"),
        ("input(); print('hm', flush=True); input()", "garbage", "no answer"),
    ],
)
def test_how_a_process_broke_off_is_in_it(
    code: str, what: str, text: str, tmp_path: Path
) -> None:
    peer = Peer(hosts.command(sys.executable, "-c", code), tmp_path)
    with pytest.raises(PeerError):
        peer.ensure()
    (found,) = [one for one in peer.dialogue.said if one.what == what]
    assert text in found.body["text"]
