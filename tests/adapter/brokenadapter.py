"""Adapters with one deliberate mistake each: `python brokenadapter.py MISTAKE [--class …]`.

Each is the Python adapter with one thing replaced by the function of that name below, whose
docstring is the mistake and names the checks of smoke that must fail, and no others may.
"""

from __future__ import annotations

import json
import os
import struct
import sys
import threading

import python_adapter as adapter

MISTAKES = {}


def mistake(function):
    """Register a mistake under its name with dashes."""
    MISTAKES[function.__name__.replace("_", "-")] = function
    return function


def checks(name):
    """Return the checks that must fail for a mistake."""
    return set(MISTAKES[name].__doc__.partition("fails:")[2].split())


def answers(change):
    """Let ``change(request, answer)`` spoil every answer (or return another one)."""
    old = adapter.Driver.call

    def call(self, request):
        answer = old(self, request)
        return change(request, answer) or answer
    adapter.Driver.call = call


def lines(keep):
    """Leave out the lines for which ``keep`` is false."""
    old = adapter.lines_of
    adapter.lines_of = lambda fd: (line for line in old(fd) if line is None or keep(line))


def instead(word, step):
    """Let scripts take another step in the place of those of that word."""
    old = adapter.Script.__init__
    adapter.Script.__init__ = lambda self, steps: old(
        self, [step if each.get("do") == word else each for each in steps])


def prefers(method, key, other):
    """Let a verb that has both keys do what the first one says."""
    old = getattr(adapter.Driver, method)
    setattr(adapter.Driver, method, lambda self, request: old(
        self, {each: request[each] for each in request if each != other or key not in request}))


NO_JSON = object()


def parsed(line):
    """Return the JSON of a line, or NO_JSON."""
    try:
        return json.loads(line)
    except ValueError:
        return NO_JSON


# ---- the greeting -----------------------------------------------------------------------------

@mistake
def dies():
    """It does not start.
    fails: starts"""
    sys.exit("no such library")


@mistake
def silent():
    """It never answers.
    fails: starts"""
    adapter.Output.answer = lambda self, number, answer: None


@mistake
def hello_incomplete():
    """hello has no pid.
    fails: hello"""
    answers(lambda request, answer: answer.get("ok", {}).pop("pid", None) and None)


@mistake
def other_flavour():
    """hello has another flavour than the peer's entry.
    fails: flavour"""
    answers(lambda request, answer: answer.get("ok", {}).update(flavours=["quick"])
            if request.get("do") == "hello" else None)


@mistake
def features_of_others():
    """hello speaks of a flavour that it does not have.
    fails: flavour"""
    answers(lambda request, answer: answer["ok"].update(flavour_features={"quick": ["fileno"]})
            if request.get("do") == "hello" and "ok" in answer else None)


# ---- lines ------------------------------------------------------------------------------------

@mistake
def short_ids():
    """Ids are kept in 16 bits.
    fails: id-echoed"""
    old = adapter.Output.answer
    adapter.Output.answer = lambda self, number, answer: old(
        self, number and number & 0xFFFF, answer)


@mistake
def any_verb():
    """An unknown verb is answered by ok.
    fails: unknown-verb"""
    answers(lambda request, answer: {"ok": {}} if request.get("do") not in adapter.VERBS else None)


@mistake
def any_key():
    """Unknown keys of a request are ignored.
    fails: unknown-key feature-abort"""
    old = adapter.known
    adapter.known = lambda what, allowed: "id" in what or old(what, allowed)


@mistake
def any_message_key():
    """Unknown keys of a message are ignored.
    fails: unknown-message-key"""
    old = adapter.message_maker
    adapter.message_maker = lambda what: old(
        {key: what[key] for key in what if key != "plugh"} if isinstance(what, dict) else what)


@mistake
def any_kind():
    """A message of an unknown kind is taken for a text.
    fails: unknown-message-kind"""
    old = adapter.message_maker
    adapter.message_maker = lambda what: old(
        dict(what, kind="text") if what.get("kind") == "plugh" else what)


@mistake
def kinds_too_late():
    """Messages are looked at only when their turn has come.
    fails: unknown-message-kind"""
    class Late(list):
        def __iter__(self):
            return (adapter.message_maker(each) for each in list.__iter__(self))
    adapter.message_makers = lambda request: Late(request["messages"])


