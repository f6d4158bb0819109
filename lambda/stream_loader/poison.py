"""Why a record cannot be loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ERROR_CLASSES = (
    "BadMagic",
    "UnknownSchema",
    "TruncatedValue",
    "UndecodableValue",
    "MissingKey",
    "MissingPosition",
    "SchemaMismatch",
    "RuleViolation",
    "RecordTooLarge",
    "UnavailableValue",
)


class Poison(Exception):
    """A record that becomes a dead letter.

    Args:
        error_class: One of `ERROR_CLASSES`.
        reason: What is wrong and how to mend it; never a value of the record, which may be personal.
        column: The column that it is about, if it is one.
    """

    def __init__(self, error_class: str, reason: str, column: str = "") -> None:
        super().__init__(reason)
        self.error_class, self.reason, self.column = error_class, reason, column
        self.schema_version = ""


class Poisons:
    """The poison of a batch by place; the first that is found of a record stays."""

    def __init__(self) -> None:
        self.by_place: dict[int, Poison] = {}

    def add(self, place: int, poison: Poison) -> None:
        """A record is poison."""
        self.by_place.setdefault(place, poison)

    def add_all(self, places: Iterable[int], poison: Poison) -> None:
        """Several records are poison for one reason."""
        for place in places:
            self.by_place.setdefault(place, poison)
