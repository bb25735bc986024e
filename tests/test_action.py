"""The script of the composite action: what it asks of the harness, and what it tells the job."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "tools" / "judge_in_action.sh"

#: Stands for Python: makes an environment that is itself, and is a harness that says what it got.
STAND_IN = """#!/bin/sh
case "$2" in
    venv) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    pip) ;;
    harness) printf '%s\\n' "the verdicts" "$PWD" "$@" | tee "$RUNNER_TEMP/asked"; exit "$CODE" ;;
esac
"""

pytestmark = pytest.mark.skipif(
    os.name != "posix" or shutil.which("bash") is None, reason="the script takes a POSIX system"
)


@pytest.mark.parametrize(("code", "conforms"), [(0, "true"), (1, "false"), (3, "false")])
def test_the_action_says_whether_it_conforms(code: int, conforms: str, tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.write_text(STAND_IN, encoding="utf-8")
    python.chmod(0o755)
    names = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    environment = {
        **os.environ, **names, "RUNNER_TEMP": str(tmp_path), "PYTHON": str(python),
        "CHECKOUT": str(ROOT), "PEERS": "tests/mine.toml", "PEER": "mine*",
        "KNOWN_FAILING": "known.txt", "CODE": str(code),
    }
    done = subprocess.run(
        ["bash", str(SCRIPT)], env=environment, cwd=tmp_path, timeout=60, check=False
    )
    assert done.returncode == code
    results = str(tmp_path / "stockings.jsonl")
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked == [
        "the verdicts", str(ROOT), "-m", "harness", "run",
        "--peers", str(tmp_path / "tests/mine.toml"), "--peer", "mine*", "--with", "reference@*",
        "--results", results, "--known-failing", str(tmp_path / "known.txt"),
    ]
    told = Path(names["GITHUB_OUTPUT"]).read_text(encoding="utf-8").splitlines()
    assert told == [f"conforms={conforms}", f"report={results}"]
    assert "the verdicts" in Path(names["GITHUB_STEP_SUMMARY"]).read_text(encoding="utf-8")