@mistake
def any_step():
    """Unknown handshake steps are skipped.
    fails: unknown-step"""
    old = adapter.Script.__init__
    adapter.Script.__init__ = lambda self, steps: old(
        self, [step for step in steps if step.get("do") in self.STEPS])


@mistake
def any_key_of_open():
    """Unknown keys of an open are ignored.
    fails: unknown-key"""
    needed, known = adapter.VERBS["open"]
    adapter.VERBS["open"] = needed, (*known, "plugh")


@mistake
def any_protocol():
    """Every protocol is spoken.
    fails: other-protocol"""
    old = adapter.Driver.do_hello
    adapter.Driver.do_hello = lambda self, request: old(self, dict(request, protocol=1))


@mistake
def waits_for_anything():
    """To wait for something unknown is to wait for ready.
    fails: unknown-wait"""
    old = adapter.Driver.do_wait
    adapter.Driver.do_wait = lambda self, request: old(
        self, dict(request, **{"for": "ready"}) if request.get("for") == "plugh" else request)


@mistake
def waits_have_defaults():
    """A wait without within looks once.
    fails: missing-key"""
    old = adapter.Driver.do_wait
    adapter.Driver.do_wait = lambda self, request: old(
        self, dict({"within": 0}, **request) if "for" in request else request)


@mistake
def missing_keys_have_defaults():
    """A read without count and within reads something.
    fails: missing-key"""
    adapter.VERBS["read"] = (("conn",), ("count", "within"))
    old = adapter.Driver.do_read
    adapter.Driver.do_read = lambda self, request: old(
        self, dict({"count": 1, "within": 0}, **request))


@mistake
def ignores_garbage():
    """A line that is no JSON is ignored.
    fails: no-json"""
    lines(lambda line: parsed(line) is not NO_JSON)


@mistake
def ignores_other_json():
    """A line that is no object is ignored.
    fails: no-object"""
    lines(lambda line: isinstance(parsed(line), dict) or parsed(line) is NO_JSON)


@mistake
def ignores_without_id():
    """A request without an id is ignored.
    fails: no-id"""
    lines(lambda line: not isinstance(parsed(line), dict) or type(parsed(line).get("id")) is int)


@mistake
def one_read_is_one_line():
    """What one read gives is taken for lines.
    fails: split-line oversized-line"""
    def lines_of(descriptor):
        while True:
            chunk = descriptor(65536)
            if not chunk:
                return
            yield from chunk.removesuffix(b"\n").split(b"\n")
    adapter.lines_of = lines_of


@mistake
def forgets_what_follows():
    """A state that arrives behind a hello is lost.
    fails: two-lines-at-once"""
    old = os.read

    def read(descriptor, count):
        chunk = old(descriptor, count)
        hello, feed, state = chunk.partition(b"\n")
        lost = descriptor == 0 and b'"hello"' in hello and b'"state"' in state
        return hello + feed if lost else chunk
    adapter.os = type("os", (), {**vars(os), "read": staticmethod(read)})


@mistake
def endless_lines():
    """A line may be of any length.
    fails: oversized-line"""
    adapter.LINE_LIMIT = 1 << 40


@mistake
def short_lines():
    """A line may have only 64 KiB.
    fails: oversized-line"""
    adapter.LINE_LIMIT = 65536


@mistake
def serial():
    """One request after the other.
    fails: two-in-flight feature-threads feature-leave end-of-stdin"""
    adapter.Hand = lambda obey, idle, job: obey(*job)


# ---- names ------------------------------------------------------------------------------------

@mistake
def unknown_names_are_faults():
    """An unknown connection is a fault.
    fails: unknown-connection"""
    answers(lambda request, answer: {"fault": {"message": "no such connection"}}
            if answer.get("unsupported") == request.get("conn", NO_JSON) else None)


@mistake
def unknown_listeners_are_faults():
    """An unknown listener is a fault.
    fails: unknown-listener"""
    answers(lambda request, answer: {"fault": {"message": "no such listener"}}
            if answer.get("unsupported", NO_JSON) in (request.get("accept"),
                                                      request.get("listener")) else None)


