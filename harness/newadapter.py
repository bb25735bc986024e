"""The verb `new-adapter`: writes a skeleton of an adapter, and its entry in a file of peers."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from string import Template

import click

from harness.peers import REFERENCE
from harness.peertable import NAME
from harness.plan import ROOT
from harness.problem import Usage

SKELETONS = Path(__file__).resolve().parent / "skeletons"
#: What is alike for every adapter in a language is taken from the one that is known to be right.
POLYGLOT = ROOT / "conformance" / "polyglot"
PEERS = "peers.toml"


@dataclass(frozen=True)
class Skeleton:
    """What makes an adapter in one language: files as they are, and how it is started."""

    shared: tuple[str, ...]
    command: str
    build: str | None = None


LANGUAGES = {
    "c": Skeleton(
        ("protocol.h",), '["{build}/adapter"]',
        '["cc", "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-pthread", "-o", "{build}/adapter",\n'
        '    "./adapter.c"]',
    ),
    "java": Skeleton(
        ("Protocol.java",), '["java", "-cp", "{build}", "Adapter"]',
        '["javac", "-d", "{build}", "-sourcepath", "./", "./Adapter.java"]',
    ),
    "javascript": Skeleton(("protocol.mjs",), '["node", "./adapter.mjs"]'),
    "python": Skeleton((), '["python3", "./adapter.py"]'),
    "rust": Skeleton(
        ("protocol.rs",), '["{build}/adapter"]',
        '["rustc", "--edition=2021", "-o", "{build}/adapter", "./adapter.rs"]',
    ),
}


def entry(name: str, skeleton: Skeleton) -> str:
    """Return the file of peers with the one peer."""
    build = "" if skeleton.build is None else f"build = {skeleton.build}\n"
    return (
        f"# conformance/peers.toml explains all keys.\n[peers.{name}]\n"
        f"command = {skeleton.command}\n{build}"
    )


def contents(language: str, name: str) -> dict[str, str]:
    """Return what to write, by file name."""
    skeleton = LANGUAGES[language]
    files = {PEERS: entry(name, skeleton)}
    for path in sorted((SKELETONS / language).iterdir()):
        if path.is_file():
            files[path.name] = Template(path.read_text(encoding="utf-8")).substitute(name=name)
    for shared in skeleton.shared:
        files[shared] = (POLYGLOT / language / shared).read_text(encoding="utf-8")
    return files


def write(language: str, folder: Path, name: str) -> list[Path]:
    """Write the skeleton into a folder, which is made; return its files. Raises `Usage`."""
    files = {folder / file: text for file, text in contents(language, name).items()}
    for path in files:
        if path.exists():
            raise Usage(f"{path} is there already, and is not overwritten; name another folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            with path.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        raise Usage(f"{folder}: cannot be written: {error}") from error
    return list(files)


@click.command("new-adapter")
@click.argument("language", type=click.Choice(sorted(LANGUAGES)))
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--name", metavar="NAME", help="What the peer is called.  [default: as DIR]")
def new_adapter(language: str, folder: Path, name: str | None) -> None:
    """Write a skeleton of an adapter in LANGUAGE into DIR, with a file of peers.

    It starts, reads lines, knows messages and recipes, and has no verbs. `smoke --first` says which
    one to write next; docs/new-adapter.md goes the whole way. A file that is there is an error.

    \b
    Example:
      python -m harness new-adapter python mine
      python -m harness smoke mine --peers mine/peers.toml --first
    """
    if name is None:
        name = re.sub("[^a-z0-9.-]+", "-", folder.absolute().name.lower()).strip("-.")
    if name == REFERENCE:
        raise Usage(f"a peer cannot be called {name!r}: that is the library of this repository")
    if not NAME.fullmatch(name):
        raise Usage(f"a peer cannot be called {name!r}: --name takes a-z, 0-9, '.' and '-'")
    for path in write(language, folder, name):
        click.echo(f"wrote {path}")
    peers = shlex.quote(str(folder / PEERS))
    click.echo(f"next: python -m harness smoke {name} --peers {peers} --first")
