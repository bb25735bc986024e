"""Level 1, names: connections and listeners are there under their name until they are closed."""

from __future__ import annotations

import socket

from harness.payloads import Message
from harness.smoke.bench import HOST, Bench
from harness.smoke.channel import Failed, shown
from harness.smoke.lines import MOMENT, NONSENSE


def unknown_connection(bench: Bench) -> None:
    """A connection name that nobody opened is `unsupported` in every verb but discard."""
    keys: dict[str, dict[str, object]] = {
        "state": {}, "close": {}, "read": {"count": 1, "within": 0},
        "write": {"messages": []}, "wait": {"for": "ready", "within": 0},
    }
    for verb, others in keys.items():
        advice = f"{verb} of a connection that was not opened is unsupported, naming the connection"
        bench.unsupported(NONSENSE, advice, verb, conn=NONSENSE, **others)


def unknown_listener(bench: Bench) -> None:
    """A listener that does not exist is `unsupported`."""
    advice = "a listener that does not exist is unsupported, naming the listener"
    bench.unsupported(NONSENSE, advice, "open", **bench.open_keys(accept=NONSENSE))
    bench.unsupported(NONSENSE, advice, "close", listener=NONSENSE)


def unknown_flavour(bench: Bench) -> None:
    """A flavour that `hello` does not declare is `unsupported`."""
    with bench.listener() as listener:
        keys = bench.open_keys(connect=list(listener.getsockname()))
        keys["flavour"] = NONSENSE
        bench.unsupported(NONSENSE, "an undeclared flavour is unsupported", "open", **keys)


def reused_name(bench: Bench) -> None:
    """A second connection of the same name is a `fault`; the first is unharmed."""
    meeting = bench.meet()
    with bench.listener() as listener:
        keys = bench.open_keys(connect=list(listener.getsockname()))
        keys["conn"] = meeting.name
        answer = bench.channel.ask("open", **keys)
    if "fault" not in answer:
        raise Failed("open under a name that is taken must be a fault (silently replacing it loses "
                     f"a connection), got {shown(answer)}")
    meeting.write(Message.text("still here"))
    meeting.expect_frames(Message.text("still here"))


def opened_addresses(bench: Bench) -> None:
    """`open` answers both addresses of the connection."""
    meeting = bench.meet()
    ours = {"local": list(meeting.sock.getpeername()), "remote": list(meeting.sock.getsockname())}
    for key, address in ours.items():
        if meeting.opened[key] != address:
            raise Failed(f"open answered {key} {meeting.opened[key]}, the socket's is {address}; "
                         "local is the adapter's end, remote the other one")


def accepting(bench: Bench) -> None:
    """`listen` and `open` with `accept` take one connection each; the listener stays open."""
    body = bench.channel.ok("listen")
    for text in ("first", "second"):
        sock = bench.dial(body["address"])
        opened = bench.channel.ok("open", **bench.open_keys(accept=body["listener"]))
        if opened["remote"] != list(sock.getsockname()):
            raise Failed(f"open with accept answered remote {opened['remote']}, but {text} dialled "
                         f"from {list(sock.getsockname())}; accept in the order of arrival")
    state = bench.channel.ok("state")
    if body["listener"] not in state["listeners"]:
        raise Failed("state does not list the listener, which must stay open until it is closed")


def one_or_other(bench: Bench) -> None:
    """`open` takes `connect` or `accept`, `close` `conn` or `listener`: both are a `fault`."""
    meeting = bench.meet()
    ours = bench.channel.ok("listen")["listener"]
    with bench.listener() as listener:
        both = bench.open_keys(connect=list(listener.getsockname()), accept=ours)
        opened = bench.channel.ask("open", **both)
    closed = bench.channel.ask("close", conn=meeting.name, listener=ours)
    for what, answer in (("open with connect and accept", opened),
                         ("close of a conn and a listener", closed)):
        if "fault" not in answer:
            raise Failed(f"{what} must be a fault (which of the two would it be?), "
                         f"got {shown(answer)}")
    meeting.write(Message.text("still here"))
    meeting.expect_frames(Message.text("still here"))


