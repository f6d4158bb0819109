"""Row groups are about 128 MB; towards the end they are smaller, so that they are written while others are read."""

from __future__ import annotations

import io
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data_platform.contracts.odcs import load_dataset
from jobs.extraction import parts
from jobs.extraction.columns import Reading
from jobs.extraction.table_read import TableRead
from tests.unit.jobs.extraction.shop import column, contract

ROWS = 1000  # 8 kB of Arrow


class _S3:
    def __init__(self):
        self.body = b""

    def put_object(self, **given):
        self.body = bytes(given["Body"])


@pytest.fixture
def s3():
    return _S3()


@pytest.fixture
def filling(s3, tmp_path, monkeypatch):
    """The parts of a table of one number, with row groups of ten tables of a thousand rows."""
    monkeypatch.setattr(parts, "ROW_GROUP", 10 * ROWS * 8)
    file = tmp_path / "shop" / "t.odcs.yaml"
    file.parent.mkdir()
    file.write_text(contract("t", [column("id", "bigint")]))
    read = TableRead(dataset=load_dataset(file), table="public.t", raw_bucket="raw", raw_prefix="t/")
    return parts.Parts(s3, read, "2026-01-05", [Reading(name="id", sql="id", wire="int8", type=pa.int64())])


def _add(filling, tables):
    for _ in range(tables):
        filling.add(pa.table({"id": pa.array(range(ROWS), pa.int64())}))


def _row_groups(s3):
    found = pq.ParquetFile(io.BytesIO(s3.body))
    return [found.metadata.row_group(number).num_rows for number in range(found.num_row_groups)]


def test_a_row_group_is_written_when_it_is_full_and_the_rest_at_the_end(filling, s3):
    _add(filling, 25)
    (part,) = filling.finish()

    assert _row_groups(s3) == [10 * ROWS, 10 * ROWS, 5 * ROWS]
    assert part.rows == 25 * ROWS


def test_towards_the_end_row_groups_are_a_fourth_and_little_is_left_to_write(filling, s3):
    _add(filling, 14)
    filling.ends()
    _add(filling, 5)
    (part,) = filling.finish()

    assert _row_groups(s3) == [10 * ROWS, 5 * ROWS, 3 * ROWS, ROWS]
    assert part.rows == 19 * ROWS


def test_towards_the_end_nobody_waits_for_another_that_writes_until_half_a_row_group_waits(filling, s3):
    filling.ends()
    with filling._writing:
        _add(filling, 4)
        waiting = threading.Thread(target=_add, args=(filling, 1))
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join()
    filling.finish()

    assert _row_groups(s3) == [5 * ROWS]
