"""Who can be tested: our own peers, the file of third parties with all its errors, the choice."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import command, peers
from harness.discovery import Interpreter, discover
from harness.fields import Invalid
from harness.peers import PeersError, PeerSpec, load_file, ready, reference_peers, select

ROOT = Path(__file__).resolve().parent.parent.parent


def interpreter(name: str, version: str, *command: str) -> Interpreter:
    """An interpreter that is never run."""
    return Interpreter(command or (f"/bin/{name}{version}",), name, version, f"/bin/{name}")


OLD = interpreter("cpython", "2.7.18")
NEW = interpreter("cpython", "3.13.0")
PYPY = interpreter("pypy", "3.9.16", "emulator", "pypy3.9")
INTERPRETERS = [OLD, NEW, PYPY]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test writes its file of third parties."""
    return tmp_path / "peers.toml"


def loaded(file: Path, text: str) -> list[PeerSpec]:
    """The peers of a file with this text."""
    file.write_text(text, encoding="utf-8")
    return load_file(file, INTERPRETERS)


def test_reference_peers() -> None:
    """Both flavours on every interpreter, from the checkout and nowhere else."""
    specs = reference_peers(INTERPRETERS, ROOT)
    assert [spec.name for spec in specs] == [
        "reference@cpython2.7-poll", "reference@cpython2.7-select",
        "reference@cpython3.13-poll", "reference@cpython3.13-select",
        "reference@pypy3.9-poll", "reference@pypy3.9-select",
    ]
    one = specs[-1]
    adapter = str(ROOT / "harness" / "adapters" / "python_adapter.py")
    assert one.command == (
        "emulator", "pypy3.9", adapter, "--class", "poll=stockings:PollStocking",
        "--class", "select=stockings:SelectStocking", "--implementation", "reference",
    )
    assert one.mirror == (*one.command, "--mirror", "--flavour", "select")
    assert (one.implementation, one.runtime, one.flavour) == ("reference", "pypy3.9", "select")
    assert (one.level, one.pairs, one.interpreter, one.requires) == (1, "all", PYPY, ())
    assert dict(one.environment) == {"PYTHONPATH": str(ROOT)}