@mistake
def any_flavour():
    """Every flavour is the first one.
    fails: unknown-flavour"""
    old = adapter.Driver.do_open
    adapter.Driver.do_open = lambda self, request: old(
        self, dict(request, flavour=next(iter(self.classes))))


@mistake
def replaces_names():
    """A name that is taken is taken over.
    fails: reused-name"""
    old = adapter.Driver.do_open

    def do_open(self, request):
        self.links.pop(request["conn"], None)
        return old(self, request)
    adapter.Driver.do_open = do_open


@mistake
def confuses_ends():
    """The local address is called remote, and the other way round.
    fails: opened-addresses accepting"""
    answers(lambda request, answer: answer["ok"].update(
        local=answer["ok"]["remote"], remote=answer["ok"]["local"])
        if request.get("do") == "open" and "ok" in answer else None)


@mistake
def accepts_once():
    """A listener is closed after its first connection.
    fails: accepting"""
    old = adapter.accepted_socket

    def accepted_socket(listener, *rest):
        found = old(listener, *rest)
        listener.close()
        return found
    adapter.accepted_socket = accepted_socket


@mistake
def rather_connects():
    """An open that says two things does the first of them.
    fails: one-or-other"""
    prefers("do_open", "connect", "accept")


@mistake
def rather_closes_listeners():
    """A close that says two things does the second of them.
    fails: one-or-other"""
    prefers("do_close", "listener", "conn")


@mistake
def keeps_names_of_nothing():
    """The name of a connection that was not made stays taken.
    fails: nobody-there"""
    old, taken = adapter.Driver.do_open, set()

    def do_open(self, request):
        if request["conn"] in taken:
            raise adapter.Fault("there is a connection already")
        try:
            return old(self, request)
        except adapter.Fault:
            taken.add(request["conn"])
            raise
    adapter.Driver.do_open = do_open


@mistake
def refusals_are_raised():
    """A refused connection is called an exception of the library.
    fails: nobody-there"""
    answers(lambda request, answer: {"raised": {"name": "OSError", "message": "refused"}}
            if "cannot connect" in str(answer.get("fault")) else None)


@mistake
def keeps_listeners():
    """A closed listener goes on listening.
    fails: closed-listener"""
    old = adapter.listening_socket
    kept = []

    def listening_socket(*rest):
        sock = old(*rest)
        kept.append(sock.dup())
        return sock
    adapter.listening_socket = listening_socket


@mistake
def lists_nothing():
    """state lists no connections.
    fails: state-lists"""
    answers(lambda request, answer: answer["ok"].update(connections=[])
            if "connections" in answer.get("ok", {}) else None)


@mistake
def keeps_closed_names():
    """A closed connection is still listed.
    fails: closed-name feature-keep"""
    old = adapter.Driver.finish
    adapter.Driver.finish = lambda self, request, method, keep=False: old(
        self, request, method, keep=method == "close")


@mistake
def discards_may_fail():
    """discard of an unknown name is unsupported.
    fails: discarding"""
    old = adapter.Driver.do_discard
    adapter.Driver.do_discard = lambda self, request: self.link(request) and old(self, request)


# ---- traffic ----------------------------------------------------------------------------------

@mistake
def texts_end_at_nul():
    """A text is written up to its first NUL.
    fails: writing-text"""
    old = adapter.message_maker

    def message_maker(what):
        make = old(what)
        return make if "text" not in what else lambda: make().partition("\0")[0]
    adapter.message_maker = message_maker


@mistake
def seven_bits():
    """Bytes are written without their highest bit.
    fails: writing-bytes"""
    old = adapter.message_maker

    def message_maker(what):
        make = old(what)
        return make if "base64" not in what else lambda: bytes(each & 127 for each in make())
    adapter.message_maker = message_maker


@mistake
def counts_code_points():
    """The length of a text is told in code points.
    fails: reading-text long-descriptions"""
    old = adapter.describe
    adapter.describe = lambda value: dict(
        old(value), **({"length": len(value)} if isinstance(value, str) else {}))


@mistake
def no_crc_of_bytes():
    """The CRC-32 of bytes is not computed.
    fails: reading-bytes long-descriptions"""
    old = adapter.describe

    def describe(value):
        facts = old(value)
        wrong = isinstance(value, bytes) and len(value) > 100
        return dict(facts, crc32="00000000") if wrong else facts
    adapter.describe = describe


