"""The consumer roles of a contract: who reads which zones, columns and rows, and who approves it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.custom_properties import custom, custom_place
from data_platform.contracts.model import CLASSIFICATIONS, Grant
from data_platform.contracts.row_filter import RowFilterError, checked_row_filter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Column, PartitionField
    from data_platform.contracts.place import Place

_SEEN = ("public", "internal")  # what a role sees that says nothing about it


def build_grants(
    root: Place, columns: Sequence[Column], partitions: Sequence[PartitionField]
) -> tuple[Grant, ...]:
    """The consumer roles; a role that stands twice is reported, and a row filter that cannot be kept."""
    grants: dict[str, Grant] = {}
    for place in root.each("roles"):
        role = place.value["role"]
        if role in grants:
            place.report(f"role {role!r} stands twice", mend="merge the two")
        grants[role] = _grant(place, columns, [field.column for field in partitions])
    return tuple(grants.values())


def _grant(place: Place, columns: Sequence[Column], partitions: Sequence[str]) -> Grant:
    approvers = [place.read("firstLevelApprovers"), place.read("secondLevelApprovers", "")]
    extra = custom(place).value
    seen = extra.get("classifications", _SEEN)
    return Grant(
        role=place.value["role"],
        access=place.value["access"],
        zones=tuple(extra["zones"]),
        approvers=tuple(name.strip() for text in approvers for name in text.split(",") if name.strip()),
        classifications=tuple(one for one in CLASSIFICATIONS if one in seen),
        row_filter=_row_filter(place, columns, partitions),
    )


def _row_filter(place: Place, columns: Sequence[Column], partitions: Sequence[str]) -> str | None:
    extra = custom(place).value
    if "rowFilter" not in extra:
        return None
    if "raw" in extra["zones"]:
        custom_place(place, "zones").report(
            "raw files have no types yet, by which rows could be filtered",
            allowed="staged, curated for a role with a rowFilter",
            mend="remove raw, or the rowFilter",
        )
    try:
        return checked_row_filter(extra["rowFilter"], columns, partitions)
    except RowFilterError as error:
        custom_place(place, "rowFilter").report(error.what, allowed=error.allowed, mend=error.mend)
        return None
