"""What a case can do to a peer's program: begin it anew, end its main thread, prove its life."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import hosts
import psutil
import pytest

from harness import clock
from harness.case import Untestable
from harness.expect import alive, on_wire
from harness.meeting import Single
from harness.payloads import Message
from harness.peer import Peer
from harness.peererror import LibraryRaised, Unsupported
from harness.peerspec import PeerSpec

Host = Callable[[PeerSpec], Single]
A = Message.text("a")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """Start a peer and put it opposite the tester; whatever happens, nothing of it is left."""
    started: list[Single] = []

    def start(spec: PeerSpec) -> Single:
        started.append(Single(Peer(spec, tmp_path, validate=True)))
        started[-1].peer.ensure()
        return started[-1]

    yield start
    for single in started:
        single.tidy()
        single.peer.kill()


def process_of(single: Single) -> psutil.Process:
    """The process that the peer is at the moment."""
    return psutil.Process(single.peer.hello.body["pid"])


def test_a_handshake_keeps_a_program_whose_main_thread_has_ended(host: Host) -> None:
    single = host(hosts.reference())
    steps = [{"do": "hold"}, {"do": "send", "message": A.request()}, {"do": "hold"}]
    connection, tester = single.meet(handshake=steps)
    assert single.peer.leave()
    connection.release()
    assert tester.receive_exactly(2) == on_wire(A)
    assert connection.state()["handshake"]["state"] == "running"
    connection.release()
    assert clock.until(lambda: not single.peer.alive, clock.STEP)


def test_a_program_that_nothing_keeps_has_ended_then(host: Host) -> None:
    single = host(hosts.reference())
    assert not single.peer.leave()
    assert not single.peer.alive


@pytest.mark.parametrize("kept", [True, False])
def test_the_next_case_gets_a_program_with_a_main_thread(host: Host, kept: bool) -> None:
    single = host(hosts.reference())
    before = process_of(single)
    if kept:
        single.meet(handshake=[{"do": "hold"}])
    assert single.peer.leave() is kept
    assert single.peer.tidy() is None
    assert not before.is_running()
    single.peer.ensure()
    connection, tester = single.meet()
    alive(connection, tester)
    assert single.peer.tidy() == 0


def test_a_peer_that_begins_anew_has_none_of_its_old_connections(host: Host) -> None:
    single = host(hosts.reference())
    before = process_of(single)
    single.meet()
    single.peer.restart()
    assert not before.is_running()
    assert single.peer.call("state")["connections"] == []
    assert single.peer.tidy() == 0


def test_an_environment_of_its_own_lasts_for_one_case(host: Host) -> None:
    single = host(hosts.reference())
    single.peer.restart({"STOCKING_SELECT_SEND_INTERVAL": "soon"})
    other = process_of(single)
    with pytest.raises(LibraryRaised, match=r"STOCKING_SELECT_SEND_INTERVAL .*'soon'"):
        single.meet()
    assert single.peer.tidy() is None
    assert not other.is_running()
    single.peer.ensure()
    connection, tester = single.meet()
    alive(connection, tester)
    assert single.peer.tidy() == 0


def test_a_connection_that_was_closed_can_be_asked_as_long_as_it_is_kept(host: Host) -> None:
    single = host(hosts.reference())
    connection, tester = single.meet()
    closing = connection.begin_close(keep=True)
    assert tester.expect_end() == "fin"
    tester.close()
    closing.result()
    assert connection.state()["end"] == "closed"
    with pytest.raises(LibraryRaised, match="StockingClosed"):
        connection.write(A)
    connection.close(keep=True)
    connection.close()
    with pytest.raises(Unsupported, match=connection.name):
        connection.state()


def test_what_answers_and_writes_is_alive(host: Host) -> None:
    connection, tester = host(hosts.reference()).meet()
    alive(connection, tester)
    connection.write(A)
    assert tester.receive_exactly(2) == on_wire(A) == b"\x81a"


def test_a_connection_that_has_ended_is_not_alive(host: Host) -> None:
    connection, tester = host(hosts.reference()).meet()
    tester.finish()
    with pytest.raises(Untestable, match="did not arrive"):
        alive(connection, tester)
