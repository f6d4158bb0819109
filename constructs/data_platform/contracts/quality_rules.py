"""Rules that a contract writes out in `quality`: library metrics, SQL, distributions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from data_platform.contracts.custom_properties import custom
from data_platform.contracts.errors import did_you_mean
from data_platform.contracts.implied_rules import check_pattern
from data_platform.contracts.model import Check, CheckKind, Limit
from data_platform.contracts.rule import build_check, offender_limit, read_limit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from data_platform.contracts.model import Column
    from data_platform.contracts.place import Place

_Built = tuple[CheckKind, tuple[str, ...], Limit | None, dict[str, object], str]
_ONE_QUERY = re.compile(r"(?is)\s*(select|with)\b[^;]*")
_NUMBERS = ("integer", "number")


def quality_checks(place: Place, column: Column | None, columns: Sequence[Column], owner: str) -> list[Check]:
    """The checks of the `quality` list of a column, or of the dataset when `column` is None.

    Args:
        place: The column or the dataset in the contract.
        column: The column, if it is one.
        columns: All columns of the dataset.
        owner: `<domain>.<dataset>`.
    """
    checks = []
    for rule in place.each("quality"):
        built = _build(rule, column, columns)
        if built is None:
            continue
        kind, names, limit, parameters, description = built
        checks.append(
            build_check(
                rule,
                owner=owner,
                kind=kind,
                columns=names,
                column=column.name if column else None,
                name=rule.read("name"),
                severity=rule.read("severity", "error"),
                on_failure=custom(rule).value.get("onFailure"),
                dimension=rule.read("dimension"),
                limit=limit,
                parameters=parameters,
                description=rule.read("description") or description,
            )
        )
    return checks


def _build(rule: Place, column: Column | None, columns: Sequence[Column]) -> _Built | None:
    kind = rule.read("type", "library")
    if kind == "text":  # for people
        return None
    if kind == "sql":
        return _sql(rule, column)
    if kind == "custom":
        return _distribution(rule, column)
    metric = rule.read("metric")
    if metric is None:
        rule.report("says neither metric nor type", allowed=", ".join(_METRICS), mend="add `metric:`")
        return None
    for argument in rule.read("arguments", {}):
        if argument not in _ARGUMENTS[metric]:
            allowed = ", ".join(_ARGUMENTS[metric]) or "no arguments"
            rule["arguments"].report(
                f"{argument!r} means nothing to {metric}", allowed=allowed, mend="remove it"
            )
    return _METRICS[metric](rule, column, columns)


def _null_values(rule: Place, column: Column | None, _columns: Sequence[Column]) -> _Built | None:
    if column is None:
        _misplaced(rule, "belongs to a column")
        return None
    limit = offender_limit(rule, rule.read("unit", "rows"))
    return CheckKind.NULL, (column.name,), limit, {}, f"{column.name} is filled in"


def _invalid_values(rule: Place, column: Column | None, _columns: Sequence[Column]) -> _Built | None:
    if column is None:
        _misplaced(rule, "belongs to a column")
        return None
    arguments = rule.read("arguments", {})
    if len(arguments) != 1:
        rule.report("needs one argument", allowed="validValues or pattern", mend="write two rules for both")
        return None
    limit = offender_limit(rule, rule.read("unit", "rows"))
    if "pattern" in arguments:
        check_pattern(rule["arguments"]["pattern"])
        pattern = arguments["pattern"]
        parameters: dict[str, object] = {"regex": pattern}
        return CheckKind.PATTERN, (column.name,), limit, parameters, f"{column.name} looks like {pattern}"
    values = _accepted_values(rule["arguments"]["validValues"], column)
    shown = ", ".join(str(value) for value in values)
    return CheckKind.ACCEPTED, (column.name,), limit, {"values": values}, f"{column.name} is one of {shown}"


def _accepted_values(place: Place, column: Column) -> tuple[Any, ...]:
    wanted: tuple[type, ...] = (int, float) if column.logical_type in _NUMBERS else (str,)
    for value in place.value:
        if not isinstance(value, wanted) or isinstance(value, bool):
            place.report(
                f"{value!r} is no {column.logical_type}",
                allowed="numbers" if int in wanted else "text in quotes",
                mend=f"write {str(value)!r}" if str in wanted else "remove the quotes",
            )
    return tuple(place.value)


def _duplicate_values(rule: Place, column: Column | None, columns: Sequence[Column]) -> _Built | None:
    names = (column.name,) if column else tuple(rule.read("arguments", {}).get("properties", ()))
    if column and rule.read("arguments"):
        rule["arguments"].report("means nothing on a column", mend="move the rule to the dataset's quality")
    if not names:
        rule.report(
            "does not say which columns", allowed="arguments: {properties: [...]}", mend="add the columns"
        )
    known = [one.name for one in columns]
    for name in names:
        if name not in known:
            rule["arguments"].report(f"there is no column {name!r}", mend=did_you_mean(name, known))
    limit = offender_limit(rule, rule.read("unit", "rows"))
    return CheckKind.UNIQUE, names, limit, {"columns": names}, f"{', '.join(names)} never repeat"


def _row_count(rule: Place, column: Column | None, _columns: Sequence[Column]) -> _Built | None:
    if column:
        _misplaced(rule, "belongs to the dataset, not to a column")
        return None
    if rule.read("unit", "rows") != "rows":
        rule["unit"].report("rows are counted in rows", allowed="rows")
    return CheckKind.VOLUME, (), read_limit(rule, "rows"), {}, "as many rows came as always come"


def _sql(rule: Place, column: Column | None) -> _Built:
    query = rule.value["query"].strip()
    if not _ONE_QUERY.fullmatch(query):
        rule["query"].report(
            "is not one SELECT",
            allowed="one query that begins with SELECT or WITH, without a semicolon",
            mend="return one number; {object} is the day's rows, {property} the column",
        )
    elif "{object}" not in query:
        rule["query"].report("reads no rows of the dataset", mend="write FROM {object}, the day's rows")
    if not rule.read("name"):
        rule.report("has no name", mend="add `name:`, it becomes part of the check's id")
    names = (column.name,) if column else ()
    return (
        CheckKind.SQL,
        names,
        read_limit(rule, "value"),
        {"query": query},
        "a query of the contract's author",
    )


def _distribution(rule: Place, column: Column | None) -> _Built | None:
    if column is None:
        _misplaced(rule, "belongs to a column")
        return None
    implementation = rule["implementation"]
    statistic = implementation.value["statistic"]
    if statistic in ("mean", "stddev") and column.logical_type not in _NUMBERS:
        implementation["statistic"].report(
            f"a {column.logical_type} has no {statistic}", allowed="null_percent, distinct"
        )
    limit = read_limit(implementation, "percent" if statistic == "null_percent" else "value")
    description = f"the {statistic} of {column.name} is as usual"
    return CheckKind.DISTRIBUTION, (column.name,), limit, {"statistic": statistic}, description


def _misplaced(rule: Place, where: str) -> None:
    rule.report(f"a {rule.read('metric', 'distribution')} rule {where}", mend="move it there")


_METRICS: dict[str, Callable[[Place, Column | None, Sequence[Column]], _Built | None]] = {
    "nullValues": _null_values,
    "invalidValues": _invalid_values,
    "duplicateValues": _duplicate_values,
    "rowCount": _row_count,
}
_ARGUMENTS: dict[str, tuple[str, ...]] = {
    "nullValues": (),
    "invalidValues": ("validValues", "pattern"),
    "duplicateValues": ("properties",),
    "rowCount": (),
}
