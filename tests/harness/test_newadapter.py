"""`new-adapter`: the skeletons start, and docs/new-adapter.md leads from one to a verdict."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from documents import added, blocks

from harness import newadapter, peers
from harness.builds import made
from harness.smoke import smoke

#: No time limit has to run out here, and the machine may be busy.
PATIENCE = 4.0
ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "new-adapter.md").read_text(encoding="utf-8")
#: What says that a language can be used here.
TOOLS = {"c": "cc", "java": "javac", "javascript": "node", "python": "python3", "rust": "rustc"}


def harness(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as its user does, from the checkout."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *words], cwd=ROOT, text=True, timeout=280,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )


@pytest.mark.skipif(shutil.which("python3") is None, reason="the skeleton is started by python3")
def test_the_guide_leads_from_nothing_to_a_verdict(tmp_path: Path) -> None:
    """Every message on the way stands in it word for word, and the verdict names the mistake."""
    before, *steps = re.split(r"^### \d+\. ", GUIDE, flags=re.MULTILINE)
    folder = tmp_path / "mine"
    assert harness("new-adapter", "python", str(folder)).returncode == 0
    (folder / "mine.py").write_text(blocks(before, "python")[0], encoding="utf-8")
    adapter = folder / "adapter.py"
    (spec,) = peers.load_file(folder / "peers.toml", [])
    assert len(steps) == 10
    for step in steps:
        said = smoke(list(spec.command), {}, "default", PATIENCE, list(spec.mirror), first=True)[-1]
        assert not said.ok
        assert f"    FAIL  {said.name}: {said.message}\n" in step
        text = adapter.read_text(encoding="utf-8")
        for block in blocks(step, "python"):
            assert added(text, block) != text
            text = added(text, block)
        adapter.write_text(text, encoding="utf-8")
    whole = smoke(list(spec.command), {}, "default", PATIENCE, list(spec.mirror))
    assert [each.message for each in whole if not each.ok] == []
    case = re.search(r"harness replay '(.*)' --peers", GUIDE)
    assert case is not None
    verdict = harness("replay", case[1], "--peers", str(folder / "peers.toml"))
    assert verdict.returncode == 1
    shown = re.findall(r"^    (FAIL .*\n(?:          .*\n)+)", GUIDE, re.MULTILINE)
    wanted = shown[-1].replace("\n    ", "\n")
    assert wanted in verdict.stdout


@pytest.mark.parametrize("language", sorted(newadapter.LANGUAGES))
def test_a_skeleton_starts_and_says_what_is_next(language: str, tmp_path: Path) -> None:
    """As written it obeys the rules about lines, and the first message is about hello."""
    if shutil.which(TOOLS[language]) is None:
        pytest.skip(f"there is no {TOOLS[language]} on this machine")
    newadapter.write(language, tmp_path / "new", "new")
    (spec,) = made(peers.load_file(tmp_path / "new" / "peers.toml", []))
    results = smoke(list(spec.command), {}, "default", PATIENCE, first=True)
    assert [each.name for each in results if each.ok] == ["starts"]
    assert "the verb 'hello' is not known yet; write it next" in results[-1].message


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """One clear error, exit code 2, and what is there stays as it is."""
    (tmp_path / "adapter.py").write_text("mine", encoding="utf-8")
    ended = harness("new-adapter", "python", str(tmp_path), "--name", "mine")
    assert ended.returncode == 2
    assert ended.stdout == (
        f"harness: {tmp_path / 'adapter.py'} is there already, and is not overwritten; name another"
        " folder\n")
    assert [path.name for path in tmp_path.iterdir()] == ["adapter.py"]
    assert (tmp_path / "adapter.py").read_text(encoding="utf-8") == "mine"


def test_a_folder_without_a_usable_name(tmp_path: Path) -> None:
    """It can be given."""
    ended = harness("new-adapter", "python", str(tmp_path / "---"))
    assert (ended.returncode, "--name takes" in ended.stdout) == (2, True)
    ended = harness("new-adapter", "python", str(tmp_path / "reference"))
    assert (ended.returncode, "library of this repository" in ended.stdout) == (2, True)


def test_the_next_command_can_be_typed(tmp_path: Path) -> None:
    """Whatever the folder is called."""
    ended = harness("new-adapter", "python", str(tmp_path / "a b"))
    _, _, command = ended.stdout.rpartition("next: ")
    words = shlex.split(command)
    assert words[words.index("--peers") + 1] == str(tmp_path / "a b" / "peers.toml")
