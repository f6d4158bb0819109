"""customProperties: ODCS writes them as a list of {property, value}; here they become mappings again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from data_platform.contracts.place import Place, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.errors import Finding
    from data_platform.contracts.source_map import Document, Steps


@dataclass(frozen=True, kw_only=True)
class Level:
    """The customProperties of one element. `origins` says where the value of each stands."""

    definition: str
    steps: Steps
    values: dict[str, Any]
    origins: dict[str, Steps]


def custom(place: Place) -> Place:
    """The customProperties of an element as a mapping, at the element's own place."""
    values = {item["property"]: item["value"] for item in place.read("customProperties") or []}
    return Place(document=place.document, steps=place.steps, value=values, findings=place.findings)


def custom_place(place: Place, name: str) -> Place:
    """Where a custom property's value stands (the element itself when it is not written)."""
    for item in place.each("customProperties"):
        if item.value["property"] == name:
            return item["value"]
    return place


def fold_levels(document: Document, found: list[Finding]) -> Iterator[Level]:
    """Every element that may have customProperties; a property that stands twice goes to `found`."""
    value = document.value
    yield _fold(document, "Contract", (), value, found)
    for index, role in enumerate(value["roles"]):
        yield _fold(document, "Role", ("roles", index), role, found)
    dataset = value["schema"][0]
    yield from _fold_rules(document, ("schema", 0), dataset, found)
    for index, column in enumerate(dataset["properties"]):
        steps: Steps = ("schema", 0, "properties", index)
        yield _fold(document, "Column", steps, column, found)
        yield from _fold_rules(document, steps, column, found)


def _fold_rules(document: Document, steps: Steps, element: Any, found: list[Finding]) -> Iterator[Level]:
    for key, definition in (("quality", "Quality"), ("relationships", "Relationship")):
        for index, rule in enumerate(element.get(key) or []):
            yield _fold(document, definition, (*steps, key, index), rule, found)


def _fold(document: Document, definition: str, steps: Steps, element: Any, found: list[Finding]) -> Level:
    values: dict[str, Any] = {}
    origins: dict[str, Steps] = {}
    for index, item in enumerate(element.get("customProperties") or []):
        name = item["property"]
        here = (*steps, "customProperties", index)
        if name in values:
            found.append(finding(document, here, f"{name!r} stands here twice", mend="keep one of them"))
        values[name] = item["value"]
        origins[name] = (*here, "value")
    return Level(definition=definition, steps=(*steps, "customProperties"), values=values, origins=origins)
