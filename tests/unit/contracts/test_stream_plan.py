"""What the loader of a topic is told of a contract."""

from __future__ import annotations

import json

import pytest
from sql_bench import NAMING, check, column, dataset
from stream_contracts import column as event_column
from stream_contracts import events
from stream_rows import things

from data_platform.contracts.model import Masking
from data_platform.contracts.stream_plan import stream_plan, stream_plan_json


def test_a_plan_says_topic_registry_and_where_raw_is():
    plan = stream_plan(things(), NAMING)

    assert plan["dataset"] == "aviation.things"
    assert plan["kind"] == "changes"
    assert (plan["topic"], plan["dead_letters"]) == ("aviation.things.v1", "aviation.things.v1.dlq")
    assert plan["registry"] == "dp-dev-aviation-stream"
    assert plan["raw"] == {
        "bucket": NAMING.bucket("raw"),
        "prefix": "things/",
        "database": NAMING.database("raw"),
        "table": "things",
    }


def test_changes_are_merged_into_three_tables_and_events_into_two():
    names = [
        [each["name"] for each in stream_plan(one, NAMING)["statements"]]
        for one in (things(), things(events=True))
    ]

    assert names == [["deleted", "staged", "curated"], ["staged", "curated"]]


def test_every_bound_is_a_rule_of_its_own():
    checks = (
        check("range", "id", minimum=1, exclusive_maximum=10),
        check("pattern", "what", regex="a+", severity="warning"),
        check("accepted", "what", values=("a", "aa")),
        check("length", "what", minimum=1, maximum=3),
    )
    rules = stream_plan(things(checks=checks), NAMING)["rules"]

    assert [(each["kind"], each["column"], each["severity"]) for each in rules] == [
        ("required", "id", "error"),
        ("minimum", "id", "error"),
        ("exclusiveMaximum", "id", "error"),
        ("pattern", "what", "warning"),
        ("values", "what", "error"),
        ("minLength", "what", "error"),
        ("maxLength", "what", "error"),
    ]
    assert rules[1]["value"] == 1
    assert rules[3]["pattern"] == "a+"
    assert rules[4]["values"] == ["a", "aa"]


def test_what_more_than_one_row_decides_is_no_rule():
    checks = (check("volume", on_failure="stop"), check("unique", "what", columns=("what",)))

    assert {each["kind"] for each in stream_plan(things(checks=checks), NAMING)["rules"]} == {"required"}


def test_a_cast_that_can_fail_is_a_rule_and_both_types_are_told():
    made = things(columns=(column("id", "bigint"), column("what", "int", "string")))
    plan = stream_plan(made, NAMING)

    assert ("type", "what") in [(each["kind"], each["column"]) for each in plan["rules"]]
    assert (plan["columns"][1]["type"], plan["columns"][1]["target"]) == ("string", "int")


def test_a_mask_at_landing_is_told_with_the_secret_of_its_key():
    token = column("what", masking=Masking(method="tokenize", when="landing"))
    plan = stream_plan(things(columns=(column("id", "bigint"), token)), NAMING)

    assert plan["columns"][1]["masking"] == {"method": "tokenize", "when": "landing"}
    assert plan["token_key"] == NAMING.token_key


def test_protobuf_is_told_as_text():
    made = events(event_column("id", "bigint", required=True, field_number=1), format="protobuf")

    assert 'syntax = "proto3"' in stream_plan(made, NAMING)["protobuf"]


def test_the_text_is_compact_and_the_same_each_time():
    text = stream_plan_json(things(), NAMING)

    assert text == stream_plan_json(things(), NAMING)
    assert json.loads(text) == stream_plan(things(), NAMING)
    assert '": ' not in text.replace('": "', "")


def test_a_dataset_without_a_stream_has_no_plan():
    with pytest.raises(ValueError, match=r"aviation\.things has no stream"):
        stream_plan(dataset(column("id", "bigint")), NAMING)


@pytest.mark.parametrize(("masked_by", "masking"), [("consumer", "tokenize"), ("producer", None)])
def test_what_the_producer_masked_the_loader_does_not_mask_again(masked_by, masking):
    token = event_column("who", masking=Masking(method="tokenize", when="landing"))
    made = events(event_column("id", "bigint", required=True), token, masked_by=masked_by)
    plan = stream_plan(made, NAMING)

    assert (plan["columns"][1]["masking"] or {}).get("method") == masking
    assert (plan["token_key"] is None) == (masking is None)


def test_what_is_masked_when_queried_is_masked_by_the_merge_alone():
    column_ = column("what", masking=Masking(method="redact", when="query"), masked_name="what_masked")
    plan = stream_plan(things(columns=(column("id", "bigint"), column_)), NAMING)

    assert plan["columns"][1]["masking"] is None
    assert "[redacted]" in plan["statements"][2]["sql"]
    assert "[redacted]" not in plan["statements"][1]["sql"]


@pytest.mark.parametrize("made", [things(), things(events=True)])
def test_a_merge_of_as_many_files_as_the_loader_takes_is_short_enough_for_athena(made):
    path = f"s3://{NAMING.bucket('raw')}/{'n' * 40}/source=shop/ingest_date=2026-01-05/run_id=p199-o{0:020d}/changes.parquet"
    for statement in stream_plan(made, NAMING)["statements"]:
        sql = statement["sql"].replace("{paths}", ", ".join([f"'{path}'"] * 500))
        assert "{days}" in sql
        assert len(sql.encode()) < 262_144
