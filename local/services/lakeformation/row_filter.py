"""Row filter expressions: the part of PartiQL that Lake Formation takes, checked against the table's columns.

Columns are compared with constants, never with each other, and no function is called. Source: "PartiQL support in
row filter expressions", docs.aws.amazon.com/lake-formation/latest/dg/partiql-support.html.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp

from local.athena.column_types import arrow_of_hive
from local.athena.errors import AthenaError
from local.services.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_MOST_CHARACTERS = 2048
_COMPARISONS = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE)
_PARTS: dict[type, set[str]] = {  # what each comparison is made of; whatever else the parser finds is refused
    **{comparison: {"this", "expression"} for comparison in _COMPARISONS},
    exp.Like: {"this", "expression", "negate"},
    exp.Between: {"this", "low", "high"},
    exp.In: {"this", "expressions"},
}
_ALLOWED = "=, >, <, >=, <=, <>, !=, BETWEEN, IN, LIKE, NOT, IS [NOT] NULL, AND, OR"


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns that an expression may name: their Glue types by lower-case name, and which are partition keys."""

    types: dict[str, str]
    keys: frozenset[str] = frozenset()

    @classmethod
    def of(cls, table: dict[str, Any]) -> Columns:
        """The columns of a Glue table."""
        keys = table.get("PartitionKeys") or []
        data = (table.get("StorageDescriptor") or {}).get("Columns") or []
        return cls(
            types={column["Name"].lower(): column.get("Type", "string") for column in [*data, *keys]},
            keys=frozenset(key["Name"].lower() for key in keys),
        )


def parse(text: str) -> exp.Expression:
    """The tree of an expression.

    Raises:
        Refusal: InvalidInputException when it does not parse or is too long.

    Example:
        >>> parse("state = 'VIC' AND views >= 10").sql()
        "state = 'VIC' AND views >= 10"
    """
    if len(text) >= _MOST_CHARACTERS:
        raise _invalid(text[:80], f"it has {len(text)} characters, allowed are fewer than {_MOST_CHARACTERS}")
    try:
        trees = [
            tree for tree in sqlglot.parse(f"SELECT 1 WHERE {text}", dialect="athena") if tree is not None
        ]
    except sqlglot.errors.SqlglotError as error:
        raise _invalid(text, f"it cannot be parsed ({str(error).splitlines()[0]})") from error
    where = trees[0].args.get("where") if len(trees) == 1 else None
    clauses = (
        {name for name, value in trees[0].args.items() if value} - {"expressions", "where"}
        if trees
        else set()
    )
    if where is None or clauses or not text.strip():
        raise _invalid(text, "it is not one condition")
    return where.this


def check(text: str, columns: Columns) -> exp.Expression:
    """The tree of an expression that fits a table's columns.

    Raises:
        Refusal: InvalidInputException saying what is wrong with it and what is allowed.

    Example:
        >>> columns = Columns(types={"state": "string", "views": "bigint"})
        >>> check("state = 'VIC' OR NOT views BETWEEN 1 AND 9", columns).key
        'or'
        >>> check("upper(state) = 'VIC'", columns)
        Traceback (most recent call last):
        ...
        local.services.refusal.Refusal: The row filter expression "upper(state) = 'VIC'" is invalid: ...
    """
    tree = parse(text)
    _condition(tree, text, columns)
    return tree


def columns_of(tree: exp.Expression) -> set[str]:
    """The top-level columns that an expression names, in lower case.

    Example:
        >>> sorted(columns_of(parse("address.state = 'VIC' AND Views > 1")))
        ['address', 'views']
    """
    return {path(column)[0] for column in tree.find_all(exp.Column)}


def path(column: exp.Column) -> list[str]:
    """A column's name, and below it those of struct fields, in lower case."""
    return [part.name.lower() for part in column.parts]


