"""Comparisons that Trino refuses and DuckDB does not: a column with a constant of another family of types.

Only what is certain is refused: a column whose type is the same wherever the query could mean it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local.athena.column_types import athena_of_arrow
from local.athena.errors import AthenaError
from local.athena.names import position

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa

_OPERATORS = {exp.EQ: "=", exp.NEQ: "<>", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="}
_TEXTS = frozenset({"varchar", "unknown"})


def check(tree: exp.Expression, schemas: Iterable[pa.Schema]) -> None:
    """Refuses comparisons of a column with a constant that Trino would refuse.

    Args:
        tree: the query, with its tables bound.
        schemas: the columns of those tables.

    Raises:
        AthenaError: TYPE_MISMATCH, with the place of the column.

    Example:
        >>> import pyarrow as pa
        >>> from local.athena.translate import parse
        >>> check(parse("SELECT 1 FROM t WHERE d = '2013-01-01'"), [pa.schema([("d", pa.date32())])])
        Traceback (most recent call last):
        ...
        local.athena.errors.AthenaError: TYPE_MISMATCH: line 1:23: Cannot apply operator: date = varchar(10)
    """
    schemas = list(schemas)
    _require_no_early_aliases(tree, schemas)
    kinds = _kinds(tree, schemas)
    for node in tree.find_all(*_OPERATORS, exp.In):
        values = node.expressions if isinstance(node, exp.In) else [node.expression]
        sign = "=" if isinstance(node, exp.In) else _OPERATORS[type(node)]
        for value in values:
            _compare(node.this, sign, value, kinds)
            _compare(value, sign, node.this, kinds)


def _require_no_early_aliases(tree: exp.Expression, schemas: Iterable[pa.Schema]) -> None:
    """A result column's alias is known to ORDER BY only; DuckDB also takes it in WHERE, GROUP BY and beside it."""
    columns = {name.lower() for schema in schemas for name in schema.names}
    columns |= {c.name.lower() for a in tree.find_all(exp.TableAlias) for c in a.args.get("columns") or []}
    aliases = [(alias.alias.lower(), alias.parent) for alias in tree.find_all(exp.Alias)]
    for select in tree.find_all(exp.Select):
        own = {name for name, parent in aliases if parent is select} - columns
        own -= {name for name, parent in aliases if parent is not select}
        places = [*select.expressions, *(select.args.get(key) for key in ("where", "group", "having"))]
        used = (column for place in places if place is not None for column in place.find_all(exp.Column))
        for column in used:
            if not column.table and column.name.lower() in own and not column.name.startswith("athena_"):
                raise AthenaError(
                    "COLUMN_NOT_FOUND",
                    f"{position(column)}Column '{column.name}' cannot be resolved or requester is not authorized to "
                    "access requested resources",
                )


def _compare(side: exp.Expression, sign: str, value: exp.Expression, kinds: dict[str, str]) -> None:
    if not isinstance(side, exp.Column) or not isinstance(value, exp.Literal):
        return
    kind = kinds.get(side.name.lower())
    if kind is None or kind in {"json", "unknown"} or (kind in _TEXTS) == bool(value.is_string):
        return
    other = f"varchar({len(value.name)})" if value.is_string else "integer" if value.is_int else "decimal"
    raise AthenaError("TYPE_MISMATCH", f"{position(side)}Cannot apply operator: {kind} {sign} {other}")


def _kinds(tree: exp.Expression, schemas: Iterable[pa.Schema]) -> dict[str, str]:
    """The type of each column name that has one type in all tables and that nothing in the query renames."""
    found: dict[str, set[str]] = {}
    for schema in schemas:
        for field in schema:
            found.setdefault(field.name.lower(), set()).add(athena_of_arrow(field.type))
    made = {alias.alias.lower() for alias in tree.find_all(exp.Alias)}
    made |= {
        column.name.lower()
        for alias in tree.find_all(exp.TableAlias)
        for column in alias.args.get("columns") or []
    }
    return {name: kinds.pop() for name, kinds in found.items() if len(kinds) == 1 and name not in made}
