"""The protocol's schemas: what they let pass, and what they say of what they do not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness import schemas
from harness.payloads import Message
from harness.schemas import ProtocolViolation, check_answer, check_request

TEXT = Message.text("a")
STATE = {
    "active": True, "ready": True, "queued": None, "ended": False, "end": None,
    "handshake": {"state": "none", "received": [], "returned": None, "raised": None},
}
HELLO = {
    "protocol": 1, "implementation": {"name": "x", "version": "1", "language": "Go"},
    "runtime": "go 1.22", "platform": "linux", "pid": 7, "flavours": ["default"],
    "kinds": ["bytes", "text"], "largest": None, "features": ["threads"],
}
REQUESTS: list[dict[str, Any]] = [
    {"do": "hello", "protocol": 1},
    {"do": "listen"},
    {"do": "listen", "sndbuf": 4096, "rcvbuf": 4096},
    {"do": "open", "conn": "a", "flavour": "poll", "connect": ["::1", 80], "within": 1.5},
    {"do": "open", "conn": "a", "flavour": "poll", "accept": "l1", "within": 1, "hooks":
     {"preWrite": {"prepend": "<"}, "postRead": {"append": ">"}}, "handshake": [
        {"do": "send", "message": TEXT.request()}, {"do": "expect", "message": TEXT.request()},
        {"do": "receive"}, {"do": "drain"}, {"do": "hold"}, {"do": "raise"},
        {"do": "return", "value": False}]},
    {"do": "open", "conn": "a", "flavour": "select", "accept": "l1", "within": 1, "interval": ""},
    {"do": "write", "conn": "a", "messages": [
        TEXT.request(), Message.octets(b"\xff").request(), Message.surrogate().request(),
        Message.recipe("text", 1, 2).request()]},
    {"do": "read", "conn": "a", "count": 1, "within": 0},
    {"do": "state"},
    {"do": "state", "conn": "a"},
    {"do": "wait", "conn": "a", "for": "flushed", "within": 1},
    {"do": "wait", "conn": "a", "release": True},
    {"do": "close", "conn": "a"},
    {"do": "close", "conn": "a", "keep": True},
    {"do": "state", "collect": True},
    {"do": "wait", "conn": "a", "for": "readable", "within": 1},
    {"do": "leave"},
    {"do": "close", "listener": "l1"},
    {"do": "abort", "conn": "a"},
    {"do": "discard", "conn": "a"},
    {"do": "bye"},
]
ANSWERS: list[tuple[str, dict[str, Any]]] = [
    ("hello", {"ok": HELLO}),
    ("hello", {"ok": {**HELLO, "flavour_features": {"default": ["interval"]}}}),
    ("listen", {"ok": {"listener": "l1", "address": ["127.0.0.1", 1]}}),
    ("open", {"ok": {"local": ["h", 1], "remote": ["h", 2], "sndbuf": 4608}}),
    ("open", {"raised": {"name": "OSError", "message": ""}}),
    ("write", {"ok": {"written": 0}}),
    ("write", {"raised": {"name": "NotReady", "message": "no", "written": 0}}),
    ("read", {"ok": {"messages": [TEXT.description()], "ended": True, "last": "eof"}}),
    ("read", {"raised": {"name": "NotReady", "message": "no", "messages": []}}),
    ("state", {"ok": {"connections": ["a"], "listeners": [], "conn": STATE, "threads": 1}}),
    ("wait", {"ok": {"happened": True, "conn": STATE}}),
    ("wait", {"ok": {}}),
    ("state", {"ok": {"connections": [], "listeners": [], "conn": {**STATE, "readable": None}}}),
    ("leave", {"ok": {}}),
    ("close", {"ok": {}}),
    ("discard", {"ok": {}}),
    ("abort", {"unsupported": "abort"}),
    ("bye", {"fault": {"message": "no", "traceback": "…"}}),
    ("plugh", {"unsupported": "plugh"}),
]


@pytest.mark.parametrize("path", sorted(schemas.FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_is_a_schema(path: Any) -> None:
    """Each file is JSON Schema 2020-12, so that tools of any language take it."""
    contents = json.loads(path.read_text(encoding="utf-8"))
    assert contents["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(contents)


def test_every_verb_has_a_schema() -> None:
    """The verbs of the protocol, and nothing else."""
    assert schemas.verbs() == [
        "abort", "bye", "close", "discard", "hello", "leave", "listen", "open", "read", "state",
        "wait", "write"]
    assert {request["do"] for request in REQUESTS} == set(schemas.verbs())


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: each["do"])
def test_requests_pass(request_: dict[str, Any]) -> None:
    """What the protocol has is let through, and nothing that was added to it."""
    check_request({"id": 1, **request_})
    with pytest.raises(ProtocolViolation, match=r"\$: expected no key 'plugh'"):
        check_request({"id": 1, **request_, "plugh": 1})
    with pytest.raises(ProtocolViolation, match="the key 'id'"):
        check_request(request_)


@pytest.mark.parametrize(("verb", "answer"), ANSWERS, ids=lambda each: str(each)[:30])
def test_answers_pass(verb: str, answer: dict[str, Any]) -> None:
    """What the protocol has is let through, with its id and one kind of answer only."""
    check_answer(verb, {"id": 1, **answer})
    with pytest.raises(ProtocolViolation):
        check_answer(verb, {"id": None, **answer})
    with pytest.raises(ProtocolViolation, match="exactly one of"):
        check_answer(verb, {"id": 1, "unsupported": "x", "fault": {"message": "x"}, **answer})


BAD_REQUESTS: list[tuple[dict[str, Any], str]] = [
    ({"do": "plugh"}, r"request: \$\.do: expected one of abort, .*, got 'plugh'"),
    ({"do": "hello", "protocol": 2}, r"request of hello: \$\.protocol: expected 1, got 2"),
    ({"do": "read", "conn": "a", "count": 0, "within": 1}, r"\$\.count: expected minimum 1, got 0"),
    ({"do": "write", "conn": "a", "messages": [{"kind": "bytes", "base64": "?"}]},
     r"\$\.messages\[0\]\.base64: expected pattern"),
    ({"do": "open", "conn": "a", "flavour": "p", "within": 1, "accept": "l1",
      "handshake": [{"do": "send"}]}, r"\$\.handshake\[0\]: expected the key 'message'"),
    ({"do": "open", "conn": "a", "flavour": "p", "within": 1, "accept": "l1",
      "handshake": [{"do": "hold", "value": True}]}, r"\$\.handshake\[0\]\.value: expected no"),
    ({"do": "wait", "conn": "a"}, "expected exactly one of the forms"),
    ({"do": "close", "listener": "l1", "keep": True}, r"\$\.keep: expected nothing"),
]


@pytest.mark.parametrize(("request_", "message"), BAD_REQUESTS, ids=lambda each: str(each)[:30])
def test_bad_requests(request_: dict[str, Any], message: str) -> None:
    """The message names verb, place and expectation."""
    with pytest.raises(ProtocolViolation, match=message):
        check_request({"id": 1, **request_})


BAD_ANSWERS: list[tuple[str, dict[str, Any], str]] = [
    ("hello", {"ok": {**HELLO, "features": ["magic"]}},
     r"answer to hello: \$\.ok\.features\[0\]: expected one of \"handshake\", .*, got \"magic\""),
    ("hello", {"ok": {**HELLO, "flavours": []}}, r"\$\.ok\.flavours: expected minItems 1"),
    ("read", {"ok": {"messages": [{**TEXT.description(), "crc32": "E8B7BE43"}],
                     "ended": False, "last": None}}, r"\$\.ok\.messages\[0\]\.crc32"),
    ("read", {"ok": {"messages": [{**Message.recipe("text", 1, 5000).description(),
                                   "base64": ""}], "ended": False, "last": None}},
     r"\$\.ok\.messages\[0\]\.base64: expected nothing"),
    ("read", {"ok": {"messages": [], "ended": 0, "last": None}}, "expected boolean, got 0"),
    ("write", {"raised": {"name": "NotReady", "message": ""}}, "the key 'written'"),
    ("discard", {"raised": {"name": "X", "message": ""}}, r"\$\.raised: expected nothing"),
    ("wait", {"ok": {"happened": True}}, "the key 'conn'"),
    ("bye", {"okay": {}}, "expected no key 'okay'"),
    ("plugh", {"ok": {}}, "a verb that does not exist"),
]


@pytest.mark.parametrize(("verb", "answer", "message"), BAD_ANSWERS, ids=lambda it: str(it)[:30])
def test_bad_answers(verb: str, answer: dict[str, Any], message: str) -> None:
    """The message names verb, place and expectation."""
    with pytest.raises(ProtocolViolation, match=message):
        check_answer(verb, {"id": 1, **answer})


def test_a_short_message_has_to_be_given_whole() -> None:
    """A description of up to 4096 octets holds them."""
    facts = TEXT.description()
    del facts["base64"]
    with pytest.raises(ProtocolViolation, match="the key 'base64'"):
        check_answer("read", {"id": 1, "ok": {"messages": [facts], "ended": False, "last": None}})


def test_answers_to_what_is_no_request() -> None:
    """Such a line has no id, and its answer is a fault."""
    check_answer(None, {"id": None, "fault": {"message": "no JSON"}})
    with pytest.raises(ProtocolViolation, match="no request"):
        check_answer(None, {"id": 1, "fault": {"message": "no JSON"}})
