"""Runs one query's relational work: bind its tables, plan, read what the plan needs, execute."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Self

import duckdb
import pyarrow as pa
from sqlglot import exp

from local.athena import duck, functions, planning, strictness, translate
from local.athena.binding import Binder
from local.athena.column_types import normal

if TYPE_CHECKING:
    from local.athena.query import Query
    from local.athena.sources.source import Needs, Source

_HIDDEN_NAMES = ("$path",)


class Engine:
    """One query's DuckDB.

    Args:
        query: the query that it works for.

    Example:
        with Engine(query) as engine:
            table = engine.run(translate.parse("SELECT 1"))
    """

    def __init__(self, query: Query) -> None:
        self.query = query
        self.connection = duck.connect()
        query.connection = self.connection
        self._binder = Binder(query)
        self._made: dict[str, str] = {}
        self._hidden: list[str] = []

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Empties the database for the next query, or drops it when something went wrong."""
        self.query.connection = None
        if kind is not None or self.query.stopped.is_set():
            self.connection.close()
            return
        for name in list(self._made):
            self._drop(name)
        duck.give_back(self.connection)

    def add(self, source: Source) -> exp.Table:
        """A reference to a source for use in a tree that is run with `bound=True`."""
        return self._binder.add(source)

    def bind(self, tree: exp.Expression) -> exp.Expression:
        """The tree with its table references bound; unnamed columns get Athena's `_colN` names."""
        return self._binder.bind(named(tree), self.query.database)

    def run(self, tree: exp.Expression, *, bound: bool = False) -> pa.Table:
        """The rows of a query.

        Raises:
            AthenaError: what is wrong with it, in Athena's words.
            QueryCancelled: it was stopped or scanned too much.
        """
        tree = tree if bound else self.bind(tree)
        sources = self._used(tree)
        sql = self._prepared(tree, sources)
        try:
            started = time.monotonic()
            needs = self._plan(sql, sources)
            self.query.planned += time.monotonic() - started
            self._load(sources, needs)
            self.query.checkpoint()
            return self._rows(sql)
        except duckdb.Error as error:
            raise duck.as_athena(error, lambda name: _locate(self.query.sql, name)) from error

    def schema(self, tree: exp.Expression) -> pa.Schema:
        """The columns that a query has, without running it.

        Raises:
            AthenaError: it does not bind.
        """
        tree = self.bind(tree)
        sources = self._used(tree)
        sql = self._prepared(tree, sources)
        try:
            self._stand_ins(sources)
            return self._rows(f"SELECT * FROM ({sql}) LIMIT 0").schema
        except duckdb.Error as error:
            raise duck.as_athena(error, lambda name: _locate(self.query.sql, name)) from error

    def explain(self, tree: exp.Expression, *, analyze: bool = False) -> str:
        """The plan of a query, and with `analyze` what each step cost."""
        tree = self.bind(tree)
        sources = self._used(tree)
        sql = self._prepared(tree, sources)
        try:
            needs = self._plan(sql, sources)
            if analyze:
                self._load(sources, needs)
            else:
                self._stand_ins(sources)
            rows = self.connection.execute(f"EXPLAIN {'ANALYZE ' if analyze else ''}{sql}").fetchall()
        except duckdb.Error as error:
            raise duck.as_athena(error, lambda name: _locate(self.query.sql, name)) from error
        return "\n".join(str(row[-1]) for row in rows)

    def _rows(self, sql: str) -> pa.Table:
        relation = self.connection.sql(sql)
        huge = [str(kind) in {"HUGEINT", "UHUGEINT"} for kind in relation.types]
        return normal(relation.to_arrow_table(), huge)

    def _used(self, tree: exp.Expression) -> dict[str, Source]:
        names = {table.name for table in tree.find_all(exp.Table)}
        return {name: source for name, source in self._binder.sources.items() if name in names}

    def _prepared(self, tree: exp.Expression, sources: dict[str, Source]) -> str:
        strictness.check(tree, [source.schema for source in sources.values()])
        self._hidden = sorted({c.name for c in tree.find_all(exp.Column)} & set(_HIDDEN_NAMES))
        if self._hidden:
            _hide_from_stars(tree, set(sources), self._hidden)
        sql = translate.to_duckdb(tree)
        functions.define_used(self.connection, sql)
        return sql

    def _shape(self, source: Source) -> pa.Schema:
        hidden = [field for field in source.hidden if field.name in self._hidden]
        return pa.schema([*source.schema, *hidden])

    def _stand_ins(self, sources: dict[str, Source]) -> None:
        for name, source in sources.items():
            self._drop(name)
            self.connection.register("athena_shape", self._shape(source).empty_table())
            self.connection.execute(f"CREATE TABLE {name} AS SELECT * FROM athena_shape")
            self._made[name] = "TABLE"
            self.connection.unregister("athena_shape")

    def _plan(self, sql: str, sources: dict[str, Source]) -> dict[str, Needs]:
        self._stand_ins(sources)
        tables = {name: self._shape(source).names for name, source in sources.items()}
        return planning.needs_of(self.connection, sql, tables)

    def _load(self, sources: dict[str, Source], needs: dict[str, Needs]) -> None:
        for name, source in sources.items():
            if name not in needs:
                continue  # the optimiser proved that no row of it matters; the empty stand-in stays
            data = source.load(needs[name], self.query)
            kinds = dict(zip(*self._columns(name), strict=True))
            self._drop(name)
            if not data.schema.names:
                data = pa.table({"athena_rows": pa.nulls(data.num_rows)})
            self.connection.register(f"{name}_data", data)
            loaded = set(data.schema.names)
            columns = [
                _quoted(n) if n in loaded else f"CAST(NULL AS {k}) AS {_quoted(n)}" for n, k in kinds.items()
            ]
            self.connection.execute(f"CREATE VIEW {name} AS SELECT {', '.join(columns)} FROM {name}_data")
            self._made[name] = "VIEW"

    def _columns(self, name: str) -> tuple[list[str], list[str]]:
        relation = self.connection.table(name)
        return relation.columns, [str(kind) for kind in relation.types]

    def _drop(self, name: str) -> None:
        """Removes a stand-in, or a view with its data."""
        kind = self._made.pop(name, None)
        if kind is not None:
            self.connection.execute(f"DROP {kind} {name}")
        if kind == "VIEW":
            self.connection.unregister(f"{name}_data")


