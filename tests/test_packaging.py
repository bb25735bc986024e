"""What a user gets from `pip install .`: the library, its stubs, and nothing else, on 2.7 too."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path

import pytest

from harness.discovery import discover

ROOT = Path(__file__).resolve().parent.parent

#: Not part of a checkout as cloned, or too large to copy for nothing.
LITTER = shutil.ignore_patterns(
    ".git", ".tox", ".*_cache", "__pycache__", "*.pyc", "*.egg-info", "build", "dist", "results"
)

#: Seconds for one call of a build tool or of pip. Both reach the package index.
PATIENCE = 180


def version() -> str:
    """The version as stockings/__init__.py has it, the one place that states it."""
    tree = ast.parse((ROOT / "stockings" / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__":
            return str(ast.literal_eval(node.value))
    raise AssertionError("stockings/__init__.py does not assign __version__ a plain string")


def run(*command: object, cwd: Path) -> str:
    """Run a command, return its standard output; on failure fail with all that it printed."""
    ran = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, f"{command} exited {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


@dataclass(frozen=True)
class Archives:
    """The built distributions."""

    wheel: Path
    source: Path

    def wheel_names(self) -> set[str]:
        """All files in the wheel."""
        with zipfile.ZipFile(self.wheel) as archive:
            return set(archive.namelist())

    def source_names(self) -> set[str]:
        """All files in the source archive, without its leading folder."""
        with tarfile.open(self.source) as archive:
            files = [member.name for member in archive.getmembers() if member.isfile()]
        return {name.partition("/")[2] for name in files}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the whole tree, so that builds leave nothing behind and find nothing stale."""
    copy = tmp_path_factory.mktemp("checkout") / "stockings-checkout"
    shutil.copytree(ROOT, copy, ignore=LITTER)
    return copy


@pytest.fixture(scope="module")
def archives(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Archives:
    """Wheel and source archive, built as a release would be."""
    out = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ".", cwd=checkout)
    (wheel,) = out.glob("*.whl")
    (source,) = out.glob("*.tar.gz")
    return Archives(wheel, source)


def library_files() -> set[str]:
    """The files of the library as they lie in the checkout."""
    package = (ROOT / "stockings").rglob("*")
    wanted = [path for path in package if path.suffix in {".py", ".pyi"} or path.name == "py.typed"]
    return {path.relative_to(ROOT).as_posix() for path in wanted} | {"Stockings.py"}


def test_the_wheel_holds_the_library_and_nothing_else(archives: Archives) -> None:
    """No tests, no harness, no suite: exactly the library's files beside the metadata."""
    code = {name for name in archives.wheel_names() if ".dist-info/" not in name}
    assert code == library_files()


def test_the_wheel_holds_the_stubs(archives: Archives) -> None:
    """A type checker finds the stubs of the installed library (PEP 561)."""
    names = archives.wheel_names()
    assert "stockings/py.typed" in names
    assert "stockings/__init__.pyi" in names


def test_the_wheel_is_for_both_majors(archives: Archives) -> None:
    """One wheel, from whichever Python built it, installs on 2.7 and on 3."""
    assert archives.wheel.name == f"stockings-{version()}-py2.py3-none-any.whl"


def test_the_metadata_says_who_may_install(archives: Archives) -> None:
    """Name, version, licence and the interpreters are what the documents promise."""
    folder = f"stockings-{version()}.dist-info"
    with zipfile.ZipFile(archives.wheel) as archive:
        text = archive.read(f"{folder}/METADATA").decode("utf-8")
    headers = HeaderParser().parsestr(text)
    assert headers["Name"] == "stockings"
    assert headers["Version"] == version()
    assert headers["License"] == "MIT"
    asked = {part.strip() for part in headers["Requires-Python"].split(",")}
    assert asked == {">=2.7", "!=3.0.*", "!=3.1.*", "!=3.2.*", "!=3.3.*"}
    assert headers.get_all("Requires-Dist") is None, "the library needs the standard library only"


def test_the_source_archive_builds_the_library_and_no_more(archives: Archives) -> None:
    """The source archive has what a build needs, and neither the harness nor the suite."""
    names = archives.source_names()
    assert library_files() <= names
    assert {"setup.py", "setup.cfg", "pyproject.toml", "LICENSE", "README.md"} <= names
    strays = {name for name in names if name.partition("/")[0] in {"harness", "conformance"}}
    assert not strays
    assert not {name for name in names if name.startswith("tests/")}


def test_the_wheel_byte_compiles_without_a_warning(archives: Archives, tmp_path: Path) -> None:
    """pip byte-compiles every file at installation; none may hold anything to complain of."""
    with zipfile.ZipFile(archives.wheel) as archive:
        archive.extractall(tmp_path)
    run(sys.executable, "-W", "error", "-m", "compileall", "-q", "-f", tmp_path, cwd=tmp_path)


def interpreter_command(wanted: str) -> list[str]:
    """The command of an interpreter with that name, or a skip that names what is missing."""
    for interpreter in discover():
        if interpreter.name == wanted:
            return list(interpreter.command)
    pytest.skip(f"{wanted} is not on this machine")


def site_packages(python: Path) -> Path:
    """Where that interpreter installs pure packages."""
    program = "import sysconfig; print(sysconfig.get_paths()['purelib'])"
    return Path(run(python, "-c", program, cwd=python.parent).strip())


@pytest.mark.parametrize("name", ["cpython2.7", "cpython3.13"])
def test_pip_installs_the_library_alone(name: str, checkout: Path, tmp_path: Path) -> None:
    """`pip install .` in a fresh environment adds `stockings` and `Stockings`, and both import."""
    command = interpreter_command(name)
    home = tmp_path / "environment"
    run(sys.executable, "-m", "virtualenv", "-q", "-p", command[0], home, cwd=tmp_path)
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    site = site_packages(python)
    before = {path.name for path in site.iterdir()}
    run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", checkout, cwd=tmp_path)
    added = {path.name for path in site.iterdir()} - before - {"__pycache__", "Stockings.pyc"}
    assert added == {"stockings", "Stockings.py", f"stockings-{version()}.dist-info"}
    program = "import stockings, Stockings; print(Stockings.Stocking is stockings.Stocking)"
    assert run(python, "-c", program, cwd=tmp_path).strip() == "True"
