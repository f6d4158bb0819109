"""The stream plan: a contract compiled to what the loader of its topic needs, as JSON.

It holds no value of a batch: `{paths}`, `{days}` and `{run}` are replaced in its SQL by the loader.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, cast

from data_platform.contracts.enforced import effective_checks
from data_platform.contracts.masking import tokenised_columns
from data_platform.contracts.model import CheckKind
from data_platform.contracts.protobuf_schema import protobuf_schema
from data_platform.contracts.stream_merge_sql import stream_statements
from data_platform.contracts.types import normal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from data_platform.contracts.model import Check, Column, Dataset
    from data_platform.contracts.naming import Naming
    from data_platform.contracts.streams import Stream

# The kinds of checks that one record can keep or break, without any other.
JUDGED_ALONE = frozenset(
    {
        CheckKind.TYPE, CheckKind.NULL, CheckKind.ACCEPTED, CheckKind.RANGE, CheckKind.PATTERN, CheckKind.LENGTH,
    }
)  # fmt: skip
_BOUNDS = {
    "minimum": "minimum",
    "exclusive_minimum": "exclusiveMinimum",
    "maximum": "maximum",
    "exclusive_maximum": "exclusiveMaximum",
}
_LENGTHS = {"minimum": "minLength", "maximum": "maxLength"}


def stream_plan(dataset: Dataset, naming: Naming) -> dict[str, Any]:
    """What the loader of a dataset's topic needs to know of it.

    Args:
        dataset: The contract; one with a stream.
        naming: Physical names.

    Raises:
        ValueError: when the dataset has no stream, or no primary key.
    """
    stream = dataset.stream
    if stream is None:
        raise ValueError(f"{dataset.domain}.{dataset.name} has no stream, so nothing loads one")
    return {
        "dataset": f"{dataset.domain}.{dataset.name}",
        "version": dataset.version,
        "kind": "events" if dataset.physical_type == "topic" else "changes",
        "topic": stream.topic,
        "dead_letters": stream.dead_letters,
        "format": stream.format,
        "registry": naming.stream,
        "source": dataset.source.name,
        "key": list(stream.key),
        "primary_key": list(dataset.primary_key),
        "columns": [_column(column, masks=_masks_here(stream)) for column in dataset.columns],
        "rules": [rule for check in effective_checks(dataset) for rule in _rules(check)],
        "raw": {
            "bucket": naming.bucket("raw"),
            "prefix": f"{dataset.name}/",
            "database": naming.database("raw"),
            "table": dataset.name,
        },
        "statements": [
            {"name": name, "sql": sql} for name, sql in stream_statements(dataset, naming).items()
        ],
        "token_key": naming.token_key if _masks_here(stream) and tokenised_columns(dataset) else None,
        "protobuf": protobuf_schema(dataset) if stream.format == "protobuf" else None,
    }


def stream_plan_json(dataset: Dataset, naming: Naming) -> str:
    """The plan as text: compact, keys sorted, the same bytes for the same contract."""
    plan = stream_plan(dataset, naming)
    return json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _masks_here(stream: Stream) -> bool:
    """Whether the loader masks; what a producer masked already would be masked twice."""
    return stream.masked_by != "producer"


def _column(column: Column, *, masks: bool) -> dict[str, Any]:
    masking = column.masking if masks and column.masking and column.masking.when == "landing" else None
    return {
        "name": column.name,
        "type": normal(column.source_type),
        "text_in_raw": column.text_in_raw,
        "target": normal(column.physical_type),
        "required": column.required,
        "instant": column.instant,
        "masking": {"method": masking.method, "when": masking.when} if masking else None,
    }


def _rules(check: Check) -> Iterator[dict[str, Any]]:
    """One rule a bound; none for what more than one row decides."""
    if check.kind not in JUDGED_ALONE:
        return
    for column in check.columns:
        for kind, argument in _arguments(check):
            yield {
                "id": check.id,
                "kind": kind,
                "column": column,
                "severity": check.severity.value,
                **argument,
            }


def _arguments(check: Check) -> Iterator[tuple[str, dict[str, Any]]]:
    found = check.parameters
    if check.kind in (CheckKind.TYPE, CheckKind.NULL):
        yield ("type" if check.kind is CheckKind.TYPE else "required"), {}
    elif check.kind is CheckKind.ACCEPTED:
        yield "values", {"values": [_plain(value) for value in cast("Sequence[object]", found["values"])]}
    elif check.kind is CheckKind.PATTERN:
        yield "pattern", {"pattern": found["regex"]}
    else:
        names = _BOUNDS if check.kind is CheckKind.RANGE else _LENGTHS
        for ours, kind in names.items():
            if found.get(ours) is not None:
                yield kind, {"value": _plain(found[ours])}


def _plain(value: object) -> Any:
    return value.isoformat() if isinstance(value, date) else value
