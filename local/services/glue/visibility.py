"""What of a table's metadata a caller sees: only the columns that Lake Formation lets it SELECT.

AWS answers GetTable and its relatives so. Where it is not documented what a caller with a row filter is told (the
values of partitions, column statistics), it is refused here: both can hold what the filter hides.
"""

from __future__ import annotations

from typing import Any

from local.services import lakeformation
from local.services.refusal import Refusal

Entry = dict[str, Any]


def as_seen(table: Entry, *, caller: str) -> Entry:
    """A table (or an earlier version of one) with the columns that the caller sees."""
    shown = lakeformation.described_columns(caller, table["DatabaseName"], table["Name"])
    if shown is None:
        return table
    changed = _with_columns(table, shown)
    if table.get("PartitionKeys"):
        changed["PartitionKeys"] = _kept(table["PartitionKeys"], shown)
    return changed


def partition_as_seen(partition: Entry, *, caller: str) -> Entry:
    """A partition with the columns that the caller sees."""
    shown = lakeformation.described_columns(caller, partition["DatabaseName"], partition["TableName"])
    return partition if shown is None else _with_columns(partition, shown)


def require_partitions(table: Entry, *, caller: str) -> None:
    """Refuses the partitions of a table to whom they would tell hidden rows, or values of a hidden column.

    Raises:
        Refusal: AccessDeniedException.
    """
    selection = lakeformation.selection_for(caller, table["DatabaseName"], table["Name"])
    if selection is None or not selection.columns:
        return
    keys = {key["Name"].lower() for key in table.get("PartitionKeys") or []}
    if selection.is_filtered or not keys <= set(selection.columns):
        raise _refused(table, "its partitions")


def require_statistics(table: Entry, columns: list[str], *, caller: str) -> None:
    """Refuses column statistics, which hold values, to whoever may not SELECT all of those columns.

    Raises:
        Refusal: AccessDeniedException.
    """
    selection = lakeformation.selection_for(caller, table["DatabaseName"], table["Name"])
    if selection is None:
        return
    if selection.is_filtered or not {name.lower() for name in columns} <= set(selection.columns):
        raise _refused(table, "the statistics of its columns")


def require_unfiltered(table: Entry, what: str, *, caller: str) -> None:
    """Refuses whatever cannot be told in part to a caller who sees some columns or rows only.

    Raises:
        Refusal: AccessDeniedException.
    """
    selection = lakeformation.selection_for(caller, table["DatabaseName"], table["Name"])
    if selection is not None and selection.columns:
        raise _refused(table, what)


def _refused(table: Entry, what: str) -> Refusal:
    name = table["Name"]
    return Refusal(
        "AccessDeniedException",
        f"Insufficient Lake Formation permission(s): Required Select on {name} (all columns and rows, for {what})",
    )


def _with_columns(entry: Entry, shown: frozenset[str]) -> Entry:
    descriptor = entry.get("StorageDescriptor") or {}
    if "Columns" not in descriptor:
        return dict(entry)
    return {**entry, "StorageDescriptor": {**descriptor, "Columns": _kept(descriptor["Columns"], shown)}}


def _kept(columns: list[Entry], shown: frozenset[str]) -> list[Entry]:
    return [column for column in columns if column["Name"].lower() in shown]
