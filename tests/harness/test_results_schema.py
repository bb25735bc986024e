"""The published schema of the results file: what the harness writes and reads, for others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commandline import RUNTIME, harness
from jsonschema import Draft202012Validator
from runs import SOME, WHO, run_of, write
from test_results import FULL
from test_results_refusals import CHANGES, edited

from harness.records import Share

PATH = Path(__file__).parents[2] / "conformance" / "results.schema.json"
SCHEMA = Draft202012Validator(json.loads(PATH.read_text(encoding="utf-8")))
ALL = [*SOME, replace(FULL, tries={"PASS": 49, "FAIL END-5": 1})]


def broken(path: Path) -> list[str]:
    """What the schema has against each line of a file."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [error.message for line in lines for error in SCHEMA.iter_errors(line)]


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A results file with which nothing is wrong."""
    return write(run_of(WHO, SOME), tmp_path / "results.jsonl")


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA.schema)


def test_what_is_written_fits(tmp_path: Path) -> None:
    assert broken(write(run_of(WHO, ALL, missing=["a@b"]), tmp_path / "results.jsonl")) == []


def test_a_shard_fits(tmp_path: Path) -> None:
    run = run_of(WHO, ALL)
    run = replace(run, header=replace(run.header, shard=Share(2, 3, 12, "0f")))
    assert broken(write(run, tmp_path / "results.jsonl")) == []


@pytest.mark.parametrize(("number", "change", "message"), CHANGES)
def test_reader_and_schema_refuse_the_same(
    whole: Path, number: int, change: Any, message: str
) -> None:
    edited(whole, number, change)
    if number == -1 and "'type'" not in message and "not a result" in message:
        # Without its footer a file is broken, its lines are not.
        return
    alone = "'" in message or "there is no verdict" in message
    between = not alone or "the header's plan" in message
    assert bool(broken(whole)) is not between


def test_runs_shards_mutants_and_what_is_merged_fit(tmp_path: Path) -> None:
    """What the verbs really write."""
    who = ("--peer", f"reference@{RUNTIME}-select", "--case", "frame/header/empty")
    shards = [str(tmp_path / f"{number}.jsonl") for number in (1, 2)]
    for number, path in enumerate(shards, start=1):
        done = harness("run", *who, "--shard", f"{number}/2", "--results", path, folder=tmp_path)
        assert done.code == 0, done.err
    whole, mutants = str(tmp_path / "whole.jsonl"), str(tmp_path / "mutants.jsonl")
    assert harness("merge", *shards, "-o", whole, folder=tmp_path).code == 0
    harness(
        "mutants", "--mutant", "header_received.EmptyIsText", "--case", "frame/header/empty",
        "--jobs", "1", "--results", mutants, folder=tmp_path,
    )
    for path in (*shards, whole, mutants):
        assert broken(Path(path)) == []
