"""Table references of a query, each put in the place of what it means: a stand-in for data, or a view's own query."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pyarrow as pa
from sqlglot import exp

from local.athena import information_schema, time_travel, translate, views
from local.athena.access import SELECT
from local.athena.catalog import is_iceberg, is_view, location_of
from local.athena.errors import AthenaError, not_supported
from local.athena.names import position, require_table, table_name
from local.athena.sources import hive, iceberg, metadata_tables
from local.athena.sources.restricted import Restricted
from local.athena.sources.source import Rows

if TYPE_CHECKING:
    from local.athena.catalog import Entry
    from local.athena.names import TableName
    from local.athena.query import Query
    from local.athena.sources.source import Source, TableSource

NO_COLUMNS = pa.schema([])
_MAX_VIEW_DEPTH = 32


class Binder:
    """Binds one query's tables.

    Args:
        query: whose catalogue and rights decide.
    """

    def __init__(self, query: Query) -> None:
        self._query = query
        self.sources: dict[str, Source] = {}
        self._depth = 0
        self._suffix = secrets.token_hex(8)  # no statement can name what it does not know

    def bind(self, tree: exp.Expression, database: str) -> exp.Expression:
        """`tree` with each table reference replaced.

        Raises:
            AthenaError: a table, view or schema does not exist, or the caller may not read it.
        """
        tables = list(tree.find_all(exp.Table))
        named = {str(name).lower() for node in tables for name in (node.name, node.alias) if name}
        for node in tables:
            if not isinstance(
                node.this, exp.Identifier
            ):  # DuckDB's own would read files, or this very database
                function = node.this.name or node.this.key
                raise AthenaError(
                    "FUNCTION_NOT_FOUND", f"{position(node)}Table function '{function}' not registered"
                )
            if node.name not in self.sources and not _is_cte(node):
                new = self._bound(node, database)
                _keep_decorations(node, new)
                if node is tree:
                    tree = new
                else:
                    node.replace(new)
        for column in list(tree.find_all(exp.Column)):
            if column.args.get("db"):
                _without_schema(column, named)
        return tree

    def add(self, source: Source) -> exp.Table:
        """A reference to a source that no name in the query stands for."""
        name = f"athena_t{len(self.sources)}_{self._suffix}"
        self.sources[name] = source
        return exp.Table(this=exp.to_identifier(name))

    def _bound(self, node: exp.Table, database: str) -> exp.Expression:
        name = table_name(node, database)
        if name.database == "information_schema":
            return self.add(Rows(table=information_schema.rows(self._query, name.name), hidden=NO_COLUMNS))
        base, dollar, kind = name.name.partition("$")
        if dollar:
            return self.add(metadata_tables.source(self._query, _renamed(name, base), kind))
        entry = require_table(self._query, name)
        if is_view(entry):
            return self._view(name, views.definition(entry))
        return self.add(self._table(name, entry, node.args.get("version")))

    def _table(self, name: TableName, entry: Entry, version: exp.Version | None) -> Source:
        """The source of a table: with the caller's own entry, or whole behind what the caller may see of it."""
        target = {"database": name.database, "table": name.name, "location": location_of(entry)}
        session = self._query.access.session_for(**target, needs={SELECT})
        if version is not None and not is_iceberg(entry):
            raise not_supported("This connector does not support versioned tables")
        selection = self._query.access.selection(**target)
        if is_iceberg(entry):
            table = iceberg.load(self._query, entry, session)
            snapshot = time_travel.snapshot_id(version, table)
            source: TableSource = iceberg.IcebergSource(table=table, snapshot_id=snapshot, entry=entry)
        else:
            whole = self._query.catalog.whole_table(name.database, name.name)
            source = hive.HiveSource(entry=whole, session=session, is_restricted=selection is not None)
        if selection is None:
            return source
        return Restricted(source=source, selection=selection, name=name.name)

    def _view(self, name: TableName, view: views.View) -> exp.Expression:
        self._depth += 1
        if self._depth > _MAX_VIEW_DEPTH:
            raise views.stale(name, "it refers to itself")
        body = self.bind(translate.parse(view.sql), view.database or name.database)
        self._depth -= 1
        return exp.Subquery(this=body)


def _without_schema(column: exp.Column, named: set[str]) -> None:
    """`schema.table.column` as `table.column`, and `column.field.field` as what it is: a field of a struct.

    Example:
        >>> tree = translate.parse("SELECT s.t.c, c.f.g, c.f.g.h")
        >>> for column in list(tree.find_all(exp.Column)):
        ...     _without_schema(column, {"t"})
        >>> tree.sql()
        'SELECT t.c, (c.f).g, ((c.f).g).h'
    """
    if column.table.lower() in named:
        column.set("db", None)
        column.set("catalog", None)
        return
    first, second, *fields = [part.copy() for part in column.parts]
    of_struct: exp.Expression = exp.Column(this=second, table=first)
    for field in fields:
        of_struct = exp.Dot(this=exp.Paren(this=of_struct), expression=field)
    column.replace(of_struct)


def _renamed(name: TableName, base: str) -> TableName:
    return type(name)(database=name.database, name=base, where=name.where)


def _keep_decorations(old: exp.Table, new: exp.Expression) -> None:
    """Alias, joins, laterals, pivots and samples stay with the reference; without an alias its name is the alias."""
    alias = old.args.get("alias") or exp.TableAlias(this=exp.to_identifier(old.name, quoted=True))
    new.set("alias", alias)
    for part in ("joins", "laterals", "pivots", "sample"):
        if old.args.get(part):
            new.set(part, old.args[part])


def _is_cte(node: exp.Table) -> bool:
    """Whether a WITH above the reference defines its name (and, unless recursive, defines it before)."""
    if node.db:
        return False
    child: exp.Expression = node
    parent = node.parent
    while parent is not None:
        with_ = parent.args.get("with_")
        if with_ is not None and any(
            str(cte.alias).lower() == node.name.lower() for cte in _visible(with_, child)
        ):
            return True
        child, parent = (child, parent.parent) if isinstance(parent, exp.With) else (parent, parent.parent)
    return False


def _visible(with_: exp.With, child: exp.Expression) -> list[exp.CTE]:
    definitions = list(with_.expressions)
    index = next((i for i, cte in enumerate(definitions) if cte is child), None)
    if index is not None:
        return definitions[: index + 1] if with_.args.get("recursive") else definitions[:index]
    return definitions
