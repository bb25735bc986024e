"""The bench: running peers, on which one program after the other is carried out as a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from harness.case import Recorder
from harness.explore.meaning import FAMILIES, family
from harness.explore.perform import perform
from harness.explore.program import Program
from harness.hello import Hello
from harness.meeting import Pair
from harness.openaxis import Where
from harness.plan import Stem, find_stem
from harness.pool import Pool
from harness.results import Result
from harness.story.keeping import Keeping
from harness.trial import Trial

#: Where the cases are that programs belong to.
HOME = "explore/programs"


class Bench:
    """Carries programs out on running peers. `stems` are the suite, `hellos` as in a plan.

    `keeping` says where the logs of those that fail go.
    """

    def __init__(
        self, pool: Pool, stems: Sequence[Stem], hellos: Mapping[str, Mapping[str, Any]],
        keeping: Keeping,
    ) -> None:
        self._keeping = keeping
        self._pool = pool
        self._stems = [stem for stem in stems if stem.case.startswith(f"{HOME}/")]
        self._hellos = hellos

    def families(self, pair: Where) -> list[str]:
        """Return the families for which a pair declares what they need, the simplest one first."""
        declared = [
            Hello(self._hellos[name], self._pool.get(name).spec.flavour).features for name in pair
        ]
        able = {
            stem.case for stem in self._stems
            if all(features.issuperset(stem.features) for features in declared)
        }
        return [name for name in FAMILIES if f"{HOME}/{name}" in able]

    def ident(self, pair: Where, program: Program) -> str:
        """Return the id of the case that a program on a pair is."""
        return f"{HOME}/{family(program)}[{program}]@{'~'.join(pair)}"

    def carry_out(self, ident: str) -> Result:
        """Run the case of an id, once."""
        name, _, peers = ident.partition("@")
        stem = find_stem(self._stems, name)
        assert stem is not None
        first, second = map(self._pool.get, peers.split("~"))
        both, check = Pair(first, second), Recorder()
        text = stem.params[1:-1]
        trial = Trial(ident, stem, check, both, self._hellos, self._keeping)
        return trial.result(lambda: perform(both, check, text), ())
