"""The consumer roles of a contract: who reads which zones, columns and rows, and who approves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.custom_properties import custom
from data_platform.contracts.model import CLASSIFICATIONS, Grant

if TYPE_CHECKING:
    from data_platform.contracts.place import Place

_SEEN = ("public", "internal")  # what a role sees that says nothing about it


def build_grants(root: Place) -> tuple[Grant, ...]:
    """The consumer roles; a role that stands twice is reported."""
    grants: dict[str, Grant] = {}
    for place in root.each("roles"):
        role = place.value["role"]
        if role in grants:
            place.report(f"role {role!r} stands twice", mend="merge the two")
        grants[role] = _grant(place)
    return tuple(grants.values())


def _grant(place: Place) -> Grant:
    approvers = [place.read("firstLevelApprovers"), place.read("secondLevelApprovers", "")]
    extra = custom(place).value
    seen = extra.get("classifications", _SEEN)
    return Grant(
        role=place.value["role"],
        access=place.value["access"],
        zones=tuple(extra["zones"]),
        approvers=tuple(name.strip() for text in approvers for name in text.split(",") if name.strip()),
        classifications=tuple(one for one in CLASSIFICATIONS if one in seen),
        row_filter=extra.get("rowFilter"),
    )
