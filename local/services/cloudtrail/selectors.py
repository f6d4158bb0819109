"""Which events a trail takes: management events, and the data events that its selectors name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from local.services.cloudtrail.records import Record

_OBJECTS = "AWS::S3::Object"
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}
_MANAGEMENT = {"ReadWriteType": "All", "IncludeManagementEvents": True}


def takes(selectors: list[dict[str, Any]], record: Record) -> bool:
    """Whether a trail with these selectors (basic or advanced) takes an event.

    Example:
        >>> read = {"eventCategory": "Data", "eventName": "GetObject", "readOnly": True,
        ...         "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::lake/a"}]}
        >>> wanted = [{"Field": "eventCategory", "Equals": ["Data"]},
        ...           {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::lake/"]}]
        >>> takes([{"FieldSelectors": wanted}], read), takes([_MANAGEMENT], read)
        (True, False)
    """
    if selectors and "FieldSelectors" in selectors[0]:
        return any(
            all(_holds(field, record) for field in selector["FieldSelectors"]) for selector in selectors
        )
    return any(_basic(selector, record) for selector in selectors or [_MANAGEMENT])


def _basic(selector: dict[str, Any], record: Record) -> bool:
    wanted = selector.get("ReadWriteType", "All")
    if wanted != "All" and (wanted == "ReadOnly") != record["readOnly"]:
        return False
    if record["eventCategory"] == "Management":
        excluded = selector.get("ExcludeManagementEventSources") or []
        return bool(selector.get("IncludeManagementEvents", True)) and record["eventSource"] not in excluded
    arns = _arns(record)
    return any(
        resource.get("Type") == _OBJECTS
        and any(arn.startswith(_prefix(str(value))) for value in resource.get("Values") or [] for arn in arns)
        for resource in selector.get("DataResources") or []
    )


def _prefix(value: str) -> str:
    return "arn:aws:s3:::" if value in {"arn:aws:s3", "arn:aws:s3:::"} else value


def _holds(field: dict[str, Any], record: Record) -> bool:
    values = _values(field["Field"], record)
    for name, test in _TESTS.items():
        if field.get(name) and not any(test(v, g) for v in values for g in field[name]):
            return False
        if field.get(f"Not{name}") and any(test(v, g) for v in values for g in field[f"Not{name}"]):
            return False
    return True


def _values(field: str, record: Record) -> list[str]:
    if field == "resources.ARN":
        return _arns(record)
    if field == "resources.type":
        return [_OBJECTS] if record["eventCategory"] == "Data" else []
    value = record.get(field)
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _arns(record: Record) -> list[str]:
    """The object's ARN; for calls on a bucket's objects, the bucket's with a slash, under which they lie."""
    found = [r["ARN"] for r in record.get("resources") or [] if r["type"] == _OBJECTS]
    return found or [f"{r['ARN']}/" for r in record.get("resources") or []]
