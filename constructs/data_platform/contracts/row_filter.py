"""Row filters of roles: the part of PartiQL that Lake Formation takes, checked against the dataset's columns.

A column is compared with constants of its type, never with another column, and no function is called:
`=`, `<>`, `!=`, `<`, `<=`, `>`, `>=`, `[NOT] IN`, `[NOT] BETWEEN`, `[NOT] LIKE`, `IS [NOT] NULL`, joined by AND, OR,
NOT and parentheses.
Source: https://docs.aws.amazon.com/lake-formation/latest/dg/partiql-support.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from data_platform.contracts.column_types import family
from data_platform.contracts.errors import did_you_mean
from data_platform.contracts.row_filter_tokens import RowFilterError, Token, canonical, tokens

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Column

__all__ = ["RowFilterError", "checked_row_filter"]

_COMPARISONS = ("=", "<>", "!=", "<", "<=", ">", ">=")
_OPERATORS = "=, <>, !=, <, <=, >, >=, [NOT] IN, [NOT] BETWEEN, [NOT] LIKE, IS [NOT] NULL"
_KINDS = {
    "string": "text", "int": "whole number", "bigint": "whole number", "float": "number", "double": "number",
    "decimal": "number", "boolean": "true or false",
}  # fmt: skip
_BITS = {"int": 31, "bigint": 63}
_LONGEST = 2047
_DEEPEST = 20  # parentheses and NOTs within each other


def checked_row_filter(text: str, columns: Sequence[Column], partition_columns: Sequence[str] = ()) -> str:
    """A filter in its canonical form: one space between words, keywords in capitals.

    Args:
        text: The filter as the contract says it.
        columns: The dataset's columns; the filter may name no other.
        partition_columns: Names of those that rows are partitioned by, which IS NULL may not follow.

    Raises:
        RowFilterError: when Lake Formation would not take it, or it cannot mean anything.

    Example:
        >>> from data_platform.contracts.model import Column
        >>> state = Column(name="state", logical_type="string", physical_type="string",
        ...                source_type="string", description="State")
        >>> checked_row_filter("state in ('VIC',  'TAS') and state is not null", [state])
        "state IN ('VIC', 'TAS') AND state IS NOT NULL"
        >>> checked_row_filter("stat = 'VIC'", [state])
        Traceback (most recent call last):
        ...
        data_platform.contracts.row_filter_tokens.RowFilterError: at character 1: there is no column 'stat'
    """
    read = tokens(text)
    parser = _Parser(read, {column.name: column for column in columns}, partition_columns)
    parser.condition(0)
    if parser.next.kind != "end":
        parser.refuse(f"{parser.next.text!r} follows a condition", allowed="AND, OR")
    plain = canonical(read)
    if len(plain) > _LONGEST:
        raise RowFilterError(
            f"has {len(plain)} characters with one space between words", f"at most {_LONGEST}"
        )
    return plain


class _Parser:
    """Reads the tokens of one filter from left to right."""

    def __init__(
        self, read: Sequence[Token], columns: dict[str, Column], partition_columns: Sequence[str]
    ) -> None:
        self._tokens = read
        self._at = 0
        self._columns = columns
        self._partition_columns = partition_columns

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def refuse(self, what: str, *, allowed: str = "", mend: str = "", at: Token | None = None) -> NoReturn:
        raise RowFilterError(f"at character {(at or self.next).position + 1}: {what}", allowed, mend)

    def condition(self, depth: int) -> None:
        self._negatable(depth)
        while self.next.text in ("AND", "OR"):
            self._take()
            self._negatable(depth)

    def _negatable(self, depth: int) -> None:
        if depth > _DEEPEST:
            self.refuse("parentheses are nested too deeply", allowed=f"{_DEEPEST} levels")
        if self._took("NOT"):
            self._negatable(depth + 1)
        elif self._took("("):
            self.condition(depth + 1)
            self._need(")")
        else:
            self._comparison()

    def _comparison(self) -> None:
        column = self._column()
        if self.next.text in _COMPARISONS:
            self._take()
            self._constant(column)
            return
        if self._took("IS"):
            if column.name in self._partition_columns:
                self.refuse(f"IS NULL cannot follow {column.name}, by which rows are partitioned")
            self._took("NOT")
            self._need("NULL")
            return
        self._took("NOT")
        if self._took("IN"):
            self._list(column)
        elif self._took("BETWEEN"):
            self._constant(column)
            self._need("AND")
            self._constant(column)
        elif self._took("LIKE"):
            if family(column.physical_type) != "string":
                self.refuse(f"LIKE needs text, {column.name} is a {column.physical_type}")
            self._constant(column)
        else:
            what = f"{self.next.shown} follows the column {column.name}"
            mend = f"write {column.name} = true" if column.physical_type == "boolean" else ""
            self.refuse(what, allowed=_OPERATORS, mend=mend)

    def _list(self, column: Column) -> None:
        self._need("(")
        self._constant(column)
        while self._took(","):
            self._constant(column)
        self._need(")")

    def _column(self) -> Column:
        token = self._take()
        if token.kind not in ("name", "quoted"):
            mend = "write the column first, then the value" if token.kind in _CONSTANTS else ""
            self.refuse(f"{token.shown} is no column", allowed="a column, NOT or (", mend=mend, at=token)
        name = token.value
        column = self._columns.get(str(name))
        if column is None:
            if self.next.text == "(":
                self.refuse(f"{name} is a function; Lake Formation calls none", allowed=_OPERATORS, at=token)
            known = list(self._columns)
            self.refuse(
                f"there is no column {name!r}",
                allowed=", ".join(known),
                mend=did_you_mean(name, known),
                at=token,
            )
        if family(column.physical_type) not in _KINDS:
            self.refuse(
                f"{name} is a {column.physical_type}, by which Lake Formation filters no rows",
                allowed=f"columns of {', '.join(_KINDS)}",
                at=token,
            )
        return column

    def _constant(self, column: Column) -> None:
        token = self._take()
        wanted = _KINDS[family(column.physical_type)]
        if token.kind in ("name", "quoted"):
            mend = f"write '{token.value}'" if wanted == "text" else ""
            self.refuse(
                f"{token.shown} is no constant; columns are compared with constants only", mend=mend, at=token
            )
        if token.text == "NULL":
            self.refuse("nothing equals NULL", mend=f"write {column.name} IS NULL", at=token)
        if token.kind not in _CONSTANTS:
            self.refuse(f"{token.shown} stands where a value must", allowed=f"a {wanted}", at=token)
        fits = {
            "text": token.kind == "text",
            "true or false": token.kind == "boolean",
            "number": token.kind in ("whole number", "number"),
            "whole number": token.kind == "whole number",
        }
        if not fits[wanted]:
            mend = f"write '{token.text}'" if wanted == "text" else ""
            self.refuse(f"{token.shown} is no {wanted}, as {column.name} is", mend=mend, at=token)
        bits = _BITS.get(column.physical_type)
        if bits is not None and not -(2**bits) <= int(token.text) < 2**bits:
            self.refuse(f"{token.shown} is outside what a {column.physical_type} can hold", at=token)

    def _take(self) -> Token:
        token = self.next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _took(self, text: str) -> bool:
        """Whether the next token is that keyword or sign, which is then taken."""
        found = self.next.kind in ("keyword", "sign") and self.next.text == text
        if found:
            self._take()
        return found

    def _need(self, text: str) -> None:
        if not self._took(text):
            self.refuse(f"{self.next.shown} stands where {text} must", mend=f"write {text}")


_CONSTANTS = ("text", "whole number", "number", "boolean")
