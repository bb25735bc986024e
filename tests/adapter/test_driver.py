"""The Python adapter at level 1, beyond what `smoke` asks of every adapter."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from places import ADAPTER

from harness import sockets
from harness.clock import now, pause, until
from harness.codec import encode
from harness.payloads import Message
from harness.smoke.bench import Bench, Meeting

MakeBench = Callable[[str], Bench]

A, B = Message.text("a"), Message.octets(b"b")


def messages(*these: Message) -> list[dict[str, Any]]:
    """The messages as a request has them."""
    return [each.request() for each in these]


def scripted(bench: Bench, *steps: dict[str, Any]) -> Meeting:
    """A connection whose handshake is these steps."""
    return bench.meet(ready=False, handshake=list(steps))


def handshake(bench: Bench, meeting: Meeting) -> dict[str, Any]:
    """What became of the script."""
    facts: dict[str, Any] = bench.wait_for(meeting, "handshake")["handshake"]
    return facts


def test_hello(bench: MakeBench) -> None:
    """The conformance statement, computed from the class."""
    hello = bench("Full").hello
    assert hello["implementation"] == {
        "name": "fakestockings", "version": "0.1", "language": "Python"}
    assert hello["runtime"].split()[0] in ("CPython", "PyPy")
    assert hello["largest"] == (2**31 - 1 if " 2.7" in hello["runtime"] else None)
    everything = {"handshake", "hooks", "buffers", "surrogates", "abort", "queued", "threads",
                  "causes", "options", "fileno", "keep", "collect", "leave"}
    assert set(hello["features"]) - {"descriptors"} == everything
    assert everything - set(bench("Bare").hello["features"]) == {
        "abort", "queued", "causes", "fileno"}


def test_the_interval_is_that_of_the_select_flavour(
    python: list[str], environment: dict[str, str]
) -> None:
    """Declared and taken for this flavour alone, and set while the library gets its socket."""
    classes = [f"--class={flavour}=fakestockings:Interval" for flavour in ("poll", "select")]
    one = Bench([*python, str(ADAPTER), *classes], environment, "select", 1.0)
    try:
        one.hello = one.channel.ok("hello", protocol=1)
        assert one.hello["flavour_features"] == {"select": ["interval"]}
        with one.listener() as listener:
            keys = one.open_keys(connect=list(listener.getsockname()))
            said = [one.channel.ask("open", **keys, **more)["raised"]["message"]
                    for more in ({"interval": "soon"}, {}, {"interval": ""})]
            assert said == ["'soon'", "None", "''"]
            keys["flavour"] = "poll"
            assert one.channel.ask("open", **keys, interval="1")["unsupported"] == "interval"
    finally:
        one.stop()


def test_refused_by_the_constructor(bench: MakeBench) -> None:
    """It is evidence; the socket is closed and the name is free."""
    one = bench("Refusing")
    with one.listener() as listener:
        keys = one.open_keys(connect=list(listener.getsockname()))
        for _ in range(2):
            answer = one.channel.ask("open", **keys)
            assert answer["raised"] == {"name": "ValueError", "message": "not this socket"}
            sock, _ = listener.accept()
            with sock:
                sock.settimeout(10)
                assert sock.recv(1) == b""
    assert one.channel.ok("state")["connections"] == []


def test_not_ready(bench: MakeBench) -> None:
    """What the library refuses before the handshake has completed is raised, with its name."""
    one = bench("Full")
    meeting = scripted(one, {"do": "hold"})
    answer = one.channel.ask("write", conn=meeting.name, messages=messages(A))
    assert answer["raised"]["name"] == "NotReady"
    assert answer["raised"]["written"] == 0
    answer = one.channel.ask("read", conn=meeting.name, count=1, within=0)
    assert answer["raised"]["name"] == "NotReady"
    assert answer["raised"]["messages"] == []
    answer = one.channel.ok("wait", conn=meeting.name, within=0, **{"for": "ready"})
    assert answer["happened"] is False
    assert answer["conn"]["ready"] is False


def test_writes_before_the_one_that_raised(bench: MakeBench) -> None:
    """`written` counts the writes that returned, and those messages are out."""
    one = bench("Full")
    meeting = one.meet()
    answer = one.channel.ask(
        "write", conn=meeting.name, messages=messages(A, Message.surrogate(), B))
    if "raised" in answer:  # 2.7 encodes surrogates without complaint, and so does the fake there
        assert answer["raised"]["name"] == "UnicodeEncodeError"
        assert answer["raised"]["written"] == 1
        meeting.write(B)
        meeting.expect_frames(A, B)
    else:
        assert "2.7" in one.hello["runtime"]


def test_reads_before_the_one_that_raised(bench: MakeBench) -> None:
    """What was read before the library raised is not lost; what is no message is called `other`."""
    one = bench("Choking")
    meeting = one.meet()
    meeting.send(A, Message.text("odd"), Message.text("poison"), B)
    answer = one.channel.ask("read", conn=meeting.name, count=9, within=5)
    assert (answer["raised"]["name"], answer["raised"]["message"]) == (
        "ZeroDivisionError", "poisoned")
    first, odd = answer["raised"]["messages"]
    assert first == A.description()
    assert (odd["kind"], odd["type"]) == ("other", "bytearray")
    meeting.expect_read(B)


def test_the_adapter_looks_at_all_messages_before_it_writes_any(bench: MakeBench) -> None:
    """A bad message is the requester's fault, and has no effect at all."""
    one = bench("Full")
    meeting = one.meet()
    for bad in ({"kind": "bytes", "text": "a"}, {"kind": "text"}, {"kind": "bytes", "base64": 1},
                {"kind": "text", "seed": -1, "length": 1}, {"kind": "text", "length": 1}, "a"):
        answer = one.channel.ask("write", conn=meeting.name, messages=[A.request(), bad])
        assert "fault" in answer, bad
    meeting.write(B)
    meeting.expect_frames(B)


