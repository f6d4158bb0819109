"""Columns of a contract: types, key positions, partition fields, privacy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.custom_properties import custom
from data_platform.contracts.model import DEFAULT_CLASSIFICATION, Column, Masking, PartitionField

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.place import Place


def build_column(place: Place, *, streamed: bool) -> Column:
    """One column as the contract says it.

    Of a stream (`streamed`) raw holds a timestamp's text: Athena reads timestamps of plain files to the millisecond
    (docs.aws.amazon.com/athena/latest/ug/data-types.html), and sources have microseconds. A day needs none of them.
    """
    extra = custom(place).value
    written = extra.get("masking")
    masking = Masking(method=written["method"], when=written["when"]) if written else None
    source_type = extra.get("sourceType", place.value["physicalType"])
    return Column(
        name=place.value["name"],
        logical_type=place.value["logicalType"],
        physical_type=place.value["physicalType"],
        source_type=source_type,
        description=place.value["description"].strip(),
        required=place.read("required", default=False),
        unique=place.read("unique", default=False),
        primary_key_position=_position(place, "primaryKey", "primaryKeyPosition"),
        classification=place.read("classification", DEFAULT_CLASSIFICATION),
        pii=extra.get("pii", False),
        masking=masking,
        masked_name=_masked_name(place, masking),
        field_number=extra.get("fieldNumber"),
        instant=place.read("logicalTypeOptions", {}).get("timezone", False),
        text_in_raw=streamed and source_type == "timestamp" and place.value["physicalType"] != "date",
    )


def _masked_name(place: Place, masking: Masking | None) -> str | None:
    if masking and masking.when == "query":
        name: str = place.read("encryptedName", f"{place.value['name']}_masked")
        return name
    if "encryptedName" in place.value:
        place["encryptedName"].report(
            "names the masked column of one that is not masked when it is queried",
            mend="add customProperties masking {method, when: query}, or remove it",
        )
    return None


def primary_key(columns: Sequence[Column]) -> tuple[str, ...]:
    """The names of the key columns, in key order."""
    keyed = [column for column in columns if column.primary_key_position is not None]
    return tuple(column.name for column in sorted(keyed, key=lambda column: column.primary_key_position or 0))


def partition_spec(places: Sequence[Place]) -> tuple[PartitionField, ...]:
    """The Iceberg partition fields, in `partitionKeyPosition` order."""
    fields = []
    for place in places:
        position = _position(place, "partitioned", "partitionKeyPosition")
        transform = custom(place).value.get("partitionTransform")
        if position is not None:
            field = PartitionField(column=place.value["name"], transform=transform or "identity")
            fields.append((position, field))
        elif transform:
            place.report(
                f"has partitionTransform {transform!r} but is not partitioned",
                mend="add `partitioned: true` and `partitionKeyPosition`, or remove the transform",
            )
    return tuple(field for _, field in sorted(fields, key=lambda pair: pair[0]))


def check_positions(places: Sequence[Place], flag: str, position: str) -> None:
    """Report positions that are not 1, 2, 3 ... in some order."""
    flagged = [place for place in places if place.read(flag)]
    wanted = set(range(1, len(flagged) + 1))
    seen: set[int] = set()
    for place in flagged:
        number = _position(place, flag, position)
        if number not in wanted or number in seen:
            spot = place.get(position) or place
            spot.report(
                f"{position} is {number}",
                allowed=f"1 to {len(flagged)}, each once, over the columns with `{flag}: true`",
                mend="number the columns in order",
            )
        seen.add(number or 0)


def _position(place: Place, flag: str, position: str) -> int | None:
    if not place.read(flag):
        if position in place.value and place.value[position] != -1:  # -1 is ODCS for "none"
            place[position].report(f"stands without `{flag}: true`", mend=f"add `{flag}: true` or remove it")
        return None
    number: int = place.read(position, 1)
    return number
