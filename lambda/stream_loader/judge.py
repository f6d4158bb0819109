"""What is true of a batch: the rows that can be loaded, in raw's types, and the records that cannot, and why."""

from __future__ import annotations

from binascii import a2b_base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.masking.columns import landed
from stream_loader import keys, positions
from stream_loader.event import content
from stream_loader.mapping import deletions, schema_of
from stream_loader.poison import Poison, Poisons
from stream_loader.verdicts import Verdicts, violation
from stream_loader.wire import unframed, version_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from stream_loader.event import Batch
    from stream_loader.plan import Plan
    from stream_loader.positions import Positions
    from stream_loader.writers import Writers

PLACE = "_place"
OPERATION, POSITION, COMMITTED_AT = "_operation", "_position", "_committed_at"
TOPIC, PARTITION, OFFSET, SCHEMA_VERSION = "_topic", "_partition", "_offset", "_schema_version"


@dataclass(frozen=True, kw_only=True)
class Judged:
    """A batch as it was judged.

    Args:
        rows: The contract's columns and those of a change, by offset.
        poisons: Why a record cannot be loaded, by its place in the batch.
        warnings: How many rows break each rule of severity warning.
    """

    rows: pa.Table
    poisons: Mapping[int, Poison]
    warnings: Mapping[str, int]


@dataclass(kw_only=True)
class _Values:
    """Values of one schema version, or keys of deletions, with their places in the batch."""

    places: list[int] = field(default_factory=list)
    contents: list[Any] = field(default_factory=list)


class Judge:
    """Judges the batches of one topic.

    Args:
        plan: The stream plan.
        writers: Knows the writers' schemas.
        token_keys: Gives the domain's token keys; asked when a column is tokenised.
    """

    def __init__(self, plan: Plan, writers: Writers, token_keys: Callable[[], Any]) -> None:
        self._plan, self._writers, self._token_keys = plan, writers, token_keys
        self._verdicts = Verdicts(plan)
        self._masked = [column for column in plan.columns if column.masking]

    def judge(self, batch: Batch) -> Judged:
        """Decode and judge a batch.

        Raises:
            botocore.exceptions.ClientError: when the registry or the token keys cannot be read.
        """
        poisons = Poisons()
        if self._plan.kind == "changes":
            found = positions.of_changes(batch.raw, poisons)
        else:
            found = positions.of_events(batch.raw, batch.partition)
        written, deleted = self._sorted(batch, found, poisons)
        rows = self._rows(written, deleted, poisons)
        rows = self._hidden(_with_metadata(_alive(rows, poisons), batch, found))
        is_change = pc.not_equal(rows.column(OPERATION), positions.DELETION).combine_chunks()
        warnings = self._judge_rows(rows, is_change, poisons)
        rows = _alive(rows, poisons)
        return Judged(rows=rows.drop_columns([PLACE]), poisons=poisons.by_place, warnings=warnings)

    def _sorted(
        self, batch: Batch, found: Positions, poisons: Poisons
    ) -> tuple[dict[bytes, _Values], _Values]:
        """The values by schema version, and the keys of deletions."""
        written: dict[bytes, _Values] = {}
        deleted = _Values()
        changes = self._plan.kind == "changes"
        poisoned = set(poisons.by_place)
        for place, (record, operation) in enumerate(zip(batch.raw, found.operations, strict=True)):
            if place in poisoned:
                continue
            try:
                if operation == positions.DELETION:
                    deleted.contents.append(keys.values(content(record.get("key")), self._plan.key))
                    deleted.places.append(place)
                    continue
                version, body = _unframed(record.get("key"), record.get("value"), of_change=changes)
            except Poison as poison:
                poisons.add(place, poison)
                continue
            if version not in written:
                written[version] = _Values()
            group = written[version]
            group.places.append(place)
            group.contents.append(body)
        return written, deleted

    def _rows(self, written: Mapping[bytes, _Values], deleted: _Values, poisons: Poisons) -> pa.Table:
        """The contract's columns with each row's place and schema version, by place."""
        tables = []
        for version, group in written.items():
            known = version_id(version)
            before = set(poisons.by_place)
            try:
                rows = self._writers.mapping(version).rows(group.contents, group.places, poisons)
                tables.append(_placed(rows, group.places, known))
            except Poison as poison:
                poisons.add_all(group.places, poison)
            for place in poisons.by_place.keys() - before:
                poisons.by_place[place].schema_version = known
        if deleted.places:
            try:
                types = self._writers.key_types()
                rows = deletions(deleted.contents, deleted.places, self._plan.columns, types, poisons)
                tables.append(_placed(rows, deleted.places, None))
            except Poison as poison:
                poisons.add_all(deleted.places, poison)
        if not tables:
            tables = [_placed(schema_of(self._plan.columns).empty_table(), [], None)]
        if len(tables) == 1:
            return tables[0]
        return pa.concat_tables(tables).sort_by(PLACE).combine_chunks()

    def _hidden(self, rows: pa.Table) -> pa.Table:
        """The rows as they may land."""
        for column in self._masked:
            values = rows.column(column.name).combine_chunks()
            keys_of = self._token_keys() if column.masking == "tokenize" else None
            salt = f"{self._plan.domain}.{column.name}:"
            values = landed(values, column.masking or "", salt=salt, keys=keys_of)
            at = rows.schema.get_field_index(column.name)
            rows = rows.set_column(at, rows.schema.field(at), values)
        return rows

    def _judge_rows(self, rows: pa.Table, is_change: pa.Array, poisons: Poisons) -> dict[str, int]:
        warnings: dict[str, int] = {}
        places = rows.column(PLACE)
        versions = rows.column(SCHEMA_VERSION)
        for rule, broken in self._verdicts.of(rows, is_change):
            if rule.severity != "error":
                warnings[rule.id] = warnings.get(rule.id, 0) + pc.sum(broken).as_py()
                continue
            offending = pc.indices_nonzero(broken)
            for place, version in zip(
                places.take(offending).to_pylist(), versions.take(offending).to_pylist(), strict=True
            ):
                poison = violation(rule)
                poison.schema_version = version or ""
                poisons.add(place, poison)
        return warnings


