"""Random rows of every type that is copied exactly, for both engines."""

from __future__ import annotations

import datetime as dt
import json
import math
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

ROWS = 1_000
_FIRST, _LAST = map(dt.datetime.fromisoformat, ("0001-01-01", "9999-12-31T23:59:59.999999"))
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
_DATES = st.dates() | st.sampled_from([_FIRST.date(), _LAST.date()])
_MOMENTS = st.datetimes() | st.sampled_from([_FIRST, _LAST])


def _whole(moment: dt.datetime) -> dt.datetime:
    """Without what is finer than a millisecond."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


_MILLISECONDS = _MOMENTS.map(_whole)
_FLOATS = st.floats() | st.sampled_from(
    [0.1, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308]
)
_SINGLES = st.floats(width=32)


def _decimals(precision: int, scale: int) -> Any:
    most = 10**precision - 1
    return st.integers(-most, most).map(lambda n: Decimal(f"{n}E-{scale}"))


def _integers(bits: int, *, unsigned: bool = False) -> Any:
    low, high = (0, 2**bits - 1) if unsigned else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    return st.integers(low, high) | st.sampled_from([low, high, 0])


# Of a column: the type in the database, in the contract, and its values.
POSTGRES = {
    "flag": ("boolean", "boolean", st.booleans()),
    "small": ("smallint", "int", _integers(16)),
    "whole": ("integer", "int", _integers(32)),
    "big": ("bigint", "bigint", _integers(64)),
    "single": ("real", "float", _SINGLES),
    "widened": ("real", "double", _SINGLES),
    "double": ("double precision", "double", _FLOATS),
    "price": ("numeric(12,2)", "decimal(12,2)", _decimals(12, 2)),
    "longest": ("numeric(18,9)", "decimal(18,9)", _decimals(18, 9)),
    "wide": ("numeric(38,10)", "decimal(38,10)", _decimals(38, 10)),
    "count": ("numeric(9,0)", "int", _decimals(9, 0)),
    "coarse": ("numeric(3,-2)", "decimal(12,2)", st.integers(-999, 999).map(lambda n: Decimal(n * 100))),
    "any": (
        "numeric",
        "string",
        st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30)
        | st.just(Decimal("NaN")),
    ),
    "name": ("varchar(40)", "string", _TEXT),
    "note": ("text", "string", _TEXT),
    "padded": ("char(50)", "string", _TEXT.map(lambda text: text.ljust(50))),
    "day": ("date", "date", _DATES),
    "moment": ("timestamp", "timestamp", _MILLISECONDS),
    "instant": ("timestamptz", "timestamp", _MILLISECONDS),
    "fine_moment": ("timestamp", "string", _MOMENTS),
    "fine_instant": ("timestamptz", "string", _MOMENTS),
    "clock": ("time", "string", st.times()),
    "key": ("uuid", "string", st.uuids(allow_nil=True)),
    "document": ("json", "string", st.dictionaries(_TEXT, st.integers() | st.none() | _TEXT, max_size=3)),
    "mood": ("mood", "string", st.sampled_from(["sad", "ok", "Straße"])),
    "bytes": ("bytea", "string", st.binary(max_size=60)),
    "list": ("int[]", "string", st.lists(st.integers(-5, 5) | st.none(), min_size=1, max_size=4)),
    "texts": ("text[]", "string", st.lists(_TEXT | st.none(), min_size=1, max_size=3)),
    "span": ("interval", "string", st.timedeltas(dt.timedelta(days=-9000), dt.timedelta(days=9000))),
}
MYSQL = {
    "flag": ("tinyint(1)", "boolean", st.booleans()),
    "tiny": ("tinyint unsigned", "int", _integers(8, unsigned=True)),
    "small": ("smallint", "int", _integers(16)),
    "medium": ("mediumint unsigned", "int", _integers(24, unsigned=True)),
    "whole": ("int", "int", _integers(32)),
    "unsigned": ("int unsigned", "bigint", _integers(32, unsigned=True)),
    "big": ("bigint", "bigint", _integers(64)),
    "huge": ("bigint unsigned", "decimal(20,0)", _integers(64, unsigned=True)),
    "double": ("double", "double", st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)),
    "single": (
        "float",
        "float",
        st.floats(width=32, allow_nan=False, allow_infinity=False, allow_subnormal=False),
    ),
    "price": ("decimal(12,2)", "decimal(12,2)", _decimals(12, 2)),
    "wide": ("decimal(38,10)", "decimal(38,10)", _decimals(38, 10)),
    "name": ("varchar(40)", "string", _TEXT),
    "note": ("longtext", "string", _TEXT),
    "day": ("date", "date", _DATES),
    "moment": ("datetime(6)", "timestamp", _MILLISECONDS),
    "instant": (
        "timestamp(6)",
        "timestamp",
        st.datetimes(*map(dt.datetime.fromisoformat, ("1970-01-02", "2038-01-01"))).map(_whole),
    ),
    "clock": ("time(6)", "string", st.timedeltas(dt.timedelta(hours=-838), dt.timedelta(hours=838))),
    "year": ("year", "int", st.integers(1901, 2155) | st.just(0)),
    "bits": ("bit(33)", "bigint", _integers(33, unsigned=True)),
    "mood": ("enum('sad','ok','Straße')", "string", st.sampled_from(["sad", "ok", "Straße"])),
    "tags": ("set('a','b','c')", "string", st.sampled_from(["", "a", "a,c", "a,b,c"])),
    "bytes": ("varbinary(60)", "string", st.binary(max_size=60)),
    "document": ("json", "string", st.dictionaries(_TEXT, st.integers() | st.none(), max_size=3)),
}


def rows_of(types: dict[str, Any]) -> list[tuple[Any, ...]]:
    """ROWS rows of a strategy a column, each value NULL now and then."""
    rows: list[tuple[Any, ...]] = []

    @settings(
        max_examples=ROWS,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.tuples(*(st.none() | values for _, _, values in types.values())))
    def collect(row: tuple[Any, ...]) -> None:
        rows.append(row)

    collect()
    while len(rows) < ROWS:  # hypothesis may find that there are no more that differ
        rows.append(rows[len(rows) % 100])
    return rows


def parameter(value: Any) -> Any:
    """As text where the driver's own literal would lose something: the sign of -0.0."""
    if isinstance(value, dict):
        return json.dumps(value)
    return repr(value) if isinstance(value, float) else value
