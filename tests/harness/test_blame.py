"""Who of two broke a clause first: a truth table over what the wire and the peers have said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import RUNTIME, broken, run
from logs import FIRST, PEERS, SECOND, Made, Said, summary

from harness.story import blame
from harness.story.lines import Spoken
from harness.verdicts import RED, Trouble, Verdict

A: Said = ("text", b"a")
B: Said = ("bytes", b"bb")
EMPTY: Said = ("text", b"")

def script(*steps: str | Said, ok: object = True) -> dict[str, object]:
    """The options of a connection with a handshake: messages to send, and `receive`."""
    listed = [
        {"do": one} if isinstance(one, str) else {"do": "send", "message": summary(one)}
        for one in steps
    ]
    return {"handshake": [*listed, {"do": "return", "value": ok}]}


def exchanged() -> Made:
    """A message that went its way."""
    return Made().writes(FIRST, A).wire("forward", A).reads(SECOND, A)


def ready(made: Made, peer: str, wanted: str = "ready") -> Made:
    """A wait for `ready`, or for the end of a handshake, that was in vain."""
    body = {"do": "wait", "conn": "c1", "for": wanted, "within": 1}
    return made.asks(peer, body, {"happened": False, "conn": {}})


def ended(made: Made, peer: str) -> Made:
    """A wait for the end that was in vain."""
    body = {"do": "wait", "conn": "c1", "for": "ended", "within": 1}
    return made.asks(peer, body, {"happened": False, "conn": {}})


def close(made: Made, peer: str, verb: str = "close") -> Made:
    """A close that was asked for and returned."""
    return made.asks(peer, {"do": verb, "conn": "c1"}, {})


#: What happened, who is to blame for it, and a word of the reason.
TABLE: dict[str, tuple[Callable[[], Made], str | None, str]] = {
    "nothing": (exchanged, None, ""),
    # what a sender does
    "no frame": (lambda: exchanged().bad("backward", bytes(11)), SECOND, "FRAME-7"),
    "a header too long": (
        lambda: Made().writes(FIRST, A).wire("forward", A, header_octets=2), FIRST, "FRAME-5",
    ),
    "another message": (lambda: Made().writes(FIRST, A).wire("forward", B), FIRST, "asked"),
    "a message twice": (lambda: exchanged().wire("forward", A), FIRST, "asked"),
    "messages in another order": (
        lambda: Made().writes(SECOND, A, B).wire("backward", B, A), SECOND, "asked",
    ),
    "a message of an application before the handshake's": (
        lambda: Made(script(A)).writes(FIRST, B).wire("forward", B), FIRST, "asked",
    ),
    "an end that nobody wanted": (lambda: exchanged().mark("backward", "fin"), SECOND, "without"),
    "a reset that nobody wanted": (lambda: exchanged().mark("forward", "reset"), FIRST, "without"),
    "an end inside a frame": (
        lambda: close(exchanged().part("forward", b"\x85ab"), FIRST).mark("forward", "fin"),
        FIRST, "inside",
    ),
    # what a receiver does
    "a message that was none": (lambda: exchanged().reads(SECOND, B), SECOND, "did not have"),
    "the wrong content": (
        lambda: Made().writes(FIRST, A).wire("forward", A).reads(SECOND, ("text", b"b")),
        SECOND, "the wire had",
    ),
    "the wrong kind": (
        lambda: Made().writes(FIRST, A).wire("forward", A).reads(SECOND, ("bytes", b"a")),
        SECOND, "the wire had",
    ),
    "an end that only it has seen": (
        lambda: exchanged().reads(FIRST, count=1, ended=True), FIRST, "nobody had ended it",
    ),
    "an end that it has only heard of": (
        lambda: exchanged().asks(
            SECOND, {"do": "state", "conn": "c1"}, {"conn": {"ended": True, "end": "eof"}}
        ), SECOND, "nobody had ended it",
    ),
    "the message of the handshake once more": (
        lambda: Made(script(A), script("receive")).wire("forward", A).reads(SECOND, A),
        SECOND, "did not have",
    ),
    # what is left out
    "never sent": (lambda: Made().writes(FIRST, A).reads(SECOND, count=1), FIRST, "never sent"),
    "never delivered": (
        lambda: Made().writes(FIRST, A, B).wire("forward", A, B).reads(SECOND, A, count=2),
        SECOND, "did not deliver",
    ),
    "never taken": (
        lambda: Made().writes(FIRST, A).mark("forward", "full").reads(SECOND, count=1),
        SECOND, "did not take",
    ),
    "lost at a close": (
        lambda: close(Made().writes(FIRST, A), FIRST).mark("forward", "fin")
        .reads(SECOND, count=1, ended=True),
        FIRST, "before it had sent",
    ),
    "lost in a reset at a close": (
        lambda: close(Made().writes(FIRST, A).wire("forward", A), FIRST)
        .mark("forward", "reset").reads(SECOND, count=1, ended=True),
        FIRST, "END-5",
    ),
    "an end that was not made": (
        lambda: ended(close(exchanged(), FIRST), SECOND), FIRST, "did not",
    ),
    "an end that was not noticed": (
        lambda: ended(close(exchanged(), FIRST).mark("forward", "fin"), SECOND), SECOND, "notice",
    ),
    "not ready without a handshake": (lambda: ready(Made(), FIRST), FIRST, "ready"),
    "not ready with all it needs": (
        lambda: ready(Made(script(A), script("receive")).wire("forward", A), SECOND), SECOND,
        "ready",
    ),
    "a handshake that does not come to its end": (
        lambda: ready(Made(script(A, ok=False)).wire("forward", A), FIRST, "handshake"), FIRST,
        "handshake",
    ),
    "not ready as it is to be": (
        lambda: ready(Made(script(A, ok=False)).wire("forward", A), FIRST), None, "",
    ),
    "a handshake whose message does not come": (
        lambda: ready(Made(script("receive", B), script(A, "receive")), FIRST), SECOND, "send",
    ),
    "a refusal that is lost": (
        lambda: Made(script(A, ok=False)).mark("forward", "fin")
        .reads(SECOND, count=1, ended=True), FIRST, "before it had sent",
    ),
    "a write that does not go on": (
        lambda: Made().writes(FIRST, A, B, ok=False).wire("forward", A).later(1.0),
        FIRST, "has room",
    ),
    "an end that is told for another": (
        lambda: close(exchanged(), FIRST).mark("forward", "reset")
        .reads(SECOND, count=1, ended=True, last="eof").broken("END-6"), SECOND, "END-6",
    ),
    "an end that a read does not tell": (
        lambda: close(exchanged(), FIRST).mark("forward", "fin").reads(SECOND, count=1),
        SECOND, "notice",
    ),
    "an end of ours that a read does not tell": (
        lambda: exchanged().mark("forward", "ended-fin").reads(SECOND, count=1), SECOND, "notice",
    ),
    "a message that we handed on before our end": (
        lambda: Made().writes(FIRST, A).wire("forward", A).mark("forward", "ended-fin")
        .reads(SECOND, count=1, ended=True), SECOND, "did not deliver",
    ),
    "a message that never came to the wire": (
        lambda: Made().writes(FIRST, A, B).wire("forward", A).later(1.1), FIRST, "has room",
    ),
    "ready although it is to fail": (
        lambda: Made(script(A, ok=False)).wire("forward", A).asks(
            FIRST, {"do": "state", "conn": "c1"},
            {"conn": {"ready": True, "handshake": {"state": "done"}}}
        ), FIRST, "ready",
    ),
    "ready before its handshake is over": (
        lambda: Made(script("receive")).asks(
            FIRST, {"do": "state", "conn": "c1"},
            {"conn": {"ready": True, "handshake": {"state": "running"}}}
        ), FIRST, "ready",
    ),
    # what is nobody's fault, or cannot be told
    "a mere look": (
        lambda: Made().writes(FIRST, A).asks(
            SECOND, {"do": "read", "conn": "c1", "count": 1, "within": 0},
            {"messages": [], "ended": False},
        ), None, "",
    ),
    "we did not read on": (
        lambda: Made().writes(FIRST, A).mark("forward", "pause").reads(SECOND, count=1), None, "",
    ),
    "we ended it": (
        lambda: exchanged().mark("forward", "ended-fin").mark("backward", "fin"), None, "",
    ),
    "a message that our end has cut off": (
        lambda: Made().writes(FIRST, A).mark("forward", "ended-fin").wire("forward", A)
        .reads(SECOND, count=1, ended=True), None, "",
    ),
    "an end that was asked for": (
        lambda: close(exchanged(), SECOND).mark("backward", "fin"), None, "",
    ),
    "an answer to an end": (
        lambda: close(exchanged(), FIRST).mark("forward", "fin").mark("backward", "fin"), None, "",
    ),
    "an abort loses messages": (
        lambda: close(Made().writes(FIRST, A).wire("forward", A), FIRST, "abort")
        .mark("forward", "reset").reads(SECOND, count=1, ended=True),
        None, "",
    ),
    "an empty message that was dropped": (
        lambda: Made().writes(FIRST, A, EMPTY, B).wire("forward", A, B).reads(SECOND, A, B),
        None, "",
    ),
    "a handshake that is to fail": (
        lambda: Made(script(A, ok=False)).wire("forward", A).mark("forward", "fin"), None, "",
    ),
    "hooks change messages": (
        lambda: Made({"hooks": {"preWrite": {"prepend": "<"}}}).writes(FIRST, A)
        .wire("forward", ("text", b"<a")), None, "",
    ),
    "writes at the same time have no order": (
        lambda: Made().begins(FIRST, {"do": "write", "conn": "c1", "messages": [summary(A)]})
        .begins(FIRST, {"do": "write", "conn": "c1", "messages": [summary(B)]})
        .wire("forward", B, A), None, "",
    ),
    "what comes when the case is over": (
        lambda: exchanged().over().bad("forward", bytes(11)), None, "",
    ),
    # who was first
    "an answer to nonsense": (
        lambda: exchanged().bad("forward", bytes(11)).mark("backward", "reset"), FIRST, "FRAME-7",
    ),
    "an error before an omission": (
        lambda: Made().writes(FIRST, A).writes(SECOND, A).wire("backward", B)
        .reads(SECOND, count=1), SECOND, "asked",
    ),
    "a write that waits for its reader": (
        lambda: Made().writes(FIRST, A, ok=False).mark("forward", "full").later(1.0), None, "",
    ),
    "a handshake that did not come to its turn": (
        lambda: Made(script("receive", A, ok=False)).mark("forward", "fin")
        .reads(SECOND, count=1, ended=True), None, "",
    ),
    "both leave something out": (
        lambda: Made().writes(FIRST, A).writes(SECOND, A).reads(FIRST, count=1)
        .reads(SECOND, count=1), None, "",
    ),
    "a process that ended": (
        lambda: exchanged().add(Spoken(10**9, SECOND, "ended", {"text": "exit code 7"})),
        SECOND, "exit code 7",
    ),
    "an adapter that broke": (
        lambda: exchanged().begins(FIRST, {"do": "state", "conn": "c1"})
        .answers(FIRST, {"fault": {"message": "hm"}}), FIRST, "fault",
    ),
}


@pytest.mark.parametrize("ok", [3, {"messages": 3}, {"messages": [3]}, {"conn": 3}, {}])
def test_an_answer_may_be_anything(ok: object) -> None:
    """Whatever a broken adapter says, it does not break the judge."""
    body = {"do": "read", "conn": "c1", "count": 1, "within": 2.0}
    made = exchanged().begins(SECOND, body).answers(SECOND, {"ok": ok})
    assert blame.find(made.lines, PEERS) is None or made


@pytest.mark.parametrize("name", TABLE)
def test_a_row_of_the_truth_table(name: str) -> None:
    make, peer, words = TABLE[name]
    found = blame.find(make().lines, PEERS)
    assert (found.peer if found else None) == peer, found
    assert found is None or words in found.what


def test_whoever_was_asked_is_blamed_where_the_wire_shows_nothing() -> None:
    """A refusal counts at once; who only lets us wait is blamed if nobody else can be."""
    body = exchanged().over().lines
    refused = Trouble(Verdict.FAIL, "write c1", "SEND-1", "it raised", SECOND)
    hung = Trouble(Verdict.TIMEOUT, "after the case: state", None, "no answer", SECOND)
    waiting = Trouble(Verdict.TIMEOUT, "wait c1 for=ready", None, "not ready", SECOND)
    assert blame.find(body, PEERS, waiting) is None
    for trouble in (refused, hung):
        found = blame.find(body, PEERS, trouble)
        assert found is not None and (found.peer, found.what) == (SECOND, trouble.reason)
    missing = Made().writes(FIRST, A).reads(SECOND, count=1).over().lines
    in_vain = blame.find(missing, PEERS, hung)
    assert in_vain is not None and in_vain.peer == FIRST
    no_peer = Trouble(Verdict.UNTESTABLE, None, None, "not stuck")
    assert blame.find(body, PEERS, no_peer) is None


def test_each_of_two_ends_of_one_peer_is_itself() -> None:
    """A peer that meets itself is to blame for whatever either end does."""
    made = Made()
    lines = [
        Spoken(one.ns, "self@x", one.what, one.body) if isinstance(one, Spoken) else one
        for one in made.writes(FIRST, A).wire("forward", B).lines
    ]
    wires = [one for one in lines if one.type == "wire"]
    assert len(wires) == 1
    wires[0].ends[:] = ["self@x", "self@x"]
    found = blame.find(lines, ("self@x", "self@x"))
    assert found is not None and found.peer == "self@x"


#: Broken libraries; each meets the reference in either place.
GUILTY = {
    "garbage": "SendsGarbage", "reverses": "Reverses", "kinds": "MixesKinds",
    "raises": "RaisesInWrite", "dies": "DiesInWrite", "swallows": "Swallows",
    "hangs": "HangsInWrite",
}
CASES = ("interop/exchange/contents", "interop/exchange/back-to-back")


def test_real_peers_are_blamed_in_either_place(tmp_path: Path) -> None:
    """In each pair of a broken library with the reference, the broken one is named."""
    peers = "".join(broken(name, cls, pairs="reference") for name, cls in GUILTY.items())
    options = ["--with", f"reference@{RUNTIME}-select", "--patience", "0.3", "--jobs", "8"]
    for name in GUILTY:
        options += ["--peer", f"{name}@*"]
    for case in CASES:
        options += ["--case", case]
    ended_run = run(peers, *options, folder=tmp_path).run
    assert len(ended_run.results) == 2 * len(CASES) * len(GUILTY)
    for result in ended_run.results:
        assert result.verdict in RED, result.id
        wanted = next(one for one in result.peers if not one.startswith("reference@"))
        assert result.blame == wanted, (result.id, result.blame, result.reason)
        assert result.log is not None and (tmp_path / result.log).exists()
