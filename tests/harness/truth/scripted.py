"""An adapter that says hello and cannot open a connection, in the way that its argument names."""

from __future__ import annotations

import json
import sys
from typing import Any

#: What comes in the place of an answer to `open`.
OPEN: dict[str, dict[str, Any]] = {
    "declines": {"ok": {}},  # it is never asked, since it declares nothing
    "faults": {"fault": {"message": "out of sockets"}},
    "unsupported": {"unsupported": "open"},
    "incomplete": {"ok": {}},
}

HELLO = {
    "protocol": 1,
    "implementation": {"name": "scripted", "version": "1", "language": "Python"},
    "runtime": "Python", "platform": sys.platform, "pid": 1,
    "flavours": ["default"], "kinds": ["bytes", "text"], "largest": None, "features": [],
}


def main(manner: str) -> None:
    """Answer line by line until stdin ends."""
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any] = {"ok": {"connections": [], "listeners": [], "threads": 0}}
        if request["do"] == "hello":
            answer = {"ok": HELLO}
        elif request["do"] == "open":
            if manner == "garbage":
                print("Segmentation fault (not really)", flush=True)
                continue
            answer = OPEN[manner]
        elif request["do"] == "bye":
            answer = {"ok": {}}
        print(json.dumps({"id": request["id"], **answer}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
