"""The examples of the README run as they stand there, on every interpreter and flavour."""

from __future__ import absolute_import, division, print_function

import doctest
import io
import os
import re
import socket

import pytest

import stockings

README = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "README.md")

#: What a fenced block of an interactive session holds.
SESSION = re.compile(u"^```pycon\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def sessions():
    """Return all sessions of the README as one text, for each builds on those before it."""
    with io.open(README, encoding="utf-8") as readme:
        found = SESSION.findall(readme.read())
    return str(u"".join(found))


@pytest.mark.skipif(not hasattr(socket, "socketpair"), reason="no socket.socketpair here")
def test_the_examples_of_the_readme(monkeypatch):
    """Each prompt gives what stands below it; the flavour under test takes the best one's place."""
    flavour = os.environ.get("STOCKINGS_FLAVOUR")
    if flavour is not None:
        chosen = getattr(stockings, flavour.capitalize() + "Stocking")
        monkeypatch.setattr(stockings, "Stocking", chosen)
    test = doctest.DocTestParser().get_doctest(sessions(), {}, "README.md", README, 0)
    said = []
    results = doctest.DocTestRunner().run(test, out=said.append)
    assert results.attempted > 10, "the README has lost its examples"
    assert results.failed == 0, "".join(said)
