"""The entry of a peer on another machine in a file of peers: `remote = {listen, token}`."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from harness.fields import Fields, Invalid

BRIDGE = Path(__file__).resolve().parent / "bridge.py"
#: Seconds in which a peer has to dial in: less than the time that a hello may take.
WITHIN = 15
KEYS: dict[str, Any] = {"listen": "", "token": {}, "address": "", "within": WITHIN}
#: Addresses at which one can listen and which nobody can connect to.
ANYWHERE = ("0.0.0.0", "::", "")


def command_of(given: dict[str, Any], folder: Path) -> tuple[tuple[str, ...], str]:
    """Return the command that stands in for the peer, and the address at which it reaches us.

    Raises `Invalid`. The token is not in it: whoever lists processes sees commands.
    """
    for key in given:
        if key not in KEYS:
            raise Invalid(f"'remote.{key}' is not known; known are {', '.join(KEYS)}")
    remote = Fields(KEYS | given, "remote.")
    listen, within = remote.text("listen"), remote.count("within")
    place = re.fullmatch(r"\[([0-9a-fA-F:]+)\]:(\d+)|([0-9.]*):(\d+)", listen)
    if place is None:
        raise Invalid("'remote.listen' has to read \"ADDRESS:PORT\", the address in numbers")
    host = place[1] or place[3]
    address = remote.text("address") or host
    if address in ANYWHERE:
        raise Invalid("'remote.address' has to name the address at which the peer reaches us,"
                      f" since {listen} does not")
    token = _token(remote.mapping("token"), folder)
    return (sys.executable, str(BRIDGE), listen, str(within), token), address


def _token(given: dict[str, Any], folder: Path) -> str:
    (kind, name), *more = given.items() or [("", "")]
    if more or kind not in ("env", "file") or not isinstance(name, str) or not name:
        raise Invalid("'remote.token' has to be {env = \"NAME\"} or {file = \"./PATH\"}")
    return f"env:{name}" if kind == "env" else f"file:{os.path.normpath(folder / name)}"