def test_a_read_stops_before_its_answer_outgrows_a_line(bench: MakeBench) -> None:
    """Four MiB in short messages: every answer is a line of at most 1 MiB, nothing is lost."""
    one = bench("Full")
    meeting = one.meet()
    message, count = Message.recipe("bytes", 1, 4096), 1000
    meeting.send(*[message] * count)
    portions: list[int] = []
    while sum(portions) < count:
        received = meeting.read(count - sum(portions), within=10)
        assert received and all(each.matches(message) for each in received)
        portions.append(len(received))
    assert sum(portions) == count
    assert len(portions) > 1


@pytest.mark.parametrize(
    ("octets", "reset", "end"),
    [(b"", False, "eof"), (b"\x85ab", False, "truncated"), (b"", True, "reset"),
     (b"\x82\xff\xfe", False, "protocol")],
)
def test_causes(bench: MakeBench, octets: bytes, reset: bool, end: str) -> None:
    """Where the library tells causes apart, so do `read` and `state`."""
    one = bench("Full")
    meeting = one.meet()
    meeting.send(A)
    meeting.sock.sendall(octets)
    meeting.expect_read(A)
    if reset:
        sockets.reset(meeting.sock)
    elif end != "protocol":
        meeting.sock.shutdown(socket.SHUT_WR)
    body = one.channel.ok("read", conn=meeting.name, count=1, within=5)
    assert body == {"messages": [], "ended": True, "last": end}
    state = one.channel.ok("state", conn=meeting.name)["conn"]
    assert (state["ended"], state["end"], state["active"]) == (True, end, False)


def test_an_end_without_a_cause(bench: MakeBench) -> None:
    """Where it does not, the name of what it raised has to do; what was received comes first."""
    one = bench("Bare")
    meeting = one.meet()
    meeting.send(A, B)
    meeting.sock.close()
    state = one.wait_for(meeting, "ended")
    assert (state["ended"], state["end"]) == (True, "inactive")
    meeting.expect_read(A, B)
    body = one.channel.ok("read", conn=meeting.name, count=1, within=5)
    assert body == {"messages": [], "ended": True, "last": "EOFError"}
    assert one.channel.ok("state", conn=meeting.name)["conn"]["end"] == "EOFError"


def test_options_before_and_after_wrapping(bench: MakeBench) -> None:
    """`open` shows the socket as it was given to the library, `state` as it is."""
    one = bench("Full")
    meeting = one.meet(sndbuf=20000)
    before = meeting.opened["options"]
    after = one.channel.ok("state", conn=meeting.name)["conn"]["options"]
    assert before["blocking"] is True
    assert after["blocking"] is False
    assert {**before, "blocking": False} == after
    assert before["SO_SNDBUF"] == meeting.opened["sndbuf"]
    assert before["SO_LINGER"][0] == before["TCP_NODELAY"] == before["SO_KEEPALIVE"] == 0


def test_nothing_is_left_of_a_discarded_connection(bench: MakeBench) -> None:
    """Threads and descriptors are what they were, also when a script was held."""
    one = bench("Full")
    before = one.channel.ok("state")
    meetings = [one.meet(), scripted(one, {"do": "hold"}), scripted(one, {"do": "receive"})]
    assert one.channel.ok("state")["threads"] > before["threads"]
    for meeting in meetings:
        assert one.channel.ok("discard", conn=meeting.name) == {}
    assert until(lambda: one.channel.ok("state")["threads"] == before["threads"], 10)
    assert one.channel.ok("state")["connections"] == []


