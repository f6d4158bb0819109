"""Why a row cannot be sent."""

from __future__ import annotations


class Misfit(ValueError):
    """A row does not fit the contract's schema; nothing of it was sent.

    Args:
        column: The column; empty when it is the row as a whole.
        reason: What is wrong and what is allowed.

    Example:
        >>> str(Misfit("price", "is missing"))
        'price: is missing'
    """

    def __init__(self, column: str, reason: str) -> None:
        self.column, self.reason = column, reason
        super().__init__(f"{column}: {reason}" if column else reason)


def check_names(row: object, known: list[str]) -> dict[str, object]:
    """The row as a mapping of known columns.

    Raises:
        Misfit: when it is none, or has a column that the schema does not.

    Example:
        >>> check_names({"pric": 1}, ["price"])
        Traceback (most recent call last):
        event_producer.misfit.Misfit: pric: the schema has no such column; allowed: price
    """
    if not isinstance(row, dict):
        raise Misfit("", f"a row is a mapping of columns, and this is {type(row).__name__}")
    for name in row:
        if name not in known:
            raise Misfit(str(name), f"the schema has no such column; allowed: {', '.join(known)}")
    return row
