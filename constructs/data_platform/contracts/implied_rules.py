"""Rules that a column's own fields imply: required, unique, bounds, patterns, lengths, casts."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from data_platform.contracts.casts import can_fail, castable
from data_platform.contracts.column_types import is_type
from data_platform.contracts.custom_properties import custom, custom_place
from data_platform.contracts.model import Check, CheckKind, Column
from data_platform.contracts.rule import build_check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.contracts.place import Place

_RANGE = {
    "minimum": "minimum",
    "maximum": "maximum",
    "exclusiveMinimum": "exclusive_minimum",
    "exclusiveMaximum": "exclusive_maximum",
}
_LENGTH = {"minLength": "minimum", "maxLength": "maximum"}
_SIGNS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusive_minimum": "more than",
    "exclusive_maximum": "less than",
}


def implied_checks(place: Place, column: Column, owner: str) -> list[Check]:
    """The checks that follow from a column's fields; its customProperties say how severe they are.

    Args:
        place: The column in the contract.
        column: The column.
        owner: `<domain>.<dataset>`.
    """
    extra = custom(place).value
    severities, failures = extra.get("severity", {}), extra.get("onFailure", {})
    checks = []
    for kind, parameters, description in _rules(place, column):
        severity = severities if isinstance(severities, str) else severities.get(kind.value, "error")
        on_failure = failures if isinstance(failures, str) else failures.get(kind.value)
        checks.append(
            build_check(
                custom_place(place, "onFailure"),
                owner=owner,
                kind=kind,
                column=column.name,
                columns=(column.name,),
                severity=severity,
                on_failure=on_failure,
                parameters=parameters,
                description=description,
            )
        )
    _report_idle(place, checks, severities, failures)
    return checks


def key_check(place: Place, key: tuple[str, ...], owner: str) -> Check:
    """The check that the primary key is unique; the losing rows of a duplicate go to quarantine."""
    return build_check(
        place,
        owner=owner,
        kind=CheckKind.UNIQUE,
        name="primary_key",
        columns=key,
        parameters={"columns": key},
        description=f"{', '.join(key)} tell one row from every other",
    )


def _rules(place: Place, column: Column) -> Iterator[tuple[CheckKind, dict[str, object], str]]:
    name = column.name
    if _cast_can_fail(column):
        yield CheckKind.TYPE, {}, f"{name} can be read as {column.physical_type}"
    if column.required:
        yield CheckKind.NULL, {}, f"{name} is filled in"
    if column.unique:
        yield CheckKind.UNIQUE, {"columns": (name,)}, f"{name} never repeats"
    options = place.get("logicalTypeOptions")
    if options is None:
        return
    _report_options(options, column)
    bounds = {ours: options.value[theirs] for theirs, ours in _RANGE.items() if theirs in options.value}
    if bounds:
        yield CheckKind.RANGE, dict(bounds), f"{name} is {_words(bounds)}"
    if "pattern" in options.value:
        check_pattern(options["pattern"])
        pattern = options.value["pattern"]
        yield CheckKind.PATTERN, {"regex": pattern}, f"{name} looks like {pattern}"
    lengths = {ours: options.value[theirs] for theirs, ours in _LENGTH.items() if theirs in options.value}
    if lengths:
        yield CheckKind.LENGTH, dict(lengths), f"{name} is {_words(lengths)} characters long"


def _cast_can_fail(column: Column) -> bool:
    """Types that do not fit are reported elsewhere."""
    source, target = column.source_type, column.physical_type
    return is_type(source) and is_type(target) and castable(source, target) and can_fail(source, target)


def check_pattern(place: Place) -> None:
    """Report a regular expression that does not compile, or that could match a part of a value only.

    Athena's regexp_like searches, people mean the whole value; with ^ and $ both read the same.
    """
    pattern: str = place.value
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        place.report(f"{pattern!r} is no regular expression: {error}", mend="correct it")
        return
    if not (pattern.startswith("^") and pattern.endswith("$")):
        place.report(f"{pattern!r} would match a part of a value", mend="begin it with ^ and end it with $")


def _report_options(options: Place, column: Column) -> None:
    for key in (*_RANGE, *_LENGTH):
        value = options.read(key)
        if isinstance(value, str) and not _is_moment(value, column.logical_type):
            options[key].report(
                f"{value!r} is no {column.logical_type}",
                allowed="ISO 8601, such as 2013-01-01" + ("T00:00:00" * (column.logical_type == "timestamp")),
            )
    for low, high in (("minimum", "maximum"), ("minLength", "maxLength")):
        least, most = options.read(low), options.read(high)
        if least is not None and most is not None and least > most:
            options[high].report(f"{high} {most} is below {low} {least}", mend="swap or correct them")
    for plain, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if plain in options.value and exclusive in options.value:
            options[exclusive].report(f"stands beside {plain}", mend="keep one of them")


def _is_moment(text: str, logical_type: str) -> bool:
    try:
        (date if logical_type == "date" else datetime).fromisoformat(text)
    except ValueError:
        return False
    return True


def _report_idle(place: Place, checks: list[Check], *overrides: Any) -> None:
    """Report a severity or onFailure that no implied rule of the column listens to."""
    kinds = {check.kind.value for check in checks}
    for name, override in zip(("severity", "onFailure"), overrides, strict=True):
        idle = (
            (set(override) - kinds)
            if isinstance(override, dict)
            else ({"any"} if override and not kinds else set())
        )
        for kind in sorted(idle):
            custom_place(place, name).report(
                f"{name} is set for {kind} rules, but the column's fields imply none",
                allowed=", ".join(sorted(kinds)) or "nothing, as the column implies no rule",
                mend="remove it",
            )


def _words(bounds: dict[str, Any]) -> str:
    return " and ".join(f"{_SIGNS[key]} {value}" for key, value in bounds.items())
