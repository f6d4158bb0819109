"""The stream plan: what the contract says of its topic, compiled (`data_platform.contracts.stream_plan`)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the contract.

    Args:
        name: Its name, in the contract and in the writer's schema.
        type: The type in which it arrives: a normal type such as `decimal(12,2)`.
        target: Its type from staged on; the same unless the contract has a `sourceType`.
        required: Whether it must be filled in.
        instant: Whether a timestamp is a moment in UTC, or a local time.
        text_in_raw: Whether raw holds its text: of a timestamp in a plain file Athena reads no microsecond.
        masking: How its value is hidden before it reaches raw: tokenize, hash, redact, last4, truncate-date, null.
    """

    name: str
    type: str
    target: str
    required: bool = False
    instant: bool = False
    text_in_raw: bool = False
    masking: str | None = None


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule that one row keeps or breaks.

    Args:
        id: The check's id.
        kind: required, type, values, minimum, exclusiveMinimum, maximum, exclusiveMaximum, pattern, minLength or
            maxLength.
        column: The column that is looked at.
        severity: An `error` makes the record a dead letter, a `warning` is counted.
        argument: `values` (a list), `pattern` (the whole value must match), or the bound (`value`); None for required
            and type. Bounds and values of dates and timestamps are text, ISO 8601.
    """

    id: str
    kind: str
    column: str
    severity: str
    argument: Any = None


@dataclass(frozen=True, kw_only=True)
class Plan:
    """All that the loader knows of a dataset.

    Args:
        dataset: `<domain>.<dataset>`.
        kind: `changes` of a table or `events`.
        topic: The topic.
        dead_letters: The topic of what cannot be loaded.
        format: avro or protobuf.
        registry: Name of the Glue schema registry; the subject is named as the topic.
        source: The database, or who sends the events.
        key: Columns of the record's key.
        columns: The contract's, in order.
        rules: Those that one row can keep or break.
        raw_bucket: The bucket of raw.
        raw_prefix: The dataset's prefix in it, ends with a slash.
        statements: Name and SQL of the merge, in order; `{paths}`, `{days}` and `{run}` stand for literals.
        token_key: Secret with the domain's token keys, where a column is tokenised.
        protobuf: The text of the `.proto` file, where the format is protobuf.
    """

    dataset: str
    kind: str
    topic: str
    dead_letters: str
    format: str
    registry: str
    source: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    rules: tuple[Rule, ...]
    raw_bucket: str
    raw_prefix: str
    statements: tuple[tuple[str, str], ...]
    token_key: str | None = None
    protobuf: str | None = None
    by_name: dict[str, Column] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Make the columns known by name."""
        object.__setattr__(self, "by_name", {column.name: column for column in self.columns})

    @property
    def domain(self) -> str:
        """The domain.

        Example:
            >>> read({"dataset": "retail.stock", "kind": "changes", "topic": "t", "dead_letters": "t.dlq",
            ...       "format": "avro", "registry": "r", "source": "shop", "key": [], "columns": [], "rules": [],
            ...       "raw": {"bucket": "b", "prefix": "stock/"}, "statements": []}).domain
            'retail'
        """
        return self.dataset.partition(".")[0]


def load(s3: Any, bucket: str, key: str) -> Plan:
    """The plan that lies in S3.

    Raises:
        botocore.exceptions.ClientError: when it cannot be read.
    """
    return read(json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))


def read(content: Mapping[str, Any]) -> Plan:
    """The plan in its JSON.

    Raises:
        KeyError: when something is missing that the loader needs.
    """
    raw = content["raw"]
    return Plan(
        dataset=content["dataset"],
        kind=content["kind"],
        topic=content["topic"],
        dead_letters=content["dead_letters"],
        format=content["format"],
        registry=content["registry"],
        source=content["source"],
        key=tuple(content["key"]),
        columns=tuple(_column(column) for column in content["columns"]),
        rules=tuple(_rule(rule) for rule in content["rules"]),
        raw_bucket=raw["bucket"],
        raw_prefix=raw["prefix"].rstrip("/") + "/",
        statements=tuple((statement["name"], statement["sql"]) for statement in content["statements"]),
        token_key=content.get("token_key"),
        protobuf=content.get("protobuf"),
    )


def _column(content: Mapping[str, Any]) -> Column:
    masking = content.get("masking") or {}
    return Column(
        name=content["name"],
        type=content["type"],
        text_in_raw=content.get("text_in_raw", False),
        target=content.get("target", content["type"]),
        required=content["required"],
        instant=content["instant"],
        masking=masking.get("method") if masking.get("when", "landing") == "landing" else None,
    )


def _rule(content: Mapping[str, Any]) -> Rule:
    argument = next((content[name] for name in ("values", "pattern", "value") if name in content), None)
    return Rule(
        id=content["id"],
        kind=content["kind"],
        column=content["column"],
        severity=content["severity"],
        argument=argument,
    )
