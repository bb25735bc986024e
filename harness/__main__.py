"""`python -m harness`: the command line.

This file alone is for any Python, so that a wrong one is told what is wrong with it.
"""

import sys

#: The exit code of what could not be judged.
INCOMPLETE = 3


def main():  # type: () -> int
    """Run the command line, or say in one line why this Python cannot."""
    if sys.version_info < (3, 10):
        return stop("needs Python 3.10 or later, and this is %d.%d; it finds the others by itself"
                    % sys.version_info[:2])
    try:
        from harness.cli import main as verbs
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "harness":
            raise
        return stop("%s is missing: python -m pip install -r harness/requirements.txt, or let "
                    "python -m tox run -e matrix see to it" % error.name)
    except KeyboardInterrupt:
        return stop("interrupted")
    verbs()
    return 0


def stop(why):  # type: (str) -> int
    """Say why nothing was done."""
    sys.stderr.write("harness: %s\n" % why)
    return INCOMPLETE


if __name__ == "__main__":
    sys.exit(main())