def _condition(node: exp.Expression, text: str, columns: Columns) -> None:
    node = node.unnest()
    if isinstance(node, exp.And | exp.Or):
        _condition(node.left, text, columns)
        _condition(node.right, text, columns)
    elif isinstance(node, exp.Not):
        _condition(node.this, text, columns)
    elif isinstance(node, exp.Boolean):
        if not node.this:
            raise _invalid(text, "FALSE is no condition; to let no row through, grant nothing")
    elif isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        kind = _column_type(node.this, text, columns)
        if path(node.this)[0] in columns.keys:
            raise _invalid(text, f"IS NULL cannot be used on the partition column {node.this.name} ({kind})")
    else:
        _comparison(node, text, columns)


def _comparison(node: exp.Expression, text: str, columns: Columns) -> None:
    values = list(_values(node))
    if not values:
        raise _invalid(text, f"{node.sql(dialect='athena')!r} is no comparison; allowed are {_ALLOWED}")
    column = node.this
    if not isinstance(column.unnest(), exp.Column) and isinstance(node, _COMPARISONS):
        column, values = node.expression, [node.this]
    kind = _column_type(column, text, columns)
    for value in values:
        _require_constant(value, kind, column, text)
    if isinstance(node, exp.Like) and kind != "string":
        raise _invalid(text, f"LIKE needs a text column, {column.sql()} is not one")


def _values(node: exp.Expression) -> Iterator[exp.Expression]:
    """What a comparison compares its column with; nothing when it is none that is allowed."""
    parts = _PARTS.get(type(node))
    if parts is None or {name for name, value in node.args.items() if value} - parts:
        return
    if isinstance(node, exp.Between):
        yield from (node.args["low"], node.args["high"])
    elif isinstance(node, exp.In):
        yield from node.expressions
    else:
        yield node.expression


def _require_constant(value: exp.Expression, kind: str, column: exp.Expression, text: str) -> None:
    bare = value.unnest()
    number = bare.this if isinstance(bare, exp.Neg) else bare
    found = ""
    if isinstance(bare, exp.Boolean):
        found = "boolean"
    elif isinstance(number, exp.Literal) and not (number.is_string and number is not bare):
        found = "string" if number.is_string else "number"
    if not found:
        raise _invalid(text, f"{column.sql()} is compared with {value.sql()}, which is no constant")
    if found != kind:
        raise _invalid(text, f"{column.sql()} is a {kind}, {value.sql()} is a {found}")


def _column_type(node: exp.Expression, text: str, columns: Columns) -> str:
    """Of string, number and boolean.

    Raises:
        Refusal: the table has no such column, or it is of a type that row filters do not take.
    """
    node = node.unnest()
    if not isinstance(node, exp.Column):
        raise _invalid(text, f"{node.sql()!r} is no column; columns are compared with constants")
    names = path(node)
    hive = columns.types.get(names[0])
    if hive is None:
        known = ", ".join(sorted(columns.types))
        raise _invalid(text, f"the table has no column {names[0]!r}; it has {known}")
    try:
        kind = _family(arrow_of_hive(hive), names[1:])
    except AthenaError:
        kind = ""
    if not kind:
        raise _invalid(
            text,
            f"the column {'.'.join(names)} ({hive}) cannot be filtered by; allowed are STRING, CHAR, VARCHAR, INT, "
            "LONG, BIGINT, FLOAT, DECIMAL, DOUBLE, BOOLEAN, and fields of STRUCT",
        )
    return kind


def _family(kind: pa.DataType, fields: list[str]) -> str:
    import pyarrow as pa

    for name in fields:
        index = kind.get_field_index(name) if pa.types.is_struct(kind) else -1
        if index < 0:
            return ""
        kind = kind.field(index).type
    if pa.types.is_string(kind):
        return "string"
    if pa.types.is_boolean(kind):
        return "boolean"
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    return "number" if number else ""


def _invalid(text: str, why: str) -> Refusal:
    return Refusal("InvalidInputException", f'The row filter expression "{text}" is invalid: {why}.')