@mistake
def one_kind_for_all():
    """Short bytes that happen to be a text are called one.
    fails: kinds-kept"""
    old = adapter.describe
    adapter.describe = lambda value: old("twin" if value == b"twin" else value)


@mistake
def whole_descriptions():
    """Every description has all octets.
    fails: long-descriptions"""
    adapter.WHOLE_LIMIT = 1 << 40


@mistake
def other_alphabet():
    """The alphabet of text recipes lacks a code point.
    fails: recipe-text"""
    adapter.ALPHABET = (*adapter.ALPHABET[:-1], "\r")


@mistake
def little_endian():
    """Blocks of bytes recipes are numbered in the other order of octets.
    fails: recipe-bytes"""
    adapter.struct = type("struct", (), {**vars(struct), "pack": staticmethod(
        lambda form, *values: struct.pack(form.replace(">Q", "<Q"), *values))})


@mistake
def reads_all():
    """A read takes whatever is there.
    fails: reading-in-portions"""
    old = adapter.Driver.do_read
    adapter.Driver.do_read = lambda self, request: old(
        self, dict(request, count=3 if request["count"] == 2 else request["count"]))


@mistake
def timeouts_raise():
    """A read that gets nothing is an exception.
    fails: read-timeout"""
    answers(lambda request, answer: {
        "raised": {"name": "Timeout", "message": "", "messages": []}}
        if answer.get("ok") == {"messages": [], "ended": False, "last": None} else None)


@mistake
def never_waits():
    """A read does not wait at all when there is nothing.
    fails: read-timeout"""
    old = adapter.Driver.do_read
    adapter.Driver.do_read = lambda self, request: old(
        self, dict(request, within=0 if request["within"] < 1 else request["within"]))


@mistake
def never_ends():
    """read never says that the connection has ended.
    fails: read-end"""
    answers(lambda request, answer: answer["ok"].update(ended=False)
            if "ended" in answer.get("ok", {}) else None)


@mistake
def never_says_how():
    """read says that the connection has ended, and not how.
    fails: read-end"""
    answers(lambda request, answer: answer["ok"].update(last=None)
            if "ended" in answer.get("ok", {}) else None)


@mistake
def states_nothing():
    """state says nothing of the connection that it is asked for.
    fails: state-lists read-end feature-handshake-drain feature-queued feature-options
    feature-fileno feature-keep"""
    answers(lambda request, answer: answer["ok"].pop("conn", None) and None
            if request.get("do") == "state" and "ok" in answer else None)


@mistake
def one_connection():
    """All reads are from the connection that was opened last.
    fails: side-by-side"""
    old = adapter.Driver.link

    def link(self, request):
        last = list(self.links)[-1:]
        return self.links[last[0]] if last and request["do"] == "read" else old(self, request)
    adapter.Driver.link = link


# ---- features ---------------------------------------------------------------------------------

def declares(word, declared):
    """Let hello declare a feature, or not."""
    def change(request, answer):
        if request.get("do") == "hello" and "ok" in answer:
            features = set(answer["ok"]["features"]) - {word}
            answer["ok"]["features"] = sorted(features | {word} if declared else features)
    answers(change)


@mistake
def hides_abort():
    """abort works but is not declared.
    fails: feature-abort"""
    declares("abort", False)


@mistake
def boasts_of_abort():
    """abort is declared but does not work.
    fails: feature-abort"""
    answers(lambda request, answer: {"unsupported": "abort"}
            if request.get("do") == "abort" else None)


@mistake
def hides_queued():
    """queued works but is not declared.
    fails: feature-queued"""
    declares("queued", False)


@mistake
def hides_surrogates():
    """surrogates work but are not declared.
    fails: feature-surrogates"""
    declares("surrogates", False)


@mistake
def hides_handshake():
    """Handshake scripts work but are not declared.
    fails: unknown-step feature-handshake"""
    declares("handshake", False)


@mistake
def forgets_what_a_script_received():
    """A script's messages are not told.
    fails: feature-handshake feature-handshake-unexpected feature-handshake-drain"""
    old = adapter.Script.facts
    adapter.Script.facts = lambda self: dict(old(self), received=[])


