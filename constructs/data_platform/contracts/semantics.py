"""What one contract must make sense of, beyond its shape: names, types, keys, privacy, retention."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.contracts import column_types as types
from data_platform.contracts.casts import castable, castable_from
from data_platform.contracts.custom_properties import custom, custom_place
from data_platform.contracts.privacy import check_privacy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Column, Dataset
    from data_platform.contracts.place import Place

SUFFIX = ".odcs.yaml"
_SNAKE = re.compile(r"[a-z][a-z0-9_]*")
_DOMAIN = re.compile(r"[a-z][a-z0-9]*")
# A bucket name ends at 63 characters: dp-<environment 8>-<domain>-curated-<account 12>-ap-southeast-2.
_LONGEST_DOMAIN = 15
_LONGEST_DATASET = 40  # leaves room for _quarantine and for the names of crawlers and roles
_LONGEST_COLUMN = 128
_GLACIER_MINIMUM = 90  # days that S3 bills at least for an object in either Glacier class
_RESERVED = {"ingest_date", "run_id", "source"}  # partition keys of raw paths


def check_names(root: Place) -> None:
    """Domain, dataset and column names: legal, not reserved, equal to folder and file."""
    file = Path(root.document.file)
    domain, dataset = root["domain"], root["schema"].value[0]["name"]
    _check_name(domain, _DOMAIN, _LONGEST_DOMAIN, "small letters and digits, a letter first")
    if domain.value != file.resolve().parent.name:
        folder = file.resolve().parent.name
        domain.report(
            f"{domain.value!r} is not the folder {folder!r}", mend="move the file or correct the domain"
        )
    expected = file.name.removesuffix(SUFFIX)
    place = next(root.each("schema"))["name"]
    _check_name(place, _SNAKE, _LONGEST_DATASET, "small letters, digits and '_', a letter first")
    if dataset != expected:
        place.report(
            f"{dataset!r} is not the file name {expected!r}", mend=f"rename the file to {dataset}{SUFFIX}"
        )
    if root.value["name"] != dataset:
        root["name"].report(
            f"{root.value['name']!r} is not the dataset's name {dataset!r}", mend=f"write {dataset}"
        )
    _check_physical_name(next(root.each("schema")))


def check_columns(places: Sequence[Place], columns: Sequence[Column]) -> None:
    """Each column: name, types, partition transform, privacy."""
    seen: dict[str, int] = {}
    for place, column in zip(places, columns, strict=True):
        _check_column_name(place["name"])
        _check_physical_name(place)
        line = place.document.line(place.steps)
        if column.name in seen:
            place["name"].report(f"column {column.name!r} stands twice, first on line {seen[column.name]}")
        seen.setdefault(column.name, line)
        _check_types(place, column)
        _check_transform(place, column)
        _check_masked_name(place, column, columns)
        check_privacy(place, column)


def check_key(root: Place, places: Sequence[Place], dataset: Dataset) -> None:
    """There is a primary key and its columns are required."""
    if not dataset.primary_key:
        next(root.each("schema"))["properties"].report(
            "no column is the primary key", mend="add `primaryKey: true` to the columns that tell rows apart"
        )
    for place, column in zip(places, dataset.columns, strict=True):
        if column.primary_key_position is not None and not column.required:
            place.report("is part of the primary key but not required", mend="add `required: true`")


def check_retention(root: Place, dataset: Dataset) -> None:
    """Lock <= retention; Glacier Instant, then Flexible, each for at least 90 days, before the end."""
    keep, lock = dataset.retention, dataset.object_lock
    if lock and lock.days > keep.days:
        custom_place(root, "objectLock").report(
            f"locks for {lock.days} days what retention deletes after {keep.days}",
            mend="make retention longer or the lock shorter",
        )
    place = custom_place(root, "retention")
    instant, flexible = keep.glacier_instant_after_days, keep.glacier_flexible_after_days
    steps = [
        ("glacierInstantAfterDays", instant),
        ("glacierFlexibleAfterDays", flexible),
        ("the end", keep.days),
    ]
    written = [(name, days) for name, days in steps if days is not None]
    for (name, days), (after, end) in pairwise(written):
        if end - days < _GLACIER_MINIMUM:
            place.report(
                f"{name} at day {days} leaves {end - days} days until {after} of retention at day {end}",
                allowed=f"{_GLACIER_MINIMUM} days or more in each Glacier class (S3 bills that much anyway)",
                mend="move the step earlier, keep data longer, or write null",
            )
    if lock and keep.noncurrent_days < 1:
        place.report("noncurrentDays is below 1", allowed="1 or more")


def _check_name(place: Place, pattern: re.Pattern[str], longest: int, allowed: str) -> None:
    name: str = place.value
    if not pattern.fullmatch(name) or len(name) > longest:
        place.report(f"{name[:60]!r} is not a legal name", allowed=f"{allowed}, at most {longest} characters")


def _check_column_name(place: Place) -> None:
    name: str = place.value
    if name.startswith("_") or name in _RESERVED:
        place.report(
            f"{name!r} is reserved for the platform's own columns",
            allowed=f"no leading underscore, not {', '.join(sorted(_RESERVED))}",
            mend="rename the column",
        )
        return
    _check_name(place, _SNAKE, _LONGEST_COLUMN, "small letters, digits and '_', a letter first")


def _check_masked_name(place: Place, column: Column, columns: Sequence[Column]) -> None:
    if column.masked_name is None:
        return
    if "encryptedName" in place.value:
        _check_column_name(place["encryptedName"])
    if any(column.masked_name in (one.name, one.masked_name) for one in columns if one is not column):
        place.report(
            f"its masked column {column.masked_name!r} has the name of another column",
            mend="write `encryptedName:` with a free name",
        )
    if column.masked_name == column.name:
        place["encryptedName"].report("is the name of the column itself", mend=f"write {column.name}_masked")


def _check_physical_name(place: Place) -> None:
    physical = place.get("physicalName")
    if physical and physical.value != place.value["name"]:
        physical.report(
            f"{physical.value!r} is not the name {place.value['name']!r}", mend="remove physicalName"
        )


def _check_types(place: Place, column: Column) -> None:
    physical = place["physicalType"]
    if not types.is_type(column.physical_type):
        mend = types.type_mend(column.physical_type)
        physical.report(
            f"{column.physical_type!r} is not a column type", allowed=types.ALLOWED_TYPES, mend=mend
        )
        return
    families = types.physical_families(column.logical_type)
    if types.family(column.physical_type) not in families:
        physical.report(f"{column.physical_type} holds no {column.logical_type}", allowed=", ".join(families))
    source = custom_place(place, "sourceType")
    if not types.is_type(column.source_type):
        mend = types.type_mend(column.source_type)
        source.report(f"{column.source_type!r} is not a column type", allowed=types.ALLOWED_TYPES, mend=mend)
    elif not castable(column.source_type, column.physical_type):
        source.report(
            f"a {column.source_type} cannot become a {column.physical_type}",
            allowed=", ".join(castable_from(column.physical_type)),
            mend="correct sourceType or physicalType",
        )


def _check_transform(place: Place, column: Column) -> None:
    transform = custom(place).value.get("partitionTransform", "identity")
    if not place.read("partitioned") or not types.is_type(column.physical_type):
        return
    fitting = types.transform_families(transform)
    if types.family(column.physical_type) not in fitting:
        spot = custom_place(place, "partitionTransform")
        spot.report(
            f"{transform} does not fit a {column.physical_type}", allowed=f"a column of {', '.join(fitting)}"
        )
