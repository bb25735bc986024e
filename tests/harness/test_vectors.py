"""The vector files themselves, and the tester's codec against every vector."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import zlib
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from conformance.vectors.tables.recipes import expand
from harness.clauses import SPEC, load
from harness.codec import Frame, FrameReader, Parsed, encode, header, shortest
from harness.payloads import generate

FOLDER = SPEC.parent / "vectors"
NAMES = ("encode", "decode", "malformed", "truncated")
FILES: dict[str, dict[str, Any]] = {
    name: json.loads((FOLDER / f"{name}.json").read_text(encoding="ascii")) for name in NAMES
}
SCHEMA: dict[str, Any] = json.loads((FOLDER / "schema.json").read_text(encoding="ascii"))
# Streams up to this long are cut in two at every place; that is quadratic in their length.
SHORT = 160


def vectors(*types: str) -> list[Any]:
    return [
        pytest.param(vector, id=vector["id"])
        for document in FILES.values()
        for group in document["groups"]
        if group["type"] in types
        for vector in group["vectors"]
    ]


def frame(message: dict[str, Any]) -> Frame:
    if "recipe" in message:
        payload = generate(**message["recipe"])
        assert f"{zlib.crc32(payload):08x}" == message["crc32"]
    else:
        payload = bytes.fromhex(message["octets"])
    assert len(payload) == message["length"]
    return Frame(message["kind"], payload)


def cuttings(stream: bytes) -> Iterator[list[bytes]]:
    yield [stream]
    yield [stream[at:at + 1] for at in range(len(stream))]
    if len(stream) <= SHORT:
        for at in range(1, len(stream)):
            yield [stream[:at], stream[at:]]


def receive(pieces: list[bytes]) -> tuple[list[Parsed], FrameReader]:
    reader = FrameReader()
    return [parsed for piece in pieces for parsed in reader.feed(piece)], reader


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", NAMES)
def test_files_obey_the_schema(name: str) -> None:
    jsonschema.Draft202012Validator(SCHEMA).validate(FILES[name])
    assert FILES[name]["format"] == f"stockings-vectors/{name}"


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for child in value.values() if isinstance(value, dict) else value:
        if isinstance(child, dict | list):
            yield from _objects(child)


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_refuses_keys_that_it_does_not_know(name: str) -> None:
    document = copy.deepcopy(FILES[name])
    for group in document["groups"]:
        del group["vectors"][1:]
    validator = jsonschema.Draft202012Validator(SCHEMA)
    assert validator.is_valid(document)
    for target in _objects(document):
        target["surprise"] = 1
        assert not validator.is_valid(document), target
        del target["surprise"]


def test_every_object_of_the_schema_is_closed() -> None:
    for target in _objects(SCHEMA):
        if target.get("type") == "object" and "properties" in target:
            assert target["additionalProperties"] is False


@pytest.mark.parametrize("name", NAMES)
def test_counts_flags_and_clauses_hold_together(name: str) -> None:
    document = FILES[name]
    chosen = [vector for group in document["groups"] for vector in group["vectors"]]
    assert len(chosen) == document["count"]
    assert {flag for vector in chosen for flag in vector["flags"]} == set(document["notes"])
    named = {clause for vector in chosen
             for clause in [*vector["clauses"], vector.get("clause", "END-1")]}
    assert named <= set(load())


def test_ids_are_unique_over_all_files() -> None:
    ids = [parameter.id for parameter in vectors(*NAMES, "header")]
    assert len(ids) == len(set(ids)) == sum(document["count"] for document in FILES.values())


def test_the_files_are_those_that_the_tables_give() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance.vectors.generate", "--check"],
        cwd=SPEC.parent.parent, capture_output=True, text=True, check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("kind", ["text", "bytes"])
def test_the_recipes_are_those_of_the_harness(kind: Any) -> None:
    for length in [*range(200), 4095, 4096, 4097, 70001]:
        for seed in (0, 1, 2**31 - 1):
            assert expand(kind, seed, length) == generate(kind, seed, length)


@pytest.mark.parametrize("vector", vectors("encode"))
def test_encode(vector: dict[str, Any]) -> None:
    message = frame(vector["message"])
    head = bytes.fromhex(vector["header"])
    if "text" in vector["message"]:
        assert vector["message"]["text"].encode() == message.payload
    assert encode(message) == head + message.payload
    parsed, reader = receive([head + message.payload])
    assert parsed == [Parsed(message, head, 0, shortest=True)]
    assert reader.finish() is None


@pytest.mark.parametrize("vector", vectors("header"))
def test_header(vector: dict[str, Any]) -> None:
    head = bytes.fromhex(vector["header"])
    assert header(vector["kind"], int(vector["length"])) == head
    _, reader = receive([head])
    if vector["length"] != "0":
        assert reader.pending.length == int(vector["length"])
        assert reader.pending.kind == vector["kind"]


@pytest.mark.parametrize("vector", vectors("decode", "malformed", "truncated"))
def test_stream(vector: dict[str, Any]) -> None:
    expected = [frame(message) for message in vector["messages"]]
    for pieces in cuttings(bytes.fromhex(vector["stream"])):
        parsed, reader = receive(pieces)
        assert [one.frame for one in parsed] == expected
        assert all(one.shortest == (len(one.header) == shortest(len(one.frame.payload)))
                   for one in parsed)
        defect = reader.finish()
        if vector["end"] == "clean":
            assert defect is None
        elif vector["end"] == "malformed":
            assert defect is not None
            assert (defect.clause, defect.offset) == (vector["clause"], vector["offset"])
        else:
            assert defect is not None
            assert defect.clause == vector["clause"] == "END-2"
            pending = reader.pending
            length = None if pending.length is None else str(pending.length)
            assert vector["inside"] == {
                "header": pending.header, "payload": pending.payload, "length": length,
            }


def test_a_malformed_frame_is_noticed_with_the_octet_that_the_vector_names() -> None:
    for parameter in vectors("malformed"):
        vector = parameter.values[0]
        if vector["clause"] == "FRAME-7":
            stream = bytes.fromhex(vector["stream"])
            _, reader = receive([stream[:vector["offset"]]])
            assert reader.malformed is None
            reader.feed(stream[vector["offset"]:][:1])
            assert reader.malformed is not None
