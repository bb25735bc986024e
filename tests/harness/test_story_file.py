"""Log files: what they hold, what is refused, and how the error says what to do about it."""

from __future__ import annotations

import errno
import json
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from logs import FIRST, Made, check, log_of
from runs import failed, passed

from harness.fields import Invalid
from harness.story import lines, logfile, shorten
from harness.story.keeping import Keeping
from harness.story.lines import Dropped, Line, Mark, Over
from harness.story.logfile import LogError

SCHEMA = Draft202012Validator(
    json.loads(Path(lines.__file__).with_name("log.schema.json").read_text("utf-8"))
)

GREEN = passed("frame/empty", "", "x")
RED = failed(GREEN)
QUEUES = {
    "state": "ESTABLISHED", "receive": 0, "send": 7, "not_sent": 0, "bytes_received": 100,
    "bytes_acked": 50, "full": False,
}


def body() -> list[Line]:
    """A line of every kind but the two at the ends."""
    made = Made().writes(FIRST, ("text", b"a")).wire("forward", ("text", b"a"))
    made.bad("backward", bytes(11)).add(Mark(made.now, 0, "forward", "consumed", 2, 0, QUEUES))
    made.add(check(ns=made.now)).add(Over(made.now)).add(Dropped(made.now, "wire 0", 3))
    return made.lines


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    log = log_of(body(), blame=FIRST, why="because", stderr="hm\n")
    path = tmp_path / "logs" / logfile.file_name(log.header.id)
    logfile.write(log, path)
    assert logfile.read(path) == log
    kinds = {line.type for line in (log.header, *log.body, log.judged)}
    assert kinds == set(lines.KINDS)


def test_every_line_keeps_to_the_schema() -> None:
    log = log_of(body())
    for line in (log.header, *log.body, log.judged):
        SCHEMA.validate(lines.to_json(line))
    assert len(SCHEMA.schema["oneOf"]) == len(lines.KINDS)


def test_a_log_that_cannot_be_written_changes_no_verdict(tmp_path: Path) -> None:
    """It made our own fault of whatever a peer had done."""
    place = tmp_path / "logs"
    place.write_text("no folder", encoding="utf-8")
    keeping = Keeping(place, every=True, home=tmp_path)
    lacking = f"its wire log cannot be written: {os.strerror(errno.EEXIST)}"
    for result, reason in ((RED, f"{RED.reason}; {lacking}"), (GREEN, lacking)):
        kept = keeping.completed(result, 0, (), (), None)
        assert kept == replace(result, reason=reason)


def test_the_name_of_a_file_is_short_and_its_own() -> None:
    names = {logfile.file_name(f"a/b/c[{number}]@p") for number in range(1000)}
    assert len(names) == 1000 and all(len(name) == 18 for name in names)


def changed(**changes: object) -> Callable[[list[str]], list[str]]:
    """Change keys of the second line."""
    return lambda rows: [rows[0], json.dumps({**json.loads(rows[1]), **changes}), *rows[2:]]