def nobody_there(bench: Bench) -> None:
    """A connection that cannot be made is a `fault`, in time, and leaves the name free."""
    with socket.socket() as deaf:
        deaf.bind((bench.host, 0))
        keys = bench.open_keys(connect=list(deaf.getsockname()))
        refused = bench.channel.ask("open", **keys)
    if "fault" not in refused:
        raise Failed(f"open to a port where nobody listens must be a fault, got {shown(refused)}")
    body = bench.channel.ok("listen")
    del keys["connect"]
    waited = bench.channel.ask("open", **{**keys, "accept": body["listener"], "within": MOMENT})
    if "fault" not in waited:
        raise Failed("open with accept must be a fault when `within` is over and nobody has "
                     f"connected, got {shown(waited)}")
    bench.dial(body["address"])
    late = bench.channel.ask("open", **{**keys, "accept": body["listener"]})
    if "ok" not in late:
        raise Failed("the name of a connection that was not made must stay free, and an open under "
                     f"it got {shown(late)}")


def closed_listener(bench: Bench) -> None:
    """A listener that was closed is gone."""
    body = bench.channel.ok("listen")
    bench.channel.ok("close", listener=body["listener"])
    if body["listener"] in bench.channel.ok("state")["listeners"]:
        raise Failed("state still lists a listener that was closed")
    try:
        bench.dial([HOST, body["address"][1]])
    except Failed:
        return
    raise Failed("a listener that was closed still accepts; close its socket")


def state_lists(bench: Bench) -> None:
    """`state` lists what is open, and describes the connection that is asked for."""
    meeting = bench.meet()
    state = bench.channel.ok("state", conn=meeting.name)
    if meeting.name not in state["connections"]:
        raise Failed("state does not list an open connection under `connections`")
    if "conn" not in state:
        raise Failed("state with a `conn` must describe that connection under `conn`")
    if not (state["conn"]["active"] and state["conn"]["ready"]) or state["conn"]["ended"]:
        raise Failed(f"a fresh connection is active and ready, and has not ended; state says "
                     f"{shown(state['conn'])}")


def closed_name(bench: Bench) -> None:
    """`close` closes the connection and frees its name."""
    meeting = bench.meet()
    closing = bench.channel.begin("close", conn=meeting.name)
    if meeting.end_of_stream():
        raise Failed("close sent octets on a connection on which nothing was written")
    meeting.sock.close()  # a library's close may wait for this
    answer = bench.channel.answer(closing)
    if "ok" not in answer:
        raise Failed(f"close of an open connection must be ok, got {shown(answer)}")
    if meeting.name in bench.channel.ok("state")["connections"]:
        raise Failed("state still lists a connection that was closed; close forgets the name")
    with bench.listener() as listener:
        keys = bench.open_keys(connect=list(listener.getsockname()))
        keys["conn"] = meeting.name
        bench.channel.ok("open", **keys)
        bench.channel.ok("discard", conn=meeting.name)


def discarding(bench: Bench) -> None:
    """`discard` never fails, and frees the name whatever state the connection is in."""
    fresh, ended = bench.meet(), bench.meet()
    ended.sock.close()
    for name, what in ((fresh.name, "an open connection"), (ended.name, "an ended connection"),
                       (ended.name, "a name that was discarded"), (NONSENSE, "an unknown name")):
        answer = bench.channel.ask("discard", conn=name)
        if answer.get("ok") != {}:
            raise Failed(f"discard of {what} must be answered by ok, got {shown(answer)}")
    left = {fresh.name, ended.name} & set(bench.channel.ok("state")["connections"])
    if left:
        raise Failed(f"state still lists {', '.join(sorted(left))}; discard forgets the name")


CHECKS = (
    unknown_connection, unknown_listener, unknown_flavour, reused_name, opened_addresses, accepting,
    one_or_other, nobody_there, closed_listener, state_lists, closed_name, discarding,
)
