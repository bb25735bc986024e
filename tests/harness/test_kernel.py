"""What the kernel says of sockets, held against connections of which we know everything."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from ends import NO_PROOFS, PROOFS, leaves_nothing, soon

from harness import kernel, sockets
from harness.kernel import Address
from harness.witness import Witness

proofs = pytest.mark.skipif(not PROOFS, reason=NO_PROOFS)


class Line:
    """A connection: the opener's and the taker's socket, and their addresses."""

    def __init__(self, stack: ExitStack, host: str = "127.0.0.1", rcvbuf: int = 0) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = stack.enter_context(socket.socket(family))
        if rcvbuf:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        listener.bind((host, 0))
        listener.listen()
        self.opener = stack.enter_context(socket.create_connection(listener.getsockname()[:2]))
        self.taker = stack.enter_context(listener.accept()[0])
        self.open: Address = self.opener.getsockname()[:2]
        self.taken: Address = self.taker.getsockname()[:2]

    def far(self) -> kernel.Queues:
        """The taker's queues."""
        queues = kernel.look(self.taken, self.open)
        assert queues is not None
        return queues

    def near(self) -> kernel.Queues:
        """The opener's queues."""
        queues = kernel.look(self.open, self.taken)
        assert queues is not None
        return queues


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Whatever a test opens is closed, and nothing else is left."""
    with leaves_nothing(), ExitStack() as stack:
        yield stack


def has_ipv6() -> bool:
    """Whether the loopback has an IPv6 address."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@proofs
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_arrived_and_read_are_told_apart(stack: ExitStack, host: str) -> None:
    """Octets lie in the receive queue until the application takes them."""
    if ":" in host and not has_ipv6():
        pytest.skip("this machine has no IPv6 loopback")
    line = Line(stack, host)
    line.opener.sendall(b"abcde")
    assert soon(lambda: line.far().bytes_received == 5)
    assert line.far().receive == 5 and line.far().state == "ESTABLISHED"
    line.taker.recv(2)
    assert line.far().receive == 3
    line.taker.recv(9)
    assert line.far().receive == 0 and line.far().bytes_received == 5


@proofs
def test_octets_handed_over_are_counted_alike_on_both_sides(stack: ExitStack) -> None:
    """Linux counts the SYN and the FIN as octets; `handed` does not."""
    line = Line(stack)
    assert line.near().handed(opened=True) == line.far().handed(opened=False) == 0
    line.opener.sendall(b"abc")
    line.taker.sendall(b"defgh")
    assert line.near().handed(opened=True) == 3 and line.far().handed(opened=False) == 5
    line.opener.shutdown(socket.SHUT_WR)
    assert line.near().handed(opened=True) == 3


@proofs
def test_a_fin_lies_unread_like_an_octet(stack: ExitStack) -> None:
    """So a look shows whether the application has seen the end."""
    line = Line(stack)
    line.opener.shutdown(socket.SHUT_WR)
    assert soon(lambda: line.far().state == "CLOSE_WAIT")
    assert line.far().receive == 1
    assert line.taker.recv(1) == b""
    assert line.far().receive == 0


@proofs
def test_a_full_sender_is_seen_from_outside(stack: ExitStack) -> None:
    """The kernel says what poll would say to the sender, and how much it was given."""
    line = Line(stack, rcvbuf=4096)
    assert not line.near().full
    line.opener.setblocking(False)
    given = 0
    while True:
        try:
            given += line.opener.send(bytes(65536))
        except BlockingIOError:
            break
    queues = line.near()
    assert queues.full and queues.not_sent > 0
    assert queues.handed(opened=True) == given


@proofs
def test_a_closed_socket_is_not_there(stack: ExitStack) -> None:
    """Neither what the kernel keeps of it, nor the listener on its port, is taken for it."""
    line = Line(stack)
    line.opener.close()
    assert line.taker.recv(1) == b""
    line.taker.close()
    assert soon(lambda: kernel.look(line.open, line.taken) is None)
    assert kernel.look(line.taken, line.open) is None


@proofs
def test_many_looks_need_one_descriptor(stack: ExitStack) -> None:
    """The netlink socket is opened once."""
    line = Line(stack)
    with leaves_nothing():
        for _ in range(50):
            line.near()


