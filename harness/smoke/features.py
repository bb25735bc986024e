"""Level 1, features: what `hello` declares works, and what it does not is `unsupported`."""

from __future__ import annotations

from typing import Any

from harness.payloads import Message
from harness.smoke.bench import Bench
from harness.smoke.channel import STEP, Failed, shown
from harness.smoke.lines import NONSENSE
from harness.smoke.scripts import APPLICATION, REPLY

#: Reads that wait at a time: more threads than a library would start for a read.
READS = 8


def feature_hooks(bench: Bench) -> None:
    """`hooks`: texts get the strings of the hooks, bytes do not."""
    hooks: dict[str, Any] = {"preWrite": {"prepend": "<"}, "postRead": {"append": ">"}}
    if not bench.has("hooks"):
        return bench.open_undeclared("hooks", hooks=hooks)
    meeting = bench.meet(hooks=hooks)
    meeting.write(APPLICATION, REPLY)
    meeting.expect_frames(Message.text("<app"), REPLY)
    meeting.send(APPLICATION, REPLY)
    meeting.expect_read(Message.text("app>"), REPLY)


def feature_buffers(bench: Bench) -> None:
    """`buffers`: open sets the sizes and answers what the system made of them."""
    sizes: dict[str, Any] = {"sndbuf": 8192, "rcvbuf": 16384}
    if not bench.has("buffers"):
        return bench.open_undeclared("sndbuf", sndbuf=sizes["sndbuf"])
    plain, sized = bench.meet(), bench.meet(**sizes)
    missing = [key for key in sizes if key not in sized.opened]
    if missing:
        raise Failed(f"open with {missing[0]} must answer {missing[0]}: what getsockopt says then")
    options = plain.opened.get("options")
    if options and options["SO_SNDBUF"] == sized.opened["sndbuf"]:
        raise Failed("open with sndbuf answered the size of a connection without; set it before "
                     "the library gets the socket")
    body = bench.channel.ok("listen", **sizes)
    bench.dial(body["address"])
    bench.channel.ok("open", **bench.open_keys(accept=body["listener"], **sizes))


def feature_surrogates(bench: Bench) -> None:
    """`surrogates`: a text that UTF-8 cannot carry reaches the library's write."""
    meeting = bench.meet()
    keys: dict[str, Any] = {"conn": meeting.name, "messages": [Message.surrogate().request()]}
    if not bench.has("surrogates"):
        advice = "the feature 'surrogates' is not declared in hello; answer unsupported"
        return bench.unsupported("surrogate", advice, "write", **keys)
    answer = bench.channel.ask("write", **keys)
    if "ok" not in answer and "raised" not in answer:
        raise Failed("a declared surrogate must be handed to the library: ok, or raised if the "
                     f"library refuses it; got {shown(answer)}")


def feature_abort(bench: Bench) -> None:
    """`abort`: the connection ends and its name is free."""
    meeting = bench.meet()
    if not bench.has("abort"):
        return bench.undeclared("abort", "abort", conn=meeting.name)
    advice = "look at every key of an abort request before you obey it, and ignore none"
    bench.unsupported(NONSENSE, advice, "abort", conn=meeting.name, **{NONSENSE: 1})
    bench.channel.ok("abort", conn=meeting.name)
    meeting.end_of_stream()
    if meeting.name in bench.channel.ok("state")["connections"]:
        raise Failed("state still lists a connection that was aborted; abort forgets the name")


def feature_queued(bench: Bench) -> None:
    """`queued`: state says whether octets wait to be sent, and wait can wait for none."""
    meeting = bench.meet()
    keys: dict[str, Any] = {"conn": meeting.name, "for": "flushed", "within": STEP}
    queued = bench.channel.ok("state", conn=meeting.name)["conn"]["queued"]
    if not bench.has("queued"):
        advice = "the feature 'queued' is not declared in hello; answer unsupported"
        bench.unsupported("flushed", advice, "wait", **keys)
        if queued is not None:
            raise Failed("state.queued is null where the feature 'queued' is not declared")
        return
    if queued is None:
        raise Failed("the feature 'queued' is declared, so state.queued must be true or false")
    meeting.write(APPLICATION)
    meeting.expect_frames(APPLICATION)
    bench.wait_for(meeting, "flushed")


def feature_fileno(bench: Bench) -> None:
    """`fileno`: state says whether the descriptor is readable, and wait can wait for it."""
    meeting = bench.meet()
    keys: dict[str, Any] = {"conn": meeting.name, "for": "readable", "within": STEP}
    readable = bench.channel.ok("state", conn=meeting.name)["conn"].get("readable")
    if not bench.has("fileno"):
        advice = "the feature 'fileno' is not declared in hello; answer unsupported"
        bench.unsupported("readable", advice, "wait", **keys)
        if readable is not None:
            raise Failed("state.readable is null where the feature 'fileno' is not declared")
        return
    if readable is None:
        raise Failed("the feature 'fileno' is declared, so state.readable must be true or false")
    meeting.send(APPLICATION)
    bench.wait_for(meeting, "readable")