@mistake
def never_holds():
    """A script's hold is passed over.
    fails: feature-handshake-hold"""
    adapter.Script.__init__ = lambda self, steps, old=adapter.Script.__init__: old(
        self, [step for step in steps if step["do"] != "hold"])


@mistake
def loses_early_releases():
    """A release that comes before its hold is lost.
    fails: feature-handshake-hold"""
    class Gate:
        def __init__(self):
            self.given = threading.Semaphore(0)
            self.release = self.given.release

        def acquire(self):
            while self.given.acquire(False):
                pass
            self.given.acquire()
    old = adapter.Script.__init__

    def init(self, steps):
        old(self, steps)
        self.gate = Gate()
    adapter.Script.__init__ = init


@mistake
def expects_anything():
    """A script's expect takes whatever comes.
    fails: feature-handshake-unexpected"""
    instead("expect", {"do": "receive"})


@mistake
def drains_a_message():
    """A script's drain takes one message.
    fails: feature-handshake-drain"""
    instead("drain", {"do": "receive"})


@mistake
def never_raises():
    """A script's raise is passed over.
    fails: feature-handshake-failing"""
    adapter.Script.__init__ = lambda self, steps, old=adapter.Script.__init__: old(
        self, [step for step in steps if step["do"] != "raise"])


@mistake
def no_hooks():
    """Hooks are declared and do nothing.
    fails: feature-hooks"""
    adapter.joining = lambda before, behind: lambda stocking, message: message


@mistake
def hooks_for_all():
    """Hooks get hold of bytes, too.
    fails: feature-hooks"""
    adapter.joining = lambda before, behind: lambda stocking, message: (
        before.encode() + message + behind.encode() if isinstance(message, bytes)
        else before + message + behind)


def interval_of_poll(told):
    """Give the flavour `poll` the interval of `select`; let hello tell of it, or not."""
    adapter.INTERVAL_FLAVOUR = "poll"

    def change(request, answer):
        if request.get("do") == "hello" and "ok" in answer and not told:
            answer["ok"].pop("flavour_features", None)
    answers(change)


@mistake
def hides_interval():
    """The interval of a flavour works but is not declared.
    fails: feature-interval"""
    interval_of_poll(False)


@mistake
def judges_the_interval():
    """A bad interval is refused by the adapter, not by the library.
    fails: feature-interval"""
    interval_of_poll(True)
    answers(lambda request, answer: {"fault": {"message": "no number"}}
            if request.get("interval") == "soon" else None)


@mistake
def no_sizes():
    """Buffer sizes are not set.
    fails: feature-buffers"""
    adapter.set_sizes = lambda sock, request: None


@mistake
def untold_sizes():
    """Buffer sizes are not told.
    fails: feature-buffers"""
    adapter.sizes_of = lambda sock, request: {}


@mistake
def counts_own_threads():
    """threads counts the adapter's own.
    fails: feature-threads"""
    adapter.threading = type("threading", (), {**vars(threading), "enumerate": staticmethod(
        lambda: [type("Thread", (), {"name": "anonymous"}) for each in threading.enumerate()])})


@mistake
def no_threads():
    """threads are declared and not told.
    fails: feature-threads"""
    answers(lambda request, answer: answer.get("ok", {}).pop("threads", None) and None)


@mistake
def constant_descriptors():
    """descriptors is a constant.
    fails: feature-descriptors"""
    answers(lambda request, answer: answer["ok"].update(descriptors=7)
            if "descriptors" in answer.get("ok", {}) else None)


@mistake
def one_cause():
    """Every end has the same cause.
    fails: feature-causes"""
    old = adapter.cause_of
    adapter.cause_of = lambda stocking: old(stocking) and "over"


@mistake
def no_options():
    """open does not tell the options.
    fails: feature-options"""
    answers(lambda request, answer: answer.get("ok", {}).pop("options", None) and None)


@mistake
def no_readable():
    """The descriptor is declared and not looked at.
    fails: feature-fileno"""
    adapter.Link.readable = lambda self: None


@mistake
def keeps_nothing():
    """keep is ignored.
    fails: feature-keep"""
    old = adapter.Driver.finish
    adapter.Driver.finish = lambda self, request, method, keep=False: old(self, request, method)