@proofs
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_asks_for_itself(stack: ExitStack) -> None:
    """Parent and child must not read each other's answers."""
    line = Line(stack)
    child = os.fork()
    if child == 0:
        os._exit(0 if kernel.look(line.open, line.taken) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert kernel.look(line.open, line.taken) is not None


@proofs
def test_a_broken_channel_is_an_error_and_not_an_absence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a proof could fail without anybody knowing why."""
    refusal = b"".join([
        (36).to_bytes(4, sys.byteorder), (2).to_bytes(2, sys.byteorder), bytes(10),
        (-errno.EPERM).to_bytes(4, sys.byteorder, signed=True), bytes(16),
    ])  # fmt: skip
    monkeypatch.setattr(kernel._channel, "ask", lambda body: refusal)
    with pytest.raises(OSError, match="sock_diag") as caught:
        kernel.look(("127.0.0.1", 1), ("127.0.0.1", 2))
    assert caught.value.errno == errno.EPERM


def refusing(body: bytes) -> bytes:
    """A system without netlink."""
    raise OSError(errno.EPROTONOSUPPORT, "not here")


def test_a_system_without_sock_diag_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found, nothing is raised, and there is a reason to print."""
    monkeypatch.setattr(kernel, "_findings", None)
    monkeypatch.setattr(kernel._channel, "ask", refusing)
    assert not kernel.available()
    assert "not here" in kernel.refusal()
    assert kernel.look(("127.0.0.1", 1), ("127.0.0.1", 2)) is None


@pytest.mark.parametrize(
    ("answers", "refusal"),
    [
        ([kernel.Queues("ESTABLISHED", 2, 0, 0, 2, 0, False)] * 3, "were read"),
        (
            [
                kernel.Queues("ESTABLISHED", 2, 0, 0, 2, 0, False),
                kernel.Queues("ESTABLISHED", 0, 0, 0, 2, 0, False),
                kernel.Queues("ESTABLISHED", 0, 0, 0, 0, 77, False),
            ],
            "handed over",
        ),
    ],
)
def test_a_kernel_that_answers_otherwise_is_not_believed(
    monkeypatch: pytest.MonkeyPatch, answers: list[kernel.Queues], refusal: str
) -> None:
    """The probe compares the answers with what it did itself."""
    coming = iter(answers)
    monkeypatch.setattr(kernel, "_findings", None)
    monkeypatch.setattr(kernel, "_look", lambda local, remote: next(coming))
    assert refusal in kernel.refusal()


def test_far_ends_elsewhere_prove_nothing() -> None:
    """A socket on another machine is not this kernel's; that is known without waiting."""
    far = Witness(("192.0.2.1", 1), ("192.0.2.2", 2), far_opened=True)
    assert far.refusal == (kernel.refusal() or "the far end 192.0.2.2 is not on this machine")
    assert far.stuck(0) == far.refusal
    for host in ("127.0.0.1", "192.0.2.1"):
        assert Witness((host, 1), (host, 2), far_opened=True).refusal == kernel.refusal()


@proofs
def test_a_reset_connection_is_gone(stack: ExitStack) -> None:
    """What was sent to it is neither read nor waiting."""
    line = Line(stack)
    witness = Witness(line.open, line.taken, far_opened=False)
    assert witness.consumed(0) == "yes" and witness.consumed(1) == "no"
    sockets.reset(line.taker)
    assert soon(lambda: witness.consumed(1) == "gone")
    assert witness.handed() is None and witness.arrived(1)
    assert witness.stuck(600.0) == "the connection has ended"


@proofs
def test_an_end_is_read_when_the_application_has_read_up_to_it(stack: ExitStack) -> None:
    """Neither that it was sent suffices, nor that it lies in the far kernel."""
    line = Line(stack)
    witness = Witness(line.open, line.taken, far_opened=False)
    line.opener.sendall(b"last")
    assert line.taker.recv(4) == b"last" and not witness.ended()
    line.opener.shutdown(socket.SHUT_WR)
    assert soon(lambda: line.far().state == "CLOSE_WAIT")
    assert not witness.ended() and not witness.await_ended(0)
    assert line.taker.recv(1) == b"" and witness.await_ended(0)


@proofs
def test_an_end_by_a_reset_is_known_to_whoever_was_told(stack: ExitStack) -> None:
    """The far application cannot be watched any more; its connection is gone."""
    line = Line(stack)
    witness = Witness(line.open, line.taken, far_opened=False)
    assert not witness.ended()
    sockets.reset(line.opener)
    assert soon(witness.ended) and witness.await_ended(0)


def test_an_end_elsewhere_is_not_waited_for() -> None:
    """Nobody can be asked whether it was read."""
    assert not Witness(("192.0.2.1", 1), ("192.0.2.2", 2), far_opened=True).await_ended(600.0)
