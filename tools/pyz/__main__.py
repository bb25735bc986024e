"""`python -m tools.pyz [FOLDER]`: write dist/stockings-harness-PLATFORM.pyz.

shiv makes it: an archive that Python runs and that unpacks itself into ~/.shiv at its first start,
since pytest's plugins, the cases and compiled modules have to be files. Two dependencies have
compiled parts. psutil's is good for every Python of a platform; rpds-py, for jsonschema, has
one per Python, so those of all supported versions go in side by side. Another platform takes
another file, and so the platform is in its name.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
#: The Pythons that it is to run on; the first is the one that everything is resolved for.
VERSIONS = ("3.10", "3.11", "3.12", "3.13", "3.14")
#: What only the oldest needs, and what keeps compiled modules out: later hypothesis is compiled.
BESIDES = ("exceptiongroup", "hypothesis<6.156", "tomli", "typing_extensions")
#: The package with a compiled module per version, and the folder of that module.
PER_VERSION, ITS_FOLDER = "rpds-py", "rpds"
#: Compiled for one version, and gone without: jinja2's markupsafe has the same in Python beside it.
SPARED = "markupsafe/_speedups.*"
#: What of the checkout runs peers and judges them.
CARRIED = ("harness", "conformance", "stockings", "Stockings.py", "LICENSE", "README.md")


def main() -> None:
    """Build it into the folder of the first argument, `dist` without one; print where it is."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "dist").absolute()
    platform = sysconfig.get_platform()
    target.mkdir(parents=True, exist_ok=True)
    file = target / f"stockings-harness-{platform}.pyz"
    with tempfile.TemporaryDirectory(prefix="stockings-pyz-") as scratch:
        site = Path(scratch, "site")
        _packages(site, Path(scratch))
        _checkout(site, platform)
        _run("shiv", "--compressed", "--reproducible", "--site-packages", str(site),
             "--python", "/usr/bin/env python3", "--entry-point", "carried:main",
             "--output-file", str(file))
    print(f"{file} ({file.stat().st_size / 1e6:.1f} MB)")


def _packages(site: Path, scratch: Path) -> None:
    """Install what the harness requires, for all versions at once."""
    requirements = str(ROOT / "harness" / "requirements.txt")
    _install(site, VERSIONS[0], "-r", requirements, *BESIDES)
    (version,) = (
        found.version for found in distributions(path=[str(site)])
        if found.metadata["Name"] == PER_VERSION
    )
    for python in VERSIONS[1:]:
        other = scratch / python
        _install(other, python, "--no-deps", f"{PER_VERSION}=={version}")
        for module in (other / ITS_FOLDER).glob("*.[ps][yo]*"):
            shutil.copy(module, site / ITS_FOLDER / module.name)
    for module in site.glob(SPARED):
        module.unlink()
    bound = [
        path.relative_to(site) for pattern in ("*.so", "*.pyd") for path in site.rglob(pattern)
        if path.parent.name != ITS_FOLDER and ".abi3." not in path.name
        and not path.is_relative_to(site / "psutil")
    ]
    if bound:
        sys.exit(f"pyz: compiled for Python {VERSIONS[0]} alone: {', '.join(map(str, bound))}")
    # Scripts of packages have the path of this Python in them, and nobody calls them.
    shutil.rmtree(site / "bin", ignore_errors=True)


def _install(site: Path, python: str, *words: str) -> None:
    _run("pip", "install", "--quiet", "--target", str(site), "--python-version", python,
         "--only-binary", ":all:", *words)


def _checkout(site: Path, platform: str) -> None:
    """Lay the harness beside its packages, in a folder of its own, with its entry point."""
    for name in CARRIED:
        source, copy = ROOT / name, site / "checkout" / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(source, copy)
    shutil.copy(Path(__file__).with_name("carried.py"), site)
    (site / "built.py").write_text(f"PLATFORM = {platform!r}\nVERSIONS = {VERSIONS!r}\n")


def _run(module: str, *words: str) -> None:
    subprocess.run([sys.executable, "-m", module, *words], check=True)


if __name__ == "__main__":
    main()
