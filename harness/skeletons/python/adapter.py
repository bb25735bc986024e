"""The adapter of $name: lines of JSON from stdin become calls of your implementation.

What is here is alike for everybody: lines, ids, words that nobody knows, messages and recipes.
What is not here yet are the verbs. conformance/ADAPTERS.md says what each of them does, and
`python -m harness smoke $name --peers peers.toml --first` which one to write next.
"""

import base64
import json
import os
import sys
import threading
import traceback
import zlib

LINE_LIMIT = 1 << 20

# stdout is for answers: whatever else prints there goes to stderr.
OUT = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)
LOCK = threading.Lock()

# Verb: keys that a request must have, keys that it may have. Add the keys and verbs of the features
# that you declare in hello.
VERBS = {
    "hello": (["protocol"], []),
    "listen": ([], []),
    "open": (["conn", "flavour", "within"], ["connect", "accept"]),
    "write": (["conn", "messages"], []),
    "read": (["conn", "count", "within"], []),
    "state": ([], ["conn"]),
    "wait": (["conn", "for", "within"], []),
    "close": ([], ["conn", "listener"]),
    "discard": (["conn"], []),
    "bye": ([], []),
}


class Unsupported(Exception):
    """A word of the request that nobody here knows; the argument is the word."""


class Fault(Exception):
    """The adapter cannot do its part; the argument says why."""


class Raised(Exception):
    """Your implementation refused: its exception, and facts such as `written` or `messages`."""

    def __init__(self, error, **facts):
        self.facts = dict(name=type(error).__name__, message=str(error), **facts)


def known(what, needed, allowed=()):
    """Refuse a word that is in neither list, and one that is missing from the first."""
    if not isinstance(what, dict):
        raise Fault("expected a JSON object")
    for key in what:
        if key not in needed and key not in allowed:
            raise Unsupported(key)
    for key in needed:
        if key not in what:
            raise Fault("%s is missing" % key)


def recipe(kind, seed, length):
    """Return the octets that a recipe stands for (section 5)."""
    alphabet = "Az0~\u00e9\u00df\u03a9\u0416\u05d0\u20ac\u4e2d\ufffd\U0001f600\U0010ffff\0\n"
    draws = []
    for _ in range(1024 if kind == "text" else 4088):
        seed = (seed * 1103515245 + 12345) % 2**31
        draws.append(seed >> 16)
    if kind == "text":
        unit = "".join(alphabet[draw & 15] for draw in draws).encode()
    else:
        unit = bytes(draw & 255 for draw in draws)
    blocks = range(length // (8 + len(unit)) + 1)
    number = (lambda k: b"%08x" % k) if kind == "text" else (lambda k: k.to_bytes(8, "big"))
    whole, cut = b"".join(number(k) + unit for k in blocks), length
    while kind == "text" and whole[cut] & 0xC0 == 0x80:
        cut -= 1
    return whole[:cut] + b"." * (length - cut)


def message(what):
    """Return what your write gets for a message of a request: a str or bytes."""
    known(what, ["kind"], ["text", "base64", "seed", "length", "surrogate"])
    kind = what["kind"]
    if kind not in ("text", "bytes"):
        raise Unsupported(kind)
    if "surrogate" in what:
        raise Unsupported("surrogate")
    if "seed" in what:
        payload = recipe(kind, what["seed"], what["length"])
        return payload.decode() if kind == "text" else payload
    return what["text"] if kind == "text" else base64.b64decode(what["base64"])


def describe(value):
    """Return the facts about a message that your read has given."""
    octets = value.encode() if isinstance(value, str) else bytes(value)
    facts = {
        "kind": "text" if isinstance(value, str) else "bytes",
        "length": len(octets),
        "crc32": "%08x" % zlib.crc32(octets),
        "head": base64.b64encode(octets[:32]).decode(),
        "tail": base64.b64encode(octets[-32:]).decode(),
    }
    if len(octets) <= 4096:
        facts["base64"] = base64.b64encode(octets).decode()
    return facts


class Adapter:
    """A method do_VERB for each verb; it gets the request and returns what `ok` holds."""

    def __init__(self):
        self.connections, self.listeners = {}, {}

    def call(self, request):
        """Return the answer to a request, without its id."""
        try:
            verb = request.get("do")
            method = getattr(self, "do_%s" % verb, None)
            if verb not in VERBS or method is None:
                raise Unsupported(verb)
            needed, allowed = VERBS[verb]
            known(request, ["id", "do", *needed], allowed)
            return {"ok": method(request)}
        except Unsupported as word:
            return {"unsupported": str(word)}
        except Raised as raised:
            return {"raised": raised.facts}
        except Fault as fault:
            return {"fault": {"message": str(fault)}}
        except Exception as error:
            return {"fault": {"message": repr(error), "traceback": traceback.format_exc()}}

    def do_bye(self, request):
        return {}

    # Your verbs stand here.


def answer(ident, what):
    with LOCK:
        OUT.write(json.dumps({"id": ident, **what}) + "\n")
        OUT.flush()


def parsed(line):
    """Return a request, or None for a line that is none, which has then been answered."""
    try:
        if len(line) > LINE_LIMIT + 1:
            raise ValueError("the line is longer than %d octets" % LINE_LIMIT)
        request = json.loads(line.decode())
        if not isinstance(request, dict) or type(request.get("id")) is not int:
            raise ValueError("the line is no object with an integer id")
        return request
    except ValueError as error:
        answer(None, {"fault": {"message": str(error) or "the line is not JSON"}})
        return None


def mirror(words):
    """Be a mirror, as the words of the command line say (section 2)."""
    print("unknown option among", words, file=sys.stderr)
    os._exit(89)


def main():
    if len(sys.argv) > 1:
        mirror(sys.argv[1:])
    adapter = Adapter()

    def obey(request):
        said = adapter.call(request)
        answer(request["id"], said)
        if request.get("do") == "bye" and "ok" in said:
            os._exit(0)

    while True:
        line = sys.stdin.buffer.readline(LINE_LIMIT + 2)
        if not line:
            os._exit(0)  # at once: no thread may keep the process
        whole = line
        while not whole.endswith(b"\n") and whole:
            whole = sys.stdin.buffer.readline(LINE_LIMIT)  # the rest of a line that is too long
        request = parsed(line)
        if request is not None:
            threading.Thread(target=obey, args=(request,), daemon=True).start()


if __name__ == "__main__":
    main()
