"""Rules of the house that no linter knows, held by looking at every file of the checkout."""

from __future__ import annotations

import ast
import configparser
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

#: Folders that are not part of the repository, or hold nothing that anybody wrote.
SKIPPED = {".git", ".hypothesis", ".tox", "__pycache__", "build", "dist", "results"}

#: Modules of the standard library that only 2.7 has.
ONLY_IN_27 = {"Queue", "StringIO", "__builtin__", "cPickle", "cStringIO", "thread"}

#: Lines that a function may have besides its docstring, and lines that a module may have.
FUNCTION_LINES, MODULE_LINES = 40, 300

FUTURE = "from __future__ import absolute_import, division, print_function"


def files(*suffixes: str) -> list[Path]:
    """All files of the checkout with one of the suffixes (all, if there are none)."""

    def walk(folder: Path) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            # 2.7 puts its compiled files beside the sources, as the peers of a run do.
            if path.name in SKIPPED or path.name.endswith(("_cache", ".egg-info", ".pyc")):
                continue
            if path.is_dir():
                yield from walk(path)
            elif not suffixes or path.suffix in suffixes:
                yield path

    return list(walk(ROOT))


def name(path: Path) -> str:
    """The path as the messages of these tests show it."""
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> set[str]:
    """The absolute names of all modules that a file imports, wherever it does."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = path.parent.relative_to(ROOT).parts[: 1 - node.level or None]
            module = ".".join([*package, *([node.module] if node.module else [])])
            found.update(f"{module}.{alias.name}" for alias in node.names)
    return found


def within(module: str, allowed: set[str]) -> bool:
    """Whether a module is one of the allowed ones, or a part of one."""
    return any(module == each or module.startswith(each + ".") for each in allowed)


def library() -> list[Path]:
    """The library's own files."""
    return [*sorted((ROOT / "stockings").rglob("*.py")), ROOT / "Stockings.py"]


def adapters() -> list[Path]:
    """The adapters that are Python files, each of which runs alone."""
    folder = ROOT / "harness" / "adapters"
    return [path for path in sorted(folder.glob("*.py")) if path.name != "__init__.py"]


def workers() -> list[Path]:
    """What `bench` runs in the interpreter that it measures, as far as that may be 2.7."""
    return sorted((ROOT / "harness" / "bench" / "contenders").glob("*.py"))


def test_the_library_and_the_adapters_import_the_standard_library_only() -> None:
    """Both run where nothing else is installed; the adapter imports its library by name."""
    standard = set(sys.stdlib_module_names) | ONLY_IN_27
    strays = [
        f"{name(path)} imports {module}"
        for path in [*library(), *adapters()]
        for module in sorted(imports(path))
        if not within(module, standard | ({"stockings"} if path in library() else set()))
    ]
    assert not strays


def strays(folder: str, *modules: str) -> list[str]:
    """What the files of a folder of the harness import of it or the suite beside these modules."""
    allowed = {f"harness.{module}" for module in modules}
    return [
        f"{name(path)} imports {module}"
        for path in sorted((ROOT / "harness" / folder).rglob("*.py"))
        for module in sorted(imports(path))
        if within(module, {"harness", "conformance"}) and not within(module, allowed)
    ]


def test_reports_are_functions_of_the_results_alone() -> None:
    """A report of an old results file comes out the same, whatever else the harness has learnt."""
    assert not strays("report", "clauses", "fields", "records", "report", "results", "verdicts")


#: How code asks which operating system it runs on.
SYSTEM = re.compile(r"\b(sys\.platform|os\.name|platform\.(system|uname)|get_platform)\b")


def test_one_module_knows_how_operating_systems_differ() -> None:
    """The rest of the harness and the suite is written as if there were one."""
    knowing = [
        name(path)
        for folder in ("harness", "conformance")
        for path in sorted((ROOT / folder).rglob("*.py"))
        # The interpreter that is asked is another one than ours; adapters, workers and the bridge
        # to a peer elsewhere run alone.
        if path not in [*adapters(), *workers(), ROOT / "harness" / "remote" / "bridge.py"]
        and path.name != "discovery.py"
        and SYSTEM.search(path.read_text(encoding="utf-8"))
    ]
    assert knowing == ["harness/system.py"]


