"""DuckDB connections for queries, and its errors in Athena's words."""

from __future__ import annotations

import re
from collections import deque
from typing import TYPE_CHECKING

import duckdb

from local.athena.errors import AthenaError, QueryCancelled

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_IDLE = 4
_idle: deque[duckdb.DuckDBPyConnection] = deque()  # popped and appended by many threads
_CONFIG = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",  # statements reach what is registered for them, and no file of this machine
}
_OPENING = (
    "SET timezone = 'UTC'; SET integer_division = true; SET threads = 2; SET preserve_insertion_order = true"
)
_PATTERNS: tuple[tuple[str, str, str], ...] = (
    (r'Referenced column "([^"]+)" (?:was )?not found', "COLUMN_NOT_FOUND", "Column '{0}' cannot be resolved" ),
    (r'does not have a column named "([^"]+)"', "COLUMN_NOT_FOUND", "Column '{0}' cannot be resolved"),
    (r'Referenced table "([^"]+)" not found', "COLUMN_NOT_FOUND", "Column '{0}' cannot be resolved"),
    (r"Values list \"?([^\"]+?)\"? does not have a column", "COLUMN_NOT_FOUND", "Column '{0}' cannot be resolved"),
    (r'Ambiguous reference to column name "([^"]+)"', "AMBIGUOUS_NAME", "Column '{0}' is ambiguous"),
    (r"Function with name (\w+) does not exist", "FUNCTION_NOT_FOUND", "Function '{0}' not registered"),
    (r'column "?([^"]+?)"? must appear in the GROUP BY', "EXPRESSION_NOT_AGGREGATE",
     "'{0}' must be an aggregate expression or appear in GROUP BY clause"),
    (r"No function matches the given name and argument types '(.+?)'", "TYPE_MISMATCH",
     "Unexpected parameters for function or operator {0}"),
    (r"Could not choose a best candidate function for the function call \"(.+?)\"", "TYPE_MISMATCH",
     "Cannot apply operator or function: {0}"),
    (r"Cannot (?:compare|mix) values of type ([^.]+?)(?: -|\.|$)", "TYPE_MISMATCH", "Cannot apply operator: {0}"),
    (r"Set operations can only apply to expressions with the same number of result columns", "TYPE_MISMATCH",
     "UNION query has different number of fields"),
    (r"More than one row returned by a subquery", "SUBQUERY_MULTIPLE_ROWS",
     "Scalar sub-query has returned multiple rows"),
    (r"Division by zero|Modulo by zero", "DIVISION_BY_ZERO", "Division by zero"),
    (r"Could not convert string '(.*?)' to (\w+)", "INVALID_CAST_ARGUMENT", "Cannot cast '{0}' to {1}"),
    (r"invalid (\w+) field format: \"(.*?)\"", "INVALID_CAST_ARGUMENT", "Value cannot be cast to {0}: {1}"),
)  # fmt: skip
_STAND_IN = re.compile(r"athena_t\d+_[0-9a-f]{16}")  # names that the statement does not have
_LOCATED = {"COLUMN_NOT_FOUND", "AMBIGUOUS_NAME", "FUNCTION_NOT_FOUND", "EXPRESSION_NOT_AGGREGATE"}
_TYPE_NAMES = {"INT8": "TINYINT", "INT16": "SMALLINT", "INT32": "INTEGER", "INT64": "BIGINT", "FLOAT": "REAL"}
_BY_CLASS: tuple[tuple[type[Exception], str], ...] = (
    (duckdb.ParserException, "SYNTAX_ERROR"),
    (duckdb.OutOfRangeException, "NUMERIC_VALUE_OUT_OF_RANGE"),
    (duckdb.ConversionException, "INVALID_CAST_ARGUMENT"),
    (duckdb.BinderException, "SYNTAX_ERROR"),
    (duckdb.CatalogException, "SYNTAX_ERROR"),
    (duckdb.InvalidInputException, "INVALID_FUNCTION_ARGUMENT"),
    (duckdb.OutOfMemoryException, "EXCEEDED_MEMORY_LIMIT"),
)


def connect() -> duckdb.DuckDBPyConnection:
    """An empty in-memory database that speaks UTC, divides integers as Trino does and never downloads anything.

    It may be one that an earlier query has given back, as making one costs 20 ms.
    """
    try:
        return _idle.pop()
    except IndexError:
        connection = duckdb.connect(":memory:", config=_CONFIG)
        connection.execute(_OPENING)
        return connection


def give_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Keeps a database for the next query; whoever gives it back has emptied it (functions may stay)."""
    if len(_idle) < _MOST_IDLE:
        _idle.append(connection)
    else:
        connection.close()


def as_athena(error: duckdb.Error, locate: Callable[[str], str]) -> Exception:
    """DuckDB's error as Athena would have put it.

    Args:
        error: what DuckDB raised.
        locate: from an identifier to `line 1:8: `, or to nothing when it does not stand in the statement.

    Example:
        >>> try: connect().execute("SELECT x")
        ... except duckdb.Error as error:  # doctest: +ELLIPSIS
        ...     print(as_athena(error, lambda name: "line 1:8: "))
        COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved or requester is not authorized ...
    """
    text = _STAND_IN.sub("table", str(error))
    if isinstance(error, duckdb.InterruptException):
        return QueryCancelled("Query cancelled by user")
    for pattern, code, message in _PATTERNS:
        found = re.search(pattern, text, re.IGNORECASE | re.DOTALL)
        if found:
            spot = locate(found[1]) if code in _LOCATED else ""
            tail = (
                " or requester is not authorized to access requested resources"
                if code == "COLUMN_NOT_FOUND"
                else ""
            )
            said = [_TYPE_NAMES.get(part, part) for part in found.groups()]
            return AthenaError(code, f"{spot}{message.format(*said)}{tail}")
    first = re.sub(r"^[A-Za-z ]+ Error: ", "", text).split("\n\nLINE ")[0].strip()
    code = next((name for kind, name in _BY_CLASS if isinstance(error, kind)), "GENERIC_INTERNAL_ERROR")
    return AthenaError(code, first)
