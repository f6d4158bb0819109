"""How a raw value becomes a typed one in Athena's SQL, or NULL when it cannot be without loss.

Text is checked against a pattern before it is cast: engines differ in what else they accept (`1.7` as an
integer, `yes` as a boolean, blanks around digits), and a load must not depend on the engine. Empty text is no
value.
"""

from __future__ import annotations

from data_platform.contracts.types import hive_type, kind, normal, trino_type

_NUMBER = "([0-9]+([.][0-9]*)?|[.][0-9]+)"
_ZONE = "(Z|[+-][0-9]{2}:?[0-9]{2})?"
# What UTC says, with or without saying so, is read to the microsecond: `+00` is how PostgreSQL writes it.
_UTC = "(Z|[+]00(:?00)?)"
_FINE = f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ][0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}([.][0-9]{{1,6}})?{_UTC}?$"
# Three digits of a second at most with any other zone: from_iso8601_timestamp would silently cut the rest.
_TIME = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,3})?)?"
_TEXT_PATTERNS = {
    "integer": "^[+-]?[0-9]+$",
    "decimal": f"^[+-]?{_NUMBER}$",
    "float": f"^[+-]?{_NUMBER}([eE][+-]?[0-9]+)?$",
    "date": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "timestamp": f"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME}{_ZONE}$",
}
# Text beyond these would become an infinity in Athena.
_GREATEST = {"float": "3.4028234E38", "double": "1.7976931348623157E308"}
# (from, to) -> whether a value can fail. What is not here has no cast.
_FALLIBLE = {
    ("integer", "integer"): True,
    ("integer", "float"): False,
    ("integer", "decimal"): True,
    ("integer", "string"): False,
    ("float", "integer"): True,
    ("float", "float"): False,
    ("float", "decimal"): True,
    ("decimal", "integer"): True,
    ("decimal", "decimal"): True,
    ("decimal", "float"): False,
    ("decimal", "string"): False,
    ("boolean", "string"): False,
    ("date", "timestamp"): False,
    ("date", "timestamptz"): False,
    ("date", "string"): False,
    ("timestamp", "date"): False,
    ("timestamp", "timestamptz"): False,
} | {
    ("string", target): True
    for target in ("integer", "float", "decimal", "boolean", "date", "timestamp", "timestamptz")
}


def castable(source: str, target: str) -> bool:
    """Whether the load can turn a source type into a physical type.

    Example:
        >>> castable("string", "timestamp"), castable("double", "int"), castable("boolean", "date")
        (True, True, False)
    """
    if hive_type(source) == "double" and normal(target) == "float":
        return False  # most doubles have no float
    return _same(source, target) or (_from(source), kind(target)) in _FALLIBLE


def castable_from(target: str) -> tuple[str, ...]:
    """The kinds of source type that can become a physical type, for messages.

    Example:
        >>> castable_from("date")
        ('date', 'string', 'timestamp')
    """
    return tuple(sorted({kind(target)} | {source for source, to in _FALLIBLE if to == kind(target)}))


def can_fail(source: str, target: str) -> bool:
    """Whether some values of the source type have no counterpart in the physical type.

    Raises:
        ValueError: when no cast exists between the types.

    Example:
        >>> can_fail("string", "int"), can_fail("int", "bigint"), can_fail("bigint", "int")
        (True, False, True)
    """
    if _same(source, target):
        return False
    if _from(source) == kind(target) == "integer":
        sizes = ("tinyint", "smallint", "int", "bigint")
        return sizes.index(normal(source)) > sizes.index(normal(target))
    _known(source, target)
    return _FALLIBLE[_from(source), kind(target)]


def present_sql(expression: str, source: str, target: str) -> str:
    """The raw value, or NULL where the source says that there is none.

    Example:
        >>> print(present_sql('"seats"', "string", "int"))
        NULLIF("seats", '')
    """
    if _from(source) == "string" and kind(target) != "string":
        return f"NULLIF({expression}, '')"
    return expression


def cast_sql(expression: str, source: str, target: str) -> str:
    """The typed value, or NULL when there is none or it does not fit.

    Raises:
        ValueError: when no cast exists between the types.

    Example:
        >>> cast_sql('"seats"', "double", "int")
        'CASE WHEN "seats" = floor("seats") THEN TRY_CAST("seats" AS integer) END'
        >>> cast_sql('"seats"', "int", "int")
        '"seats"'
    """
    if _same(source, target):
        return expression
    _known(source, target)
    if _from(source) == "string":
        return _from_text(expression, target)
    if _from(source) in ("float", "decimal") and kind(target) == "integer":
        # A cast would round 1.5 to 2: that is another value, so it is no integer.
        return f"CASE WHEN {expression} = floor({expression}) THEN {_try(expression, target)} END"
    if (_from(source), kind(target)) == ("timestamp", "timestamptz"):
        return f"CAST({expression} AT TIME ZONE 'UTC' AS {trino_type(target)})"
    if can_fail(source, target):
        return _try(expression, target)
    return f"CAST({expression} AS {trino_type(target)})"


def _known(source: str, target: str) -> None:
    if not castable(source, target):
        allowed = ", ".join(castable_from(target))
        raise ValueError(f"no cast from {source} to {target}; {target} can come from {allowed}")


def _from_text(expression: str, target: str) -> str:
    family = kind(target)
    if family == "boolean":
        word = f"CASE lower({expression})"
        return (
            f"{word} WHEN 'true' THEN true WHEN '1' THEN true WHEN 'false' THEN false WHEN '0' THEN false END"
        )
    if family in ("timestamp", "timestamptz"):
        in_utc = f"TRY_CAST(regexp_replace(replace({expression}, 'T', ' '), '{_UTC}$', '') AS timestamp(6))"
        if family == "timestamptz":
            in_utc = f"CAST({in_utc} AT TIME ZONE 'UTC' AS {trino_type(target)})"
        instant = f"TRY(from_iso8601_timestamp(replace({expression}, ' ', 'T')))"
        zoned = instant if family == "timestamptz" else f"{instant} AT TIME ZONE 'UTC'"
        pattern = _TEXT_PATTERNS["timestamp"]
        return (
            f"CASE WHEN regexp_like({expression}, '{_FINE}') THEN {in_utc} "
            f"WHEN regexp_like({expression}, '{pattern}') THEN CAST({zoned} AS {trino_type(target)}) END"
        )
    typed = _try(expression, target)
    fits = f"regexp_like({expression}, '{_TEXT_PATTERNS[family]}')"
    if family == "float":
        fits += f" AND abs(TRY_CAST({expression} AS double)) <= {_GREATEST[normal(target)]}"
    return f"CASE WHEN {fits} THEN {typed} END"


def _try(expression: str, target: str) -> str:
    return f"TRY_CAST({expression} AS {trino_type(target)})"


def _same(source: str, target: str) -> bool:
    return hive_type(source) == normal(target)


def _from(source: str) -> str:
    return kind(hive_type(source))
