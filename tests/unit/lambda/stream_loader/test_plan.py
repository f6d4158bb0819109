"""The loader reads the plan that the contracts compile, and writes the columns that their raw table has."""

from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from stream_loader import casts, plan
from stream_loader.change_file import as_raw

from data_platform.contracts.stream_plan import stream_plan_json
from data_platform.contracts.streams import Stream
from data_platform.contracts.tables import landed_columns
from tests.stream_records import batch, message

sys.path.insert(0, str(Path(__file__).parents[2] / "contracts"))
from sql_bench import NAMING, check, column, dataset

TYPES = (
    "boolean",
    "int",
    "bigint",
    "float",
    "double",
    "decimal(12,2)",
    "string",
    "date",
    "timestamp",
    "timestamptz",
)
HIVE = {
    "bool": "boolean",
    "int32": "int",
    "int64": "bigint",
    "float": "float",
    "double": "double",
    "decimal128(12, 2)": "decimal(12,2)",
    "string": "string",
    "date32[day]": "date",
    "timestamp[us]": "timestamp",
}


def _dataset(**more):
    columns = [
        column("id", "int", "string", required=True),
        *(column(f"c{n}", kind, text_in_raw=kind == "timestamp") for n, kind in enumerate(TYPES)),
    ]
    checks = [
        check("range", "c1", minimum=1, exclusive_maximum=9),
        check("accepted", "c6", values=("a", "b"), severity="warning"),
        check("pattern", "c6", regex="^[ab]$"),
        check("length", "c6", minimum=1),
    ]
    stream = Stream(
        topic="aviation.things.v1",
        dead_letters="aviation.things.v1.dlq",
        partitions=1,
        retention_ms=1,
        dead_letter_retention_ms=2,
        cleanup=("delete",),
        key=("id",),
        format="avro",
        compatibility="NONE",
    )
    made = dataset(*columns, checks=checks)
    return replace(
        made, stream=stream, source=replace(made.source, method="cdc", table="public.things"), **more
    )


@pytest.fixture(scope="module")
def read():
    return plan.read(json.loads(stream_plan_json(_dataset(), NAMING)))


def test_every_column_of_raw_is_written_in_the_type_of_its_table(read, registry):
    judged = registry.judge(read).judge(batch(message(0, None, None)))

    written = [(field.name, HIVE[str(field.type)]) for field in as_raw(judged.rows, read.columns).schema]
    assert sorted(written) == sorted((one.name, one.type) for one in landed_columns(_dataset()))


@given(st.lists(st.none() | st.datetimes(), min_size=1))
@example([dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999_999)])  # noqa: DTZ001
def test_a_moment_in_raw_is_text_that_casts_to_the_same_microsecond(moments):
    columns = [plan.Column(name="at", type="timestamp", target="timestamp", text_in_raw=True)]
    raw = as_raw(pa.table({"at": pa.array(moments, pa.timestamp("us"))}), columns).column("at")

    assert raw.type == pa.string()
    assert casts.typed(raw.combine_chunks(), "string", "timestamp").to_pylist() == moments


def test_rules_of_the_contract_are_rules_of_the_loader(read):
    found = {(rule.column, rule.kind, rule.severity, str(rule.argument)) for rule in read.rules}

    assert found == {
        ("id", "type", "error", "None"),
        ("id", "required", "error", "None"),
        ("c1", "minimum", "error", "1"),
        ("c1", "exclusiveMaximum", "error", "9"),
        ("c6", "values", "warning", "['a', 'b']"),
        ("c6", "pattern", "error", "^[ab]$"),
        ("c6", "minLength", "error", "1"),
        ("c9", "type", "error", "None"),
    }


def test_types_before_and_after_the_cast_are_known(read):
    assert (read.by_name["id"].type, read.by_name["id"].target) == ("string", "int")


def test_statements_come_in_their_order_with_the_placeholders_that_are_filled(read):
    assert [name for name, _ in read.statements] == ["deleted", "staged", "curated"]
    assert all("{paths}" in sql and "{days}" in sql for _, sql in read.statements)
