"""smoke passes a right adapter, and fails each wrong one for its own reason."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest
from places import ADAPTER, FAKES, HERE, PATIENCE, ROOT, environment

from harness import smoke as package
from harness.smoke import SmokeResult, smoke

ENVIRONMENT = environment(ROOT, FAKES, ADAPTER.parent)
sys.path.insert(0, str(ADAPTER.parent))
import brokenadapter  # noqa: E402 - it imports the adapter, which is in no package

#: What fails after a time limit fails soon with the first of these factors. Where a busy machine
#: makes other checks fail as well, those of the mistake are what is left with the second.
HURRY = 0.3


def failed(results: list[SmokeResult]) -> dict[str, str]:
    """The checks that failed, and what they say."""
    return {each.name: each.message for each in results if not each.ok}


@pytest.mark.parametrize(
    "path", ["stockings:Stocking", "fakestockings:Full", "fakestockings:Bare",
             "fakestockings:Noisy"])
def test_a_right_adapter_passes(python: list[str], path: str) -> None:
    """Every check, at both levels, with our library and with lesser ones."""
    command = [*python, str(ADAPTER), "--class", f"poll={path}"]
    results = smoke(command, ENVIRONMENT, "poll", PATIENCE, [*command, "--mirror"])
    assert not failed(results)
    assert len(results) >= 60
    assert len({each.name for each in results}) == len(results)


@pytest.mark.parametrize("name", sorted(brokenadapter.MISTAKES))
def test_a_wrong_adapter_fails_for_its_own_reason(name: str) -> None:
    """Exactly the checks fail that the mistake is about, and nothing is left running."""
    wrong = brokenadapter.checks(name)
    command = [sys.executable, str(HERE / "brokenadapter.py"), name,
               "--class", "poll=fakestockings:Full"]
    about_mirrors = any(check.startswith("mirror") for check in wrong)
    for patience in (HURRY, PATIENCE):
        results = (
            smoke(None, ENVIRONMENT, "poll", patience, [*command, "--mirror"]) if about_mirrors
            else smoke(command, ENVIRONMENT, "poll", patience)
        )
        if set(failed(results)) == wrong:
            break
    assert wrong
    assert set(failed(results)) == wrong
    assert all(len(message) > 20 for message in failed(results).values())
    assert not [each.cmdline() for each in psutil.Process().children(recursive=True)
                if each.status() != psutil.STATUS_ZOMBIE]


def test_every_check_can_fail() -> None:
    """There is a mistake for each check."""
    all_checks = {
        check.__name__.replace("_", "-")
        for check in (*package.lines.GREETING, *package.CHECKS, *package.MIRROR_CHECKS)
    }
    assert set().union(*map(brokenadapter.checks, brokenadapter.MISTAKES)) == all_checks


def test_a_command_that_does_not_exist(tmp_path: Path) -> None:
    """One result that says so."""
    (result,) = smoke([str(tmp_path / "nothing")], {}, "poll", 1.0)
    assert (result.name, result.ok) == ("starts", False)
    assert "cannot be started" in result.message


def test_a_command_that_is_no_adapter() -> None:
    """What it printed is shown, and the exit code, and what it had to complain about."""
    script = "import sys; print('hi there'); sys.exit('no arguments')"
    (result,) = smoke([sys.executable, "-c", script], {}, "poll", 1.0)
    assert (result.name, result.ok) == ("starts", False)
    assert "exit code 1" in result.message
    assert "no arguments" in result.message
    assert "hi there" in result.message


def test_a_mirror_that_is_described_as_a_driver() -> None:
    """It ends at once, and the way out is named."""
    script = "import sys; sys.exit(89 if '--mirror' not in sys.argv else 0)"
    results = smoke([sys.executable, "-c", script], {}, "poll", 1.0)
    (message,) = [each.message for each in results if each.name == "starts"]
    assert message.endswith("its entry in the file of peers needs: level = 0")
