"""Control messages in words, as a story tells them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from harness.story.lines import Spoken

#: Messages of one request or answer that are described; of more, the number is enough.
SHOWN = 4
#: Octets of a payload that are shown, of those that were kept.
OCTETS = 8
#: Characters of anything that has no words of its own.
RAW = 200
#: How a story says the facts of `state`, in its order.
FACTS = ("active", "ready", "queued", "ended", "end")


class Talk:
    """Says the control messages of one log, in their order: an answer is told by its request."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, object], Mapping[str, Any]] = {}

    def words(self, line: Spoken) -> str:
        """Say one message."""
        key = (line.peer, line.body.get("id"))
        if line.what == "request":
            self._asked[key] = line.body
            return f"is asked: {request(line.body)}"
        if line.what == "answer":
            return f"answers: {answer(self._asked.get(key, {}), line.body)}"
        text = line.body.get("text")
        return f"{line.what}: {text}" if text else line.what


def request(body: Mapping[str, Any]) -> str:
    """Say what a peer was asked to do."""
    verb = str(body.get("do"))
    about = body.get("conn") or body.get("listener")
    head = f"{verb} {about}" if about else verb
    details = {
        "open": _opening, "write": _writing, "read": _reading, "wait": _waiting,
    }.get(verb)
    if details is None:
        return head
    return f"{head}: {details(body)}"


def answer(asked: Mapping[str, Any], body: Mapping[str, Any]) -> str:
    """Say what a peer has answered to a request."""
    verb = str(asked.get("do"))
    about = asked.get("conn")
    head = f"{verb} {about}" if about else verb
    if "raised" in body:
        raised = _mapping(body["raised"])
        before = [*_given(raised), *_written(raised)]
        after = f", after {'; '.join(before)}" if before else ""
        return f"{head} raised {raised.get('name')}: {raised.get('message')}{after}"
    if "fault" in body:
        return f"{head}: the adapter's fault: {_mapping(body['fault']).get('message')}"
    if "unsupported" in body:
        return f"{head}: does not support {body['unsupported']!r}"
    ok = _mapping(body.get("ok"))
    told = [*_given(ok), *_written(ok), *_addresses(ok), *_happened(ok), *_state(ok)]
    return f"{head}: {'; '.join(told)}" if told else f"{head}: done"


def message(one: Any) -> str:
    """Describe a message, shortened or not."""
    if not isinstance(one, Mapping) or "length" not in one:
        return json.dumps(one)[:RAW]
    length = one["length"]
    unit = "octet" if length == 1 else "octets"
    head = str(one.get("head", ""))
    more = ".." if isinstance(length, int) and length > OCTETS else ""
    octets = f", {spaced(head[: 2 * OCTETS])}{more}" if head else ""
    return f"{one.get('kind')} of {length} {unit}, crc {one.get('crc32')}{octets}"


def spaced(digits: str) -> str:
    """Octets in hexadecimal digits, with a space between every two."""
    return " ".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def messages(some: Sequence[Any]) -> str:
    """Describe several messages."""
    if not some:
        return "no message"
    more = f" and {len(some) - SHOWN} more" if len(some) > SHOWN else ""
    return "; ".join(message(one) for one in some[:SHOWN]) + more


def _opening(body: Mapping[str, Any]) -> str:
    if "connect" in body:
        words = [f"connect to {_address(body['connect'])}"]
    else:
        words = [f"accept from {body.get('accept')}"]
    words += [f"{key} {body[key]}" for key in ("sndbuf", "rcvbuf") if key in body]
    if "handshake" in body:
        words.append("handshake " + ", ".join(_step(step) for step in body["handshake"]))
    if "hooks" in body:
        words.append(f"hooks {json.dumps(body['hooks'])[:RAW]}")
    return "; ".join(words)


def _step(step: Any) -> str:
    facts = _mapping(step)
    word = str(facts.get("do"))
    if "message" in facts:
        return f"{word} ({message(facts['message'])})"
    return f"{word} {json.dumps(facts['value'])}" if "value" in facts else word


def _writing(body: Mapping[str, Any]) -> str:
    return messages(body.get("messages", ()))


def _reading(body: Mapping[str, Any]) -> str:
    return f"up to {body.get('count')} within {_seconds(body)}"


def _waiting(body: Mapping[str, Any]) -> str:
    if "release" in body:
        return "let the handshake go on"
    return f"until {body.get('for')}, within {_seconds(body)}"


def _seconds(body: Mapping[str, Any]) -> str:
    within = body.get("within")
    return f"{within:.3g} s" if isinstance(within, (int, float)) else f"{within}"


def _given(ok: Mapping[str, Any]) -> list[str]:
    """The messages of a reading, and what it says of the end."""
    if not isinstance(ok.get("messages"), list):
        return []
    told = [messages(ok["messages"])]
    if ok.get("ended"):
        told.append(f"then the end ({ok.get('last')})")
    return told


def _written(ok: Mapping[str, Any]) -> list[str]:
    return [f"wrote {ok['written']}"] if "written" in ok else []


def _addresses(ok: Mapping[str, Any]) -> list[str]:
    if "address" in ok:
        return [f"{ok.get('listener')} at {_address(ok['address'])}"]
    if "local" in ok:
        return [f"{_address(ok['local'])} to {_address(ok.get('remote'))}"]
    return []


def _happened(ok: Mapping[str, Any]) -> list[str]:
    return ["it happened" if ok["happened"] else "it did not happen"] if "happened" in ok else []


def _state(ok: Mapping[str, Any]) -> list[str]:
    told = [f"{ok[key]} {key}" for key in ("threads", "descriptors") if key in ok]
    conn = ok.get("conn")
    if isinstance(conn, Mapping):
        told.append(", ".join(f"{key} {json.dumps(conn[key])}" for key in FACTS if key in conn))
        script = _mapping(conn.get("handshake"))
        if script.get("state") not in (None, "none"):
            outcome = script.get("raised") or json.dumps(script.get("returned"))
            told.append(f"handshake {script['state']} ({outcome})")
    return told


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _address(address: Any) -> str:
    whole = isinstance(address, (list, tuple)) and len(address) == 2
    return f"{address[0]}:{address[1]}" if whole else json.dumps(address)