def test_reference_peers_stand_still(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They are started from anywhere."""
    monkeypatch.chdir(tmp_path)
    assert dict(reference_peers([NEW], Path("."))[0].environment) == {"PYTHONPATH": str(tmp_path)}


def test_a_third_party_in_python(file: Path) -> None:
    """Every key has its effect."""
    specs = loaded(file, """
        [peers.theirs]
        python = ["cpython*"]
        class = {poll = "their.wire:Poll", other = "their.wire:Other"}
        requires = ["theirs==1.0", "./dist/more-1.0.tar.gz"]
        path = ["src", "../else"]
        environment = {THEIRS = "1"}
        pairs = "reference"
    """)
    assert [spec.name for spec in specs] == [
        "theirs@cpython2.7-poll", "theirs@cpython2.7-other",
        "theirs@cpython3.13-poll", "theirs@cpython3.13-other",
    ]
    one = specs[1]
    assert one.command[0] == "/bin/cpython2.7.18"
    assert one.command[2:] == ("--class", "poll=their.wire:Poll", "--class",
                               "other=their.wire:Other", "--implementation", "theirs")
    assert one.requires == ("theirs==1.0", str(file.parent / "dist" / "more-1.0.tar.gz"))
    folders = os.pathsep.join([str(file.parent / "src"), str(file.parent.parent / "else")])
    assert dict(one.environment) == {"PYTHONPATH": folders, "THEIRS": "1"}
    assert (one.implementation, one.flavour, one.pairs) == ("theirs", "other", "reference")


def test_a_third_party_never_imports_our_library(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Whatever PYTHONPATH the harness was started with, and wherever; on every interpreter."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.chdir(ROOT)
    script = tmp_path / "script.py"
    script.write_text("import os, sys\nfor each in sys.path: print(os.path.abspath(each))\n")
    file.write_text('[peers.theirs]\npython = ["*"]\nclass = {poll = "m:C"}', encoding="utf-8")
    for spec in load_file(file, discover()):
        assert spec.interpreter is not None
        environment = {**os.environ, **dict(spec.environment)}
        ended = command.run([*spec.interpreter.command, str(script)], 60, environment)
        assert ended.code == 0, ended.output
        assert str(ROOT) not in ended.output.splitlines(), spec.name


def test_a_third_party_by_its_command(file: Path) -> None:
    """A program needs nothing but its argv."""
    (one,) = loaded(file, '[peers.mine]\ncommand = ["node", "./adapter.js", "--x", "..y"]')
    adapter = str(file.parent / "adapter.js")
    assert one == PeerSpec("mine", "mine", None, "default", ("node", adapter, "--x", "..y"),
                           ("node", adapter, "--x", "..y", "--mirror"))


def test_a_command_with_flavours(file: Path) -> None:
    """The name tells them apart; a mirror may be another program."""
    one, other = loaded(file, """
        [peers.mine-2]
        command = ["./driver"]
        mirror = ["../mirror"]
        flavours = ["fast", "slow"]
        environment = {A = "b"}
        pairs = "none"
    """)
    assert (one.name, other.name) == ("mine-2@fast", "mine-2@slow")
    assert one.command == (str(file.parent / "driver"),)
    assert one.mirror == (str(file.parent.parent / "mirror"), "--mirror", "--flavour", "fast")
    assert (one.environment, one.pairs, one.level) == ((("A", "b"),), "none", 1)


def test_a_driver_without_a_mirror(file: Path) -> None:
    """An empty argv says so; a peer of level 0 cannot."""
    (one,) = loaded(file, '[peers.mine]\ncommand = ["driver"]\nmirror = []')
    assert (one.command, one.mirror) == (("driver",), ())
    with pytest.raises(PeersError, match="'mirror' is empty"):
        loaded(file, '[peers.mine]\ncommand = ["driver"]\nmirror = []\nlevel = 0')


def test_a_mirror(file: Path) -> None:
    """Level 0 is declared."""
    (one,) = loaded(file, '[peers.mine]\ncommand = ["mirror"]\nlevel = 0')
    assert (one.level, one.mirror) == (0, ("mirror", "--mirror"))


def test_relative_to_the_file_from_anywhere(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file is named as the user stands, and its commands as the file stands."""
    (tmp_path / "deep").mkdir()
    file.write_text('[peers.mine]\ncommand = ["./adapter"]', encoding="utf-8")
    monkeypatch.chdir(tmp_path / "deep")
    (one,) = load_file(Path("..", file.name), [])
    assert os.path.samefile(Path(one.command[0]).parent, tmp_path)


def test_an_interpreter_that_may_be_missing(file: Path) -> None:
    """`optional` is for files that travel."""
    text = '[peers.theirs]\npython = ["cpython3.13", "cpython3.99"]\nclass = {poll = "m:C"}\n'
    assert [spec.runtime for spec in loaded(file, text + "optional = true")] == ["cpython3.13"]
    with pytest.raises(PeersError, match=r"'cpython3\.99'.*cpython2\.7, cpython3\.13, pypy3\.9"):
        loaded(file, text)


PYTHON = 'python = ["*"]\nclass = {poll = "m:C"}\n'
COMMAND = 'command = ["x"]\n'

ERRORS = {
    "syntax": ("[peers.x]\ncommand = ", r"peers\.toml:2: this is not TOML"),
    "syntax at the end": ("[peers.x]\n\ncommand = [", r"peers\.toml:3: this is not TOML"),
    "empty": ("", r"tables \[peers\.NAME\]"),
    "no peer": ("[peers]", r"tables \[peers\.NAME\]"),
    "peers is no table": ("peers = 1", r"tables \[peers\.NAME\]"),
    "other table": (f"[peers.x]\n{COMMAND}[other]", r"\[peers\.NAME\], not \[other\]"),
    "peer is no table": ("[peers]\nx = 1", r"\[peers\.x\]: has to be a table"),
    "capitals": (f"[peers.X]\n{COMMAND}", r"\[peers\.X\]: a name consists of a-z"),
    "at in name": (f'[peers."a@b"]\n{COMMAND}', r"\[peers\.a@b\]: a name consists of"),
    "our name": (f"[peers.reference]\n{COMMAND}", r"\[peers\.reference\]: .* take another"),
    "neither": ('[peers.x]\npairs = "all"', "one of 'python' .* and 'remote'; none is there"),
    "both": (f"[peers.x]\n{PYTHON}{COMMAND}", "one of .*; python and command are there"),
    "unknown key": (f"[peers.x]\n{COMMAND}comand = 1", "'comand' is not known .* command, mirror"),
    "key of the other": (f"[peers.x]\n{COMMAND}requires = []", "'requires' is not known with"),
    "key of the one": (f"[peers.x]\n{PYTHON}level = 1", "'level' is not known with 'python'"),
    "command is text": ('[peers.x]\ncommand = "./x"', "'command' has to be a list of strings"),
    "command is empty": ("[peers.x]\ncommand = []", "'command' .*not empty"),
    "command has nothing": ('[peers.x]\ncommand = [""]', "'command' .*not empty"),
    "command has a number": ('[peers.x]\ncommand = ["x", 1]', "'command' has to be a list of str"),
    "mirror": (f"[peers.x]\n{COMMAND}mirror = 1", "'mirror' has to be a list of strings"),
    "level is text": (f'[peers.x]\n{COMMAND}level = "1"', "'level' has to be a whole number"),
    "level is 2": (f"[peers.x]\n{COMMAND}level = 2", r"'level' has to be 0 \(a mirror\) or 1"),
    "level is true": (f"[peers.x]\n{COMMAND}level = true", "'level' has to be a whole number"),
    "no flavour": (f"[peers.x]\n{COMMAND}flavours = []", "'flavours' .*not empty"),
    "bad flavour": (f'[peers.x]\n{COMMAND}flavours = ["A b"]', "'flavours': a flavour .*'A b'"),
    "flavour twice": (f'[peers.x]\n{COMMAND}flavours = ["a", "a"]', "'flavours' .* twice"),
    "environment": (f"[peers.x]\n{COMMAND}environment = 1", "'environment' has to be"),
    "number in it": (f"[peers.x]\n{COMMAND}environment = {{A = 1}}", r"'environment\.A' .*quotes"),
    "pairs": (f'[peers.x]\n{COMMAND}pairs = "some"', "'pairs' .*all, reference, none, not 'some'"),
    "python is text": ('[peers.x]\npython = "*"\nclass = {a = "m:C"}', "'python' has to be a list"),
    "python is empty": ('[peers.x]\npython = []\nclass = {a = "m:C"}', "'python' .*not empty"),
    "no class": ('[peers.x]\npython = ["*"]', "'class' has to name a class for each flavour"),
    "class is text": ('[peers.x]\npython = ["*"]\nclass = "m:C"', "'class' has to be"),
    "class has no colon": ('[peers.x]\npython = ["*"]\nclass = {a = "mC"}', r"'class\.a' .*'mC'"),
    "class is a number": ('[peers.x]\npython = ["*"]\nclass = {a = 1}', r"'class\.a' .*string"),
    "class of no flavour": ('[peers.x]\npython = ["*"]\nclass = {A = "m:C"}', "a flavour consists"),
    "optional": (f"[peers.x]\n{PYTHON}optional = 1", "'optional' has to be true or false"),
    "pip option": (f'[peers.x]\n{PYTHON}requires = ["-e ."]', "'requires' .*no options of pip"),
    "folder": (f'[peers.x]\n{PYTHON}requires = ["./"]', "'requires': .*is a folder.*'path'"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors_of_a_file(file: Path, case: str) -> None:
    """One line each: the file, the table, the key, what is wrong with it."""
    text, message = ERRORS[case]
    with pytest.raises(PeersError, match=message) as caught:
        loaded(file, text)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path, file: Path) -> None:
    """Missing, a folder, or no text."""
    with pytest.raises(PeersError, match="cannot be read"):
        load_file(tmp_path / "missing.toml", [])
    with pytest.raises(PeersError, match="cannot be read"):
        load_file(tmp_path, [])
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(PeersError, match="cannot be read"):
        load_file(file, [])


def test_the_repositorys_own_file() -> None:
    """It holds the published library, on the interpreters that there are."""
    specs = load_file(ROOT / "conformance" / "peers.toml", INTERPRETERS)
    assert [spec.name for spec in specs] == [
        "published@cpython2.7-poll", "published@cpython2.7-select",
        "published@cpython3.13-poll", "published@cpython3.13-select",
    ]
    assert {spec.requires for spec in specs} == {("Stockings==1.2.3",)}
    assert {spec.pairs for spec in specs} == {"reference"}
    assert load_file(ROOT / "conformance" / "peers.toml", [PYPY]) == []


def environment_of(one: Interpreter, requires: Sequence[str]) -> Interpreter:
    """Stands for `environments.prepare`."""
    path = f"/cache/{one.name}/{'+'.join(requires)}/python"
    return Interpreter((path,), one.implementation, one.version, path)


def test_ready(file: Path) -> None:
    """Each set of requirements is installed once for each interpreter; the rest stays as it is."""
    text = ('[peers.a]\npython = ["cpython*"]\nclass = {p = "m:C", s = "m:D"}\nrequires = ["x"]\n'
            '[peers.b]\npython = ["pypy*"]\nclass = {p = "m:C"}\nrequires = ["x"]\n'
            '[peers.c]\npython = ["*"]\nclass = {p = "m:C"}\n[peers.d]\ncommand = ["d"]')
    asked: list[tuple[str, tuple[str, ...]]] = []

    def prepare(one: Interpreter, requires: Sequence[str]) -> Interpreter:
        asked.append((one.name, tuple(requires)))
        return environment_of(one, requires)

    before = loaded(file, text)
    after = ready(before, prepare)
    assert sorted(asked) == [("cpython2.7", ("x",)), ("cpython3.13", ("x",)), ("pypy3.9", ("x",))]
    assert [spec.name for spec in after] == [spec.name for spec in before]
    for old, new in zip(before, after, strict=True):
        if not old.requires:
            assert new == old
            continue
        assert new.requires == ()
        assert new.runtime == old.runtime
        assert old.interpreter is not None and new.interpreter is not None
        assert new.interpreter == environment_of(old.interpreter, ["x"])
        words = len(old.interpreter.command)
        assert new.command == (*new.interpreter.command, *old.command[words:])
        assert new.mirror == (*new.interpreter.command, *old.mirror[words:])
    assert ready(after, prepare) == after
    assert load_file(file, INTERPRETERS, environment_of) == after


def test_ready_prepares_two_at_once(file: Path) -> None:
    """Neither could go on without the other."""
    both = threading.Barrier(2, timeout=60)

    def prepare(one: Interpreter, requires: Sequence[str]) -> Interpreter:
        both.wait()
        return environment_of(one, requires)

    text = '[peers.a]\npython = ["cpython*"]\nclass = {p = "m:C"}\nrequires = ["x"]'
    assert len(ready(loaded(file, text), prepare)) == 2


def test_ready_stops_at_a_failure(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not begun is not begun any more, and the caller sees why."""
    numbers = range(10)
    many = "\n".join(
        f'[peers.p{n}]\npython = ["cpython2.7"]\nclass = {{p = "m:C"}}\nrequires = ["x{n}"]'
        for n in numbers
    )
    begun: list[str] = []
    given_up = threading.Event()

    class Watched(ThreadPoolExecutor):
        def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
            super().shutdown(wait=False, cancel_futures=cancel_futures)
            given_up.set()
            super().shutdown(wait=wait)

    def prepare(one: Interpreter, requires: Sequence[str]) -> Interpreter:
        begun.extend(requires)
        if requires[0] == "x0":
            raise RuntimeError("no index")
        assert given_up.wait(60)
        return one

    monkeypatch.setattr(peers, "ThreadPoolExecutor", Watched)
    with pytest.raises(RuntimeError, match="no index"):
        ready(loaded(file, many), prepare)
    # The failing one, and the one that each of the two threads had in hand when it was noticed.
    assert "x0" in begun
    assert len(begun) <= 3


def test_select() -> None:
    """Any of the globs, in the order of the peers; nothing asked means all."""
    specs = reference_peers(INTERPRETERS, ROOT)
    chosen = select(specs, ["*pypy*", "reference@cpython2.7-*", "*2.7-poll"])
    assert [spec.name for spec in chosen] == [
        "reference@cpython2.7-poll", "reference@cpython2.7-select",
        "reference@pypy3.9-poll", "reference@pypy3.9-select",
    ]
    assert select(specs, []) == specs


def test_select_nothing() -> None:
    """The message has the glob and what there would have been."""
    specs = reference_peers([OLD], ROOT)
    with pytest.raises(PeersError, match=r"'mine\*'.*reference@cpython2\.7-poll, ref"):
        select(specs, ["*poll", "mine*"])
    with pytest.raises(PeersError, match="the peers are: none"):
        select([], ["*"])


def test_select_among_namesakes(file: Path) -> None:
    """Two files may have used one name; results could not tell them apart."""
    specs = loaded(file, f"[peers.mine]\n{COMMAND}")
    with pytest.raises(PeersError, match="2 peers are called mine"):
        select(specs + specs, [])


def test_json(file: Path) -> None:
    """A worker process reads back what the command line has settled."""
    specs = [*reference_peers(INTERPRETERS, ROOT), *loaded(file, f"[peers.mine]\n{COMMAND}"),
             *load_file(ROOT / "conformance" / "peers.toml", INTERPRETERS)]
    for spec in specs:
        assert PeerSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    assert len({*specs, *specs}) == len(specs)
    with pytest.raises(Invalid, match=r"peer\.command"):
        PeerSpec.from_json({**specs[0].to_json(), "command": "x"})
    with pytest.raises(Invalid, match="later"):
        PeerSpec.from_json({**specs[0].to_json(), "later": 1})


def test_the_adapter_is_there() -> None:
    """It is named by its place in the checkout."""
    assert Path(reference_peers([NEW], ROOT)[0].command[1]).is_file()
    assert peers.REFERENCE == "reference"
