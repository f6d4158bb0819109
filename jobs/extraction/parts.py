"""A table's Parquet files in raw: row groups of about 128 MB, one after the other, whoever fills them."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.extraction.layout import layout
from jobs.extraction.masking import landing_masked
from jobs.extraction.upload import Upload
from jobs.masking.columns import SCATTERED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from jobs.extraction.columns import Reading
    from jobs.extraction.table_read import TableRead

ROW_GROUP = 128 * 1000**2  # bytes of Arrow, before encoding and compression
FILE = 1 << 30  # bytes in S3 after which the next file begins
_AHEAD = 2  # the part of a row group that may wait while another is written
_AT_END = 4  # the part of a row group that is one of its own among the last ones


@dataclass(frozen=True, kw_only=True)
class Part:
    """One file in raw."""

    key: str
    rows: int
    bytes: int
    sha256: str


class Parts:
    """The files of one table and attempt, below a run id of their own: what a crashed attempt left is never met.

    Workers add rows; the one that fills a row group writes it while the others fill half of the next. So the memory
    is that of a row group and a half, however many workers there are.

    Args:
        s3: Client.
        read: The table.
        ingest_date: The day.
        columns: What the files hold.
    """

    def __init__(self, s3: Any, read: TableRead, ingest_date: str, columns: Sequence[Reading]) -> None:
        self._s3, self._bucket = s3, read.raw_bucket
        self.prefix = f"{read.raw_prefix}ingest_date={ingest_date}/run_id={uuid.uuid4()}/"
        self._schema = pa.schema([(column.name, column.type) for column in columns])
        self._scattered = {
            c.name for c in landing_masked(read.dataset) if c.masking and c.masking.method in SCATTERED
        }
        self._key = read.dataset.primary_key
        self._waiting: list[pa.Table] = []
        self._waiting_bytes, self._full = 0, ROW_GROUP
        self._filling, self._writing = threading.Lock(), threading.Lock()
        self._upload: Upload | None = None
        self._writer: Any = None
        self._rows = 0
        self.done: list[Part] = []

    def add(self, rows: pa.Table) -> None:
        """Take rows; writes a row group when there are enough.

        Raises:
            Unreachable: when S3 does not take it.
        """
        with self._filling:
            self._waiting.append(rows)
            self._waiting_bytes += rows.nbytes
            ahead = self._waiting_bytes >= ROW_GROUP // _AHEAD
            if not ahead and self._waiting_bytes < self._full:
                return
            # Whoever writes is waited for here, so that never more than a row group and a half is in memory.
            if not self._writing.acquire(blocking=ahead):
                return
            if self._waiting_bytes < self._full:
                self._writing.release()
                return
            full, self._waiting, self._waiting_bytes = self._waiting, [], 0
        try:
            self._write(full)
        finally:
            self._writing.release()

    def ends(self) -> None:
        """Only the last ranges are left: row groups are smaller and written while others are read, not after them."""
        self._full = ROW_GROUP // _AT_END

    def finish(self) -> list[Part]:
        """Write what waits and close the last file; a table without rows has one file without rows.

        Raises:
            Unreachable: when S3 does not take it.
        """
        if self._waiting or not (self.done or self._writer):
            full, self._waiting = self._waiting, []
            self._write(full)
        if self._writer:
            self._close()
        return self.done

    def abort(self) -> None:
        """Leave nothing behind that is paid for: end the upload that is under way."""
        if self._upload:
            self._upload.abort()

    def _write(self, batches: list[pa.Table]) -> None:
        if self._upload is None:
            key = f"{self.prefix}part-{len(self.done):05}.parquet"
            self._upload = Upload(self._s3, self._bucket, key)
            sample = batches[0] if batches else pa.Table.from_batches([], self._schema)
            stored = layout(sample, scattered=self._scattered, key=self._key)
            self._writer = pq.ParquetWriter(self._upload, self._schema, **stored)
        table = pa.concat_tables(batches) if batches else pa.Table.from_batches([], self._schema)
        batches.clear()
        if table.num_rows:
            self._writer.write_table(table, row_group_size=table.num_rows)
        self._rows += table.num_rows
        if self._upload.bytes >= FILE:
            self._close()

    def _close(self) -> None:
        upload, self._upload = self._upload, None
        writer, self._writer = self._writer, None
        if upload is None:
            return
        try:
            writer.close()
            digest = upload.complete()
        except BaseException:
            upload.abort()
            raise
        self.done.append(Part(key=upload.key, rows=self._rows, bytes=upload.bytes, sha256=digest))
        self._rows = 0
