"""What a results file is refused for: everything that does not add up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from runs import FIRST, SOME, WHO, run_of, write

from harness import fields
from harness.results import MISSING_SHOWN, ResultsError, read


def edited(path: Path, number: int, change: Callable[[dict[str, Any]], object]) -> Path:
    """Change one line of a results file; lines count from 1, or from the end."""
    lines = path.read_text(encoding="utf-8").splitlines()
    at = number - 1 if number > 0 else number
    line = json.loads(lines[at])
    change(line)
    lines[at] = json.dumps(line)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def raw(path: Path, *lines: str) -> Path:
    """Make a file of lines."""
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a results file may be."""
    return tmp_path / "results.jsonl"


@pytest.fixture
def whole(path: Path) -> Path:
    """A results file with which nothing is wrong."""
    return write(run_of(WHO, SOME), path)


HEADER = json.dumps(run_of(WHO, []).header.to_json())

BROKEN_FILES = [
    ([], "line 1: there is no header"),
    ([""], "line 1: not JSON"),
    (["{"], "line 1: not JSON"),
    (["[]"], "line 1: not a JSON object"),
    ([HEADER, "nonsense"], "line 2: not JSON"),
    ([HEADER, "[" * 100_000], "line 2: not JSON: maximum recursion depth exceeded"),
    (['{"type":"result"}'], "line 1: not a header: 'type' has to be 'header', not 'result'"),
    ([HEADER], "line 1: there is no footer after it"),
    ([HEADER, HEADER], "line 2: not a result: 'type' has to be 'result', not 'header'"),
    ([HEADER, '{"type":"wire"}'], "line 2: not a result: 'type' has to be"),
    ([HEADER, "{}"], "line 2: not a result: 'type' is missing"),
]


@pytest.mark.parametrize(("lines", "message"), BROKEN_FILES)
def test_what_is_no_results_file(path: Path, lines: list[str], message: str) -> None:
    with pytest.raises(ResultsError) as caught:
        read(raw(path, *lines))
    assert str(caught.value).startswith(f"{path}, {message}")