def feature_keep(bench: Bench) -> None:
    """`keep`: a connection that is closed with it keeps its name until it is closed without."""
    meeting = bench.meet()
    if not bench.has("keep"):
        return bench.undeclared("keep", "close", conn=meeting.name, keep=True)
    closing = bench.channel.begin("close", conn=meeting.name, keep=True)
    meeting.end_of_stream()
    meeting.sock.close()
    bench.channel.answer(closing)
    answer = bench.channel.ask("state", conn=meeting.name)
    if "conn" not in answer.get("ok", {}):
        raise Failed("state describes a connection that was closed with keep like any other; keep "
                     f"its name until it is closed without, or discarded; got {shown(answer)}")
    bench.channel.ok("close", conn=meeting.name)
    if "ok" in bench.channel.ask("state", conn=meeting.name):
        raise Failed("close without keep forgets the name, also if it was closed with keep before")


def feature_collect(bench: Bench) -> None:
    """`collect`: state takes it and answers as without."""
    if not bench.has("collect"):
        return bench.undeclared("collect", "state", collect=True)
    if "connections" not in bench.channel.ok("state", collect=True):
        raise Failed("state answers the same with collect as without: it only collects garbage "
                     "before")


def feature_leave(bench: Bench) -> None:
    """`leave`: the main thread ends, and with nothing left to do the process does, with code 0."""
    if not bench.has("leave"):
        return bench.undeclared("leave", "leave")
    bench.stop()  # no connection, and no thread of an earlier check, may be what keeps the process
    bench.channel.ok("hello", protocol=1)
    bench.channel.begin("leave")
    code = bench.channel.exit_code()
    if code is None:
        raise Failed("the process lives on after leave; let the main thread end, and let no thread "
                     "of the adapter's keep the process")
    bench.stop()
    if code != 0:
        raise Failed(f"the exit code of a process that leave has ended must be 0, it was {code}")


def _has_key(bench: Bench, feature: str, verb: str, where: dict[str, Any]) -> None:
    key = feature
    if bench.has(feature) != (key in where):
        whether = "" if bench.has(feature) else "not "
        raise Failed(f"the feature {feature!r} is {whether}declared in hello, so {verb} must "
                     f"{whether}have {key!r}")


def feature_threads(bench: Bench) -> None:
    """`threads`: state counts threads that are not the adapter's own, and only then."""
    bench.stop()  # threads of earlier checks, which may still be ending, would blur the count
    meeting = bench.meet()
    _has_key(bench, "threads", "state", before := bench.channel.ok("state"))
    reads = [bench.channel.begin("read", conn=meeting.name, count=1,
                                 within=STEP * bench.patience) for _ in range(READS)]
    grown = bench.channel.ok("state").get("threads", 0) - before.get("threads", 0)
    meeting.send(*[APPLICATION] * READS)
    for each in reads:
        bench.channel.answer(each)
    if grown > READS // 2:  # some of the adapter's were there before
        raise Failed(f"threads grew by {grown} while {READS} reads waited; leave out the adapter's "
                     "own threads")


def feature_descriptors(bench: Bench) -> None:
    """`descriptors`: state counts open descriptors, and only then."""
    _has_key(bench, "descriptors", "state", bench.channel.ok("state"))

    def grows() -> bool:
        """Look whether a listener counts; descriptors of earlier checks may still be closed."""
        before: int = bench.channel.ok("state").get("descriptors", 0)
        bench.channel.ok("listen")
        after: int = bench.channel.ok("state").get("descriptors", 1)
        return after > before

    if not bench.until(grows):
        raise Failed("descriptors did not grow by a listener; count the process's open descriptors")


def feature_causes(bench: Bench) -> None:
    """`causes`: a clean end and an end inside a frame are told apart in state.end."""
    if not bench.has("causes"):
        return
    ends = []
    for octets in (b"", b"\x85ab"):
        meeting = bench.meet()
        meeting.sock.sendall(octets)
        meeting.sock.close()
        ends.append(bench.wait_for(meeting, "ended")["end"])
    if ends[0] == ends[1] or None in ends:
        raise Failed("the feature 'causes' is declared, but state.end is the same for a clean end "
                     f"and for one inside a frame: {ends[0]!r}")


def feature_options(bench: Bench) -> None:
    """`options`: open and state read the socket's options back."""
    meeting = bench.meet()
    _has_key(bench, "options", "open", meeting.opened)
    state = bench.channel.ok("state", conn=meeting.name)["conn"]
    _has_key(bench, "options", "state", state)


def feature_interval(bench: Bench) -> None:
    """`interval`: open sets it for its own connection, and hands a bad one to the library."""
    if not bench.has("interval"):
        return bench.open_undeclared("interval", interval="0.25")
    meeting = bench.meet(interval="0.25")
    meeting.write(APPLICATION)
    meeting.expect_frames(APPLICATION)
    with bench.listener() as listener:
        keys = bench.open_keys(connect=list(listener.getsockname()), interval="soon")
        answer = bench.channel.ask("open", **keys)
    if "ok" not in answer and "raised" not in answer:
        raise Failed("any text of an interval must be handed to the library: ok, or raised if the "
                     f"library refuses it; got {shown(answer)}")
    bench.meet()


CHECKS = (
    feature_hooks, feature_buffers, feature_surrogates,
    feature_abort, feature_queued, feature_threads, feature_descriptors, feature_causes,
    feature_options, feature_fileno, feature_keep, feature_collect,
    feature_interval, feature_leave,
)
