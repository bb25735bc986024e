"""Let tox see every interpreter that pyenv has, whatever `pyenv global` says.

tox reads this file by itself, before it looks for interpreters. The folders go to the end of PATH,
so that nothing which the user put there is shadowed; tox steps over the shims of versions that are
not active and comes to these.
"""

import glob
import os


def pyenv_folders():
    """The bin folder of each version that pyenv has installed, less those that are on PATH."""
    root = os.environ.get("PYENV_ROOT") or os.path.join(os.path.expanduser("~"), ".pyenv")
    known = os.environ["PATH"].split(os.pathsep)
    found = sorted(glob.glob(os.path.join(root, "versions", "*", "bin")))
    return [folder for folder in found if folder not in known]


os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], *pyenv_folders()])
