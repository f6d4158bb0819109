"""What windows must make sense of beyond their shape: columns, types, names, durations, and who may see them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from data_platform.contracts.column_types import family, is_type
from data_platform.contracts.custom_properties import custom_place
from data_platform.contracts.durations import DAY
from data_platform.contracts.errors import Finding, did_you_mean
from data_platform.contracts.table_kinds import table_name
from data_platform.contracts.windows import LATE_ROWS, WINDOW_START

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data_platform.contracts.model import Column, Dataset
    from data_platform.contracts.place import Place
    from data_platform.contracts.windows import Measure, Window

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LONGEST_LATENESS = 7 * DAY
_BESIDE = ("candidate", "quarantine", "deleted")  # ends of the names of other tables of a dataset
_OWN = (WINDOW_START, LATE_ROWS)
_ORDERED = ("int", "bigint", "decimal", "float", "double", "date", "timestamp")
_EXACT = ("int", "bigint", "decimal")
_FITTING = {"min": _ORDERED, "max": _ORDERED, "sum": _EXACT, "avg": _EXACT}


def check_windows(root: Place, dataset: Dataset) -> None:
    """Report what does not fit together, each thing where it stands.

    Args:
        root: The contract.
        dataset: What was read from it.
    """
    if not dataset.windows:
        return
    place = custom_place(root, "windows")
    if dataset.stream is None or dataset.physical_type != "topic":
        place.report(
            "windows count events as they come, and this dataset is none of events",
            mend="write `physicalType: topic` and a stream, or derive the view in dbt",
        )
    if any(grant.row_filter and "curated" in grant.zones for grant in dataset.grants):
        place.report(
            "a window counts all rows, and a role sees only some of them in curated",
            mend="remove rowFilter, or derive a view of what the role may see in dbt",
        )
    names = [window.name for window in dataset.windows]
    spots = [
        type(place)(document=place.document, steps=(*place.steps, at), value=value, findings=place.findings)
        for at, value in enumerate(place.value)
    ]
    for at, (spot, window) in enumerate(zip(spots, dataset.windows, strict=True)):
        if window.name in names[:at]:
            spot["name"].report(f"two windows are called {window.name!r}", mend="rename one")
        _check_name(spot, window)
        _check_durations(spot, window, dataset)
        _check_time(spot, window, dataset)
        _check_by(spot, window, dataset)
        for where, measure in zip(spot.each("measures"), window.measures, strict=True):
            _check_measure(where, measure, window, dataset)


def window_findings(datasets: Sequence[Dataset]) -> list[Finding]:
    """Windows whose table another dataset or window of the domain has already.

    Args:
        datasets: Of one domain.
    """
    taken = {dataset.name: dataset.path for dataset in datasets}
    found = []
    for dataset in datasets:
        for window in dataset.windows:
            name = table_name(dataset.name, window.kind)
            if name in taken:
                what = f"window {window.name!r} is the table {name}, which {taken[name]} has already"
                found.append(
                    Finding(file=dataset.path, line=1, field="", what=what, mend="rename the window")
                )
            taken.setdefault(name, dataset.path)
    return found


def _check_name(spot: Place, window: Window) -> None:
    if not _NAME.fullmatch(window.name) or window.name in _BESIDE:
        spot["name"].report(
            f"{window.name[:60]!r} is not a legal name of a window",
            allowed=f"small letters, digits and '_', a letter first, at most 40; not {', '.join(_BESIDE)}",
        )


def _check_durations(spot: Place, window: Window, dataset: Dataset) -> None:
    if not window.size_seconds or DAY % window.size_seconds:
        spot["size"].report(
            f"windows of {window.size_seconds} seconds do not fill a day",
            allowed="a divisor of a day: PT1M, PT5M, PT15M, PT1H, PT6H, P1D",
        )
    longest = min(_LONGEST_LATENESS, dataset.retention.days * DAY)
    if window.lateness_seconds > longest:
        spot["lateness"].report(
            f"a window would wait {window.lateness_seconds // DAY} days for late rows",
            allowed="at most P7D, and no longer than the dataset keeps its rows",
        )


def _check_time(spot: Place, window: Window, dataset: Dataset) -> None:
    column = _column(spot["time"], window.time, dataset)
    if column is None:
        return
    if family(column.physical_type) != "timestamp" or not column.required or not column.instant:
        spot["time"].report(
            f"{window.time!r} does not say of every event at which moment it happened",
            allowed="a required timestamp with `logicalTypeOptions: {timezone: true}`",
            mend="declare it so: of local times an hour comes twice a year",
        )


def _check_by(spot: Place, window: Window, dataset: Dataset) -> None:
    for where, name in _named(spot, "by"):
        column = _column(where, name, dataset)
        if column is None:
            continue
        _check_person(where, column)
        if name == window.time or name in _OWN:
            where.report(f"{name!r} is the window's own", mend="remove it")
        if not column.required:
            where.report(f"{name!r} may be empty", mend="write `required: true` on the column")
        if family(column.physical_type) in ("float", "double"):
            where.report(f"{name!r} is a fraction, which equals nothing", allowed="any other type")


def _check_measure(where: Place, measure: Measure, window: Window, dataset: Dataset) -> None:
    name = where["name"]
    same = [each.name for each in window.measures].count(measure.name)
    if not _NAME.fullmatch(measure.name) or same > 1 or measure.name in (*window.by, *_OWN):
        name.report(
            f"{measure.name[:60]!r} is no name of its own for a measure",
            allowed=f"small letters, digits and '_', once, neither {' nor '.join(_OWN)} nor a column of by",
        )
    if measure.column is None:
        if measure.function != "count":
            where.report(f"a {measure.function} of nothing", mend="add `column:`")
        return
    column = _column(where["column"], measure.column, dataset)
    if column is None or not is_type(column.physical_type):
        return
    _check_person(where["column"], column)
    fitting = _FITTING.get(measure.function)
    if fitting and family(column.physical_type) not in fitting:
        where["column"].report(
            f"a {measure.function} of {column.physical_type} depends on the order of rows, or means nothing",
            allowed=f"a column of {', '.join(fitting)}",
            mend="declare fractions as decimal(P,S)",
        )


def _check_person(where: Place, column: Column) -> None:
    """A figure that was counted stays when a person is erased, so it may tell of none."""
    if column.pii or column.masking is not None:
        where.report(
            f"{column.name!r} tells about a person or is masked, and an erasure does not reach into a window",
            allowed="columns that are neither pii nor masked",
        )


def _column(where: Place, name: str, dataset: Dataset) -> Column | None:
    names = [column.name for column in dataset.columns]
    if name in names:
        return dataset.column(name)
    mend = did_you_mean(name, names)
    where.report(f"{name!r} is no column of {dataset.name}", allowed=", ".join(names), mend=mend)
    return None


def _named(spot: Place, key: str) -> Iterator[tuple[Place, str]]:
    for where in spot.each(key):
        yield where, where.value
