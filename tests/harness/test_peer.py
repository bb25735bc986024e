"""Peers over many cases: they come back for the next one, and nothing of one stays in the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import hosts
import psutil
import pytest

from harness import clock
from harness.payloads import Message
from harness.peer import Peer
from harness.peererror import (
    Died,
    FlavourMissing,
    Garbage,
    LibraryRaised,
    NotStarted,
    StepTimeout,
    Unsupported,
)
from harness.peerspec import PeerSpec
from harness.pool import Pool
from harness.tester import Tester

Host = Callable[..., Peer]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """Start a peer; whatever happens, nothing of it is left."""
    peers: list[Peer] = []

    def start(spec: PeerSpec, validate: bool = False) -> Peer:
        peers.append(Peer(spec, tmp_path, validate))
        peers[-1].ensure()
        return peers[-1]

    yield start
    for peer in peers:
        peer.kill()


@pytest.fixture
def hasty() -> Iterator[None]:
    """Let time limits be short, where running out of one is the point."""
    clock.set_patience(0.02)
    yield
    clock.set_patience(1.0)


def process_of(peer: Peer) -> psutil.Process:
    """The process that the peer is at the moment."""
    return psutil.Process(peer.hello.body["pid"])


def test_a_peer_that_crashed_stays_dead_for_its_case_and_is_back_for_the_next(host: Host) -> None:
    peer = host(hosts.reference())
    with Tester.listen() as listener:
        connection = peer.open(connect=listener.address)
    first = process_of(peer)
    first.kill()
    for _ in range(2):
        with pytest.raises(Died):
            peer.call("state")
        with pytest.raises(Died):
            connection.state()
    assert not peer.alive
    peer.ensure()
    assert process_of(peer).pid != first.pid
    assert peer.call("state")["connections"] == []


def test_a_crash_that_no_request_met_is_found_behind_the_case(host: Host) -> None:
    peer = host(hosts.scripted("declines"))
    assert peer.tidy() is None
    assert peer._process is not None
    psutil.Process(peer._process.pid).kill()
    with pytest.raises(Died):
        peer.tidy()


def test_what_a_case_left_open_is_dropped_behind_it(host: Host) -> None:
    peer = host(hosts.reference())
    with Tester.listen() as listener:
        peer.open(connect=listener.address)
        with listener.accept() as tester:
            peer.listen()
            state = peer.call("state")
            assert (len(state["connections"]), len(state["listeners"])) == (1, 1)
            assert peer.tidy() == 0
            assert tester.expect_end() is not None
    state = peer.call("state")
    assert (state["connections"], state["listeners"]) == ([], [])


def test_threads_that_a_connection_leaves_are_counted(host: Host, hasty: None) -> None:
    clock.set_patience(0.5)
    peer = host(hosts.broken("LeavesThread"))
    with Tester.listen() as listener:
        for _ in range(2):
            peer.open(connect=listener.address)
        assert peer.tidy() == 2


def test_nothing_is_left_of_a_peer_that_was_killed(host: Host) -> None:
    peer = host(hosts.reference())
    process = process_of(peer)
    peer.kill()
    peer.kill()
    assert not process.is_running()
    assert peer.tidy() is None
    with pytest.raises(NotStarted, match="its process was ended"):
        peer.call("state")


def test_a_peer_without_the_flavour_is_not_there(tmp_path: Path) -> None:
    spec = hosts.PeerSpec(
        "own", "own", None, "select", hosts.scripted("declines").command, ()
    )
    peer = Peer(spec, tmp_path)
    with pytest.raises(FlavourMissing, match="declares the flavours default, not select"):
        peer.ensure()
    assert not peer.alive


def test_a_hello_that_breaks_the_protocol_is_refused(tmp_path: Path) -> None:
    program = (
        "import json, sys; request = json.loads(sys.stdin.readline());"
        'print(json.dumps({"id": request["id"], "ok": {}}), flush=True); sys.stdin.read()'
    )
    peer = Peer(hosts.command(hosts.INTERPRETER.executable, "-c", program), tmp_path)
    with pytest.raises(Garbage, match=r"hello: .*which is missing"):
        peer.ensure()
    assert not peer.alive


#: A program that hears everything and says nothing.
HANGS = "import sys; sys.stdin.read()"


def test_an_impatient_run_gives_a_peer_the_usual_time_to_start(
    tmp_path: Path, hasty: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "HELLO", 0.5)
    peer = Peer(hosts.command(hosts.INTERPRETER.executable, "-c", HANGS), tmp_path)
    with pytest.raises(StepTimeout, match=r"hello: no answer within 0\.5 s"):
        peer.ensure()
    assert not peer.alive


def test_answers_are_held_against_the_schemas_if_asked(host: Host) -> None:
    lax = host(hosts.scripted("incomplete"))
    with pytest.raises(Garbage, match="own: open conn=c1: the answer lacks 'local'"):
        lax.open(connect=("127.0.0.1", 1))
    lax.kill()
    strict = host(hosts.scripted("incomplete"), validate=True)
    with pytest.raises(Garbage, match="own: open conn=c1: answer to open"):
        strict.open(connect=("127.0.0.1", 1))


def test_a_word_that_the_adapter_does_not_know(host: Host) -> None:
    with pytest.raises(Unsupported, match="listen: the adapter does not support 'plugh'"):
        host(hosts.reference()).listen(plugh=1)


def test_stderr_is_told_apart_by_case(host: Host) -> None:
    peer = host(hosts.broken("DiesInWrite"))
    peer.mark()
    assert peer.stderr_since_mark() == ""
    with Tester.listen() as listener:
        connection = peer.open(connect=listener.address)
        with pytest.raises(Died, match="my last words"):
            connection.write(Message.text("a"))
    assert peer.stderr_since_mark() == "my last words\n"
    peer.mark()
    assert peer.stderr_since_mark() == ""


def test_messages_go_and_come(host: Host) -> None:
    peer = host(hosts.reference())
    address = peer.listen()
    with Tester.connect(address) as tester:
        connection = peer.open(accept=address)
        message = Message.recipe("text", 1, 300)
        assert connection.write(message) == 1
        frames = tester.receive_frames(1)
        assert [one.frame for one in frames] == [message.frame()]
        tester.send(tester.octets_received)
        assert connection.read(1).matches([message])
        nothing = connection.read(1, within=0)
        assert (nothing.messages, nothing.ended) == ((), False)
        tester.finish()
        assert connection.happens("ended", within=10.0)
        assert connection.read(1).ended
        connection.close()
    assert peer.call("state")["connections"] == []


def test_what_does_not_happen_is_an_answer_or_a_timeout(host: Host) -> None:
    peer = host(hosts.reference())
    with Tester.listen() as listener:
        hold = [{"do": "hold"}, {"do": "return", "value": True}]
        connection = peer.open(connect=listener.address, handshake=hold)
        assert not connection.happens("handshake", within=0)
        with pytest.raises(StepTimeout, match=r"wait c1 for=ready: not ready within 0\.02 s"):
            connection.wait("ready", within=0.02)
        with pytest.raises(LibraryRaised, match="NotReady") as caught:
            connection.write(Message.text("early"))
        assert caught.value.name == "NotReady"
        connection.release()
        assert connection.wait("ready")["handshake"]["returned"] is True


def test_a_write_that_goes_on_can_be_waited_for_and_still_be_taken(host: Host) -> None:
    peer = host(hosts.reference())
    with Tester.listen() as listener:
        writing = peer.open(connect=listener.address).begin_write(Message.text("a"))
        assert writing.returns(within=10.0)
        assert writing.result() == 1


def test_a_pool_keeps_its_peers_and_ends_them(tmp_path: Path) -> None:
    spec = hosts.reference()
    pool = Pool([spec], tmp_path)
    peer = pool.get(spec.name)
    assert pool.get(spec.name) is peer
    assert not peer.alive
    process = process_of(peer)
    pool.stop()
    assert not process.is_running()
    with pytest.raises(KeyError):
        pool.get("nobody")