@mistake
def keeps_for_ever():
    """What was once kept is never forgotten.
    fails: feature-keep"""
    old, kept = adapter.Driver.finish, set()

    def finish(self, request, method, keep=False):
        if keep:
            kept.add(request["conn"])
        return old(self, request, method, request["conn"] in kept)
    adapter.Driver.finish = finish


@mistake
def only_collects():
    """state with collect answers nothing else.
    fails: feature-collect"""
    old = adapter.Driver.do_state
    adapter.Driver.do_state = (
        lambda self, request: {} if "collect" in request else old(self, request))


@mistake
def never_leaves():
    """leave does not end the main thread.
    fails: feature-leave"""
    adapter.Driver.do_leave = lambda self, request: {}
    adapter.MAIN = None


@mistake
def leaves_with_a_traceback():
    """leave ends the main thread by an exception.
    fails: feature-leave"""
    old = adapter.drive

    def drive(*arguments):
        old(*arguments)
        raise SystemExit(1)
    adapter.drive = drive


# ---- ends -------------------------------------------------------------------------------------

@mistake
def shares_stdout():
    """What the library prints goes where the answers go.
    fails: clean-stdout"""
    adapter.take_stdout = lambda: adapter.Output(lambda octets: os.write(1, octets))
    old = adapter.Link.wrap

    def wrap(*arguments):
        old(*arguments)
        os.write(1, b"a word of the library\n")
    adapter.Link.wrap = wrap


@mistake
def stays():
    """bye does not end the process.
    fails: bye"""
    answers(lambda request, answer: request.update(do="") if request.get("do") == "bye" else None)


@mistake
def leaves_with_an_error():
    """bye ends with exit code 1.
    fails: bye"""
    adapter.os = type("os", (), {**vars(os), "_exit": staticmethod(lambda code: os._exit(1))})


@mistake
def outlives_its_stdin():
    """The process stays when its stdin ends.
    fails: end-of-stdin"""
    old = adapter.lines_of

    def lines_of(descriptor):
        yield from old(descriptor)
        threading.Event().wait()
    adapter.lines_of = lines_of


@mistake
def leaves_a_child():
    """A process that it started outlives it.
    fails: end-of-stdin"""
    import subprocess
    old = adapter.Link.wrap

    def wrap(*arguments):
        old(*arguments)
        if not children:
            children.append(subprocess.Popen(
                [sys.executable, "-c", "import threading; threading.Event().wait()"],
                stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL))
    children: list[object] = []
    adapter.Link.wrap = wrap


# ---- level 0 ----------------------------------------------------------------------------------

@mistake
def echoes():
    """The mirror does not reverse.
    fails: mirror-text mirror-bytes mirror-order mirror-large mirror-exit mirror-connects"""
    adapter.backwards = lambda value: value


@mistake
def echoes_bytes():
    """The mirror does not reverse bytes.
    fails: mirror-bytes mirror-order mirror-large mirror-connects"""
    old = adapter.backwards
    adapter.backwards = lambda value: value if isinstance(value, bytes) else old(value)


@mistake
def mirrors_without_a_line():
    """The mirror does not say where it listens.
    fails: mirror-listens mirror-text mirror-bytes mirror-order mirror-large mirror-exit"""
    adapter.Output.line = lambda self, octets: None


@mistake
def mirrors_end_badly():
    """The mirror's exit code is 1.
    fails: mirror-exit"""
    old = adapter.mirror
    adapter.mirror = lambda *arguments: (old(*arguments), os._exit(1))


@mistake
def takes_any_option():
    """An unknown option is ignored.
    fails: mirror-unknown-option"""
    old = adapter.parse_options
    adapter.parse_options = lambda words: old([word for word in words if word != "--plugh"])


@mistake
def only_listens():
    """The mirror cannot connect.
    fails: mirror-connects"""
    old = adapter.parse_options

    def parse_options(words):
        options, classes = old(words)
        if "--connect" in options:
            options = {"--mirror": True, "--listen": "0"}
        return options, classes
    adapter.parse_options = parse_options


if __name__ == "__main__":
    MISTAKES[sys.argv[1]]()
    adapter.main(sys.argv[2:])
