"""Metric filters: log events that match a pattern become metric data."""

from __future__ import annotations

import json
import re
from typing import Any

_JSON_TERM = re.compile(r'\$\.([\w.]+)\s*(=|!=|>=|<=|>|<)\s*("[^"]*"|[\w.*-]+)')
_EXISTENCE = re.compile(r"\$\.([\w.]+)\s+(IS NULL|NOT EXISTS|IS TRUE|IS FALSE)")
_NUMBER = re.compile(r"^-?\d+(\.\d+)?$")


def count(group: str, messages: list[str]) -> None:
    """Record the data that the metric filters of a log group make of these messages."""
    from ministack.services import cloudwatch_logs

    for (name, _), found in list(cloudwatch_logs._metric_filters.items()):
        if name != group:
            continue
        hits = [message for message in messages if matches(found.get("filterPattern", ""), message)]
        for transformation in found.get("metricTransformations", []):
            _record(transformation, hits)


def matches(pattern: str, message: str) -> bool:
    """Whether a filter pattern matches: terms, ?alternatives, -excluded ones, or JSON conditions.

    Example:
        >>> matches("ERROR timeout", "ERROR: a timeout"), matches("?A ?B", "xB"), matches("-DEBUG", "DEBUG x")
        (True, True, False)
        >>> matches('{ $.level = "ERROR" && $.n > 3 }', '{"level": "ERROR", "n": 4}')
        True
        >>> matches('{ ($.a NOT EXISTS) && ($.ok IS FALSE) }', '{"ok": false}')
        True
    """
    text = pattern.strip()
    if text.startswith("{"):
        return _json_matches(text.strip("{} "), message)
    terms = re.findall(r'[?-]?"[^"]*"|\S+', text)
    optional = [t[1:].strip('"') for t in terms if t.startswith("?")]
    excluded = [t[1:].strip('"') for t in terms if t.startswith("-")]
    required = [t.strip('"') for t in terms if not t.startswith(("?", "-"))]
    if any(term in message for term in excluded) or not all(term in message for term in required):
        return False
    return not optional or any(term in message for term in optional)


def _json_matches(condition: str, message: str) -> bool:
    try:
        document = json.loads(message)
    except ValueError:
        return False
    if not isinstance(document, dict):
        return False
    return any(
        all(_holds(term, document) for term in alternative.split("&&"))
        for alternative in condition.split("||")
    )


def _holds(term: str, document: dict[str, Any]) -> bool:
    existence = _EXISTENCE.search(term)
    if existence is not None:
        value = field(document, existence[1])
        return bool(value is {"IS NULL": None, "NOT EXISTS": None, "IS TRUE": True}.get(existence[2], False))
    found = _JSON_TERM.search(term)
    if found is None:
        return False
    path, comparison, wanted = found.groups()
    value = field(document, path)
    text = wanted.strip('"')
    if comparison in {"=", "!="}:
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        equal = value is not None and re.fullmatch(re.escape(text).replace(r"\*", ".*"), shown) is not None
        return equal == (comparison == "=")
    if not isinstance(value, int | float) or not _NUMBER.match(text):
        return False
    limit = float(text)
    return {">": value > limit, "<": value < limit, ">=": value >= limit, "<=": value <= limit}[comparison]


def field(document: Any, path: str) -> Any:
    """The value at a dotted path, or None.

    Example:
        >>> field({"a": {"b": 1}}, "a.b")
        1
    """
    for part in path.split("."):
        document = document.get(part) if isinstance(document, dict) else None
    return document


def _record(transformation: dict[str, Any], hits: list[str]) -> None:
    from local.services.cloudwatch import record

    namespace, metric = transformation["metricNamespace"], transformation["metricName"]
    for message in hits:
        value = _value(str(transformation.get("metricValue", "1")), message)
        if value is not None:
            dimensions = _dimensions(transformation.get("dimensions") or {}, message)
            record(namespace, metric, value, unit=transformation.get("unit", "None"), dimensions=dimensions)
    if not hits and transformation.get("defaultValue") is not None:
        record(namespace, metric, float(transformation["defaultValue"]))


def _value(text: str, message: str) -> float | None:
    if _NUMBER.match(text):
        return float(text)
    found = _selected(text, message)
    return float(found) if isinstance(found, int | float) else None


def _dimensions(wanted: dict[str, str], message: str) -> dict[str, str]:
    selected = {name: _selected(path, message) for name, path in wanted.items()}
    return {name: str(value) for name, value in selected.items() if value is not None}


def _selected(path: str, message: str) -> Any:
    try:
        return field(json.loads(message), path.removeprefix("$."))
    except ValueError:
        return None
