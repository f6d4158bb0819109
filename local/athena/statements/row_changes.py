"""MERGE, UPDATE and DELETE on Iceberg tables: copy on write, of the data files that change only, in one commit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from local.athena import iceberg_write, merge_sql
from local.athena.access import DELETE, INSERT, SELECT
from local.athena.catalog import is_iceberg, location_of
from local.athena.engine import Engine
from local.athena.errors import AthenaError, not_supported
from local.athena.names import TableName, require_table, table_name
from local.athena.results import written_outcome
from local.athena.row_rewrite import Target, apply
from local.athena.sources.iceberg import FILE, POSITION

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.athena.query import Query
    from local.athena.results import Outcome


@dataclass(frozen=True, kw_only=True)
class _Work:
    """One statement: its target, the rights it needs, and how to say it as a SELECT of changes."""

    table: exp.Table
    needs: frozenset[str]
    changes: Callable[[exp.Expression, list[str]], exp.Expression]


def delete(query: Query, tree: exp.Delete) -> Outcome:
    """DELETE FROM."""
    needs = frozenset({SELECT, DELETE})
    return _run(query, _Work(table=tree.this, needs=needs, changes=lambda t, c: merge_sql.delete(tree, t, c)))


def update(query: Query, tree: exp.Update) -> Outcome:
    """UPDATE."""
    needs = frozenset({SELECT, INSERT, DELETE})
    return _run(query, _Work(table=tree.this, needs=needs, changes=lambda t, c: merge_sql.update(tree, t, c)))


def merge(query: Query, tree: exp.Merge) -> Outcome:
    """MERGE INTO."""
    needs = merge_sql.permissions(tree)
    return _run(query, _Work(table=tree.this, needs=needs, changes=lambda t, c: merge_sql.merge(tree, t, c)))


def _run(query: Query, work: _Work) -> Outcome:
    name = table_name(work.table, query.database)
    entry = require_table(query, name)
    if not is_iceberg(entry):
        raise not_supported("Modifying Hive table rows is only supported for transactional tables")
    session = query.access.session_for(
        database=name.database, table=name.name, location=location_of(entry), needs=set(work.needs)
    )

    def attempt() -> int:
        query.catalog.forget(name.database, name.name)
        target = Target.of(query, require_table(query, name), session)
        return _attempt(query, work, name, target)

    count = iceberg_write.with_retries(query, f"{name.database}.{name.name}", attempt)
    query.catalog.forget(name.database, name.name)
    return written_outcome(count)


def _attempt(query: Query, work: _Work, name: TableName, target: Target) -> int:
    with Engine(query) as engine:
        alias = work.table.alias or name.name
        reference = exp.alias_(engine.add(target), exp.to_identifier(alias, quoted=True), table=True)
        tree = work.changes(reference, target.columns)
        bound = engine.bind(tree)
        changes = engine.run(bound, bound=True)
    duplicates = changes.group_by([FILE, POSITION]).aggregate([([], "count_all")]).to_pylist()
    if any(row[FILE] is not None and row["count_all"] > 1 for row in duplicates):
        raise AthenaError(
            "MERGE_TARGET_ROW_MULTIPLE_MATCHES", "One MERGE target table row matched more than one source row"
        )
    if changes.num_rows:
        apply(query, target, changes)
    return int(changes.num_rows)
