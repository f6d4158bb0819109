"""Names and values as Athena (Trino) reads them: quoted, typed, proof against what a contract may contain."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from data_platform.contracts.types import kind

if TYPE_CHECKING:
    from collections.abc import Iterable

INGEST_DATE_TEXT = "{ingest_date}"
RUN_ID_TEXT = "{run_id}"
DAY = f"DATE '{INGEST_DATE_TEXT}'"
RUN = f"'{RUN_ID_TEXT}'"
# Of a stream's plan: the loader puts literals there.
PATHS_TEXT, DAYS_TEXT, BATCH_TEXT = "{paths}", "{days}", "{run}"
_PLACEHOLDERS = (INGEST_DATE_TEXT, RUN_ID_TEXT, PATHS_TEXT, DAYS_TEXT, BATCH_TEXT)


def quoted(name: str) -> str:
    """An identifier, quoted.

    Example:
        >>> quoted('tail"no')
        '"tail""no"'
    """
    return '"' + name.replace('"', '""') + '"'


def relation(database: str, table: str) -> str:
    """A fully qualified, quoted table.

    Example:
        >>> relation("dp_dev_aviation_staged", "flights")
        '"dp_dev_aviation_staged"."flights"'
    """
    return f"{quoted(database)}.{quoted(table)}"


def listed(names: Iterable[str], *, prefix: str = "") -> str:
    """Quoted identifiers with commas between, each after an optional table alias.

    Example:
        >>> listed(["a", "b"], prefix="s.")
        's."a", s."b"'
    """
    return ", ".join(prefix + quoted(name) for name in names)


def text(value: str) -> str:
    """A string literal.

    A literal never holds a placeholder of the plan: the state machine would replace it.

    Example:
        >>> text("O'Brien")
        "'O''Brien'"
        >>> text("{run_id}")
        "'{' || 'run_id}'"
    """
    literal = "'" + value.replace("'", "''") + "'"
    for placeholder in _PLACEHOLDERS:
        literal = literal.replace(placeholder, "{' || '" + placeholder[1:])
    return literal


def number(value: float) -> str:
    """A number as a double literal, exact for whole numbers.

    Example:
        >>> number(5), number(0.1), number(1e30)
        ('5E0', '0.1E0', '1e+30')
    """
    plain = repr(float(value)).removesuffix(".0")
    return plain if "e" in plain else f"{plain}E0"


def literal(value: object, type_name: str) -> str:
    """A value of a contract as a literal that compares with a column of that type.

    Raises:
        ValueError: when the value is no value of the type.

    Example:
        >>> literal("2013-01-01", "date"), literal(3, "bigint"), literal("AA", "string")
        ("DATE '2013-01-01'", '3', "'AA'")
    """
    family = kind(type_name)
    if family == "float":
        return number(float(str(value)))
    if family in ("integer", "decimal"):
        return _exact(value, type_name)
    if family == "boolean":
        if str(value).lower() not in ("true", "false"):
            raise ValueError(f"{value!r} is not true or false, as a {type_name} column wants")
        return str(value).lower()
    if family == "date":
        return f"DATE {text(str(value)[:10])}"
    if family in ("timestamp", "timestamptz"):
        moment = str(value).replace("T", " ").removesuffix("Z").removesuffix("+00:00")
        return f"TIMESTAMP {text(moment + (' UTC' if family == 'timestamptz' else ''))}"
    return text(str(value))


def _exact(value: object, type_name: str) -> str:
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        exact = Decimal("NaN")
    if not exact.is_finite():
        raise ValueError(f"{value!r} is not a number, as a {type_name} column wants")
    plain = format(exact, "f")
    return plain if "." not in plain else plain.rstrip("0").rstrip(".")
