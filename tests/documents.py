"""The commands of the documents, and how tests run them: what is narrowed, left out or brought."""

from __future__ import annotations

import fnmatch
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).resolve().parent.parent
#: What a reader has before him, in the checkout or on the site.
PAGES = sorted([
    ROOT / "README.md", ROOT / "CONTRIBUTING.md",
    *(ROOT / "docs").rglob("*.md"), *(ROOT / "conformance").rglob("*.md"),
])
#: Languages of blocks that no shell reads; what is behind them has tests of its own.
NO_SHELL = {"", "abnf", "javascript", "pycon", "python", "toml"}
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
#: A command in running text, a piece of code of several words. Other programs are only named there.
INLINE = re.compile(r"`(?P<inline>(?:apt-get|bash|pip|python)\s[^`]+)`")
#: What a command printed, where a page shows that right behind it.
SHOWN = re.compile(r"\s*((?:^    .*\n)+)", re.MULTILINE)

_PYTHON = "cpython{}.{}".format(*sys.version_info)
_PEER = f"reference@{_PYTHON}-poll"
_CASE = "frame/header/empty[1,text]"
_MUTANTS = ("harness mutants --mutant header_received.SkipsEmpty"
            " --case 'frame/header/empty*' --jobs 2")
_SMALL = f"--peer '{_PEER}' --case 'frame/header/empty*' --jobs 1"

#: What is run in the place of a part of a command, so that a test takes seconds: on one
#: interpreter, with a few cases and tries. Words in capitals are for the reader to fill in.
NARROWED = {
    "'cover/**'": "'cover/exchange/row[text,1,whole,first,none,first-closes,eager]'",
    "'end/**'": "'end/cause/first-cause[clean]'",
    "'explore/**'": "'explore/programs/program*'",
    "'handshake/**'": "'handshake/failure/closed-meanwhile[drain]'",
    "'interface/**'": "'interface/interval/refused[word]'",
    "'reference@*'": f"'{_PEER}'",
    "'reference@cpython3.12-poll'": f"'{_PEER}'",
    "'resources/**'": "'resources/idle/idle[quiet]'",
    "'sending/**'": "'sending/alone/rest-of-a-message'",
    "--peer 'mine*'": f"--peer 'mine*' --case '{_CASE}' --jobs 1",
    "--peers mine.toml --peer mine":
        "--peers mine.toml --peer mine --case 'frame/header/empty*' --jobs 1",
    "--peers mine/peers.toml --peer mine":
        "--peers mine/peers.toml --peer mine --case 'text/malformed/*' --jobs 1",
    "--repeat 100 --load 2": f"--repeat 2 --load 0.5 --peer '{_PEER}'",
    "--repeat 1000 --load 2": "--repeat 2 --load 0.5",
    "--repeat 50 --load 2": f"--repeat 2 --load 0.5 {_SMALL}",
    "--results results.jsonl": f"--results results.jsonl {_SMALL}",
    "--shard 1/2": f"--shard 1/2 {_SMALL}",
    "--shard 2/2": f"--shard 2/2 {_SMALL}",
    "LANGUAGE DIR": "python skeleton",
    "harness bench": "harness bench --workload ping --rounds 1 --seconds 0.02"
                     " --contender 'stockings-*'",
    "harness explore": "harness explore --examples 3",
    "harness mutants --case 'frame/header/empty*'": _MUTANTS,
    "harness mutants": _MUTANTS,
    # What tox.ini has for it, without tox.
    "python -m pip install tox && python -m tox run -e matrix":
        f"python -m harness run {_SMALL} --results results/matrix.jsonl --logs all",
    # Of the one file only the start is different; tests/test_pyz.py has that.
    "python stockings-harness-linux-x86_64.pyz run": "python -m harness run",
    "smoke PEER": "smoke mine --peers mine.toml",
    "tcp.port==PORT": "tcp.port==$(tshark -r case.pcapng -T fields -e tcp.dstport -c 1)",
    "--case ID": f"--case '{_CASE}@{_PEER}'",
}
#: Exit codes other than 0, by the command as the page has it.
ENDS = {
    # The adapter is not finished: it is told what to write next.
    "python -m harness smoke mine --peers mine/peers.toml --first": 1,
    # The mistake of that page is found.
    "python -m harness run --peers mine/peers.toml --peer mine": 1,
    "python -m harness replay 'text/malformed/received[whole,overlong-2]@mine'"
    " --peers mine/peers.toml": 1,
}
#: Commands that no test runs, by globs, with the reason.
LEFT_OUT = {
    "$ PYTHONPATH=. python harness/adapters/*": "typed by tests/adapter/test_guide.py",
    "$ printf *": "sent to that one, by tests/adapter/test_guide.py",
    "apt-get install *": "changes the machine",
    "bash .ci/run": "runs this test, among all others",
    "export STOCKINGS_TOKEN=...": "another machine's, on which tests/harness/test_remote.py plays",
    "pip install .": "tests/test_packaging.py installs it",
    "python -m harness": "the program's name",
    "python -m harness replay": "a verb's name; commands below red cases have what it takes",
    "python -m harness run": "the main job: an environment of tox, run by CI",
    "python -m pip install tox": "changes the environment; CI begins with it",
    "python -m pip install tox && python -m tox run": "all tests, this one among them",
    "python -m pytest *": "what this test may be run by",
    "python -m tools.pictures *": "needs a Chromium; tests/harness/test_site_browser.py has it",
    "python -m tox run": "all tests, this one among them",
    "python -m tox run *": "an environment that tox makes; below, a test looks whether it is there",
    "python python_adapter.py *": "another machine's, as tests/harness/test_remote.py plays it",
    "python stockings-harness-linux-x86_64.pyz": "the program's name",
}
#: What readers have brought: the implementation of theirs, which is ours here, and the entry that
#: README.md writes for it.
ADAPTER = """#!/bin/sh
export PYTHONPATH="{root}"
exec python "{root}/harness/adapters/python_adapter.py" --class default=stockings:Stocking "$@"
"""


