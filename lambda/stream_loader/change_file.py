"""One batch's rows as one Parquet object in raw."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from botocore.exceptions import ClientError

from stream_loader.items import Overtaken

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from stream_loader.plan import Column, Plan

_THERE, _GONE = 412, (403, 404)
_NAME = "changes.parquet"


@dataclass(frozen=True, kw_only=True)
class ChangeFile:
    """A file of changes in raw.

    Args:
        bucket: Raw.
        key: Its key; a retry of the same batch has the same.
        day: Its partition, `ingest_date`.
    """

    bucket: str
    key: str
    day: str

    @property
    def path(self) -> str:
        """As Athena's `"$path"` says it."""
        return f"s3://{self.bucket}/{self.key}"


def place(plan: Plan, *, partition: int, first: int, timestamp: int) -> ChangeFile:
    """Where the rows of a batch lie.

    Args:
        plan: The stream plan.
        partition: Of the topic.
        first: The offset from which on nothing was loaded: the ledger's.
        timestamp: Of the first record, in milliseconds since 1970; gives the day, in UTC.
    """
    day = dt.datetime.fromtimestamp(timestamp / 1000, dt.UTC).date().isoformat()
    run = f"run_id=p{partition}-o{first:020d}"
    return ChangeFile(
        bucket=plan.raw_bucket,
        key=f"{plan.raw_prefix}source={plan.source}/ingest_date={day}/{run}/{_NAME}",
        day=day,
    )


def as_raw(rows: pa.Table, columns: Sequence[Column]) -> pa.Table:
    """The rows as raw holds them: some values as text.

    Args:
        rows: The contract's columns and those beside them.
        columns: The contract's.
    """
    for column in columns:
        if column.text_in_raw:
            at = rows.schema.get_field_index(column.name)
            rows = rows.set_column(at, column.name, rows.column(at).cast(pa.string()))
    return rows


def parquet(rows: pa.Table) -> bytes:
    """The rows as the bytes of a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        rows,
        sink,
        compression="zstd",
        compression_level=1,
        store_decimal_as_integer=True,
        store_schema=False,
        write_statistics=[field.name for field in rows.schema if not pa.types.is_string(field.type)],
    )
    return sink.getvalue().to_pybytes()  # type: ignore[no-any-return]


def write(s3: Any, file: ChangeFile, rows: pa.Table, *, claim_again: Callable[[], None]) -> bool:
    """Write the object, which an earlier attempt at the same batch may have left already; whether there are rows.

    Two attempts at one batch may live at once, when the first was thought dead. Neither writes over what the other
    commits: an object that is there is replaced only as it was seen, and after the batch was claimed again, so that
    whoever wrote it cannot commit any more.

    Args:
        s3: Client.
        file: Its place.
        rows: Its rows; without any, an object is left alone that is not there, and else emptied.
        claim_again: Claims the batch; raises when another has claimed or committed it since.

    Raises:
        Overtaken: when another attempt was faster.
        botocore.exceptions.ClientError: when S3 does not take it.
    """
    if rows.num_rows and _new(s3, file, rows):
        return True
    seen = _seen(s3, file)
    if seen is None:
        return False
    claim_again()
    try:
        s3.put_object(Bucket=file.bucket, Key=file.key, Body=parquet(rows), IfMatch=seen)
    except ClientError as error:
        if _status(error) != _THERE:
            raise
        raise Overtaken(f"{file.path}: another attempt at the same batch has written it since") from None
    return bool(rows.num_rows)


def _new(s3: Any, file: ChangeFile, rows: pa.Table) -> bool:
    try:
        s3.put_object(Bucket=file.bucket, Key=file.key, Body=parquet(rows), IfNoneMatch="*")
    except ClientError as error:
        if _status(error) != _THERE:
            raise
        return False
    return True


def _seen(s3: Any, file: ChangeFile) -> str | None:
    """The object as it is; None when it is not there, which S3 calls denied to whoever may not list."""
    try:
        return str(s3.head_object(Bucket=file.bucket, Key=file.key)["ETag"])
    except ClientError as error:
        if _status(error) in _GONE:
            return None
        raise


def _status(error: ClientError) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])
