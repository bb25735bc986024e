"""The mutation test of the judge: what it changes, and its list of what nobody can notice."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tools.judge import survivors, workspace
from tools.judge.survivors import Change, Entry, ListError

SOURCE = '''
class Run:
    """A run."""

    @property
    def complete(self) -> bool:
        """Whether it is whole."""
        return self.done == self.planned

    @cached_property
    def name(self) -> str:
        return (
            "x"
        )

    @property
    @other
    def twice(self) -> int:
        return 2

    @complete.setter
    def complete(self, value: bool) -> None:
        self.done = value

    def plain(self) -> int:
        return 1
'''


def test_properties_become_functions_that_can_be_changed() -> None:
    unfolded = workspace.unfold(SOURCE)
    assert ast.parse(unfolded)
    assert "    complete = property(_judged_complete)\n" in unfolded
    assert "    name = cached_property(_judged_name)\n" in unfolded
    assert unfolded.count("@property") == 1
    assert "    @complete.setter\n" in unfolded


def test_an_unfolded_module_does_what_it_did() -> None:
    kept = SOURCE.replace("    @property\n    @other\n", "    @other\n")
    head = "from functools import cached_property\nother = property\n"
    made = []
    for source in (kept, workspace.unfold(kept)):
        names: dict[str, type] = {}
        exec(head + source, names)  # our own words, above
        run = names["Run"]()
        run.done, run.planned = 1, 2
        before = run.complete
        run.complete = 2
        made.append((before, run.complete, run.name, run.twice, run.plain()))
    assert made == [(False, True, "x", 2, 1)] * 2


@pytest.mark.parametrize("name", workspace.MODULES)
def test_every_module_of_the_judge_is_there_and_can_be_unfolded(name: str) -> None:
    source = (workspace.ROOT / name).read_text(encoding="utf-8")
    assert ast.parse(workspace.unfold(source))


def test_the_core_is_a_part_of_the_judge() -> None:
    assert set(workspace.CORE) < set(workspace.MODULES)


@pytest.mark.parametrize("name", workspace.TESTS)
def test_every_test_of_the_judge_is_there(name: str) -> None:
    assert (workspace.ROOT / "tests" / "harness" / name).is_file()


SHOWN = """\
# harness.results.xǁRunǁ_judged_complete__mutmut_1: survived
--- harness/results.py
+++ harness/results.py
@@ -1,3 +1,3 @@
 def _judged_complete(self) -> bool:
     \"\"\"Whether it is whole.\"\"\"
-    return self.done == self.planned
+    return self.done != self.planned
"""
CHANGE = Change(
    "harness/results.py", "Run.complete",
    ("return self.done == self.planned",), ("return self.done != self.planned",),
)


def test_a_change_is_known_by_its_words() -> None:
    name = "harness.results.xǁRunǁ_judged_complete__mutmut_1"
    assert survivors.change_of(name, SHOWN) == CHANGE
    function = survivors.change_of("harness.report.bounds.x__at_most__mutmut_12", SHOWN)
    assert (function.module, function.function) == ("harness/report/bounds.py", "_at_most")
    with pytest.raises(ValueError, match=r"harness\.results\.complete_7"):
        survivors.change_of("harness.results.complete_7", SHOWN)


LIST = f"""\
# What this file is.

# Nobody can tell.
# Really not.
{CHANGE}


# The line is put in.
harness/known.py parse
+ pass
"""


def test_the_list_is_read(tmp_path: Path) -> None:
    path = tmp_path / "list"
    path.write_text(LIST, encoding="utf-8")
    added = Change("harness/known.py", "parse", (), ("pass",))
    assert survivors.read(path) == [Entry(CHANGE, 3), Entry(added, 10)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (str(CHANGE), "list:1: an entry begins with its reason"),
        (f"#\n{CHANGE}", "list:1: an entry begins with its reason"),
        (f"\n\n# why\n\n{CHANGE}", "list:5: an entry begins with its reason"),
        ("# why\nharness/known.py\n- a\n+ b", "list:1: behind its reason an entry reads"),
        ("# why\nharness/known.py parse", "list:1: behind its reason an entry reads"),
        ("# why\nharness/known.py parse\n- a\nb", "list:1: behind its reason an entry reads"),
        (f"# why\n{CHANGE}\n\n# why\n{CHANGE}", "list:6: this change is listed already"),
    ],
)
def test_a_list_that_cannot_be_read(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "list"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ListError) as caught:
        survivors.read(path)
    assert str(caught.value).startswith(words)


def test_what_is_listed_and_what_is_found_have_to_agree() -> None:
    listed = [Entry(CHANGE, 3), Entry(Change("harness/known.py", "parse", ("a",), ("b",)), 9)]
    new = Change("harness/plan.py", "pairs", ("a",), ("b",))
    both = ["harness/results.py", "harness/known.py"]
    assert survivors.compared([CHANGE, CHANGE, new], listed, both) == ([new], [listed[1]])
    assert survivors.compared([CHANGE], listed, both[:1]) == ([], [])
    assert survivors.compared([], listed, both) == ([], listed)


def test_the_list_of_the_house_can_be_read() -> None:
    path = Path(survivors.__file__).with_name("survivors.txt")
    for entry in survivors.read(path):
        assert entry.change.module in workspace.MODULES
