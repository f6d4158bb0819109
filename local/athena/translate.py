"""Trino's tree made DuckDB's: what the two spell alike but mean differently is rewritten before sqlglot renders it."""

from __future__ import annotations

import sqlglot
from sqlglot import exp

from local.athena.errors import AthenaError
from local.athena.rules import NAMED, RULES


def to_duckdb(expression: exp.Expression) -> str:
    """The DuckDB SQL of a tree that was parsed as Athena's.

    Example:
        >>> import sqlglot
        >>> to_duckdb(sqlglot.parse_one("SELECT date_add('day', 1, d) FROM t", dialect="athena"))
        'SELECT TRINO_PLUS(d, INTERVAL (1) DAY) FROM t'
    """
    return str(_rewritten(expression).sql(dialect="duckdb"))


def _rewritten(expression: exp.Expression) -> exp.Expression:
    # Bottom up, so that a rewritten argument is what its parent's rewrite sees.
    for node in reversed(list(expression.walk())):
        rule = RULES.get(type(node)) or (
            NAMED.get(node.name.lower()) if isinstance(node, exp.Anonymous) else None
        )
        if rule is None:
            continue
        new = rule(node)
        if new is node:
            continue
        if node is expression:
            expression = new
        else:
            node.replace(new)
    return expression


def parse(sql: str) -> exp.Expression:
    """The tree of one Trino statement.

    Raises:
        AthenaError: SYNTAX_ERROR with line and column, in Athena's words.
    """
    try:
        found = sqlglot.parse(sql, dialect="athena")
    except sqlglot.errors.SqlglotError as error:
        raise _syntax_error(error) from error
    statements = [statement for statement in found if statement is not None]
    if len(statements) != 1:
        what = "Only one sql statement is allowed" if statements else "line 1:1: mismatched input '<EOF>'"
        raise AthenaError("SYNTAX_ERROR", what)
    return statements[0]


def _syntax_error(error: sqlglot.errors.SqlglotError) -> AthenaError:
    details = (getattr(error, "errors", None) or [{}])[0]
    line, end, near = details.get("line") or 1, details.get("col") or 1, details.get("highlight") or "<EOF>"
    start = max(1, end - len(near) + 1)
    return AthenaError(
        "SYNTAX_ERROR", f"line {line}:{start}: mismatched input '{near}'. {details.get('description', error)}"
    )
