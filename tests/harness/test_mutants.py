"""The mutants themselves: what they may import, what they say of themselves, what they break."""

from __future__ import annotations

import ast
import importlib
import inspect
import socket
import sys
from collections import Counter
from pathlib import Path

import pytest
from commandline import ROOT, RUNTIME, run

from harness import clauses
from harness.mutation import zoo
from harness.problem import Incomplete

FOLDER = Path(__file__).resolve().parent.parent.parent / "conformance" / "mutants"
MODEST = f"""
[peers.modest]
python = ["{RUNTIME}"]
class = {{select = "conformance.mutants.limits:Modest"}}
path = ["{ROOT.as_posix()}"]
pairs = "none"
"""
#: The cases that cut what they send, or send more behind a message.
CUTTING = (
    "stream/**", "text/malformed/**", "frame/header/eleventh-octet*", "frame/declared/longest*",
    "interface/**", "end/ending/**",
)
#: Lines that a mutant may have besides its docstring: the defect has to be seen at a glance.
READABLE = 26


def test_mutants_are_made_from_nothing_but_the_specification() -> None:
    """Neither the library's code nor the harness's is in them: they must not share a defect."""
    allowed = {*sys.stdlib_module_names, "conformance"}
    strays = []
    for path in sorted(FOLDER.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            roots = {name.partition(".")[0] for name in names}
            strays += [f"{path.name}: {root}" for root in sorted(roots - allowed)]
    assert not strays


def test_there_are_mutants_for_every_clause_that_binds() -> None:
    """A clause that no mutant breaks would leave its cases without a proof."""
    broken = {clause for one in zoo.mutants() for clause in one.breaks}
    binding = {clause.id for clause in clauses.load().values() if clause.level != "MAY"}
    assert binding - broken - clauses.exempt().keys() == set()
    assert len(zoo.mutants()) >= 60


def test_every_module_of_mutants_is_looked_at() -> None:
    """A new file does not stay outside by accident."""
    parts = {"coding", "moving", "sound", "nulls"}
    assert {path.stem for path in FOLDER.glob("*.py")} == {*zoo.FAMILIES, *parts}


def test_mutants_tell_their_defect_in_one_sentence_of_their_own() -> None:
    """The sentence is what a survivor is listed with."""
    said = Counter(one.defect for one in zoo.mutants())
    assert [text for text, count in said.items() if count > 1] == []
    assert [text for text in said if not text.endswith(".") or len(text) > 200] == []


def test_mutants_are_a_few_readable_lines() -> None:
    """Whoever sees one survive reads it first."""
    for one in zoo.mutants():
        family, _, name = one.name.partition(".")
        cls = getattr(importlib.import_module(f"{zoo.PACKAGE}.{family}"), name)
        docstring = (cls.__doc__ or "").count("\n") + 1
        assert len(inspect.getsource(cls).splitlines()) - docstring <= READABLE, one.name


def test_a_mutant_is_found_by_its_name_and_by_its_class() -> None:
    """A glob may leave the family out."""
    listed = zoo.mutants()
    by_class, by_name = (
        zoo.select(listed, [glob]) for glob in ("DeliversTwice", "stream.DeliversT*")
    )
    assert [one.name for one in by_class] == [one.name for one in by_name]
    assert [one.name for one in by_name] == ["stream.DeliversTwice"]
    assert zoo.select(listed, []) == listed


def test_a_mutant_without_a_defect_in_words_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names it."""
    module = importlib.import_module(f"{zoo.PACKAGE}.stream")
    monkeypatch.setattr(module.DeliversTwice, "__doc__", None)
    with pytest.raises(Incomplete, match=r"stream\.DeliversTwice has no docstring"):
        zoo.mutants()


def test_a_mutant_that_breaks_an_unknown_clause_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A typing error would otherwise make a mutant that nothing can kill."""
    module = importlib.import_module(f"{zoo.PACKAGE}.stream")
    monkeypatch.setattr(module.DeliversTwice, "breaks", ("STREAM-99",))
    with pytest.raises(Incomplete, match=r"DeliversTwice breaks STREAM-99"):
        zoo.mutants()


def test_the_sound_endpoint_carries_messages_and_ends() -> None:
    """Two of them over a socket pair: without a harness in between, as a user would."""
    module = importlib.import_module(f"{zoo.PACKAGE}.sound")
    one, other = (module.Sound(sock) for sock in socket.socketpair())
    messages = ["text", b"bytes", "", b"x" * 100000]
    for message in messages:
        one.write(message)
    one_closes = one.begin_end("closed")
    received = []
    while other.active:
        message = other.read()
        if message is not None:
            received.append(message)
    other.close()
    one.close()
    assert one_closes is None
    assert received == messages
    assert other.closeCause == "the other side ended"


def test_whoever_takes_nothing_more_while_a_message_is_unread_passes(tmp_path: Path) -> None:
    """STREAM-6 lets it: no case may wait until more was taken, and only then read."""
    options = [word for glob in CUTTING for word in ("--case", glob)]
    ended = run(MODEST, "--peer", "modest@*", *options, folder=tmp_path)
    assert ended.code == 0, ended.out
