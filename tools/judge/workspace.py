"""The copy of the checkout in which mutmut changes the judge, so that it never touches ours."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

#: What decides which case runs, which verdict it gets, and which exit code comes of all verdicts.
MODULES = (
    "harness/cli.py",
    "harness/fields.py",
    "harness/intake.py",
    "harness/known.py",
    "harness/plan.py",
    "harness/problem.py",
    "harness/records.py",
    "harness/repeats.py",
    "harness/report/bounds.py",
    "harness/results.py",
    "harness/selection.py",
    "harness/trial.py",
    "harness/verdicts.py",
)

#: The innermost of those, a third of all changes: verdicts, what is asked for, what is whole.
CORE = (
    "harness/known.py",
    "harness/problem.py",
    "harness/repeats.py",
    "harness/results.py",
    "harness/selection.py",
    "harness/verdicts.py",
)

#: The tests that have to notice, of those in tests/harness: the ones that start no process.
TESTS = (
    "test_exit_codes.py",
    "test_intake.py",
    "test_known.py",
    "test_open_axis.py",
    "test_plan.py",
    "test_repeats.py",
    "test_report_bounds.py",
    "test_results.py",
    "test_results_refusals.py",
    "test_selection.py",
    "test_trial.py",
    "test_trial_outcomes.py",
    "test_verdicts.py",
)

#: mutmut leaves functions with a decorator alone. These two can be put on afterwards as well.
UNFOLDED = ("property", "cached_property")
#: Before the name of a function whose decorator was put on afterwards.
PREFIX = "_judged_"

CONFIGURATION = """\
[tool.mutmut]
source_paths = ["harness"]
only_mutate = {modules}
also_copy = ["conformance", "tox.ini"]
pytest_add_cli_args = [
    "-p", "no:cacheprovider", "-p", "no:xdist", "--strict-markers", "-W", "error::EncodingWarning",
]
pytest_add_cli_args_test_selection = {tests}
# A mutant that hangs is killed by that. On a busy machine a sound one must not be.
timeout_multiplier = 20.0
timeout_constant = 5.0
"""


def make(folder: Path, modules: Sequence[str]) -> None:
    """Copy what the tests need into an empty folder, and tell mutmut what to do there."""
    for name in ("harness", "conformance", "tests/harness"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
        )
    shutil.copy(ROOT / "tox.ini", folder)
    for name in modules:
        path = folder / name
        path.write_text(unfold(path.read_text(encoding="utf-8")), encoding="utf-8")
    tests = [f"tests/harness/{name}" for name in TESTS if (ROOT / "tests/harness" / name).exists()]
    text = CONFIGURATION.format(modules=json.dumps(list(modules)), tests=json.dumps(tests))
    (folder / "pyproject.toml").write_text(text, encoding="utf-8")


def unfold(source: str) -> str:
    """Return a module in which no property is made by a decorator, for mutmut to change them."""
    lines = source.split("\n")
    # From the end, so that the line numbers of what is still to do stay right.
    for function, decorator in sorted(
        _properties(ast.parse(source)), key=lambda one: -one[0].lineno
    ):
        indent = " " * function.col_offset
        assert function.end_lineno is not None
        put = f"{indent}{function.name} = {decorator}({PREFIX}{function.name})"
        lines.insert(function.end_lineno, put)
        line = lines[function.lineno - 1]
        lines[function.lineno - 1] = line.replace(
            f"def {function.name}(", f"def {PREFIX}{function.name}(", 1
        )
        del lines[function.decorator_list[0].lineno - 1]
    return "\n".join(lines)


def _properties(module: ast.Module) -> Iterator[tuple[ast.FunctionDef, str]]:
    for cls in ast.walk(module):
        for node in cls.body if isinstance(cls, ast.ClassDef) else []:
            if isinstance(node, ast.FunctionDef) and len(node.decorator_list) == 1:
                decorator = node.decorator_list[0]
                if isinstance(decorator, ast.Name) and decorator.id in UNFOLDED:
                    yield node, decorator.id
