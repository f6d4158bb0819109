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
    marks = sorted(tree.find_all(exp.Placeholder), key=_place)
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


def _place(mark: exp.Expression) -> int:
    return next(order for order, node in enumerate(mark.root().dfs()) if node is mark)
