"""Writing Iceberg tables: rows made to fit the schema, one atomic commit, another try when someone was faster."""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from pyiceberg.exceptions import CommitFailedException, CommitStateUnknownException
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.table import Table, Transaction

from local.athena import iceberg_files
from local.athena.coercion import require_coercible
from local.athena.errors import AthenaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyiceberg.manifest import DataFile
    from pyiceberg.schema import Schema

    from local.athena.query import Query

Result = TypeVar("Result")
_ATTEMPTS = 8
_FIRST_PAUSE_SECONDS = 0.05
_PATIENCE_SECONDS = 0.2
_locks: dict[tuple[str, str, str], threading.Lock] = {}
_locks_guard = threading.Lock()


def conform(rows: pa.Table, schema: Schema) -> pa.Table:
    """`rows` (columns in the schema's order) in exactly the schema's types and nullability.

    Raises:
        AthenaError: a value does not fit, or a required column is NULL.
    """
    wanted = schema_to_pyarrow(schema, include_field_ids=False)
    columns = []
    for index, field in enumerate(wanted):
        column = rows.column(index)
        if not field.nullable and column.null_count:
            raise AthenaError(
                "CONSTRAINT_VIOLATION", f"NULL value not allowed for NOT NULL column: {field.name}"
            )
        columns.append(_cast(column, field))
    return pa.table(columns, schema=wanted)


def _cast(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    if column.type == field.type:
        return column
    require_coercible(column.type, field.type, field.name)
    try:
        if pa.types.is_decimal(field.type):
            column = pc.round(column, field.type.scale) if pa.types.is_floating(column.type) else column
            if pa.types.is_integer(column.type):
                column = column.cast(
                    pa.decimal128(38, field.type.scale)
                )  # Arrow asks for room for any integer
            elif pa.types.is_decimal(column.type) and column.type.scale > field.type.scale:
                column = pc.round(column, field.type.scale)
        return column.cast(field.type, safe=not pa.types.is_timestamp(field.type))
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise AthenaError(
            "TYPE_MISMATCH",
            f"Cannot write {column.type} to column {field.name} of type {field.type}: {error}",
        ) from error


def commit(table: Table, *, removed: Sequence[DataFile], added: pa.Table | None) -> None:
    """One snapshot that takes data files out and puts rows in.

    Raises:
        CommitFailedException: the table is no longer the one that was read.
    """
    with _Transaction(_without_own_retries(table)) as transaction:
        stage(transaction, table, removed=removed, added=added)


class _Transaction(Transaction):  # type: ignore[misc] # pyiceberg is untyped here
    """pyiceberg works the metadata out anew at each look, copying every snapshot; here it is once a change."""

    _known: tuple[Any, Any, Any] = (None, None, None)

    @property
    def table_metadata(self) -> Any:
        """The table's metadata with the changes so far."""
        metadata, updates, result = self._known
        if metadata is not self._table.metadata or updates is not self._updates:
            result = super().table_metadata
            self._known = (self._table.metadata, self._updates, result)
        return result


def _without_own_retries(table: Table) -> Table:
    """Pyiceberg would retry with what was read before; a lost race must be decided on fresh rows instead."""
    properties = {**table.metadata.properties, "commit.retry.num-retries": "0"}
    metadata = table.metadata.model_copy(update={"properties": properties})
    return Table(table.name(), metadata, table.metadata_location, table.io, table.catalog)


def stage(transaction: Any, table: Table, *, removed: Sequence[DataFile], added: pa.Table | None) -> None:
    """Adds the snapshot to a transaction that others may share."""
    update = transaction.update_snapshot()
    with update.overwrite() if removed else update.fast_append() as snapshot:
        for file in removed:
            snapshot.delete_data_file(file)
        if added is not None and added.num_rows:
            for file in iceberg_files.write(
                transaction.table_metadata, added, table.io, snapshot.commit_uuid
            ):
                snapshot.append_data_file(file)


def with_retries(query: Query, name: str, attempt: Callable[[], Result]) -> Result:
    """`attempt` until its commit wins; each try must read the table afresh, so that every one is a serial execution.

    Raises:
        AthenaError: ICEBERG_COMMIT_ERROR when others kept winning.
    """
    for number in range(_ATTEMPTS):
        try:
            with _turn(query, name):
                return attempt()
        except (CommitFailedException, CommitStateUnknownException):
            query.checkpoint()
            time.sleep(random.uniform(0.5, 1.5) * _FIRST_PAUSE_SECONDS * 2**number)  # noqa: S311 - jitter
    raise AthenaError("ICEBERG_COMMIT_ERROR", f"Failed to commit Iceberg update to table: {name}")


@contextmanager
def _turn(query: Query, name: str) -> Iterator[None]:
    """One writer of a table at a time within this process; only writers elsewhere can then win a race."""
    with _locks_guard:
        lock = _locks.setdefault(
            (query.catalog.glue.meta.region_name, query.access.account, name), threading.Lock()
        )
    while not lock.acquire(timeout=_PATIENCE_SECONDS):
        query.checkpoint()
    try:
        yield
    finally:
        lock.release()
