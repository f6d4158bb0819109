"""The columns of a dataset's tables, zone by zone, as the catalogue creates them and the SQL fills them.

raw is what the source delivered. `<dataset>_candidate` holds one run's verdict on each raw row,
`<dataset>_quarantine` the rows that failed and `<dataset>` in staged those that passed, so that
raw = staged + quarantined, always. curated is the current state.

Of a stream raw holds every record that came, staged and curated the current state, and `<dataset>_deleted` the keys
that the source deleted, so that a change from before its row's end brings nothing back. `<dataset>_<window>` in curated
holds the figures of events by windows of time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts.masking import masked_type
from data_platform.contracts.model import PartitionField
from data_platform.contracts.table_kinds import is_window
from data_platform.contracts.types import hive_type, normal, raw_type
from data_platform.contracts.windows import LATE_ROWS, WINDOW_START, measure_type

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset
    from data_platform.contracts.windows import Window

INGEST_DATE = "_ingest_date"
RUN_ID = "_run_id"
ROWS, LATEST = "_rows", "_latest"  # of a window: rows in its figures, and the latest moment among them


@dataclass(frozen=True, kw_only=True)
class TableColumn:
    """A column of a physical table: its name, its type as Athena spells it, and whether it may be empty."""

    name: str
    type: str
    required: bool = False


RAW_PARTITION = TableColumn(name="ingest_date", type="string")  # what a crawler calls it too
# What DMS writes beside a changed row: insert, update or delete; when it was committed; its place among all changes.
CHANGE_COLUMNS = tuple(
    TableColumn(name=name, type="string") for name in ("op", "dms_changed_at", "dms_change")
)
# What the loader of a stream writes beside a row: what happened, its place in the source's log, when it was committed,
# and which record brought it.
STREAM_COLUMNS = (
    TableColumn(name="_operation", type="string", required=True),
    TableColumn(name="_position", type="string", required=True),
    TableColumn(name="_committed_at", type="timestamp"),
    TableColumn(name="_topic", type="string", required=True),
    TableColumn(name="_partition", type="int", required=True),
    TableColumn(name="_offset", type="bigint", required=True),
    TableColumn(name="_schema_version", type="string"),
)
_POSITION, _COMMITTED_AT = STREAM_COLUMNS[1:3]
_INGEST_DATE = TableColumn(name=INGEST_DATE, type="date", required=True)
_RUN_ID = TableColumn(name=RUN_ID, type="string", required=True)
_VERDICT = tuple(TableColumn(name=name, type="string") for name in ("_rule", "_column", "_value", "_rules"))
_QUARANTINED_AT = TableColumn(name="_quarantined_at", type="timestamp", required=True)


def raw_columns(dataset: Dataset) -> tuple[TableColumn, ...]:
    """The columns of the files, without the partition key `RAW_PARTITION`."""
    return tuple(
        TableColumn(name=column.name, type=hive_type(raw_type(column))) for column in dataset.columns
    )


def landed_columns(dataset: Dataset) -> tuple[TableColumn, ...]:
    """The columns of the files as they lie in raw: those of the contract, and of changes what they are and when."""
    if dataset.stream is not None:
        return (*raw_columns(dataset), *STREAM_COLUMNS)
    return (*raw_columns(dataset), *(CHANGE_COLUMNS if dataset.source.read == "changes" else ()))


def candidate_columns(dataset: Dataset) -> tuple[TableColumn, ...]:
    """The raw columns and the verdict: `_rule`, `_column`, `_value` of the first broken rule; `_rules`."""
    return (*raw_columns(dataset), _INGEST_DATE, _RUN_ID, *_VERDICT)


def quarantine_columns(dataset: Dataset) -> tuple[TableColumn, ...]:
    """The candidate's columns and when the row was set aside."""
    return (*candidate_columns(dataset), _QUARANTINED_AT)


def typed_columns(dataset: Dataset) -> tuple[TableColumn, ...]:
    """The contract's columns in their physical types; what the gate ensures is marked required."""
    return tuple(
        TableColumn(
            name=column.name,
            type=normal(column.physical_type),
            required=column.required or column.name in dataset.primary_key,
        )
        for column in dataset.columns
    )


def staged_columns(dataset: Dataset) -> tuple[TableColumn, ...]:
    """The typed columns, the day that delivered the row and the run that loaded it; its place in a stream's log."""
    place = (_POSITION, _COMMITTED_AT) if dataset.stream is not None else ()
    return (*typed_columns(dataset), *place, _INGEST_DATE, _RUN_ID)


def deleted_columns(dataset: Dataset) -> tuple[TableColumn, ...]:
    """The key of a row that the source deleted, and where in its log, and when, it did."""
    key = tuple(column for column in typed_columns(dataset) if column.name in dataset.primary_key)
    return (*key, _POSITION, _COMMITTED_AT)


def curated_columns(dataset: Dataset) -> tuple[TableColumn, ...]:
    """The typed columns, the masked ones beside them, and the day that delivered the row's current version."""
    return (*typed_columns(dataset), *_masked_siblings(dataset), _INGEST_DATE)


def window_columns(dataset: Dataset, window: Window) -> tuple[TableColumn, ...]:
    """Where the window starts, what its rows are told apart by, its figures, and how many rows came too late."""
    by = tuple(column for name in window.by for column in typed_columns(dataset) if column.name == name)
    figures = tuple(
        TableColumn(
            name=each.name,
            type=measure_type(each, dataset.column(each.column) if each.column else None),
            required=each.function == "count",
        )
        for each in window.measures
    )
    return (
        TableColumn(name=WINDOW_START, type="timestamp", required=True),
        *by,
        *figures,
        TableColumn(name=LATE_ROWS, type="bigint", required=True),
        TableColumn(name=ROWS, type="bigint", required=True),
        TableColumn(name=LATEST, type="timestamp"),
        _RUN_ID,
    )


def _masked_siblings(dataset: Dataset) -> tuple[TableColumn, ...]:
    return tuple(
        TableColumn(name=column.masked_name, type=masked_type(column))
        for column in dataset.columns
        if column.masked_name
    )


def partition_fields(dataset: Dataset, table: str) -> tuple[PartitionField, ...]:
    """The Iceberg partition spec of a table.

    All but curated are led by the ingest date: a run replaces one day and touches that day's files only. The state of a
    stream is no day's: it is laid out as the contract says.
    """
    if table == "deleted":
        return ()
    if is_window(table):
        return (PartitionField(column=WINDOW_START, transform="day"),)
    if dataset.stream is not None:
        return dataset.partition_spec
    day = PartitionField(column=INGEST_DATE, transform="identity")
    if table in ("candidate", "quarantine"):
        return (day,)
    if table == "curated":
        return dataset.partition_spec
    return (day, *(field for field in dataset.partition_spec if field != day))
