"""The package as a whole: names, source rules, examples."""
from __future__ import absolute_import, division, print_function

import compileall
import doctest
import os
import shutil
import subprocess
import sys
import threading

import pytest

import Stockings
import stockings
import stockings.wire
from stockings import _stocking

HERE = os.path.dirname(os.path.abspath(stockings.__file__))
SOURCES = sorted(os.path.join(HERE, name) for name in os.listdir(HERE) if name.endswith(".py"))
FUTURE = "from __future__ import absolute_import, division, print_function"


def read(path):
    """Return a source file's text."""
    with open(path) as stream:
        return stream.read()


def test_stockings_hands_on_the_same_names():
    """The old name gives the same objects."""
    assert Stockings.__all__ == stockings.__all__ and Stockings.__version__ == "2.0.0"
    for name in stockings.__all__:
        assert getattr(Stockings, name) is getattr(stockings, name)
    for name in ("Stocking", "SelectStocking", "NotReady", "StockingClosed"):
        assert name in stockings.__all__


def test_star_import_gives_the_public_names():
    """And nothing else."""
    names = {}
    exec("from Stockings import *", names)
    assert set(names) - {"__builtins__"} == set(stockings.__all__)


def test_the_package_under_the_old_name_gives_the_same_objects():
    """With PYTHONCASEOK, Windows and macOS find the folder stockings for `import Stockings`.

    The package is then run a second time under that name, in the place of Stockings.py.
    """
    names = {"__name__": "Stockings", "__package__": "Stockings", "__path__": [HERE]}
    exec(compile(read(os.path.join(HERE, "__init__.py")), "__init__.py", "exec"), names)
    for name in stockings.__all__:
        assert names[name] is getattr(stockings, name), name


@pytest.mark.skipif(os.name != "nt", reason="looks at the case of names whatever PYTHONCASEOK says")
@pytest.mark.parametrize("caseOk", ["", "1"])
def test_both_names_where_the_system_knows_no_case(caseOk):
    """Stockings.py beside stockings/, on a disk that takes them for one name."""
    program = ("import Stockings, stockings; "
               "assert Stockings.SelectStocking is stockings.SelectStocking; print('same')")
    path = os.pathsep.join([os.path.dirname(HERE)] + sys.path)
    environment = dict(os.environ, PYTHONCASEOK=caseOk, PYTHONPATH=path)
    if not caseOk:
        del environment["PYTHONCASEOK"]
    said = subprocess.check_output([sys.executable, "-c", program], env=environment)
    assert said.split() == [b"same"]


@pytest.mark.parametrize("path", SOURCES, ids=os.path.basename)
def test_source_rules(path):
    """The same future imports everywhere; versions are told apart in one file only."""
    source = read(path)
    code = source[source.index('"""', 3) + 3:].lstrip() if source.startswith('"""') else source
    assert code.startswith(FUTURE)
    if os.path.basename(path) != "_compat.py":
        assert "PY2" not in source and "version_info" not in source
    assert "time.sleep" not in source and "\t" not in source
    assert len(source.splitlines()) <= 300
    assert max(len(line) for line in source.splitlines()) <= 100


def test_all_files_compile(tmpdir):
    """On the version that runs this."""
    copy = str(tmpdir.join("stockings"))
    shutil.copytree(HERE, copy, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    assert compileall.compile_dir(copy, quiet=1)


def test_public_members_have_docstrings():
    """Of every class and function that programs use."""
    for cls in (stockings.Stocking, stockings.SelectStocking, stockings.wire.Decoder):
        for base in cls.__mro__[:-1]:
            for name, member in vars(base).items():
                if not name.startswith("_") and (callable(member) or isinstance(member, property)):
                    assert member.__doc__, (base, name)
    for name in stockings.__all__:
        assert getattr(stockings, name).__doc__, name


@pytest.mark.parametrize("module", [stockings, stockings.wire, _stocking],
                         ids=lambda module: module.__name__)
def test_examples_in_docstrings(module):
    """The documented examples run on every version."""
    failed, tried = doctest.testmod(module)
    assert failed == 0 and tried > 0


def test_import_starts_nothing():
    """No thread until there is a Stocking."""
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("stockings")]
