"""One of the two processes of a measurement: obeys lines of JSON on stdin, answers on stdout.

    python worker.py

It runs on the interpreter that is measured, 2.7 or 3.x, and imports one contender: a module of this
folder, and with it what that module measures. The lines are those of the adapter protocol: one
request, one answer that repeats its id and is ok, raised, unsupported or fault. It reports what it
counted and timed, and never whether that is good.
"""
from __future__ import absolute_import, division, print_function

import importlib
import json
import os
import sys
import traceback

try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None

import crowd
import plays

if sys.version_info[0] > 2:
    # What 2.7 cannot even compile.
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "modern"))


class Worker(object):
    """The requests, one method each; all but ``prepare`` need a contender."""

    contender = None

    def prepare(self, module, options, play):
        """Import a contender and tell it what is to be played; it does the rest."""
        self.contender = importlib.import_module(module).Contender(**options)
        self.contender.play = play
        return {"version": self.contender.version}

    def listen(self):
        """Listen on the loopback; say where."""
        return {"address": list(self.contender.listen())}

    def accept(self, links):
        """Take the connections of the other process."""
        self.contender.accept(links)
        return {}

    def connect(self, address, links):
        """Connect with the other process."""
        self.contender.connect((str(address[0]), address[1]), links)
        return {}

    def burst(self, side, size, count):
        """Play one side of a workload once."""
        return self.contender.burst(side, size, count)

    def facts(self):
        """Say what the process holds: memory, threads, descriptors."""
        return crowd.facts()


def answer(worker, request):
    """Return the answer to a request, as its one key and value."""
    word = request.pop("do")
    method = None if word.startswith("_") else getattr(Worker, word, None)
    if method is None:
        return "unsupported", word
    try:
        return "ok", method(worker, **request)
    except plays.CannotPlay as error:
        return "unsupported", str(error)
    except Exception as error:
        traceback.print_exc()
        return "raised", {"name": type(error).__name__, "message": str(error)}


def allow_descriptors():
    """Have as many descriptors as this process may have: ten thousand connections need them."""
    if resource is not None:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        except (ValueError, resource.error):
            pass  # macOS gives less than it allows: whoever needs more says so when it gets none


def main():
    allow_descriptors()
    output = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is not an answer
    worker = Worker()
    # Not `for line in sys.stdin`: 2.7 would read ahead and wait for more than one line.
    for line in iter(sys.stdin.readline, ""):
        request = json.loads(line)
        ident = request.pop("id")
        kind, body = answer(worker, request)
        output.write(json.dumps({"id": ident, kind: body}) + "\n")
        output.flush()
    os._exit(0)  # whatever threads of the contender are left


if __name__ == "__main__":
    main()