def test_the_site_is_a_function_of_the_results_and_their_wire_logs() -> None:
    """It shows what was found, so it has no part in running anything."""
    assert not strays(
        "site", "clauses", "records", "report", "results", "site", "story", "verdicts"
    )


def test_files_that_run_on_27_start_with_the_future_imports() -> None:
    """Without them the same line means two things on the two majors."""
    bare = []
    for path in [*library(), *adapters(), *workers()]:
        body = tree(path).body
        if ast.get_docstring(tree(path)) is not None:
            body = body[1:]
        if not body or ast.unparse(body[0]) != FUTURE:
            bare.append(name(path))
    assert not bare


def sleeps(path: Path) -> Iterator[int]:
    """The lines on which a file sleeps, or takes `sleep` from somewhere."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        else:
            continue
        if "sleep" in names:
            yield node.lineno


def test_nothing_sleeps_but_the_clock() -> None:
    """Waiting is for an event with a deadline; harness/clock.py holds the one sleep there is."""
    clock = ROOT / "harness" / "clock.py"
    found = [
        f"{name(path)}:{line}" for path in files(".py") if path != clock for line in sleeps(path)
    ]
    assert not found


#: Built from parts, so that this file does not hold what it looks for.
PRIVATE = re.compile(
    "|".join(
        [
            # Homebrew on Linux is at the same place on every machine.
            r"/ho" r"me/(?!linuxbrew/)\w",
            r"/ro" r"ot/",
            r"/wo" r"rk/(main|shared)",
            r"/tm" r"p/(contract|dev)\b",
            r"/Use" r"rs/\w",
            r"[A-Z]:\\Use" r"rs\\",
            r"pypi\." r"org",
            r"pytho" r"nhosted\.org",
            r"deb\.deb" r"ian\.org",
            r"registry\.np" r"mjs\.org",
        ]
    )
)


def test_no_file_names_a_place_of_one_machine_or_a_registry() -> None:
    """What is committed works for everybody, with whatever registry they have set up."""
    found = []
    for path in files():
        text = path.read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if PRIVATE.search(line):
                found.append(f"{name(path)}:{number}: {line.strip()[:80]}")
    assert not found


def test_lines_end_alike_everywhere() -> None:
    """LF and a last line that ends; .gitattributes keeps it so on Windows."""
    wrong = []
    for path in files():
        octets = path.read_bytes()
        if b"\0" not in octets and (b"\r" in octets or (octets and octets[-1:] != b"\n")):
            wrong.append(name(path))
    assert not wrong


def long_functions(path: Path) -> Iterator[str]:
    """Functions with more lines than the house allows, their docstrings not counted."""
    for node in ast.walk(tree(path)):
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        if ast.get_docstring(node) is not None:
            docstring = node.body[0]
            lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
        if lines > FUNCTION_LINES:
            yield f"{name(path)}:{node.lineno} {node.name} has {lines} lines"


def test_functions_and_modules_stay_short() -> None:
    """A function fits on a screen, a module is about one thing (an adapter is one file)."""
    found: list[str] = []
    for folder in ("conformance", "harness", "stockings", "tools"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            found.extend(long_functions(path))
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > MODULE_LINES and path not in adapters():
                found.append(f"{name(path)} has {lines} lines")
    assert not found


def test_test_files_can_be_collected_together() -> None:
    """pytest can load all tests in one process, and none of them changes what is tested.

    A package `tests` would put the checkout on `sys.path`, and the library's tests would test the
    tree instead of the installed wheel; a package `tests/harness` would stand before the harness.
    """
    tests = ROOT / "tests"
    assert not (tests / "__init__.py").exists()
    assert not (tests / "harness" / "__init__.py").exists()
    packages = {path.parent for path in files(".py") if path.name == "__init__.py"}
    names = Counter(
        path.name
        for path in files(".py")
        if path.is_relative_to(tests) and path.parent not in packages and path.stem != "conftest"
    )
    assert not [each for each, count in names.items() if count > 1]


def test_shell_scripts_parse() -> None:
    """`bash -n` has no complaint about any script."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not on this machine")
    scripts = [path for path in files() if re.match(rb"#!.*\bbash\b", path.read_bytes())]
    assert ROOT / ".ci" / "run" in scripts
    for script in scripts:
        subprocess.run([bash, "-n", str(script)], check=True, timeout=60)