def test_a_close_that_hangs_does_not_hold_up_a_discard(bench: MakeBench) -> None:
    """The socket is closed in any case."""
    one = bench("Restless")
    meeting = one.meet()
    assert one.channel.ok("discard", conn=meeting.name) == {}
    assert meeting.end_of_stream() == b""


def test_what_raises_at_a_close(bench: MakeBench) -> None:
    """It is evidence, and the name stays, so that the connection can be discarded."""
    one = bench("Broken")
    meeting = one.meet(ready=False)
    for verb in ("close", "abort"):
        assert one.channel.ask(verb, conn=meeting.name)["raised"]["message"] == f"cannot {verb}"
    assert one.channel.ok("discard", conn=meeting.name) == {}


def test_what_raises_at_a_look(bench: MakeBench) -> None:
    """Looking at the library's attributes may raise as well."""
    one = bench("Broken")
    meeting = one.meet(ready=False)
    assert one.channel.ask("state", conn=meeting.name)["raised"]["name"] == "RuntimeError"
    answer = one.channel.ask("wait", conn=meeting.name, within=5, **{"for": "ready"})
    assert answer["raised"]["name"] == "RuntimeError"


def test_scripts(bench: MakeBench) -> None:
    """Each step does what its name says, and state tells what came of it."""
    one = bench("Full")
    meeting = scripted(one, {"do": "expect", "message": A.request()}, {"do": "raise"})
    meeting.send(B)
    assert handshake(one, meeting) == {
        "state": "done", "received": [B.description()], "returned": False, "raised": None}

    meeting = scripted(one, {"do": "receive"}, {"do": "return", "value": True})
    meeting.sock.close()
    assert handshake(one, meeting) == {
        "state": "done", "received": [], "returned": False, "raised": None}

    meeting = scripted(one, {"do": "drain"}, {"do": "return", "value": True})
    meeting.send(A, B)
    meeting.sock.close()
    assert handshake(one, meeting) == {
        "state": "done", "received": [A.description(), B.description()], "returned": True,
        "raised": None}

    meeting = scripted(one, {"do": "raise"})
    assert handshake(one, meeting)["raised"] == "ScriptedFailure"
    assert one.wait_for(meeting, "ended")["ready"] is False


def test_a_release_that_comes_first_is_not_lost(bench: MakeBench) -> None:
    """Each release lets one hold go on, also one that is reached later."""
    one = bench("Full")
    meeting = scripted(one, {"do": "receive"}, {"do": "hold"}, {"do": "hold"})
    for _ in range(2):
        assert one.channel.ok("wait", conn=meeting.name, release=True) == {}
    meeting.send(A)
    assert handshake(one, meeting)["returned"] is True
    meeting.send(B)
    meeting.expect_read(B)


def test_what_the_library_raises_in_a_script(bench: MakeBench) -> None:
    """The exception's name is told, whatever its origin."""
    one = bench("Full")
    if "2.7" in one.hello["runtime"]:
        pytest.skip("the fake refuses no surrogates on 2.7")
    meeting = scripted(one, {"do": "send", "message": Message.surrogate().request()})
    assert handshake(one, meeting)["raised"] == "UnicodeEncodeError"


def test_a_read_of_no_messages_is_refused(bench: MakeBench) -> None:
    """As the schema does; a message that is there stays."""
    one = bench("Full")
    meeting = one.meet()
    meeting.send(A)
    assert "fault" in one.channel.ask("read", conn=meeting.name, count=0, within=0)
    meeting.expect_read(A)


def test_a_listener_closed_under_one_who_waits(bench: MakeBench) -> None:
    """The one who waits is told."""
    one = bench("Full")
    listener = one.channel.ok("listen")["listener"]
    waiting = one.channel.begin("open", **one.open_keys(accept=listener))
    one.channel.ok("close", listener=listener)
    # It may come before the open has begun to wait; then there is no such listener any more.
    assert set(one.channel.answer(waiting)) & {"fault", "unsupported"}


def test_what_the_library_prints(bench: MakeBench) -> None:
    """It goes to stderr, even if it looks like an answer."""
    one = bench("Noisy")
    meeting = one.meet()
    meeting.send(A)
    meeting.expect_read(A)
    assert one.channel.garbage == []
    assert "from the library" in one.channel.stderr()
    assert "no line of the protocol" in one.channel.stderr()