BROKEN: dict[str, tuple[Callable[[list[str]], list[str]], str]] = {
    "empty": (lambda rows: [], "there is no header"),
    "no JSON": (lambda rows: ["hello", *rows[1:]], "line 1: is not JSON: 'hello'"),
    "too deep": (lambda rows: ["[" * 100_000, *rows[1:]], "line 1: is not JSON: '[[[["),
    "no object": (lambda rows: [rows[0], "[]", *rows[2:]], "line 2: is no JSON object"),
    "no header": (lambda rows: rows[1:], "line 1: is not the header of a wire log"),
    "a results file": (lambda rows: ['{"type": "header", "planned": 3}'], "not the header"),
    "another format": (
        lambda rows: [rows[0].replace('"format":1', '"format":2'), *rows[1:]], "has to be 1, not 2",
    ),
    "no verdict": (lambda rows: rows[:-1], "cut off behind line"),
    "only a header": (lambda rows: rows[:1], "cut off behind line 1: there is no verdict"),
    "two headers": (lambda rows: [rows[0], *rows], "line 2: a second header"),
    "an unknown kind": (changed(type="rumour"), "line 2: 'type' cannot be 'rumour'"),
    "an unknown key": (changed(colour="red"), "line 2: 'colour' is not known"),
    "a wrong value": (changed(ns="soon"), "line 2: 'ns' cannot be 'soon'"),
    "true is no number": (changed(ns=True), "line 2: 'ns' cannot be True"),
    "a missing key": (
        lambda rows: [rows[0], '{"type": "over"}', *rows[1:]], "line 2: 'ns' is missing",
    ),
    "octets that are none": (
        lambda rows: [row.replace('"octets":"8161"', '"octets":"816"') for row in rows],
        "'octets' has to be octets in hexadecimal digits",
    ),
    "an unknown wire": (
        lambda rows: [row for row in rows if '"type":"wire"' not in row], "no wire of that number",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_and_named(name: str, tmp_path: Path) -> None:
    change, words = BROKEN[name]
    path = tmp_path / "log.jsonl"
    logfile.write(log_of(body()), path)
    rows = change(path.read_text("utf-8").splitlines())
    path.write_text("".join(row + "\n" for row in rows), "utf-8")
    with pytest.raises(LogError) as refused:
        logfile.read(path)
    assert str(path) in str(refused.value) and words in str(refused.value)


def test_a_file_that_was_cut_off_in_writing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    logfile.write(log_of(body()), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(LogError, match="cut off in the middle of a line"):
        logfile.read(path)
    with pytest.raises(LogError, match="cannot be read"):
        logfile.read(tmp_path / "absent.jsonl")


def test_a_line_of_another_kind_is_invalid() -> None:
    with pytest.raises(Invalid, match="'type' cannot be None"):
        lines.from_json({})


def request(*messages: dict[str, object]) -> list[dict[str, object]]:
    """The messages of a request as a log has them."""
    return shorten.body({"do": "write", "messages": list(messages)})["messages"]


def test_payloads_are_summed_up_alike_in_requests_and_answers() -> None:
    """So that what was asked for, carried and delivered can be compared."""
    (written,) = request({"kind": "text", "text": "x" * 5000})
    answer = {
        "kind": "text", "length": 5000, "crc32": written["crc32"], "tail": "eHh4",
        "head": "eHh4eHh4eHh4eHh4eHh4eHh4", "base64": "…",
    }
    again = shorten.body({"ok": {"messages": [answer]}})["ok"]["messages"]
    assert again == [written] and len(json.dumps(written)) < 200
    recipe, octets = request(
        {"kind": "bytes", "seed": 1, "length": 4096}, {"kind": "bytes", "base64": "/w=="}
    )
    assert recipe["crc32"] == "58a7eebd"
    assert octets == {"kind": "bytes", "length": 1, "crc32": "ff000000", "head": "ff"}


@pytest.mark.parametrize(
    "odd",
    [
        {"kind": "text", "surrogate": True}, {"kind": "bytes"}, {"kind": 3, "text": 4},
        {"kind": "bytes", "base64": "?"}, {"kind": "bytes", "crc32": "00000000"},
        {"kind": "bytes", "crc32": "00000000", "length": 1, "head": 7},
        {"kind": "text", "seed": "x", "length": []}, {"kind": ["x"]},
    ],
)
def test_what_is_no_message_stays_as_it_is(odd: dict[str, object]) -> None:
    assert request(odd) == [odd]
    assert shorten.body({"ok": odd}) == {"ok": odd}


def test_nothing_is_computed_for_a_peer_that_says_so() -> None:
    """A recipe in an answer would be a way to fill our memory."""
    huge = {"kind": "bytes", "seed": 1, "length": 1 << 60}
    assert shorten.body({"ok": {"messages": [huge]}}) == {"ok": {"messages": [huge]}}


def test_long_texts_and_lists_are_cut() -> None:
    short = shorten.body({"message": "m" * 9999, "list": list(range(5000)), "deep": {"a": "b"}})
    assert len(short["message"]) == shorten.TEXT + 1 and len(short["list"]) == shorten.ITEMS
    assert short["deep"] == {"a": "b"}
    assert shorten.body({"within": math.nan, "list": [math.inf]}) == {
        "within": "nan", "list": ["inf"]
    }