def test_continuous_integration_ends_with_what_failed(tmp_path: Path) -> None:
    """A log of which only the end is kept names what failed and why; pytest's lines come last."""
    awk = shutil.which("awk")
    if awk is None:
        pytest.skip("awk is not on this machine")
    log = tmp_path / "tox.log"
    many = "".join(f"line {number}\n" for number in range(100))
    log.write_text(
        "py313-poll: freeze> python -m pip freeze --all\n"
        "py313-poll: commands[0] /tmp> python -m pytest\n"
        "FAILED test_a.py::test_b - assert 0\n"
        "==== 1 failed, 9 passed in 1.23s ====\n"
        "py313-poll: exit 1 (1.00 seconds) /tmp> python -m pytest pid=1\n"
        "py313-poll: FAIL code 1\n"
        "mutants: commands[0]> python -m harness mutants\n"
        f"{many}1 survivor\n"
        "mutants: exit 1 (9.00 seconds) /tmp> python -m harness mutants pid=2\n"
        "py314-poll: failed with could not find python interpreter\n"
        "docs: commands[0]> python -m pytest\n"
        "==== 35 passed in 155.93s (0:02:35) ====\n",
        encoding="utf-8",
    )
    script = str(ROOT / ".ci" / "closing.awk")
    told = subprocess.run(
        [awk, "-f", script, str(log)], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    lines = told.splitlines()
    assert "mutants failed; the last of what it printed:" in lines
    assert "  1 survivor" in lines
    assert "  line 99" in lines
    assert "  line 9" not in lines
    missing = lines.index("py314-poll failed; the last of what it printed:")
    assert lines[missing + 1].startswith("  py314-poll: failed with could not find")
    assert lines[missing + 2] == "py313-poll: FAILED test_a.py::test_b - assert 0"
    assert lines[-5:] == [
        "py313-poll: FAILED test_a.py::test_b - assert 0",
        "py313-poll",
        "==== 1 failed, 9 passed in 1.23s ====",
        "docs",
        "==== 35 passed in 155.93s (0:02:35) ====",
    ]


def tox_environments() -> set[str]:
    """The factors and the names that tox.ini knows, as far as documents may mention them."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    named = {section.removeprefix("testenv:") for section in tox.sections()}
    pythons = re.search(r"py\{([^}]*)\}", tox["tox"]["env_list"])
    assert pythons is not None
    flavours = ("poll", "select")
    return named | {f"py{each}-{way}" for each in pythons[1].split(",") for way in flavours}


@pytest.mark.parametrize("document", ["README.md", "CONTRIBUTING.md", ".github/workflows/ci.yml"])
def test_documents_name_environments_that_exist(document: str) -> None:
    """Every `tox run -e NAME` in a document or workflow can be typed as it stands."""
    text = (ROOT / document).read_text(encoding="utf-8")
    asked = re.findall(r"tox run[^\n`]*? -e ([a-z0-9,-]+)", text)
    wrong = {each for names in asked for each in names.split(",")} - tox_environments()
    assert not wrong


def test_links_between_documents_lead_somewhere() -> None:
    """A relative link in a Markdown file names a file that is there."""
    dead = []
    for path in files(".md"):
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
            if not (path.parent / target).exists():
                dead.append(f"{name(path)} -> {target}")
    assert not dead


def test_the_readme_has_the_two_commands() -> None:
    """The two commands that do all the set-up on a fresh machine."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "python -m pip install tox && python -m tox run -e matrix\n" in text
    assert "python -m pip install tox && python -m tox run\n" in text


def test_the_changelog_leads_with_the_version_of_the_library() -> None:
    """The newest entry is about what this checkout is."""
    code = (ROOT / "stockings" / "__init__.py").read_text(encoding="utf-8")
    version = re.search(r'^__version__ = "([^"]+)"$', code, re.MULTILINE)
    heading = re.search(r"^## \[([0-9][^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert version is not None and heading is not None
    assert heading[1] == version[1]
