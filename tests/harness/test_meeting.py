"""How peers meet: through the tester, and through a relay that remembers."""

from __future__ import annotations

from pathlib import Path

import hosts

from harness.meeting import Pair, Single
from harness.payloads import Message
from harness.peer import Peer


def test_one_peer_meets_the_tester(tmp_path: Path) -> None:
    peer = Peer(hosts.reference(), tmp_path)
    peer.ensure()
    try:
        single = Single(peer)
        connection, tester = single.meet()
        connection.write(Message.text("a"))
        assert tester.receive_exactly(2) == b"\x81a"
        single.tidy()
        single.tidy()
        connection.wait("ended")
    finally:
        peer.kill()


def test_two_peers_meet_through_a_relay(tmp_path: Path) -> None:
    peer = Peer(hosts.reference(), tmp_path)
    peer.ensure()
    try:
        pair = Pair(peer, peer)
        meeting = pair.meet()
        meeting.first.write(Message.text("there"))
        meeting.second.write(Message.octets(b"and back"))
        assert meeting.second.read(1).matches([Message.text("there")])
        assert meeting.first.read(1).matches([Message.octets(b"and back")])
        assert [one.kind for one in meeting.relay.forward.frames] == ["text"]
        assert [one.kind for one in meeting.relay.backward.frames] == ["bytes"]
        assert meeting.relay.first_written == "forward"
        pair.tidy()
        meeting.first.wait("ended")
    finally:
        peer.kill()
