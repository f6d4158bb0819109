"""Partition projection: partitions computed from table properties, without a catalogue entry or a listing."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from typing import TYPE_CHECKING

import pyarrow as pa

from local.athena.catalog import Entry, location_of
from local.athena.errors import AthenaError
from local.athena.planning import columns_in
from local.athena.pruning import matching_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_PARTITIONS = 1_000_000
_FORMATS = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"))
_NOW = re.compile(r"NOW(?:\s*([+-]\s*\d+)\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?", re.IGNORECASE)
_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 7 * 86400}


def is_enabled(entry: Entry) -> bool:
    """Whether the table computes its partitions."""
    return str((entry.get("Parameters") or {}).get("projection.enabled", "")).lower() == "true"


def partitions(
    entry: Entry, keys: pa.Schema, conditions: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Values and location of each projected partition that the conditions do not exclude.

    Raises:
        AthenaError: INVALID_TABLE_PROPERTY for a projection that is incomplete, CONSTRAINT_VIOLATION when an
            injected column has no value in the query.
    """
    parameters = {name.lower(): value for name, value in entry["Parameters"].items()}
    columns = []
    for field in keys:
        texts = _values(parameters, field.name, conditions)
        table = pa.table({field.name: pa.array(texts, pa.string()).cast(field.type)})
        columns.append([texts[i] for i in matching_rows(table, conditions)])
    total = 1
    for values in columns:
        total *= len(values)
    if total > _MOST_PARTITIONS:
        raise AthenaError(
            "HIVE_EXCEEDED_PARTITION_LIMIT", f"Query over table can potentially read {total} partitions"
        )
    for row in itertools.product(*columns):
        yield row, _location(entry, parameters, keys.names, row)


def _values(parameters: dict[str, str], name: str, conditions: tuple[str, ...]) -> list[str]:
    kind = _required(parameters, name, "type").lower()
    if kind == "enum":
        return [value.strip() for value in _required(parameters, name, "values").split(",")]
    if kind == "integer":
        low, high = (int(value) for value in _required(parameters, name, "range").split(","))
        step, digits = (
            int(parameters.get(f"projection.{name}.interval", 1)),
            parameters.get(f"projection.{name}.digits"),
        )
        return [str(value).zfill(int(digits or 0)) for value in range(low, high + 1, step)]
    if kind == "date":
        return list(_dates(parameters, name))
    if kind == "injected":
        return _injected(name, conditions)
    raise AthenaError("INVALID_TABLE_PROPERTY", f"Unsupported projection type {kind!r} of column {name}")


def _dates(parameters: dict[str, str], name: str) -> Iterator[str]:
    pattern = _required(parameters, name, "format")
    layout = strftime_of(pattern)
    ends = [_moment(text.strip(), layout) for text in _required(parameters, name, "range").split(",")]
    smallest = "HOUR" if "HH" in pattern else "DAY" if "dd" in pattern else "MONTH"
    unit = parameters.get(f"projection.{name}.interval.unit", smallest).upper().rstrip("S")
    step = int(parameters.get(f"projection.{name}.interval", 1))
    current, plain = ends[0], layout == "%Y-%m-%d"
    while current <= ends[1]:
        yield current.date().isoformat() if plain else current.strftime(layout)
        current = _later(current, step, unit)


def strftime_of(pattern: str) -> str:
    """A Java date pattern as strftime's.

    Example:
        >>> strftime_of("yyyy/MM/dd'T'HH")
        '%Y/%m/%dT%H'
    """
    for java, ours in _FORMATS:
        pattern = pattern.replace(java, ours)
    return pattern.replace("'", "")


def _moment(text: str, layout: str) -> dt.datetime:
    relative = _NOW.fullmatch(text)
    if relative is None:
        try:
            return dt.datetime.strptime(text, layout).replace(tzinfo=dt.UTC)
        except ValueError as error:
            raise AthenaError(
                "INVALID_TABLE_PROPERTY", f"Invalid projection range value {text!r}: {error}"
            ) from error
    now = dt.datetime.now(dt.UTC)
    return _later(now, int(relative[1].replace(" ", "")), relative[2].upper()) if relative[1] else now


def _later(moment: dt.datetime, count: int, unit: str) -> dt.datetime:
    if unit in _SECONDS:
        return moment + dt.timedelta(seconds=count * _SECONDS[unit])
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "YEAR" else 1)
    return moment.replace(year=months // 12, month=months % 12 + 1, day=min(moment.day, 28))


def _injected(name: str, conditions: tuple[str, ...]) -> list[str]:
    found: set[str] = set()
    for condition in conditions:
        if columns_in(condition, {}) == {name}:
            found |= set(re.findall(r"'((?:[^']|'')*)'", condition))
    if not found:
        raise AthenaError(
            "CONSTRAINT_VIOLATION",
            f"For the injected projected partition column {name}, the WHERE clause must contain only static equality "
            "conditions, and at least one such condition must be present.",
        )
    return sorted(found)


def _location(entry: Entry, parameters: dict[str, str], names: list[str], row: tuple[str, ...]) -> str:
    template = parameters.get("storage.location.template")
    if template is None:
        return location_of(entry) + "".join(
            f"{name}={value}/" for name, value in zip(names, row, strict=True)
        )
    for name, value in zip(names, row, strict=True):
        template = re.sub(
            r"\$\{" + re.escape(name) + r"\}", value.replace("\\", r"\\"), template, flags=re.IGNORECASE
        )
    return template


def _required(parameters: dict[str, str], name: str, what: str) -> str:
    value = parameters.get(f"projection.{name}.{what}")
    if value is None:
        raise AthenaError(
            "INVALID_TABLE_PROPERTY",
            f"Missing required table property projection.{name}.{what}: partition projection is enabled, "
            "so every partition column needs it.",
        )
    return str(value)