@dataclass(frozen=True)
class Command:
    """A command of a page, in one line, and what stands there as what it prints, by lines."""

    text: str
    shown: str = ""

    @property
    def reason(self) -> str | None:
        """Why no test runs it, if none does."""
        found = [why for glob, why in LEFT_OUT.items() if fnmatch.fnmatchcase(self.text, glob)]
        return found[0] if found else None

    @property
    def as_run(self) -> str:
        """The command with what is run in the place of its parts."""
        parts = sorted(NARROWED, key=len, reverse=True)
        pattern = "|".join(rf"{re.escape(part)}(?![\w/])" for part in parts)
        return re.sub(pattern, lambda found: NARROWED[found[0]], self.text)


def commands(page: str) -> Iterator[Command]:
    """The commands of a page's text, in its order, in blocks for shells and in running text."""
    for found in re.finditer(f"{FENCE.pattern}|{INLINE.pattern}", page, FENCE.flags):
        if found["inline"]:
            yield Command(" ".join(found["inline"].split()))
        elif found[2] in {"console", "sh"}:
            lines = [" ".join(line.split()) for line in found[3].replace("\\\n", " ").splitlines()]
            texts = [line.partition(" #")[0].strip() for line in lines
                     if found[2] == "sh" or line.startswith("$ ")]
            shown = SHOWN.match(page, found.end())
            for at, text in enumerate(texts, 1):
                yield Command(text, dedent(shown[1]) if shown and at == len(texts) else "")


def added(adapter: str, block: str) -> str:
    """The adapter of docs/new-adapter.md with a block of it where it says that it belongs."""
    here = "    # Your verbs stand here.\n"
    if block.startswith("    def "):
        return adapter.replace(here, f"{block}\n{here}")
    if block.startswith("def mirror"):
        return re.sub(r"^def mirror\(.*?\n\n\n", lambda _: f"{block}\n\n", adapter,
                      flags=re.MULTILINE | re.DOTALL)
    return adapter.replace("import base64\n", f"{block}import base64\n")


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language, without the indentation of their list."""
    return [
        re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
        for indent, each, block in FENCE.findall(page) if each == language
    ]
