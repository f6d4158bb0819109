"""Copy on write: the data files with changed rows are written anew, the others stay."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from local.athena import iceberg_write, merge_sql
from local.athena.sources import iceberg
from local.athena.sources.iceberg import FILE, POSITION, IcebergSource

if TYPE_CHECKING:
    import boto3
    from pyiceberg.table import FileScanTask, Table

    from local.athena.catalog import Entry
    from local.athena.query import Query
    from local.athena.sources.source import Needs


@dataclass(kw_only=True)
class Target:
    """The table that a statement changes, as a source whose rows know their file and position."""

    source: IcebergSource
    tasks: list[FileScanTask] = field(default_factory=list)

    @classmethod
    def of(cls, query: Query, entry: Entry, session: boto3.Session) -> Target:
        """The target as it is now."""
        table = iceberg.load(query, entry, session)
        return cls(source=IcebergSource(table=table, entry=entry, row_ids=True))

    @property
    def table(self) -> Table:
        """The Iceberg table."""
        return self.source.table

    @property
    def columns(self) -> list[str]:
        """The table's columns."""
        return self.source.columns

    @property
    def schema(self) -> pa.Schema:
        """The columns and the row ids."""
        return self.source.schema

    @property
    def hidden(self) -> pa.Schema:
        """`$path`."""
        return self.source.hidden

    def load(self, needs: Needs, query: Query) -> pa.Table:
        """The needed columns of the files that may change, which are remembered for the rewrite."""
        self.tasks = self.source.tasks(needs.conditions)
        return self.source.read(self.tasks, needs.columns | {FILE, POSITION}, query)


def apply(query: Query, target: Target, changes: pa.Table) -> None:
    """Commits the changes.

    Raises:
        CommitFailedException: the table is no longer the one that was read.
    """
    touched = sorted(set(changes.column(FILE).drop_null().to_pylist()))
    tasks = [target.tasks[index] for index in touched]
    new = changes.filter(changes.column(merge_sql.KEEPS))
    names = [merge_sql.value_name(index) for index in range(len(target.columns))]
    added = iceberg_write.conform(new.select(names), target.table.schema())
    survivors = _survivors(query, target, tasks, touched, changes)
    if survivors is not None:
        added = pa.concat_tables([iceberg_write.conform(survivors, target.table.schema()), added])
    iceberg_write.commit(target.table, removed=[task.file for task in tasks], added=added)


def _survivors(
    query: Query, target: Target, tasks: list[FileScanTask], touched: list[int], changes: pa.Table
) -> pa.Table | None:
    """The rows of the touched files that stay as they are; None when there are none."""
    changed = pa.table({"f": changes.column(FILE), "p": changes.column(POSITION)}).filter(
        pc.field("f").is_valid()
    )
    if not tasks or sum(task.file.record_count for task in tasks) == changed.num_rows:
        return None
    rows = target.source.read(tasks, frozenset([*target.columns, FILE, POSITION]), query)
    gone = {(row["f"], row["p"]) for row in changed.to_pylist()}
    pairs = zip(rows.column(FILE).to_pylist(), rows.column(POSITION).to_pylist(), strict=True)
    mask = pa.array([(touched[file], position) not in gone for file, position in pairs], pa.bool_())
    return rows.filter(mask).select(target.columns)
