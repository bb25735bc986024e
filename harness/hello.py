"""What a peer declares of itself before the run: its conformance statement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness import schemas


@dataclass(frozen=True)
class Hello:
    """A peer's answer to `hello`; `body` keeps to the protocol's schema.

    `flavour` is the one that is asked about: some features may be those of one flavour only.
    """

    body: Mapping[str, Any]
    flavour: str

    @property
    def flavours(self) -> list[str]:
        """The flavours that the implementation has on this system."""
        return list(self.body["flavours"])

    @property
    def features(self) -> frozenset[str]:
        """The declared features, and the declared kinds as `kind:text`, `kind:bytes`."""
        own = self.body.get("flavour_features", {}).get(self.flavour, ())
        kinds = (f"kind:{kind}" for kind in self.body["kinds"])
        return frozenset((*self.body["features"], *own, *kinds))

    @property
    def implementation(self) -> str:
        """Name and version of the implementation, for people."""
        about = self.body["implementation"]
        return f"{about['name']} {about['version']}"


@cache
def vocabulary() -> frozenset[str]:
    """Every word that `Hello.features` may hold, from the protocol's schema."""
    schema = json.loads((schemas.FOLDER / "hello.json").read_text("utf-8"))
    body = schema["$defs"]["answer"]["properties"]["ok"]["properties"]
    kinds = {f"kind:{kind}" for kind in body["kinds"]["items"]["enum"]}
    return frozenset(schema["$defs"]["features"]["items"]["enum"]) | kinds
