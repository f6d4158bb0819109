"""How a source is read: once a day, no more at a time than it may, not while it is busy, and again only when that helps."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from shop_source import SHOP

from data_platform.processing.definition import definition

SOURCE = SHOP.told()
RUN = {
    "dataset": "source:shop",
    "ingest_date": "2013-02-01",
    "run_id": "run-1",
    "phase": "run",
    "force": False,
    "reread": False,
    "datasets": [],
    "execution": "arn:aws:states:r:a:execution:m:run-1",
}
TABLE = {
    "prefix": "flights/source=shop/ingest_date=2013-02-01/run_id=u/",
    "rows": 3,
    "bytes": 9,
    "sha256": "ab",
    "low": None,
    "high": "2013-02-01T00:00:00Z",
}


@pytest.fixture
def states(parts):
    return definition(replace(parts, sources=(SHOP,)))["States"]


def first(states, evaluate, name, **variables):
    """The state that a Choice leads to."""
    for rule in states[name]["Choices"]:
        if evaluate(rule["Condition"], **variables):
            return rule["Next"]
    return states[name]["Default"]


def wanted(states, evaluate, *, tables=None, **run):
    return evaluate(
        states["ChooseTables"]["Assign"]["wanted"],
        source=SOURCE,
        run=RUN | run,
        last={"tables": tables or {}},
    )


def test_a_domain_without_databases_has_none_of_these_states(parts):
    assert not [name for name in definition(parts)["States"] if "Extract" in name or "Slot" in name]


def test_every_table_of_the_source_is_read_under_one_snapshot(states, evaluate):
    assert wanted(states, evaluate) == ["airlines", "flights"]


def test_a_run_of_one_dataset_reads_its_table_only(states, evaluate):
    assert wanted(states, evaluate, datasets=["flights"]) == ["flights"]


def test_what_was_read_for_the_day_is_not_read_again(states, evaluate):
    assert wanted(states, evaluate, tables={"flights": TABLE}) == ["airlines"]
    assert wanted(states, evaluate, tables={"flights": TABLE, "airlines": TABLE}) == []
    assert first(states, evaluate, "JudgeTables", wanted=[]) == "RecordReused"


def test_a_day_that_is_loaded_again_is_not_read_again(states, evaluate):
    assert wanted(states, evaluate, tables={"flights": TABLE}, force=True) == ["airlines"]


def test_reread_reads_it_again(states, evaluate):
    assert wanted(states, evaluate, tables={"flights": TABLE}, reread=True) == ["airlines", "flights"]


@pytest.mark.parametrize(
    ("items", "highs"),
    [
        ([], {}),
        ([{"flights": TABLE}], {"flights": TABLE["high"]}),
        ([{"airlines": TABLE | {"high": None}}], {}),
        (
            [
                {"airlines": TABLE},
                {"flights": TABLE | {"high": "newer"}},
                {"flights": TABLE | {"high": "older"}},
            ],
            {"airlines": TABLE["high"], "flights": "newer"},
        ),
    ],
)
def test_each_table_goes_on_from_its_newest_watermark(states, evaluate, items, highs):
    answer = {"result": {"Items": [{"tables": {"S": json.dumps(tables)}} for tables in items]}}
    assert evaluate(states["FindWatermarks"]["Assign"]["highs"], states=answer) == highs


def command(states, evaluate, **variables):
    (override,) = states["RunExtractor"]["Arguments"]["Overrides"]["ContainerOverrides"]
    given = {
        "wanted": ["airlines", "flights"],
        "plans": {"airlines": "a1.json", "flights": "f1.json"},
        "plan_bucket": "assets",
        "highs": {},
        "source": SOURCE,
        "run": RUN,
    }
    return evaluate(override["Command"], **(given | variables))


def test_the_extractor_is_told_plans_day_and_id(states, evaluate):
    assert command(states, evaluate) == [
        "--plan", "s3://assets/a1.json", "--plan", "s3://assets/f1.json",
        "--date", "2013-02-01", "--extraction", "run-1", "--workers", "2", "--json",
    ]  # fmt: skip


def test_the_extractor_of_one_table_is_told_one_plan(states, evaluate):
    assert command(states, evaluate, wanted=["flights"])[:3] == ["--plan", "s3://assets/f1.json", "--date"]


def test_only_tables_with_a_watermark_are_told_how_far_they_were_read(states, evaluate):
    told = command(states, evaluate, highs={"airlines": "A", "flights": "F"})
    assert told[-2:] == ["--since", "flights=F"]
    assert told.count("--since") == 1


@pytest.mark.parametrize(
    ("ringing", "waited", "then"),
    [([], 0, "ClaimSlot"), (["cpu"], 0, "AwaitQuiet"), (["cpu"], 600, "SourceBusy")],
)
def test_a_busy_database_is_waited_for_and_given_up_in_the_end(states, evaluate, ringing, waited, then):
    assert first(states, evaluate, "JudgeAlarms", ringing=ringing, waited=waited, source=SOURCE) == then


def test_giving_up_says_what_rang_and_for_how_long(states, evaluate):
    told = evaluate(states["SourceBusy"]["Output"], source=SOURCE, run=RUN, ringing=["cpu-high"], waited=600)
    assert told["Error"] == "SourceBusy"
    assert "cpu-high rang for 600 s, and nothing of 2013-02-01 was read. Mend:" in told["Cause"]


def test_alarms_are_asked_by_name(states, evaluate):
    asked = evaluate(states["LookAtAlarms"]["Arguments"], source=SOURCE)
    assert asked == {"AlarmNames": list(SHOP.alarms), "StateValue": "ALARM"}
    answer = {"result": {"MetricAlarms": [{"AlarmName": "a"}]}}
    assert evaluate(states["LookAtAlarms"]["Assign"]["ringing"], states=answer) == ["a"]
    assert (
        evaluate(states["LookAtAlarms"]["Assign"]["ringing"], states={"result": {"MetricAlarms": []}}) == []
    )


def test_slots_are_tried_in_turn_and_then_waited_for(states, evaluate):
    places = [0]
    for _ in range(3):
        slot = evaluate(states["NextSlot"]["Assign"]["slot"], slot={"place": places[-1]}, source=SOURCE)
        places.append(slot["place"])
    assert places == [0, 1, 0, 1]
    assert first(states, evaluate, "JudgeSlots", slot={"place": 1}, waited=0, source=SOURCE) == "ClaimSlot"
    assert first(states, evaluate, "JudgeSlots", slot={"place": 0}, waited=0, source=SOURCE) == "AwaitSlot"
    assert first(states, evaluate, "JudgeSlots", slot={"place": 0}, waited=600, source=SOURCE) == "SourceFull"


def ended(states, evaluate, cause):
    caught = states["RunExtractor"]["Catch"][0]["Assign"]["ended"]
    return evaluate(caught, states={"errorOutput": {"Error": "States.TaskFailed", "Cause": cause}})


@pytest.mark.parametrize(
    ("code", "attempt", "then"),
    [
        (1, 1, "ChooseLog"),
        (2, 1, "ChooseLog"),
        (3, 1, "AwaitExtractor"),
        (137, 2, "AwaitExtractor"),
        (3, 3, "ChooseLog"),
    ],
)
def test_only_what_a_repetition_can_mend_is_repeated(states, evaluate, code, attempt, then):
    cause = json.dumps(
        {"Containers": [{"ExitCode": code}], "TaskArn": "arn:task/cluster/77", "StoppedReason": "r"}
    )
    told = ended(states, evaluate, cause)
    assert told == {"exit": code, "id": "77", "reason": "r"}
    assert first(states, evaluate, "JudgeExtractor", ended=told, attempt=attempt) == then


def test_a_task_that_did_not_start_is_tried_again(states, evaluate):
    told = ended(states, evaluate, "CannotPullContainerError")
    assert told == {"exit": -1, "id": "", "reason": "CannotPullContainerError"}
    assert first(states, evaluate, "JudgeExtractor", ended=told, attempt=1) == "AwaitExtractor"
    assert first(states, evaluate, "ChooseLog", ended=told) == "ExtractorStopped"


def test_what_was_committed_is_added_to_what_was_there(states, evaluate):
    manifest = {"extraction": "run-1", "snapshot": "0/1", "tables": {"flights": TABLE | {"files": []}}}
    tables = evaluate(
        states["RecordExtraction"]["Assign"]["tables"],
        manifest=manifest,
        last={"tables": {"airlines": TABLE}},
    )
    assert tables["airlines"] == TABLE
    assert tables["flights"] == TABLE | {"extraction": "run-1", "snapshot": "0/1"}


PLAN = {"source": "shop", "method": "extractor", "raw_bucket": "raw", "database": {"raw": "dp_raw"}}


def landing(states, evaluate, item):
    return evaluate(
        states["ReadExtraction"]["Assign"]["landing"],
        states={"result": {"Item": item}},
        plan=PLAN,
        run=RUN | {"dataset": "flights"},
    )


def test_a_dataset_loads_what_its_extraction_committed(states, evaluate):
    item = {"status": {"S": "SUCCEEDED"}, "tables": {"S": json.dumps({"flights": TABLE})}}
    found = landing(states, evaluate, item)
    assert found["prefix"] == TABLE["prefix"]
    assert first(states, evaluate, "JudgeExtraction", landing=found) == "ReadRawTable"


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ({"status": {"S": "FAILED"}, "error": {"S": "SourceBusy"}, "cause": {"S": "why"}}, "SourceBusy"),
        ({"status": {"S": "SUCCEEDED"}, "tables": {"S": json.dumps({"airlines": TABLE})}}, "NotExtracted"),
    ],
)
def test_a_dataset_that_was_not_extracted_fails_with_the_reason(states, evaluate, item, error):
    found = landing(states, evaluate, item)
    assert first(states, evaluate, "JudgeExtraction", landing=found) == "NotExtracted"
    told = evaluate(states["NotExtracted"]["Output"], landing=found)
    assert told["Error"] == error
    assert told["Cause"]


def test_the_partition_points_to_the_committed_folder(states, evaluate):
    partition = evaluate(
        states["CreatePartition"]["Arguments"]["PartitionInput"],
        run=RUN,
        plan=PLAN,
        landing={"prefix": TABLE["prefix"]},
        descriptor={"Location": "s3://raw/flights/", "Columns": [{"Name": "year", "Type": "int"}]},
    )
    assert partition["Values"] == ["2013-02-01"]
    assert partition["StorageDescriptor"]["Location"] == f"s3://raw/{TABLE['prefix']}"
    assert partition["StorageDescriptor"]["Columns"] == [{"Name": "year", "Type": "int"}]


def test_the_refusal_of_a_nested_extraction_is_told_as_it_came(states, evaluate):
    caught = states["ExtractFirst"]["Catch"][0]["Output"]
    child = json.dumps({"Error": "AlreadyRunning", "Cause": "source:shop is already being run"})
    told = evaluate(caught, states={"errorOutput": {"Error": "States.TaskFailed", "Cause": child}}, run=RUN)
    assert told == {"Error": "AlreadyRunning", "Cause": "source:shop is already being run"}
    plain = evaluate(caught, states={"errorOutput": {"Error": "States.Timeout", "Cause": "late"}}, run=RUN)
    assert plain == {"Error": "States.Timeout", "Cause": "late"}


@pytest.mark.parametrize(
    ("run", "method", "then"),
    [
        ({"dataset": "*"}, "delivery", "StartDomain"),
        ({}, "delivery", "StartExtraction"),
        ({"dataset": "flights"}, "extractor", "ChooseExtraction"),
        ({"dataset": "flights", "phase": "publish"}, "extractor", "Publish"),
        ({"dataset": "flights"}, "delivery", "StartListing"),
    ],
)
def test_each_kind_of_run_takes_its_own_way(states, evaluate, run, method, then):
    sources = {SHOP.item: SOURCE}
    assert (
        first(states, evaluate, "ChoosePhase", run=RUN | run, plan={"method": method}, sources=sources)
        == then
    )


def test_the_slot_is_given_back_when_an_extraction_fails(states, evaluate):
    touched = {"candidate": False, "dbt": False}
    held = {"place": 0, "held": True}
    assert first(states, evaluate, "ChooseRelease", touched=touched, slot=held) == "ReleaseSlotAfterFailure"
