"""Answers that are not what the protocol has, taken apart without --validate: the peer's fault."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hosts
import pytest

from harness.answer import Body
from harness.muster import muster
from harness.peer import Peer
from harness.peererror import Garbage

#: An adapter whose answers are given: one for each verb.
GIVEN = """
import json, sys
given = json.loads(sys.argv[1])
for line in sys.stdin:
    request = json.loads(line)
    print(json.dumps({"id": request["id"], "ok": given.get(request["do"], {})}), flush=True)
"""
HELLO = {
    "protocol": 1, "implementation": {"name": "given", "version": "1", "language": "Python"},
    "runtime": "Python", "platform": sys.platform, "pid": 1, "flavours": ["default"],
    "kinds": ["bytes", "text"], "largest": None, "features": [],
}
ENDS = ["127.0.0.1", 1]
OPEN = {"local": ENDS, "remote": ENDS}
STATE = {"connections": [], "listeners": []}
DONE = {"happened": True, "conn": {"active": True}}
MESSAGE = {"kind": "text", "length": 0, "crc32": "00000000", "head": "", "tail": ""}

Given = Callable[..., Peer]


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Given]:
    """Start a peer that answers as it is told; whatever happens, end it."""
    peers: list[Peer] = []

    def start(**answers: Any) -> Peer:
        words = json.dumps({"hello": HELLO, "open": OPEN, "state": STATE, "wait": DONE, **answers})
        spec = hosts.command(sys.executable, "-c", GIVEN, words)
        peers.append(Peer(spec, tmp_path))
        return peers[-1]

    yield start
    for peer in peers:
        peer.kill()


def reads(peer: Peer) -> object:
    """Read on a connection."""
    return peer.open(connect=("127.0.0.1", 1)).read(1)


def looks(peer: Peer) -> object:
    """Look at a connection, as a case does."""
    return peer.open(connect=("127.0.0.1", 1)).state()["ended"]


WRONG = [
    (reads, {"open": {}}, r"open conn=c1: the answer lacks 'local': \{\}"),
    (reads, {"open": {**OPEN, "local": [1]}}, r"conn=c1: the answer's 'local' cannot be \[1\]"),
    (reads, {"open": {**OPEN, "remote": None}}, "open conn=c1: the answer's 'remote' cannot be"),
    (reads, {"open": {**OPEN, "remote": [1, "x"]}}, "an address is a host and a port"),
    (reads, {"wait": {}}, "wait conn=c1 for=ready: the answer lacks 'happened'"),
    (reads, {"read": {}}, "read conn=c1 count=1: the answer lacks 'messages'"),
    (reads, {"read": {"messages": 5}}, "read conn=c1 count=1: the answer's 'messages' cannot be 5"),
    (reads, {"read": {"messages": ["x"]}}, r"'messages' cannot be \['x'\] \(AttributeError"),
    (reads, {"read": {"messages": [{}]}}, r"'messages' cannot be \[\{\}\] \(KeyError: 'kind'\)"),
    (reads, {"read": {"messages": [{**MESSAGE, "head": "%"}]}}, r"'messages' cannot be .*Error"),
    (reads, {"read": {"messages": [{**MESSAGE, "length": "0"}]}}, "a kind, a length and a crc32"),
    (reads, {"read": {"messages": []}}, "read conn=c1 count=1: the answer lacks 'ended'"),
    (looks, {"state": {}}, "state conn=c1: the answer lacks 'conn'"),
    (looks, {"state": {"conn": 1}}, "state conn=c1: the answer's 'conn' cannot be 1"),
    (looks, {"state": {"conn": {}}}, r"state conn=c1: the answer lacks 'ended': \{\}"),
    (Peer.listen, {"listen": {}}, "listen: the answer lacks 'address'"),
    (Peer.listen, {"listen": {"address": ENDS}}, "listen: the answer lacks 'listener'"),
]


@pytest.mark.parametrize(("act", "answers", "words"), WRONG)
def test_a_wrong_answer_is_garbage_in_its_step(
    given: Given, act: Callable[[Peer], object], answers: dict[str, Any], words: str
) -> None:
    """Each of these was taken for a defect of the harness."""
    peer = given(**answers)
    peer.ensure()
    with pytest.raises(Garbage, match=f"^own: .*{words}"):
        act(peer)


def test_a_right_answer_is_what_it_was(given: Given) -> None:
    peer = given(read={"messages": [MESSAGE], "ended": True, "last": "clean"}, write={"written": 1})
    peer.ensure()
    connection = peer.open(connect=("127.0.0.1", 1))
    assert connection.local == connection.remote == ("127.0.0.1", 1)
    assert connection.wait("ready") == {"active": True}
    reading = connection.read(1)
    assert (reading.messages[0].kind, reading.ended, reading.last) == ("text", True, "clean")
    assert connection.write() == 1


def test_threads_that_are_declared_have_to_be_counted(given: Given, tmp_path: Path) -> None:
    """It ended the run with a traceback before anything was judged."""
    peer = given(hello={**HELLO, "features": ["threads"]})
    words = "own: state: the answer lacks 'threads'"
    with pytest.raises(Garbage, match=words):
        peer.ensure()
    assert not peer.alive
    (error,) = muster([peer.spec], tmp_path).errors
    assert str(error).startswith(words)


def test_what_is_nested_too_deeply_to_be_shown_is_garbage_all_the_same() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Garbage, match="cannot be nested too deeply to be shown"):
        Body({"conn": deep}, "own", "state").take("conn", int)