def _unframed(key: str | None, value: str | None, *, of_change: bool) -> tuple[bytes, bytes]:
    if key is None:
        raise Poison("MissingKey", "the record has no key; the key says which records follow each other")
    if of_change and not keys.is_object(a2b_base64(key)):
        raise Poison("MissingKey", "the key is no JSON object; write it as the connector does")
    if value is None:
        raise Poison(
            "TruncatedValue",
            "the record has no value, and it is no deletion: look at who writes to the topic",
        )
    return unframed(a2b_base64(value))


def _placed(rows: pa.Table, places: list[int], version: str | None) -> pa.Table:
    numbers = pa.array(places, pa.int64())
    versions = pa.repeat(pa.scalar(version, pa.string()), len(places))
    return rows.append_column(PLACE, numbers).append_column(SCHEMA_VERSION, versions)


def _alive(rows: pa.Table, poisons: Poisons) -> pa.Table:
    """The rows that are no poison."""
    if not poisons.by_place or not rows.num_rows:
        return rows
    dead = np.isin(rows.column(PLACE).to_numpy(), np.fromiter(poisons.by_place, np.int64))
    return rows.filter(pa.array(~dead)).combine_chunks() if dead.any() else rows


def _with_metadata(rows: pa.Table, batch: Batch, found: Positions) -> pa.Table:
    """The rows with what is known of each change."""
    places = rows.column(PLACE).combine_chunks()
    offsets = pa.array([record["offset"] for record in batch.raw], pa.int64())
    beside: dict[str, pa.Array] = {
        OPERATION: pa.array(found.operations, pa.string()).take(places),
        POSITION: found.positions.take(places),
        COMMITTED_AT: found.committed.take(places),
        TOPIC: pa.repeat(pa.scalar(batch.topic), len(places)),
        PARTITION: pa.repeat(pa.scalar(batch.partition, pa.int32()), len(places)),
        OFFSET: offsets.take(places),
        SCHEMA_VERSION: rows.column(SCHEMA_VERSION),
    }
    rows = rows.drop_columns([SCHEMA_VERSION])
    for name, values in beside.items():
        rows = rows.append_column(name, values)
    return rows