def test_waiting_costs_next_to_nothing(bench: MakeBench) -> None:
    """Even with a library whose descriptor always calls, waiting does not burn a core."""
    one = bench("Restless")
    meeting = one.meet()
    process = psutil.Process(one.hello["pid"])
    waiting = one.channel.begin("read", conn=meeting.name, count=1, within=30)
    before, began = process.cpu_times(), now()
    pause(1.0, "CPU time is measured over a stretch of real time")
    after, seconds = process.cpu_times(), now() - began
    meeting.send(A)
    assert len(one.channel.answer(waiting)["ok"]["messages"]) == 1
    assert after.user + after.system - before.user - before.system < 0.3 * seconds


def test_many_writers(bench: MakeBench) -> None:
    """Requests that are in flight together run together, and each is answered."""
    one = bench("Full")
    meeting = one.meet()
    waiting = [one.channel.begin("write", conn=meeting.name,
                                 messages=messages(Message.recipe("bytes", seed, 70_000)))
               for seed in range(8)]
    came = {parsed.frame.payload for parsed in meeting.frames(8)}
    assert came == {Message.recipe("bytes", seed, 70_000).payload for seed in range(8)}
    assert all(one.channel.answer(each)["ok"] == {"written": 1} for each in waiting)


def test_accepting_side(bench: MakeBench) -> None:
    """Scripts, hooks and sizes work on an accepted connection as well."""
    one = bench("Full")
    body = one.channel.ok("listen", rcvbuf=30000)
    sock = one.dial(body["address"])
    hooks = {"preWrite": {"prepend": "<"}, "postRead": {"append": ">"}}
    steps = [{"do": "send", "message": A.request()}]
    opened = one.channel.ok("open", **one.open_keys(
        accept=body["listener"], hooks=hooks, handshake=steps, rcvbuf=30000))
    assert opened["rcvbuf"] >= 30000
    meeting = Meeting(one, one._names[-1], sock, opened)
    one.wait_for(meeting, "ready")
    meeting.write(A)
    meeting.expect_frames(A, Message.text("<a"))
    sock.sendall(encode(A.frame()))
    meeting.expect_read(Message.text("a>"))


def test_a_handshake_outlives_the_main_thread(bench: MakeBench) -> None:
    """What keeps a process keeps it, and everything can be asked as before."""
    one = bench("Full")
    meeting = scripted(one, {"do": "hold"}, {"do": "send", "message": A.request()})
    for _ in range(2):
        assert one.channel.ok("leave") == {}
    one.channel.ok("wait", conn=meeting.name, release=True)
    meeting.expect_frames(A)
    assert handshake(one, meeting)["returned"] is True
    assert one.channel.ok("state")["connections"] == [meeting.name]
    one.channel.ok("bye")
    assert one.channel.exit_code() == 0


def test_nothing_keeps_the_process_of_a_library_of_daemons(bench: MakeBench) -> None:
    """The process ends by itself, with whatever its daemons were about, and with code 0."""
    one = bench("Fleeting")
    scripted(one, {"do": "hold"})
    one.channel.begin("leave")
    assert one.channel.exit_code() == 0


def test_a_request_to_leave_that_has_other_words_has_no_effect(bench: MakeBench) -> None:
    """The main thread stays, and so does the process, though nothing else would keep it."""
    one = bench("Full")
    assert one.channel.ask("leave", soon=True)["unsupported"] == "soon"
    assert one.channel.exit_code(within=0.3) is None
    one.channel.ok("hello", protocol=1)


def test_a_connection_that_is_kept(bench: MakeBench) -> None:
    """After its close it can be looked at, used, and closed once more; then it is gone."""
    one = bench("Full")
    meeting = one.meet()
    one.channel.ok("close", conn=meeting.name, keep=True)
    assert one.channel.ok("state", conn=meeting.name)["conn"]["active"] is False
    answer = one.channel.ask("write", conn=meeting.name, messages=messages(A))
    assert answer["raised"]["name"] == "EOFError"
    for keep in ({"keep": True}, {}):
        one.channel.ok("close", conn=meeting.name, **keep)
    assert one.channel.ask("close", conn=meeting.name)["unsupported"] == meeting.name
    other = one.meet()
    assert "fault" in one.channel.ask("close", conn=other.name, keep=1)
    assert one.channel.ask("close", listener="l1", keep=True)["unsupported"] == "keep"


def test_readable(bench: MakeBench) -> None:
    """What the library's descriptor shows, before a message, with it and behind it."""
    one = bench("Full")
    meeting = one.meet()

    def state() -> object:
        return one.channel.ok("state", conn=meeting.name)["conn"]["readable"]

    assert state() is False
    keys: dict[str, Any] = {"conn": meeting.name, "for": "readable"}
    assert one.channel.ok("wait", within=0, **keys)["happened"] is False
    meeting.send(A)
    assert one.channel.ok("wait", within=10, **keys)["happened"] is True
    assert state() is True
    meeting.expect_read(A)
    assert state() is False
