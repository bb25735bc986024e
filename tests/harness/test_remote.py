"""Peers on another machine: who is let in, what the harness says, and that all of it works."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from commandline import ROOT, Ended, harness

from harness.peers import PeersError, load_file
from harness.peerspec import ADAPTER
from harness.remote.table import BRIDGE

TOKEN = "a token that nobody guesses"
#: An address of this machine that is not the one at which its own peers meet the harness.
HERE = "127.0.0.2"


Free = Callable[[str], int]


@pytest.fixture
def free() -> Iterator[Free]:
    """Gives a port at which nobody listens, and that no other test gets meanwhile.

    On Linux: a socket that is bound and does not listen keeps it, and lets the bridge listen.
    """
    with ExitStack() as stack:

        def free(host: str) -> int:
            sock = stack.enter_context(socket.socket())
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, 0))
            port = int(sock.getsockname()[1])
            if sys.platform != "linux":
                sock.close()
            return port

        yield free


@contextmanager
def dialling(
    place: str, token: str = TOKEN, before: tuple[str, ...] = ()
) -> Iterator[subprocess.Popen[bytes]]:
    """A machine's side: the Python adapter, told to dial in; `before` is what runs it."""
    flavour = "select=stockings:SelectStocking"
    command = [*before, sys.executable, str(ADAPTER), "--class", flavour, "--control", place]
    environment = {**os.environ, "STOCKINGS_TOKEN": token, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):  # it may have given up by itself
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def entry(folder: Path, listen: str, within: int = 100) -> str:
    """A file of peers with the one that dials in."""
    (folder / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    file = folder / "far.toml"
    file.write_text(
        f'[peers.far]\nremote = {{listen = "{listen}", token = {{file = "./token"}},'
        f' within = {within}}}\nflavours = ["select"]\n', encoding="utf-8",
    )
    return str(file)


def judged(folder: Path, listen: str) -> Ended:
    """A run of a few cases, alone and with a peer of this machine, in both orders."""
    mine = f"reference@{sys.implementation.name}{sys.version_info[0]}.{sys.version_info[1]}-select"
    return harness(
        "run", "--peers", entry(folder, listen), "--peer", "far@*", "--with", mine, "--jobs", "2",
        "--patience", "6", "--case", "frame/header/empty*", "--case", "interop/exchange/empty*",
        "--results", str(folder / "results.jsonl"), folder=folder,
    )


posix = pytest.mark.skipif(os.name != "posix" or sys.platform == "darwin",
                           reason="127.0.0.2 is an address on Linux only")


@posix
def test_a_peer_that_dials_in_is_judged_like_any_other(free: Free, tmp_path: Path) -> None:
    place = f"{HERE}:{free(HERE)}"
    with dialling(place):
        done = judged(tmp_path, place)
    assert done.code == 0, done.out + done.err
    assert {"far@select"} < {name for one in done.run.results for name in one.peers}
    with pytest.raises(OSError):
        socket.create_connection((HERE, int(place.rpartition(":")[2])), 5)


@posix
def test_the_adapter_is_examined_over_the_control_channel(free: Free, tmp_path: Path) -> None:
    place = f"{HERE}:{free(HERE)}"
    with dialling(place):
        done = harness("smoke", "far@select", "--patience", "6", "--peers",
                       entry(tmp_path, place), folder=tmp_path)
    assert done.code == 0, done.out + done.err


@contextmanager
def bridge(port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The bridge by itself, once it listens."""
    (folder / "token").write_text(TOKEN, encoding="utf-8")
    command = [sys.executable, str(BRIDGE), f"127.0.0.1:{port}", "600", f"file:{folder / 'token'}"]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def knock(port: int, *octets: bytes) -> socket.socket:
    """Connect, as soon as somebody listens, and say something."""
    while True:
        try:
            sock = socket.create_connection(("127.0.0.1", port), 60)
        except ConnectionRefusedError:
            continue
        for piece in octets:
            sock.sendall(piece)
        return sock


def test_only_the_token_lets_in_and_nobody_disturbs(free: Free, tmp_path: Path) -> None:
    port = free("127.0.0.1")
    with bridge(port, tmp_path) as process:
        assert process.stdin and process.stdout and process.stderr
        with knock(port) as silent, knock(port, b"wrong\n") as wrong:
            assert wrong.recv(1) == b""
            refusal = process.stderr.readline()
            assert refusal == b"bridge: 127.0.0.1 has a wrong token: refused\n"
            with knock(port, TOKEN[:5].encode(), TOKEN[5:].encode() + b'\n{"early"') as peer:
                assert os.read(process.stdout.fileno(), 100) == b'{"early"'
                assert silent.recv(1) == b""
                process.stdin.write(b"a line\n")
                process.stdin.flush()
                assert peer.recv(100) == b"a line\n"
                with pytest.raises(OSError):
                    socket.create_connection(("127.0.0.1", port), 5)
                process.stdin.close()
                process.stdin = None
                assert peer.recv(1) == b""
        assert process.wait() == 0


def test_a_peer_that_never_dials_in_is_one_error(free: Free, tmp_path: Path) -> None:
    place = f"127.0.0.1:{free('127.0.0.1')}"
    done = harness("run", "--peers", entry(tmp_path, place, within=1), "--peer", "far@*",
                   folder=tmp_path)
    assert done.code == 3
    assert f"no peer has dialled in at {place} within 1 s" in done.err
    assert done.err.count("\n") == 1


def test_a_peer_with_a_wrong_token_gives_up_in_one_line(free: Free, tmp_path: Path) -> None:
    port = free("127.0.0.1")
    with bridge(port, tmp_path), dialling(f"127.0.0.1:{port}", token="guessed") as process:
        assert process.wait() == 4
        assert process.stderr is not None
        said = process.stderr.read().decode()
    assert "is the token right?" in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("remote", "what"),
    [
        ('{listen = "here:1", token = {env = "T"}}', "remote.listen"),
        ('{listen = "0.0.0.0:1", token = {env = "T"}}', "remote.address"),
        ('{listen = "127.0.0.1:1", token = "abc"}', "remote.token"),
        ('{listen = "127.0.0.1:1", token = {word = "abc"}}', "remote.token"),
        ('{listen = "127.0.0.1:1", token = {env = "T"}, port = 1}', "remote.port"),
    ],
)
def test_an_entry_that_cannot_work_is_refused(remote: str, what: str, tmp_path: Path) -> None:
    file = tmp_path / "far.toml"
    file.write_text(f"[peers.far]\nremote = {remote}\n", encoding="utf-8")
    with pytest.raises(PeersError, match=what):
        load_file(file, [])


def test_the_token_is_on_no_command_line(tmp_path: Path) -> None:
    (spec,) = load_file(Path(entry(tmp_path, "127.0.0.1:7000")), [])
    assert TOKEN not in repr(spec)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, timeout=60, capture_output=True)


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """A network namespace with an address of its own, joined to ours by a cable."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("a network namespace takes root and the command ip")
    name = f"stk{os.getpid()}"
    try:
        _ip("netns", "add", name)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no network namespace can be made here: {error.stderr.decode().strip()}")
    try:
        _ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b", "netns", name)
        _ip("addr", "add", "198.51.100.1/30", "dev", f"{name}a")
        _ip("link", "set", f"{name}a", "up")
        _ip("-n", name, "addr", "add", "198.51.100.2/30", "dev", f"{name}b")
        _ip("-n", name, "link", "set", f"{name}b", "up")
        _ip("-n", name, "link", "set", "lo", "up")
        yield name
    except subprocess.CalledProcessError as error:
        pytest.skip(f"no cable can be made here: {error.stderr.decode().strip()}")
    finally:
        _ip("netns", "del", name)


def test_a_peer_in_another_network_is_judged_too(
    elsewhere: str, free: Free, tmp_path: Path
) -> None:
    """Nothing of it is on our loopback; our kernel proves nothing of it, and the cases say so."""
    place = f"198.51.100.1:{free('198.51.100.1')}"
    with dialling(place, before=("ip", "netns", "exec", elsewhere)):
        done = judged(tmp_path, place)
    assert done.code == 0, done.out + done.err
    alone = [one for one in done.run.results if one.peers == ("far@select",)]
    assert alone and {one.segmentation for one in alone} <= {None, "unproved"}
