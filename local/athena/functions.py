"""Trino functions that DuckDB lacks or means otherwise: macros and Python functions, made when a query names them."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
import zlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

_TIME_TYPES = ("DATE", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMPTZ")


def _by_time_type(template: str) -> str:
    """One macro body a time type: the result keeps the type of the argument, as Trino's does."""
    return ", ".join(template.replace("<T>", kind) for kind in _TIME_TYPES)


# Overloads by type need typed parameters; the body of the first overload that fits is expanded in place.
_MACROS = {
    "trino_date_trunc": _by_time_type("(u VARCHAR, x <T>) AS CAST(date_trunc(u, x) AS <T>)"),
    "trino_plus": _by_time_type("(x <T>, i INTERVAL) AS CAST(x + i AS <T>)"),
    "trino_minus": _by_time_type("(x <T>, i INTERVAL) AS CAST(x - i AS <T>)"),
    "trino_at_timezone": (
        "(x TIMESTAMPTZ, z VARCHAR) AS timezone(z, x), "
        "(x TIMESTAMP, z VARCHAR) AS timezone(z, timezone('UTC', x)), "
        "(x TIMESTAMP_MS, z VARCHAR) AS timezone(z, timezone('UTC', CAST(x AS TIMESTAMP)))"
    ),
    "with_timezone": "(x, z) AS timezone(z, CAST(x AS TIMESTAMP))",
    "to_iso8601": (
        "(x DATE) AS strftime(x, '%Y-%m-%d'), (x TIMESTAMPTZ) AS strftime(x, '%Y-%m-%dT%H:%M:%S.%gZ'), "
        "(x TIMESTAMP) AS strftime(x, '%Y-%m-%dT%H:%M:%S.%g'), "
        "(x TIMESTAMP_MS) AS strftime(x, '%Y-%m-%dT%H:%M:%S.%g')"
    ),
    "trino_regexp_extract": "(s, p, g) AS CASE WHEN regexp_matches(s, p) THEN regexp_extract(s, p, g) END",
    "trino_distinct": "(a) AS list_filter(a, LAMBDA e, i : list_position(a, e) = i)",
    # A macro cannot ask whether it got an array or a map; as JSON both can be counted.
    "trino_cardinality": (
        "(a) AS CASE json_type(to_json(a)) WHEN 'OBJECT' THEN CAST(len(json_keys(to_json(a))) AS BIGINT) "
        "WHEN 'ARRAY' THEN CAST(json_array_length(to_json(a)) AS BIGINT) END"
    ),
    "trino_sequence": (
        "(a DATE, b DATE) AS list_transform(generate_series(a, b, INTERVAL 1 DAY), LAMBDA x : CAST(x AS DATE)), "
        "(a BIGINT, b BIGINT) AS generate_series(a, b, CASE WHEN a <= b THEN 1 ELSE -1 END), "
        "(a DATE, b DATE, i INTERVAL) AS list_transform(generate_series(a, b, i), LAMBDA x : CAST(x AS DATE)), "
        "(a TIMESTAMP, b TIMESTAMP, i INTERVAL) AS generate_series(a, b, i), "
        "(a BIGINT, b BIGINT, i BIGINT) AS generate_series(a, b, i)"
    ),
    "trino_typeof": "(x) AS lower(typeof(x))",
    "e": "() AS exp(1)",
    "nan": "() AS CAST('NaN' AS DOUBLE)",
    "infinity": "() AS CAST('Infinity' AS DOUBLE)",
    "is_infinite": "(x) AS isinf(x)",
    "is_finite": "(x) AS isfinite(x)",
    "current_timezone": "() AS 'UTC'",
    "width_bucket": (
        "(x, low, high, n) AS CASE WHEN x < low THEN 0 WHEN x >= high THEN n + 1 "
        "ELSE CAST(floor((x - low) * n / CAST(high - low AS DOUBLE)) AS BIGINT) + 1 END"
    ),
    "json_array_contains": "(j, v) AS list_contains(json_extract_string(j, '$[*]'), CAST(v AS VARCHAR))",
    "json_size": (
        "(j, p) AS CASE json_type(j, p) WHEN 'ARRAY' THEN json_array_length(j, p) "
        "WHEN 'OBJECT' THEN len(json_keys(j, p)) ELSE 0 END"
    ),
    "is_json_scalar": "(j) AS json_type(j) NOT IN ('ARRAY', 'OBJECT')",
    "url_extract_protocol": "(u) AS nullif(regexp_extract(u, '^([A-Za-z][A-Za-z0-9+.-]*):', 1), '')",
    "url_extract_host": "(u) AS nullif(regexp_extract(u, '^[^:/?#]+://(?:[^@/?#]*@)?([^:/?#]+)', 1), '')",
    "url_extract_port": "(u) AS TRY_CAST(regexp_extract(u, '^[^:/?#]+://[^:/?#]+:([0-9]+)', 1) AS BIGINT)",
    "url_extract_path": "(u) AS regexp_extract(u, '^[^:/?#]+://[^/?#]*([^?#]*)', 1)",
    "url_extract_query": "(u) AS nullif(regexp_extract(u, '[?]([^#]*)', 1), '')",
    "url_extract_fragment": "(u) AS nullif(regexp_extract(u, '#(.*)$', 1), '')",
    "url_extract_parameter": "(u, n) AS nullif(regexp_extract(u, '[?&]' || n || '=([^&#]*)', 1), '')",
    "codepoint": "(s) AS unicode(s)",
    "hamming_distance": "(a, b) AS hamming(a, b)",
    "trino_millisecond": "(x) AS millisecond(x) % 1000",
    "regexp_position": (
        "(s, p) AS CASE WHEN regexp_matches(s, p) THEN strpos(s, regexp_extract(s, p)) ELSE -1 END"
    ),
    "array_first": "(a) AS a[1]",
    "array_last": "(a) AS a[-1]",
    "array_union": "(a, b) AS list_distinct(list_concat(a, b))",
    "arrays_overlap": "(a, b) AS list_has_any(a, b)",
    "array_sum": "(a) AS coalesce(list_sum(a), 0)",
    "array_average": "(a) AS list_avg(a)",
    "trino_split_to_map": (
        "(s, e, k) AS map_from_entries(list_transform(str_split(s, e), "
        "LAMBDA x : (split_part(x, k, 1), split_part(x, k, 2))))"
    ),
    "to_milliseconds": "(i) AS CAST(epoch(i) * 1000 AS BIGINT)",
    "bitwise_not": "(x) AS ~x",
    "bitwise_left_shift": "(x, n) AS CAST(x AS BIGINT) << n",
    "bitwise_right_shift": "(x, n) AS CAST(x AS BIGINT) >> n",
}


