"""Which texts are programs, and what kind of program each is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.explore.model import Model, shake_of
from harness.explore.program import (
    End,
    Narrow,
    Program,
    ProgramError,
    Shake,
    Step,
    Write,
    words,
)

#: The names of all families, the simplest one first.
FAMILIES = ("program", "narrow", "handshake", "close", "finish", "truncation", "reset")


def parse(text: str) -> Program:
    """Read a program; raises `ProgramError`, which says where, and what is wrong there."""
    steps = list(words(text))
    model = Model(shake_of(step for _, step in steps))
    for at, step in steps:
        refused = model.refusal(step)
        if refused:
            raise ProgramError(text, at, refused)
        model.apply(step)
    program = Program(tuple(step for _, step in steps))
    if not any(isinstance(step, Write) for step in program.steps):
        raise ProgramError(text, 0, "no message is written, so nothing can be observed")
    if text != str(program):
        what = f"one meaning, one text: write {program}"
        raise ProgramError(text, _first_difference(text, str(program)), what)
    return program


def _first_difference(one: str, another: str) -> int:
    both = enumerate(zip(one, another, strict=False))
    return next((at for at, (left, right) in both if left != right), len(another))


def mended(steps: Iterable[Step]) -> Program | None:
    """Return the program of those steps that have a meaning where they stand, if it is one.

    `str` of it parses. None if it writes nothing.
    """
    steps = list(steps)
    shake = shake_of(steps)
    model = Model(shake)
    kept: list[Step] = []
    for step in steps:
        if model.refusal(step) is None:
            model.apply(step)
            kept.append(step)
    return Program(tuple(kept)) if any(isinstance(step, Write) for step in kept) else None


def family(program: Program) -> str:
    """Return the name of the case that is about programs like this one: by its end, if it has one.

    The cases quote different clauses, as ends and handshakes are about different ones.
    """
    for step in program.steps:
        if isinstance(step, Shake):
            return "handshake"
        if isinstance(step, End) and step.how == "close":
            return "close"
        if isinstance(step, End) and step.how == "reset":
            return "reset"
        if isinstance(step, End):
            return "truncation" if step.inside else "finish"
    return "narrow" if Narrow() in program.steps else "program"


def parser(name: str) -> Callable[[str], Program]:
    """Return a parser of the programs of one family; it raises `ProgramError` for others, too."""

    def parse_one(text: str) -> Program:
        program = parse(text)
        if family(program) != name:
            what = f"this is a program for explore/programs/{family(program)}"
            raise ProgramError(text, text.rfind(",") + 1, what)
        return program

    return parse_one
