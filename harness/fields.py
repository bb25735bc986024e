"""Typed reading of one JSON object: every key is asked for, and none is left over.

A key that nobody asked for comes from another version of the file, and to pass over it
would be to judge by half of what was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


class Invalid(Exception):
    """A JSON object is not what it should be; the message names the key and the reason."""


class Fields:
    """The keys of one object, taken one by one; `prefix` is put before them in messages."""

    def __init__(self, values: Mapping[str, Any], prefix: str = "") -> None:
        self._values = values
        self._prefix = prefix
        self._taken: set[str] = set()

    def __iter__(self) -> Iterator[str]:
        """The keys of the object, in its own order."""
        return iter(self._values)

    def text(self, key: str) -> str:
        """A string."""
        return self._typed(key, str, "a string")

    def optional_text(self, key: str) -> str | None:
        """A string or null."""
        return None if self._value(key) is None else self.text(key)

    def count(self, key: str) -> int:
        """A whole number that is not negative."""
        value: int = self._typed(key, int, "a whole number")
        if value < 0:
            raise self._invalid(key, "cannot be negative")
        return value

    def number(self, key: str) -> float:
        """A number, whole or not."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._invalid(key, "has to be a number")
        return float(value)

    def truth(self, key: str) -> bool:
        """True or false."""
        return self._typed(key, bool, "true or false")

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of strings."""
        return self._all(key, str, "strings")

    def optional_texts(self, key: str) -> tuple[str, ...] | None:
        """A list of strings or null."""
        return None if self._value(key) is None else self.texts(key)

    def mapping(self, key: str) -> dict[str, Any]:
        """An object."""
        return self._typed(key, dict, "an object")

    def inner(self, key: str) -> Fields:
        """An object whose own keys are taken one by one."""
        return Fields(self.mapping(key), f"{self._prefix}{key}.")

    def optional_mapping(self, key: str) -> dict[str, Any] | None:
        """An object or null."""
        return None if self._value(key) is None else self.mapping(key)

    def mappings(self, key: str) -> tuple[dict[str, Any], ...]:
        """A list of objects."""
        return self._all(key, dict, "objects")

    def exactly(self, key: str, wanted: str | int) -> None:
        """A value that can be only one."""
        value = self._value(key)
        if type(value) is not type(wanted) or value != wanted:
            raise self._invalid(key, f"has to be {wanted!r}, not {value!r}")

    def done(self) -> None:
        """Raise Invalid if a key was never asked for."""
        for key in self._values:
            if key not in self._taken:
                raise self._invalid(key, "is not known here")

    def _value(self, key: str) -> Any:
        self._taken.add(key)
        try:
            return self._values[key]
        except KeyError:
            raise self._invalid(key, "is missing") from None

    def _typed(self, key: str, kind: type[T], words: str) -> T:
        # Exactly this type: True is an int to isinstance, and no count.
        value = self._value(key)
        if type(value) is not kind:
            raise self._invalid(key, f"has to be {words}")
        return value

    def _all(self, key: str, kind: type[T], words: str) -> tuple[T, ...]:
        values: list[T] = self._typed(key, list, f"a list of {words}")
        if any(type(value) is not kind for value in values):
            raise self._invalid(key, f"has to be a list of {words}")
        return tuple(values)

    def _invalid(self, key: str, what: str) -> Invalid:
        return Invalid(f"'{self._prefix}{key}' {what}")