def named(tree: exp.Expression) -> exp.Expression:
    """`tree` with Athena's `_col0`, `_col1` ... as names of result columns that have none.

    Example:
        >>> named(translate.parse("SELECT 1, a, b AS c FROM t")).sql()
        'SELECT 1 AS _col0, a, b AS c FROM t'
    """
    select = tree
    while isinstance(select, exp.SetOperation | exp.Subquery):
        select = select.this
    if isinstance(select, exp.Select):
        for index, projection in enumerate(select.expressions):
            if isinstance(projection, exp.Alias | exp.Column) or projection.is_star:
                continue
            field = projection.expression.name if isinstance(projection, exp.Dot) else f"_col{index}"
            projection.replace(exp.alias_(projection.copy(), field))
    elif isinstance(select, exp.Values) and not select.alias and select.expressions:
        first = select.expressions[0]
        width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
        names = [f"_col{index}" for index in range(width)]
        rows = exp.alias_(exp.Subquery(this=select.copy()), "athena_values", table=names)
        return exp.select("*").from_(rows) if select is tree else tree
    return tree


def _hide_from_stars(tree: exp.Expression, tables: set[str], hidden: list[str]) -> None:
    for star in list(tree.find_all(exp.Star)):
        select = star.find_ancestor(exp.Select)
        if isinstance(star.parent, exp.Count) or select is None:
            continue
        # `t.*` of a derived table gives what that selects, and `$path` only if that does.
        of = star.parent.table if isinstance(star.parent, exp.Column) else ""
        direct = [
            t
            for t in select.find_all(exp.Table)
            if t.find_ancestor(exp.Select) is select and t.name in tables and of in ("", t.alias_or_name)
        ]
        if direct:
            star.set("except_", [exp.to_identifier(name, quoted=True) for name in hidden])


def _locate(sql: str, name: str) -> str:
    """`line 1:8: ` for the first place where a name stands in the statement."""
    found = re.search(rf"(?<![\w']){re.escape(name)}\b", sql, re.IGNORECASE)
    if found is None:
        return ""
    before = sql[: found.start()]
    column = found.start() - before.rfind("\n") - before.endswith('"')
    return f"line {before.count(chr(10)) + 1}:{column}: "


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
