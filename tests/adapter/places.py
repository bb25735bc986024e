"""Where the adapter and the fake libraries are, and the type of a fixture."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from harness.smoke.channel import Channel

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
FAKES = HERE / "fakes"
ADAPTER = ROOT / "harness" / "adapters" / "python_adapter.py"

#: By what time limits are multiplied where none has to run out: the machine may be busy.
PATIENCE = 4.0

#: Starts the adapter with arguments.
Start = Callable[..., Channel]


def environment(*folders: Path) -> dict[str, str]:
    """What an adapter finds its modules by."""
    path = os.pathsep.join(map(str, folders))
    return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}
