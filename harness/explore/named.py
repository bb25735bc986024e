"""Which pairs meet which of the named programs.

All programs on all pairs would be a minute of a run that has three. What a program is about is an
implementation, and rarely the version of Python under it: so a peer meets every program with
itself and with the peers of every other implementation, and one program with each of its likes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from harness.openaxis import Where


def spread(
    named: Mapping[str, Sequence[str]], family: str
) -> Callable[[Sequence[Where]], Iterable[tuple[str, Where]]]:
    """Return the `rows` of an open axis for one family of the `named` programs."""
    every = [(name, program) for name, some in named.items() for program in some]

    def rows(everybody: Sequence[Where]) -> Iterable[tuple[str, Where]]:
        alike = [where for where in everybody if len(set(where)) == 2 and _alike(where)]
        one = {where: every[number % len(every)] for number, where in enumerate(alike)}
        return [
            (program, where)
            for where in everybody for program in named[family]
            if where not in one or one[where] == (family, program)
        ]

    return rows


def _alike(where: Where) -> bool:
    """Whether the peers of a pair are one implementation: names read `IMPLEMENTATION@RUNTIME-…`."""
    return len({name.partition("@")[0] for name in where}) == 1