def _soundex(text: str) -> str:
    codes = {**dict.fromkeys("BFPV", "1"), **dict.fromkeys("CGJKQSXZ", "2"), **dict.fromkeys("DT", "3")}
    codes |= {"L": "4", "M": "5", "N": "5", "R": "6"}
    letters = [char for char in text.upper() if char.isalpha()]
    if not letters:
        return ""
    result, last = letters[0], codes.get(letters[0], "")
    for char in letters[1:]:
        code = codes.get(char, "")
        if code and code != last:
            result += code
        last = last if char in "HW" else code
    return (result + "000")[:4]


def _luhn(text: str) -> bool:
    digits = [int(char) for char in reversed(text) if char.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) if index % 2 else digit for index, digit in enumerate(digits)]
    return bool(digits) and sum(doubled) % 10 == 0


_PYTHON: dict[str, tuple[Callable[..., Any], list[str], str]] = {
    "trino_sha512": (lambda data: hashlib.sha512(data).digest(), ["BLOB"], "BLOB"),
    "hmac_sha256": (lambda data, key: hmac.new(key, data, hashlib.sha256).digest(), ["BLOB", "BLOB"], "BLOB"),
    "hmac_sha512": (lambda data, key: hmac.new(key, data, hashlib.sha512).digest(), ["BLOB", "BLOB"], "BLOB"),
    "crc32": (lambda data: zlib.crc32(data), ["BLOB"], "BIGINT"),  # noqa: PLW0108 - zlib's takes two
    "soundex": (_soundex, ["VARCHAR"], "VARCHAR"),
    "luhn_check": (_luhn, ["VARCHAR"], "BOOLEAN"),
    "normalize": (lambda text: unicodedata.normalize("NFC", text), ["VARCHAR"], "VARCHAR"),
    "from_base": (int, ["VARCHAR", "INTEGER"], "BIGINT"),
}


def define_used(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Makes every function of ours that `sql` calls; the rest costs nothing.

    Example:
        >>> import duckdb
        >>> connection = duckdb.connect()
        >>> define_used(connection, "SELECT array_first([7, 8])")
        >>> connection.sql("SELECT array_first([7, 8])").fetchall()
        [(7,)]
    """
    for name in {found.lower() for found in re.findall(r"([A-Za-z_]\w*)\s*\(", sql)}:
        if name in _MACROS:
            connection.execute(f"CREATE OR REPLACE MACRO {name}{_MACROS[name]}")
        elif name in _PYTHON:
            function, parameters, result = _PYTHON[name]
            connection.create_function(name, function, parameters, result, side_effects=False)
