"""The adapter protocol's JSON schemas, compiled once, for both directions.

One file per verb in conformance/schema/, with the request and the answer under `$defs`, and one
for what they share.  The same files serve authors of adapters in other languages.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

FOLDER = Path(__file__).resolve().parent.parent / "conformance" / "schema"
SHARED = "shared"
#: Characters of an offending value that a message shows.
SHOWN = 80


class ProtocolViolation(Exception):
    """A line breaks the adapter protocol.

    The message names the verb, the JSON path within the line and what was expected there.
    """


def verbs(folder: Path = FOLDER) -> list[str]:
    """Return the verbs that have a schema, sorted."""
    return sorted(path.stem for path in folder.glob("*.json") if path.stem != SHARED)


def check_request(request: Mapping[str, Any]) -> None:
    """Raise ProtocolViolation unless `request` is a request of protocol version 1."""
    verb = request.get("do")
    if not isinstance(verb, str) or verb not in _known():
        names = ", ".join(_known())
        raise ProtocolViolation(f"request: $.do: expected one of {names}, got {verb!r}")
    _check(f"{verb}.json", "request", f"request of {verb}", request)


def check_answer(verb: str | None, answer: Mapping[str, Any]) -> None:
    """Raise ProtocolViolation unless `answer` may answer a request of `verb`.

    `None` stands for a line that was no request: its answer has no id and reports a fault.
    An unknown verb may only be answered by `unsupported` or `fault`.
    """
    if verb is None:
        _check(f"{SHARED}.json", "stray", "answer to a line that is no request", answer)
    elif verb in _known():
        _check(f"{verb}.json", "answer", f"answer to {verb}", answer)
    else:
        _check(f"{SHARED}.json", "answer", f"answer to {verb}", answer)
        if "unsupported" not in answer and "fault" not in answer:
            raise ProtocolViolation(
                f'answer to {verb}: $: expected "unsupported" for a verb that does not exist'
            )


@cache
def _known() -> tuple[str, ...]:
    return tuple(verbs())


@cache
def _file(name: str) -> Any:
    return json.loads((FOLDER / name).read_text("utf-8"))


def _inlined(node: Any, name: str) -> Any:
    """Return a schema of file `name` with its references replaced by what they refer to.

    No schema of ours refers to itself, so this ends; following references while validating took
    most of the time.
    """
    if isinstance(node, list):
        return [_inlined(each, name) for each in node]
    if not isinstance(node, dict):
        return node
    plain = {key: _inlined(value, name) for key, value in node.items() if key != "$ref"}
    for key, value in plain.get("properties", {}).items():
        if value is False:  # the same, except that the error then has the path of the key
            plain["properties"][key] = {"not": {}}
    if "$ref" not in node:
        return plain
    target, _, pointer = node["$ref"].partition("#/$defs/")
    target = target or name
    referred = _inlined(_file(target)["$defs"][pointer], target)
    return {"allOf": [referred], **plain} if plain else referred


@cache
def _validator(name: str, definition: str) -> Draft202012Validator:
    return Draft202012Validator(_inlined(_file(name)["$defs"][definition], name))


def _check(name: str, definition: str, what: str, line: Mapping[str, Any]) -> None:
    error = best_match(_validator(name, definition).iter_errors(dict(line)))
    if error is not None:
        raise ProtocolViolation(f"{what}: {error.json_path}: {_expected(error)}")


def _expected(error: Any) -> str:
    """Say in one sentence what a schema wanted; the library's own words name keywords."""
    wanted, got = error.validator_value, _short(error.instance)
    if error.validator == "required":
        missing = [key for key in wanted if key not in error.instance]
        return f"expected the key {missing[0]!r}, which is missing"
    if error.validator == "additionalProperties":
        extra = sorted(set(error.instance) - set(error.schema.get("properties", ())))
        return f"expected no key {extra[0]!r}"
    if error.validator in ("minProperties", "maxProperties"):
        return f"expected exactly one of ok, raised, unsupported, fault besides the id, got {got}"
    if error.validator == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        return f"expected {' or '.join(kinds)}, got {got}"
    if error.validator == "const":
        return f"expected {json.dumps(wanted)}, got {got}"
    if error.validator == "enum":
        return f"expected one of {', '.join(map(json.dumps, wanted))}, got {got}"
    if error.validator == "oneOf":
        return f"expected exactly one of the forms that ADAPTERS.md gives, got {got}"
    if error.validator == "not":
        return f"expected nothing here, got {got}"
    return f"expected {error.validator} {json.dumps(wanted)}, got {got}"


def _short(value: Any) -> str:
    text = json.dumps(value, default=repr)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"
