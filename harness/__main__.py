"""`python -m harness`: the command line.

This file alone is for any Python, so that a wrong one is told what is wrong with it.
"""

import sys

#: The exit code of what could not be judged.
INCOMPLETE = 3


def main():  # type: () -> None
    """Run the command line, or say in one line why this Python cannot."""
    if sys.version_info < (3, 10):
        stop("needs Python 3.10 or later, and this is %d.%d; it finds the others by itself"
             % sys.version_info[:2])
    try:
        from harness.cli import main as verbs
        verbs()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "harness":
            raise
        stop("%s is missing: python -m pip install -r harness/requirements.txt, or let "
             "python -m tox run -e matrix see to it" % error.name)
    except KeyboardInterrupt:
        stop("interrupted")


def stop(why):  # type: (str) -> None
    """Say why nothing was done, and end."""
    sys.stderr.write("harness: %s\n" % why)
    sys.exit(INCOMPLETE)


if __name__ == "__main__":
    main()
