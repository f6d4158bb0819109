"""Columns are encoded by what their first rows look like, and read back as they were."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.extraction.layout import layout

COUNT = 3000
NULLS = [None] * COUNT
COLUMNS = {
    "id": pa.array([f"O{n:08}" for n in range(COUNT)]),
    "token": pa.array([f"t1_{n * 7919:064x}" for n in range(COUNT)]),
    "customer": pa.array([f"C{n * 7919 % 2503:06}" for n in range(COUNT)]),
    "state": pa.array([("VIC", "NSW", None)[n % 3] for n in range(COUNT)]),
    "total": pa.array([Decimal(n * 37 - 5000) / 100 for n in range(COUNT)], pa.decimal128(12, 2)),
    "small": pa.array([Decimal(n) for n in range(COUNT)], pa.decimal128(5, 0)),
    "wide": pa.array([Decimal(n) for n in range(COUNT)], pa.decimal128(19, 0)),
    "stock": pa.array([None if n % 5 == 0 else n - 40 for n in range(COUNT)], pa.int16()),
    "amount": pa.array([n * 3_000_000_000 for n in range(COUNT)], pa.int64()),
    "day": pa.array([dt.date(2026, 1, 5) + dt.timedelta(days=n) for n in range(COUNT)]),
    "moment": pa.array([n * 1_000_000 for n in range(COUNT)], pa.timestamp("us")),
    "ratio": pa.array([n / 7 for n in range(COUNT)]),
    "same": pa.array([n // 100 for n in range(COUNT)], pa.int32()),
    "nothing": pa.array(NULLS, pa.int32()),
    "flag": pa.array([n % 2 == 0 for n in range(COUNT)]),
}  # fmt: skip


@pytest.fixture(scope="module")
def written():
    table = pa.table(COLUMNS)
    file = io.BytesIO()
    with pq.ParquetWriter(file, table.schema, **layout(table, scattered=("token",), key=("id",))) as writer:
        writer.write_table(table)
    return table, pq.ParquetFile(file)


def _encodings(written, name):
    file = written[1]
    group = file.metadata.row_group(0)
    found = {group.column(n).path_in_schema: group.column(n) for n in range(group.num_columns)}
    return set(found[name].encodings)


def test_what_is_read_is_what_was_written(written):
    table, file = written
    assert file.read().equals(table)


@pytest.mark.parametrize("name", ["total", "small", "stock", "amount", "day", "moment"])
def test_numbers_that_hardly_repeat_are_stored_by_their_differences(written, name):
    assert "DELTA_BINARY_PACKED" in _encodings(written, name)


@pytest.mark.parametrize("name", ["id", "customer", "wide", "ratio"])
def test_what_has_no_differences_is_stored_plain_when_it_hardly_repeats(written, name):
    assert _encodings(written, name) == {"RLE", "PLAIN"}


@pytest.mark.parametrize("name", ["state", "same", "nothing"])
def test_what_repeats_has_a_dictionary(written, name):
    assert "RLE_DICTIONARY" in _encodings(written, name)


def test_tokens_keep_their_lengths_apart(written):
    assert "DELTA_LENGTH_BYTE_ARRAY" in _encodings(written, "token")


def test_a_table_without_rows_can_be_written():
    table = pa.table(COLUMNS).slice(0, 0)
    file = io.BytesIO()
    with pq.ParquetWriter(file, table.schema, **layout(table, scattered=("token",), key=("id",))):
        pass
    assert pq.read_table(file).schema.equals(table.schema)
