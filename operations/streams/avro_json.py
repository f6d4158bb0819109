"""Avro values as JSON and back, by their schema, so that an expression can look at them and mend them.

Bytes are `{"base64": text}`, decimals text, dates and timestamps ISO text.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import math
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

_BASE64 = "base64"


class Misfit(ValueError):
    """A value does not fit its schema; the message says where and what is allowed."""


def to_json(value: Any) -> Any:
    """A decoded value as JSON.

    Example:
        >>> to_json({"price": Decimal("1.50"), "photo": b"x"})
        {'price': '1.50', 'photo': {'base64': 'eA=='}}
    """
    if isinstance(value, dict):
        return {name: to_json(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    if isinstance(value, bytes | bytearray):
        return {_BASE64: base64.b64encode(value).decode()}
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, Decimal | uuid.UUID):
        return str(value)
    return value


def binary(view: Any) -> bytes | None:
    """The bytes of `{"base64": text}`; None for anything else.

    Raises:
        Misfit: when the text is no base64.
    """
    if not (isinstance(view, dict) and isinstance(view.get(_BASE64), str) and set(view) <= {_BASE64, "text"}):
        return None
    try:
        return base64.b64decode(view[_BASE64], validate=True)
    except binascii.Error as error:
        raise Misfit(f"{_BASE64}: {error}") from error


class Shape:
    """A schema by which JSON becomes what fastavro writes.

    Args:
        schema: The schema as its JSON.

    Example:
        >>> shape = Shape({"type": "record", "name": "R", "fields": [{"name": "n", "type": ["null", "long"]}]})
        >>> shape.value({"n": 3})
        {'n': 3}
    """

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._named: dict[str, Any] = {}
        self._collect(schema)

    def value(self, view: Any) -> Any:
        """The value that a view describes.

        Raises:
            Misfit: when it does not fit; the message names the member.
        """
        return self._of(self._schema, view, "value")

    def _collect(self, schema: Any) -> None:
        if isinstance(schema, list):
            for each in schema:
                self._collect(each)
        elif isinstance(schema, dict):
            if "name" in schema and schema.get("type") in ("record", "enum", "fixed"):
                self._named[schema["name"]] = schema
                if schema.get("namespace"):
                    self._named[f"{schema['namespace']}.{schema['name']}"] = schema
            for each in schema.get("fields", ()):
                self._collect(each["type"])
            for part in ("items", "values", "type"):
                if isinstance(schema.get(part), dict | list):
                    self._collect(schema[part])

    def _of(self, schema: Any, view: Any, where: str) -> Any:
        if isinstance(schema, str) and schema in self._named:
            schema = self._named[schema]
        if isinstance(schema, list):
            return self._branch(schema, view, where)
        kind = schema["type"] if isinstance(schema, dict) else schema
        if isinstance(kind, dict | list):
            return self._of(kind, view, where)
        if kind == "record":
            return self._record(schema, view, where)
        return self._listed(kind, schema, view, where)

    def _listed(self, kind: str, schema: Any, view: Any, where: str) -> Any:
        if kind == "array" and isinstance(view, list):
            return [self._of(schema["items"], each, f"{where}[{at}]") for at, each in enumerate(view)]
        if kind == "map" and isinstance(view, dict):
            return {name: self._of(schema["values"], each, f"{where}.{name}") for name, each in view.items()}
        if kind == "enum" and view in schema["symbols"]:
            return view
        logical = schema.get("logicalType") if isinstance(schema, dict) else None
        return _plain(kind, logical, view, where)

    def _branch(self, branches: list[Any], view: Any, where: str) -> Any:
        reasons = []
        for branch in branches:
            try:
                return self._of(branch, view, where)
            except Misfit as misfit:
                reasons.append(str(misfit))
        raise Misfit("; or ".join(reasons))

    def _record(self, schema: Any, view: Any, where: str) -> dict[str, Any]:
        if not isinstance(view, dict):
            raise Misfit(f"{where}: it must be an object")
        fields = {field["name"]: field for field in schema["fields"]}
        if strange := sorted(set(view) - set(fields)):
            raise Misfit(
                f"{where}: the schema has no {', '.join(strange)}. Allowed: {', '.join(sorted(fields))}"
            )
        if missing := sorted(
            name for name, field in fields.items() if name not in view and "default" not in field
        ):
            raise Misfit(f"{where}: {', '.join(missing)} must be there")
        return {name: self._of(fields[name]["type"], each, f"{where}.{name}") for name, each in view.items()}


def _plain(kind: str, logical: str | None, view: Any, where: str) -> Any:
    try:
        made = _logical(logical, view) if logical else None
    except (ValueError, InvalidOperation) as error:
        raise Misfit(f"{where}: {view!r} is no {logical}") from error
    if made is not None:
        return made
    number = isinstance(view, int | float) and not isinstance(view, bool)
    whole = number and math.isfinite(view) and view == int(view)
    fits: dict[str, tuple[bool, Any]] = {
        "null": (view is None, None),
        "boolean": (isinstance(view, bool), view),
        "int": (whole, view),
        "long": (whole, view),
        "float": (number, view),
        "double": (number, view),
        "string": (isinstance(view, str), view),
    }
    if kind in ("bytes", "fixed"):
        content = binary(view)
        if content is not None:
            return content
    fit, value = fits.get(kind, (False, None))
    if not fit:
        raise Misfit(f"{where}: {view!r} is no {logical or kind}")
    return int(value) if kind in ("int", "long") else value


def _logical(logical: str, view: Any) -> Any:
    if logical == "decimal" and isinstance(view, str | int | float) and not isinstance(view, bool):
        return Decimal(str(view))
    if not isinstance(view, str):
        return None
    if logical == "date":
        return dt.date.fromisoformat(view)
    if logical.startswith(("timestamp-", "local-timestamp-")):
        return dt.datetime.fromisoformat(view)
    if logical.startswith("time-"):
        return dt.time.fromisoformat(view)
    return None