def put(*keys: Any, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change that sets a value deep in a line."""

    def change(line: Any) -> None:
        for key in keys[:-1]:
            line = line[key]
        line[keys[-1]] = value

    return change


def drop(key: str) -> Callable[[dict[str, Any]], object]:
    """A change that takes a key away."""
    return lambda line: line.pop(key)


CHANGES = [
    (1, put("format", value=2), "line 1: not a header: 'format' has to be 1, not 2"),
    (1, put("format", value=True), "'format' has to be 1, not True"),
    (1, put("suite", "digest", value=None), "'suite.digest' has to be a string"),
    (1, put("suite", value="1.0"), "'suite' has to be an object"),
    (1, put("suite", "extra", value=1), "'suite.extra' is not known here"),
    (1, put("peers", value={}), "'peers' has to be a list of objects"),
    (1, put("peers", value=["a"]), "'peers' has to be a list of objects"),
    (1, put("peers", 0, "name", value=1), "'peers[0].name' has to be a string"),
    (1, put("peers", value=[]), f"line 2: the header does not list the peer {FIRST}"),
    (1, put("options", value={"of_systems": []}), "'options.of_systems' has to be an object"),
    (1, put("options", value={"of_systems": {"linux": 1}}),
     "'options.of_systems.linux' has to be an object"),
    (1, put("planned", value=-1), "'planned' cannot be negative"),
    (1, put("planned", value=4), "line 5: 4 planned, 3 there, 0 named as missing"),
    (1, put("planned", value=2), "line 5: 2 planned, 3 there, 0 named as missing"),
    (1, put("plan", value="0"), "line 5: the ids are not those of the header's plan"),
    (1, put("shard", value={"number": 1}), "line 1: not a header: 'shard.of' is missing"),
    (1, drop("host"), "line 1: not a header: 'host' is missing"),
    (2, put("id", value="else@x"), f"line 2: by case, params and peers it is {SOME[0].id}"),
    (2, put("params", value="[2]"), f"it is frame/empty/delivered[2]@{FIRST}, not"),
    (2, lambda line: line.update(case="else", id=f"else@{FIRST}"),
     "line 5: the ids are not those of the header's plan"),
    (2, lambda line: line.update(SOME[1].to_json()), f"line 3: a second result of {SOME[1].id}"),
    (2, put("verdict", value="OK"), "line 2: not a result: there is no verdict 'OK'"),
    (2, put("verdict", value="WARN"), "line 5: the counts of the verdicts do not fit"),
    (2, put("expected_verdict", value="OK"), "there is no verdict 'OK'"),
    (2, put("segmentation", value="hoped"), "'segmentation' cannot be 'hoped'"),
    (2, put("seconds", value="0"), "'seconds' has to be a number"),
    (2, put("seconds", value=True), "'seconds' has to be a number"),
    (2, put("peers", value=[]), "line 2: not a result: 'peers' has to name one peer or two"),
    (2, put("tries", "PASS", value=1.5), "'tries.PASS' has to be a whole number"),
    (2, put("tries", "PASS", value=-1), "'tries.PASS' cannot be negative"),
    (2, put("peers", value=[FIRST] * 3), "'peers' has to name one peer or two"),
    (2, put("peers", value=[1]), "'peers' has to be a list of strings"),
    (2, put("checks", 0, "level", value="COULD"), "'checks[0].level' cannot be 'COULD'"),
    (2, put("checks", 0, "ok", value=1), "'checks[0].ok' has to be true or false"),
    (2, put("checks", 0, "more", value=1), "'checks[0].more' is not known here"),
    (2, put("known", value={"line": 1}), "'known.reason' is missing"),
    (2, put("wire", value=[]), "line 2: not a result: 'wire' is not known here"),
    (2, drop("stderr"), "'stderr' is missing"),
    (-1, put("results", value=4), "line 5: says 4 results, there are 3"),
    (-1, put("counts", "PASS", value=2), "line 5: the counts of the verdicts do not fit"),
    (-1, put("counts", "OK", value=0), "line 5: not a footer: there is no verdict 'OK'"),
    (-1, put("counts", "PASS", value="1"), "'counts.PASS' has to be a whole number"),
    (-1, put("missing", value=["x"]), "line 5: 3 planned, 3 there, 1 named as missing"),
    (-1, put("exit", value=1.5), "'exit' has to be a whole number"),
    (-1, put("exit", value=0), "line 5: says exit code 0, by its results it is 1"),
    (-1, put("exit", value=256), "line 5: says exit code 256, by its results it is 1"),
    (-1, put("type", value="result"), "line 5: not a result"),
]


@pytest.mark.parametrize(("number", "change", "message"), CHANGES)
def test_what_does_not_add_up_is_refused(
    whole: Path, number: int, change: Callable[[dict[str, Any]], object], message: str
) -> None:
    with pytest.raises(ResultsError) as caught:
        read(edited(whole, number, change))
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{whole}, line ")


def test_a_refused_line_comes_with_where_its_form_is_told(whole: Path) -> None:
    with pytest.raises(ResultsError) as caught:
        read(edited(whole, 2, drop("stderr")))
    assert str(caught.value) == (
        f"{whole}, line 2: not a result: 'stderr' is missing;"
        " conformance/results.schema.json has the form of a line"
    )


@pytest.mark.parametrize("number", [1, MISSING_SHOWN])
def test_a_missing_id_has_to_be_one_of_the_plan(path: Path, number: int) -> None:
    missing = [f"a@{at:02d}" for at in range(number)]
    write(run_of(WHO, SOME, missing=missing), path)
    edited(path, -1, put("missing", 0, value="a@else"))
    with pytest.raises(ResultsError, match="not those of the header's plan"):
        read(path)


def test_a_list_that_may_be_null() -> None:
    """None for null, else a list of strings and nothing else."""
    take = fields.Fields({"none": None, "some": ["a", "b"], "wrong": "a"})
    assert take.optional_texts("none") is None and take.optional_texts("some") == ("a", "b")
    with pytest.raises(fields.Invalid, match="'wrong' has to be a list of strings"):
        take.optional_texts("wrong")
