"""Values for the question marks of a prepared or parameterised statement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from local.athena import translate
from local.athena.errors import AthenaError

if TYPE_CHECKING:
    from collections.abc import Sequence


def filled(tree: exp.Expression, values: Sequence[str]) -> exp.Expression:
    """`tree` with each question mark replaced by the next value (SQL text, as Athena takes it).

    Raises:
        AthenaError: there are more or fewer values than question marks.

    Example:
        >>> filled(translate.parse("SELECT ? + ?"), ["1", "2"]).sql()
        'SELECT 1 + 2'
    """
    marks = _in_order(tree)
    if len(marks) != len(values):
        raise AthenaError(
            "INVALID_PARAMETER_USAGE",
            f"line 1:1: Incorrect number of parameters: expected {len(marks)} but found {len(values)}",
        )
    for mark, value in zip(marks, values, strict=True):
        select = translate.parse(f"SELECT {value}")
        mark.replace(select.expressions[0].copy())
    return tree


def split(text: str) -> tuple[str, ...]:
    """The values of `EXECUTE ... USING`.

    Example:
        >>> split("1, 'a, b', DATE '2013-01-01'")
        ('1', "'a, b'", "CAST('2013-01-01' AS DATE)")
    """
    select = translate.parse(f"SELECT {text}")
    return tuple(value.sql(dialect="athena") for value in select.expressions)


def _in_order(tree: exp.Expression) -> list[exp.Expression]:
    """The question marks as they stand in the text: the tree may hold a WITH after the query that it precedes.

    Example:
        >>> tree = translate.parse("WITH a AS (SELECT ? AS x) SELECT ? FROM a WHERE x = ?")
        >>> [type(mark.parent).__name__ for mark in _in_order(tree)]
        ['Alias', 'Select', 'EQ']
    """
    marks = list(tree.find_all(exp.Placeholder))
    for number, mark in enumerate(marks):
        mark.set("this", f"athena_mark_{number}_")
    text = tree.sql()
    ordered = sorted(marks, key=lambda mark: text.index(str(mark.this)))
    for mark in marks:
        mark.set("this", None)
    return ordered
