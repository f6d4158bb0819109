"""SELECT, VALUES, TABLE and EXPLAIN."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.athena import translate
from local.athena.engine import Engine
from local.athena.results import Outcome, table_outcome, text_outcome

if TYPE_CHECKING:
    from sqlglot import exp

    from local.athena.query import Query


def select(query: Query, tree: exp.Expression) -> Outcome:
    """The rows of a query."""
    with Engine(query) as engine:
        return table_outcome(engine.run(tree))


def explain(query: Query, sql: str, *, analyze: bool) -> Outcome:
    """The plan of a query, a line a row.

    DuckDB's plan stands for Trino's: it names other operators, but shows what is scanned and pushed down.
    """
    with Engine(query) as engine:
        plan = engine.explain(translate.parse(sql), analyze=analyze)
    return text_outcome("Query Plan", plan.splitlines())
