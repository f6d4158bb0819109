"""The numbers of columns in Protobuf messages: written once in the contract, never moved, never given away again.

Bytes carry numbers, not names. A number that followed from a column's place would change when another column comes
or goes, and every record from before would be read as something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.contracts.custom_properties import custom_place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.place import Place


def check_field_numbers(root: Place, places: Sequence[Place], dataset: Dataset) -> None:
    """Report numbers that are missing, taken twice, reserved, or of no use.

    Args:
        root: The contract.
        places: Its columns.
        dataset: What was read from it.
    """
    stream = dataset.stream
    if stream is None or stream.format != "protobuf":
        _report_idle(root, places, dataset)
        return
    stream_place = custom_place(root, "stream")
    if dataset.source.method == "cdc":
        (stream_place.get("format") or stream_place).report(
            "the connector of a database writes Avro", allowed="avro", mend="write `format: avro`"
        )
    reserved = {one.number: one.name for one in stream.reserved}
    names = {column.name for column in dataset.columns}
    if len(reserved) != len(stream.reserved) or len(set(reserved.values())) != len(stream.reserved):
        stream_place["reserved"].report("a number or a name is reserved twice", mend="keep one of them")
    for name in sorted(names.intersection(reserved.values())):
        stream_place["reserved"].report(
            f"{name!r} is reserved as gone, and there is such a column",
            mend="give the column another name",
        )
    _check_columns(places, dataset, reserved)


def _check_columns(places: Sequence[Place], dataset: Dataset, reserved: dict[int, str]) -> None:
    taken: dict[int, str] = {}
    free = 1 + max((column.field_number or 0 for column in dataset.columns), default=0)
    free = max(free, *(number + 1 for number in reserved), 1)
    for place, column in zip(places, dataset.columns, strict=True):
        number = column.field_number
        if number is None:
            place.report(
                "has no fieldNumber, by which Protobuf finds it in bytes",
                mend=f"add customProperties fieldNumber {free}, which was never used",
            )
            free += 1
        elif number in reserved:
            custom_place(place, "fieldNumber").report(
                f"{number} was the number of {reserved[number]!r}, and old records still say so",
                mend=f"write {free}",
            )
        elif number in taken:
            custom_place(place, "fieldNumber").report(
                f"{number} is already the number of {taken[number]}", mend=f"write {free}"
            )
        taken.setdefault(number or 0, column.name)


def _report_idle(root: Place, places: Sequence[Place], dataset: Dataset) -> None:
    for place, column in zip(places, dataset.columns, strict=True):
        if column.field_number is not None:
            custom_place(place, "fieldNumber").report(
                "numbers are of Protobuf streams alone",
                mend="remove it, or write `format: protobuf` in stream",
            )
    if dataset.stream is not None and dataset.stream.reserved:
        custom_place(root, "stream")["reserved"].report(
            "numbers are reserved in Protobuf alone", mend="remove it, or write `format: protobuf`"
        )
