"""What a contract promises, read once and never changed afterwards.

The loader (`odcs.py`) turns an ODCS v3.1 YAML file into these frozen values; everything else in the
platform reads these and never the YAML.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from data_platform.contracts.streams import Stream
    from data_platform.contracts.windows import Window


class Severity(StrEnum):
    """What a broken promise does: an error acts, a warning measures."""

    ERROR = "error"
    WARNING = "warning"


class OnFailure(StrEnum):
    """What an error acts upon: the offending row, or the whole run."""

    QUARANTINE = "quarantine"
    STOP = "stop"


class CheckKind(StrEnum):
    """Kinds of quality checks that a contract can compile to."""

    TYPE = "type"
    NULL = "null"
    UNIQUE = "unique"
    ACCEPTED = "accepted"
    RANGE = "range"
    PATTERN = "pattern"
    LENGTH = "length"
    REFERENTIAL = "referential"
    VOLUME = "volume"
    DISTRIBUTION = "distribution"
    FRESHNESS = "freshness"
    SQL = "sql"


class LoadMode(StrEnum):
    """How one ingest_date relates to the others: its own rows, or the whole state as of that day."""

    PARTITION = "partition"
    SNAPSHOT = "snapshot"


class Delivery(StrEnum):
    """When a source delivers: every day (a missing day fails) or when something changed (it is skipped)."""

    DAILY = "daily"
    ON_CHANGE = "onChange"


Zone = Literal["raw", "staged", "curated", "sandbox"]
CLASSIFICATIONS = ("public", "internal", "confidential", "restricted")  # from anybody's to hardly anybody's
DEFAULT_CLASSIFICATION = "internal"
Operator = Literal["<", "<=", ">", ">=", "==", "!=", "between"]
Unit = Literal["rows", "percent", "value", "seconds"]


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A bound on a measured value: `operator` with one value, or `between` with two (inclusive)."""

    operator: Operator
    value: float
    upper: float | None = None
    unit: Unit = "rows"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One quality check. `id` is stable across releases: `<domain>.<dataset>[.<column>].<kind>[.<name>]`.

    `parameters` by kind: accepted -> values (tuple); range -> minimum, maximum, exclusive_minimum,
    exclusive_maximum; pattern -> regex; length -> minimum, maximum; referential -> domain, dataset, columns
    (tuple); unique -> columns (tuple); distribution -> statistic (mean|stddev|null_percent|distinct);
    freshness -> column; sql -> query.
    Row-level kinds (type, null, accepted, range, pattern, length, referential, and unique, whose losing rows are
    the offenders) can quarantine rows; the others can only stop the run or measure.
    `limit` bounds the number (or percent) of offending rows, or the measured value; None means "no offender".
    """

    id: str
    kind: CheckKind
    columns: tuple[str, ...]
    severity: Severity
    on_failure: OnFailure | None
    dimension: str
    description: str
    limit: Limit | None = None
    parameters: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PartitionField:
    """One field of the Iceberg partition spec, in order."""

    column: str
    transform: str  # identity | year | month | day | hour | bucket[N] | truncate[W]


@dataclass(frozen=True, kw_only=True)
class Masking:
    """How a column is hidden and when: before it lands in raw, or when it is queried."""

    method: str  # tokenize | hash | redact | last4 | truncate-date | null
    when: Literal["landing", "query"]


@dataclass(frozen=True, kw_only=True)
class ForeignKey:
    """A reference from this dataset's columns to another dataset's columns."""

    columns: tuple[str, ...]
    domain: str
    dataset: str
    target_columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column as the contract says it.

    `physical_type` is the Athena/Iceberg type in staged and curated; `source_type` is the type in which rows arrive
    (equal unless the contract says otherwise), from which the load casts; `text_in_raw`, that raw holds its text.
    `classification` is one of CLASSIFICATIONS. `masked_name` is the column of curated that shows what is masked when
    queried. `field_number` is its number in a Protobuf message; `instant`, that a timestamp is a moment in UTC.
    """

    name: str
    logical_type: str
    physical_type: str
    source_type: str
    description: str
    required: bool = False
    unique: bool = False
    primary_key_position: int | None = None
    classification: str = DEFAULT_CLASSIFICATION
    pii: bool = False
    masking: Masking | None = None
    masked_name: str | None = None
    field_number: int | None = None
    instant: bool = False
    text_in_raw: bool = False


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A consumer role of the contract: what it sees, and who approves it.

    It sees the columns whose classification is among `classifications`, of the rows for which `row_filter`
    holds (all rows when there is none), in the tables of `zones`.
    """

    role: str  # analyst | engineer | steward | ...
    access: Literal["read"]
    zones: tuple[Zone, ...]
    approvers: tuple[str, ...]
    classifications: tuple[str, ...] = ("public", "internal")
    row_filter: str | None = None


@dataclass(frozen=True, kw_only=True)
class Retention:
    """How long bytes stay and where they age, in days from creation. None switches a step off."""

    days: int
    glacier_instant_after_days: int | None
    glacier_flexible_after_days: int | None
    noncurrent_days: int


@dataclass(frozen=True, kw_only=True)
class ObjectLock:
    """Write-once storage that the contract asks for on raw: default retention in days (mode is the environment's)."""

    days: int


@dataclass(frozen=True, kw_only=True)
class Watermark:
    """The column of the source that tells what is new, and how far a run looks back for what committed late."""

    column: str
    overlap_minutes: int


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where raw files come from and how they look.

    `method` says who brings them: somebody delivers files, our extractor or DMS reads the `table` of a database
    (whole, what is new by the `watermark`, or whole once and then each change: `changes`);
    with method `cdc`, each change of the table arrives over a stream.
    """

    name: str
    format: Literal["parquet", "csv"]
    delivery: Delivery
    method: Literal["delivery", "extractor", "dms", "cdc"] = "delivery"
    table: str | None = None
    read: Literal["full", "watermark", "changes"] = "full"
    watermark: Watermark | None = None


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One data contract: one dataset of one domain.

    `deadline` is the time of day (HH:MM, Australia/Melbourne) by which the day's data must be published.
    `subject` is the column by which the rows of one person are found, if there are people in the dataset.
    `physical_type` is topic when rows are events that producers send; `stream` is the topic that rows arrive over;
    `windows` are views of events by time. `path` is the file it was read from, for messages.
    """

    id: str
    domain: str
    name: str
    version: str
    status: str
    description: str
    owner: str
    support_channel: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    partition_spec: tuple[PartitionField, ...]
    checks: tuple[Check, ...]
    foreign_keys: tuple[ForeignKey, ...]
    grants: tuple[Grant, ...]
    retention: Retention
    object_lock: ObjectLock | None
    source: Source
    load_mode: LoadMode
    deadline: str | None
    freshness_seconds: int | None
    path: str
    subject: str | None = None
    physical_type: Literal["table", "topic"] = "table"
    stream: Stream | None = None
    windows: tuple[Window, ...] = ()

    @property
    def extracted(self) -> bool:
        """Whether runs read its rows from a database; otherwise files are delivered, or a stream brings rows."""
        return self.source.method in ("extractor", "dms")

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            KeyError: when the dataset has no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.domain}.{self.name} has no column {name!r}")


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A domain and its datasets, in dependency order (a referenced dataset comes before the one that refers)."""

    name: str
    datasets: tuple[Dataset, ...]

    @property
    def of_runs(self) -> Domain:
        """The domain with the datasets that runs load day by day alone; what a stream brings is loaded as it comes."""
        return replace(self, datasets=tuple(each for each in self.datasets if each.stream is None))

    def table_noncurrent_days(self, most: int) -> int:
        """Days for which S3 keeps files that tables have let go: the shortest that a contract asks, at most `most`.

        One figure for all tables of the domain, as what is derived from a dataset holds its rows, too.
        """
        return min([most, *(dataset.retention.noncurrent_days for dataset in self.datasets)])

    def waves(self) -> tuple[tuple[Dataset, ...], ...]:
        """The datasets in groups that can load side by side: a group refers only to earlier groups."""
        placed: dict[str, int] = {}
        for dataset in self.datasets:
            own = {key.dataset for key in dataset.foreign_keys if key.domain == self.name}
            parents = own - {dataset.name}
            placed[dataset.name] = 1 + max(
                (placed[parent] for parent in parents if parent in placed), default=-1
            )
        return tuple(
            tuple(dataset for dataset in self.datasets if placed[dataset.name] == wave)
            for wave in range(max(placed.values(), default=-1) + 1)
        )
