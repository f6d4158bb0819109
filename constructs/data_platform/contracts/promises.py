"""What a contract promises beyond rows: retention, deadline, freshness, lock, data subject."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from data_platform.contracts.custom_properties import custom, custom_place
from data_platform.contracts.durations import DAY, UNITS, seconds
from data_platform.contracts.errors import did_you_mean
from data_platform.contracts.model import (
    Check,
    CheckKind,
    Limit,
    ObjectLock,
    Retention,
)
from data_platform.contracts.rule import build_check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from data_platform.contracts.model import Column
    from data_platform.contracts.place import Place

_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_TIME_ZONE = "Australia/Melbourne"  # the platform's schedule runs in it


def sla(root: Place, name: str) -> Place | None:
    """The slaProperties item of that name; a second one is reported."""
    items = [item for item in root.each("slaProperties") if item.value["property"] == name]
    for second in items[1:]:
        second.report(f"{name} is promised twice", mend="keep one of them")
    return items[0] if items else None


def build_retention(root: Place) -> Retention:
    """How long bytes stay, from slaProperties and customProperties retention."""
    promise = sla(root, "retention")
    days = 0
    if promise is None:
        root["slaProperties"].report(
            "retention is not promised", mend="add `- {property: retention, value: 7, unit: years}`"
        )
    else:
        days = _duration(promise) // DAY
        if days < 1:
            promise.report("retention is below one day", allowed="1 day or more")
    ageing = custom(root).value["retention"]
    return Retention(
        days=days,
        glacier_instant_after_days=ageing.get("glacierInstantAfterDays"),
        glacier_flexible_after_days=ageing.get("glacierFlexibleAfterDays"),
        noncurrent_days=ageing["noncurrentDays"],
    )


def build_deadline(root: Place) -> str | None:
    """The time of day, HH:MM, from slaProperties timeOfAvailability."""
    promise = sla(root, "timeOfAvailability")
    if promise is None:
        return None
    value = promise.value["value"]
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        promise["value"].report(
            f"{value!r} is no time of day", allowed="HH:MM in quotes", mend='write "06:00"'
        )
    if promise.read("unit", _TIME_ZONE) != _TIME_ZONE:
        promise["unit"].report(
            f"{promise.read('unit')!r} is not the schedule's time zone", allowed=_TIME_ZONE
        )
    return str(value)


def build_freshness(root: Place, columns: Sequence[Column], owner: str) -> tuple[int | None, list[Check]]:
    """The oldest that the newest row may be, in seconds, and the check of it when a column tells the time."""
    promise = sla(root, "freshness")
    if promise is None:
        return None, []
    age = _duration(promise)
    if age < 1:
        promise["value"].report("freshness is below one second", mend="write how old the newest row may be")
    if "element" not in promise.value:
        return age, []
    name = _moment_column(promise["element"], columns, owner)
    if name is None:
        return age, []
    check = build_check(
        promise,
        owner=owner,
        kind=CheckKind.FRESHNESS,
        column=name,
        columns=(name,),
        # A promise that regulators or operations rely on stops the run; for analytics it is measured.
        severity="error" if promise.read("driver") in ("regulatory", "operational") else "warning",
        limit=Limit(operator="<=", value=age, unit="seconds"),
        parameters={"column": name},
        description=promise.read("description") or f"the newest {name} is at most {age // 3600} hours old",
    )
    return age, [check]


def _moment_column(element: Place, columns: Sequence[Column], owner: str) -> str | None:
    dataset = owner.partition(".")[2]
    written: str = element.value
    moments = [one.name for one in columns if one.physical_type in ("date", "timestamp")]
    prefix, _, name = written.rpartition(".")
    if prefix not in ("", dataset) or name not in moments:
        element.report(
            f"{element.value!r} tells no time",
            allowed=", ".join(f"{dataset}.{moment}" for moment in moments) or "no column here has a date",
            mend=did_you_mean(name, moments),
        )
        return None
    return name


def _duration(promise: Place) -> int:
    value: Any = promise.value["value"]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1e9:  # noqa: PLR2004
        promise["value"].report(f"{value!r} is no duration", allowed="a number of `unit`")
        return DAY
    unit = promise.read("unit")
    if unit not in UNITS:
        mend = did_you_mean(unit, UNITS) or "add `unit:`"
        promise.report(
            f"unit {unit!r} is not known" if unit else "unit is missing", allowed=", ".join(UNITS), mend=mend
        )
        return DAY
    return seconds(value, unit)


def build_object_lock(root: Place) -> ObjectLock | None:
    """The write-once storage that the contract asks for."""
    lock = custom(root).value.get("objectLock")
    return ObjectLock(days=lock["days"]) if lock else None


def build_subject(root: Place, columns: Sequence[Column]) -> str | None:
    """The column by which the rows of one person are found."""
    name: str | None = custom(root).value.get("subject")
    names = [column.name for column in columns]
    if name is not None and name not in names:
        custom_place(root, "subject").report(
            f"there is no column {name!r}", allowed=", ".join(names), mend=did_you_mean(name, names)
        )
    return name
