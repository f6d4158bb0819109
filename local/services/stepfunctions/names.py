"""Names of API members in Step Functions: PascalCase as the Java SDK spells them, here from botocore's shapes."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

from local.services.stepfunctions.errors import state_error

Shape = Any
WriteTime = Callable[[dt.datetime], Any]

_JAVA_EXCEPTIONS = {"NULL": "Nul"}


def sdk_name(member: str) -> str:
    """The Step Functions name of an API member: only a leading run of capitals is lowered.

    Example:
        >>> [sdk_name(n) for n in ("DBClusterId", "taskArn", "ETag", "SS", "BOOL", "NULL", "KMSKeyArn", "S3Uri")]
        ['DbClusterId', 'TaskArn', 'ETag', 'Ss', 'Bool', 'Nul', 'KmsKeyArn', 'S3Uri']
    """
    if member in _JAVA_EXCEPTIONS:
        return _JAVA_EXCEPTIONS[member]
    run = 0
    while run < len(member) and member[run].isupper():
        run += 1
    if run <= 1:
        return member[:1].upper() + member[1:]
    keep = run if run == len(member) or not member[run].islower() else run - 1
    lowered = member[:keep].lower() + member[keep:]
    return lowered[:1].upper() + lowered[1:]


def to_api(value: Any, shape: Shape, *, where: str = "") -> Any:
    """Parameters of a task in the names and types that boto3 takes.

    Args:
        value: Resolved Arguments or Parameters.
        shape: botocore shape of the operation's input.
        where: Path of the value, for the cause of a refusal.

    Returns:
        The boto3 keyword arguments.

    Raises:
        Exception: `States.Runtime` for a field that the API does not have.
    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict) and not getattr(shape, "is_document_type", False):
        return _structure_to_api(value, shape, where)
    if kind == "list" and isinstance(value, list):
        return [to_api(item, shape.member, where=f"{where}[{i}]") for i, item in enumerate(value)]
    if kind == "map" and isinstance(value, dict):
        return {key: to_api(item, shape.value, where=f"{where}.{key}") for key, item in value.items()}
    return _scalar_to_api(value, kind)


def _scalar_to_api(value: Any, kind: str) -> Any:
    if kind == "blob":
        return value.encode() if isinstance(value, str) else json.dumps(value, separators=(",", ":")).encode()
    if kind == "string" and isinstance(value, dict | list):
        return json.dumps(value, separators=(",", ":"))
    if kind == "timestamp" and isinstance(value, str):
        return dt.datetime.fromisoformat(value)
    return int(value) if kind in {"integer", "long"} and _is_whole_float(value) else value


def _is_whole_float(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _structure_to_api(value: dict[str, Any], shape: Shape, where: str) -> dict[str, Any]:
    known = {sdk_name(member): member for member in shape.members}
    known |= {member: member for member in shape.members}
    known |= {member[:1].upper() + member[1:]: member for member in shape.members}
    result: dict[str, Any] = {}
    for key, item in value.items():
        member = known.get(key)
        if member is None:
            allowed = ", ".join(sorted({sdk_name(name) for name in shape.members}))
            raise state_error(
                "States.Runtime",
                f"The field '{key}' is not supported by Step Functions at '{where or shape.name}'. "
                f"Allowed: {allowed}",
            )
        if item is not None:
            result[member] = to_api(item, shape.members[member], where=f"{where}.{key}".lstrip("."))
    return result


def from_api(value: Any, shape: Shape, *, sdk: bool, write_time: WriteTime) -> Any:
    """A boto3 response as Step Functions shows it.

    Args:
        value: Response or part of it.
        shape: Its botocore shape.
        sdk: Name members as the Java SDK does; False keeps the API's own names.
        write_time: Writes a timestamp.

    Returns:
        A JSON value; streams and blobs are text.
    """
    if shape is None:
        return {}
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        return {
            (sdk_name(key) if sdk else key): from_api(value[key], member, sdk=sdk, write_time=write_time)
            for key, member in shape.members.items()
            if key in value and value[key] is not None
        }
    if kind == "list":
        return [from_api(item, shape.member, sdk=sdk, write_time=write_time) for item in value]
    if kind == "map":
        return {
            key: from_api(item, shape.value, sdk=sdk, write_time=write_time) for key, item in value.items()
        }
    if isinstance(value, dt.datetime):
        return write_time(value)
    if hasattr(value, "read"):
        value = value.read()
    return value.decode("utf-8", "replace") if isinstance(value, bytes | bytearray) else value


def iso_time(moment: dt.datetime) -> str:
    """A timestamp as the aws-sdk integrations write it.

    Example:
        >>> iso_time(dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=dt.UTC))
        '2026-01-02T03:04:05.678Z'
    """
    utc = moment.astimezone(dt.UTC)
    return utc.isoformat(timespec="milliseconds" if utc.microsecond else "seconds").replace("+00:00", "Z")


def epoch_millis(moment: dt.datetime) -> int:
    """A timestamp as the optimized integrations write it: milliseconds since 1970."""
    return int(moment.timestamp() * 1000)
