"""SQL that ends what a contract no longer keeps: rows of Iceberg tables, then the files that held them.

S3 may not delete data files of an Iceberg table by age, since an old file may be a live part of today's table. So the
rows go by DELETE, OPTIMIZE rewrites the files that still hold them, and VACUUM lets go of the snapshots in which they
could still be read (five days, Athena's default); S3 then removes the noncurrent versions.
Source: docs.aws.amazon.com/athena/latest/ug/querying-iceberg-data-optimization.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from data_platform.contracts.sql_text import quoted, relation
from data_platform.contracts.table_kinds import is_window, kinds_of, table_name, zone_of
from data_platform.contracts.tables import INGEST_DATE
from data_platform.contracts.windows import WINDOW_START

if TYPE_CHECKING:
    from collections.abc import Iterable

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming

# Athena's default of vacuum_max_snapshot_age_seconds.
SNAPSHOT_DAYS = 5


@dataclass(frozen=True, kw_only=True)
class TableEnd:
    """The end of one table's old rows, in three statements, in order."""

    table: str
    delete: str
    optimize: str
    vacuum: str


def retention_sql(datasets: Iterable[Dataset], naming: Naming) -> list[TableEnd]:
    """The statements for every Iceberg table of a domain.

    A row is as old as the day that delivered it. A row of curated that a later day delivered again is as young as
    that day. What mirrors a table by its changes holds a row as long as the source does, however long it did not
    change; of those that the source deleted, the keys go with age. A window is as old as it began.

    Args:
        datasets: The contracts.
        naming: Physical names.

    Returns:
        One entry a table; running them twice deletes nothing more.
    """
    return [
        _table(dataset, kind, naming) for dataset in datasets for kind in kinds_of(dataset) if kind != "raw"
    ]


def _table(dataset: Dataset, kind: str, naming: Naming) -> TableEnd:
    table = relation(naming.database(zone_of(kind)), table_name(dataset.name, kind))
    return TableEnd(
        table=table,
        delete=f"DELETE FROM {table} WHERE {_ended(dataset, kind)}",
        optimize=f"OPTIMIZE {table} REWRITE DATA USING BIN_PACK",
        vacuum=f"VACUUM {table}",
    )


def _ended(dataset: Dataset, kind: str) -> str:
    days = dataset.retention.days
    if is_window(kind):
        return _moment_older_than(WINDOW_START, days)
    if dataset.source.method != "cdc":
        return older_than(days)
    if kind == "deleted":
        return _moment_older_than("_committed_at", days)
    return "false"


def _moment_older_than(column: str, days: int) -> str:
    return f"{quoted(column)} < CAST(date_add('day', -{days}, current_date) AS timestamp(6))"


def older_than(days: int) -> str:
    """The condition of rows that are older than so many days.

    Example:
        >>> print(older_than(730))
        "_ingest_date" < date_add('day', -730, current_date)
    """
    return f"{quoted(INGEST_DATE)} < date_add('day', -{days}, current_date)"
