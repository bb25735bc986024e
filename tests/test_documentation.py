"""What `--help` and the pages of docs/ tell to type can be typed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from harness.cli import main

ROOT = Path(__file__).resolve().parent.parent
START = "python -m harness "
#: Pages are for the site of `tox run -e docs`, the documents for whoever reads the checkout.
PAGES = sorted((ROOT / "docs").rglob("*.md"))
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "conformance/ADAPTERS.md")]


def examples(verb: click.Command) -> list[str]:
    """The examples in the help of a verb."""
    return re.findall(rf"^ *{START}(.*\S)", verb.help or "", re.MULTILINE)


def commands(path: Path) -> list[str]:
    """The commands of a document that run the harness, in blocks and in running text."""
    text = path.read_text(encoding="utf-8")
    fenced = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
    blocks = [
        line.strip() for language, block in fenced.findall(text) if language == "sh"
        for line in block.replace("\\\n", " ").splitlines()
    ]
    inline = [" ".join(each.split()) for each in re.findall(r"`([^`]+)`", fenced.sub("", text))]
    # In running text, a verb alone is its name.
    inline = [each for each in inline if " " in each.removeprefix(START)]
    found = [each for each in [*blocks, *inline] if each.startswith(START)]
    # `python -m harness VERB` is a form to fill in.
    return [each.removeprefix(START) for each in found if not re.search(r" [A-Z]{2,}\b", each)]


def parse(line: str) -> None:
    """Parse a command as its verb does, with every file that it names being there."""
    name, *words = shlex.split(line)
    for word in words:
        if re.fullmatch(r"[\w./-]+\.(toml|jsonl|txt)", word):
            file = Path(word)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    context = click.Context(main, info_name="harness")
    verb = main.get_command(context, name)
    assert verb is not None, f"no verb is called {name}"
    verb.make_context(name, words, parent=context)


@pytest.mark.parametrize("verb", sorted(main.commands))
def test_the_help_of_each_verb_has_examples_that_parse(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = examples(main.commands[verb])
    assert found
    assert any(line.startswith(verb) for line in found)
    for line in found:
        parse(line)


@pytest.mark.parametrize(
    ("path", "line"),
    [(path.relative_to(ROOT).as_posix(), line) for path in [*DOCUMENTS, *PAGES]
     for line in commands(path)],
)
def test_commands_in_documents_parse(
    path: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Options that do not exist any more are found here; what the runs do is tested elsewhere."""
    monkeypatch.chdir(tmp_path)
    if " --help" not in line:
        parse(line)


def test_the_documents_have_commands() -> None:
    """Else nothing was looked at above."""
    assert len(commands(ROOT / "README.md")) > 5


def test_every_page_of_the_site_is_in_its_menu() -> None:
    """Whoever adds a page adds it to `nav` in mkdocs.yml, too."""
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = set(re.findall(r": (\S+\.md)$", menu, re.MULTILINE))
    assert listed == {path.relative_to(ROOT / "docs").as_posix() for path in PAGES}
