"""A source that DMS copies: started once, followed, believed table by table, and committed like an extraction."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace

import jsonata
import pytest
from replications import BEGAN, SOURCE, WANTED, file, first, inside, listed, loaded, statistics
from shop_source import COPIED, SHOP

from data_platform.processing.definition import definition

RUN = {
    "dataset": "source:tower",
    "ingest_date": "2013-02-01",
    "run_id": "run-1",
    "force": False,
    "datasets": [],
}


@pytest.fixture
def states(parts):
    return definition(replace(parts, sources=(COPIED,)))["States"]


def seen(states, evaluate, **replication):
    answer = {"result": {"Replications": [replication] if replication else []}}
    return evaluate(states["LookAtReplication"]["Assign"]["seen"], states=answer)


def test_a_domain_without_dms_has_none_of_these_states(parts):
    assert not [
        name for name in definition(replace(parts, sources=(SHOP,)))["States"] if "Replication" in name
    ]


def test_a_domain_with_dms_alone_has_no_state_of_our_extractor(states):
    assert "RunExtractor" not in states
    assert states["ClaimSlot"]["Next"] == "BeginReplication"


def test_with_both_each_source_is_read_its_own_way(parts, evaluate):
    states = definition(replace(parts, sources=(SHOP, COPIED)))["States"]
    assert states["ClaimSlot"]["Next"] == states["TakeOverSlot"]["Next"] == "ChooseReader"
    assert first(states, evaluate, "ChooseReader", source=SHOP.told()) == "RunExtractor"
    assert first(states, evaluate, "ChooseReader", source=SOURCE) == "BeginReplication"


def test_all_tables_are_copied_whichever_is_asked_for(states, evaluate):
    chosen = evaluate(
        states["ChooseTables"]["Assign"]["wanted"],
        source=SOURCE,
        run=RUN | {"datasets": ["weather"]},
        last={"tables": {}},
    )
    assert chosen == WANTED


@pytest.mark.parametrize(
    ("status", "copied_for", "then"),
    [
        ("created", 0, "MarkReplication"),
        ("stopped", 0, "MarkReplication"),
        ("failed", 0, "MarkReplication"),
        ("running", 0, "AwaitEarlierReplication"),
        ("running", 3600, "ReplicationTooLong"),
        ("missing", 0, "ReplicationFailed"),
    ],
)
def test_a_copy_starts_when_none_is_going_on(states, evaluate, status, copied_for, then):
    given = {"seen": {"status": status}, "copied_for": copied_for, "source": SOURCE}
    assert first(states, evaluate, "JudgeReplication", **given) == then


@pytest.mark.parametrize(
    ("status", "kind"),
    [("created", "start-replication"), ("stopped", "reload-target"), ("failed", "reload-target")],
)
def test_only_the_first_copy_is_a_start(states, evaluate, status, kind):
    marked = evaluate(states["MarkReplication"]["Assign"], seen={"status": status})
    assert marked["replication"]["kind"] == kind
    assert marked["copied_for"] == 0


def test_a_start_whose_answer_was_lost_is_looked_at_and_not_failed(states):
    start = states["StartReplication"]
    assert start["Catch"][0]["ErrorEquals"] == ["DatabaseMigration.InvalidResourceStateException"]
    assert start["Catch"][0]["Next"] == "AwaitReplication"


@pytest.mark.parametrize(
    ("status", "copied_for", "then"),
    [
        ("running", 60, "AwaitReplication"),
        ("provisioning_capacity", 60, "AwaitReplication"),
        ("stopped", 60, "ReadTableStatistics"),
        ("failed", 60, "ReplicationFailed"),
        ("running", 3600, "StopReplication"),
    ],
)
def test_a_copy_is_followed_to_its_end_and_stopped_when_it_takes_too_long(
    states, evaluate, status, copied_for, then
):
    given = {"seen": {"status": status}, "copied_for": copied_for, "source": SOURCE}
    assert first(states, evaluate, "JudgeProgress", **given) == then


def test_what_dms_says_of_a_failure_is_told(states, evaluate):
    told = seen(
        states, evaluate, Status="FAILED", StopReason="Stop Reason FATAL_ERROR", FailureMessages=["no route"]
    )
    cause = evaluate(states["ReplicationFailed"]["Output"], seen=told, source=SOURCE, run=RUN)
    assert cause["Error"] == "ExtractionFailed"
    assert (
        "did not copy tower (failed): Stop Reason FATAL_ERROR; no route, nothing of 2013-02-01"
        in cause["Cause"]
    )


def test_a_replication_that_is_gone_is_missing(states, evaluate):
    assert seen(states, evaluate) == {"status": "missing", "reason": "DMS gives no reason"}


def test_tables_that_were_copied_whole_are_counted(states, evaluate):
    found = loaded(states, evaluate, statistics(), statistics(table="weather", rows=0))
    assert (found["rows"], found["unfinished"]) == ({"airports": 3, "weather": 0}, [])
    assert first(states, evaluate, "JudgeTableLoads", loaded=found, source=SOURCE) == "CopyTables"


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (statistics(table="weather", state="Table error"), "public.weather (Table error)"),
        (statistics(table="weather", errors=1), "public.weather (Table completed)"),
        (statistics(table="weather", ended="2013-01-31T05:20:00Z"), "public.weather (Table completed)"),
        (statistics(table="other"), "public.weather (unknown to DMS)"),
    ],
)
def test_a_table_that_was_not_copied_whole_or_not_now_refuses_the_source(states, evaluate, table, why):
    found = loaded(states, evaluate, statistics(), table)
    assert found["unfinished"] == [why]
    given = {"loaded": found, "source": SOURCE, "copied_for": 0}
    assert first(states, evaluate, "JudgeTableLoads", **given) == "ReplicationIncomplete"


def test_each_table_has_a_place_and_a_folder_of_its_own(states, evaluate):
    item = evaluate(
        states["CopyTables"]["ItemSelector"],
        states={"context": {"Map": {"Item": {"Value": "weather"}}}},
        source=SOURCE,
        run=RUN,
        loaded={"rows": {"weather": 2}, "ended": {"weather": BEGAN}},
        highs={},
    )
    assert item == {
        "dataset": "weather",
        "rows": 2,
        "ended": BEGAN,
        "since": "",
        "from": "_dms/source=tower/public/weather/",
        "prefix": "weather/source=tower/ingest_date=2013-02-01/run_id=0f8fad5b/",
    }


def test_only_what_this_copy_wrote_is_taken(states, evaluate):
    found = listed(states, evaluate, file("LOAD1"), file("LOAD2"), file("LOAD3", "2013-01-31T05:10:00Z"))
    assert found["files"] == [
        {"from": "_dms/w/LOAD1", "to": "weather/p/part-00000.parquet", "bytes": 5},
        {"from": "_dms/w/LOAD2", "to": "weather/p/part-00001.parquet", "bytes": 5},
    ]


def test_one_file_is_a_list_of_one_and_none_is_an_empty_one(states, evaluate):
    assert len(listed(states, evaluate, file("LOAD1"))["files"]) == 1
    assert listed(states, evaluate)["files"] == []


@pytest.mark.parametrize(
    ("given", "then"),
    [
        ({"rows": 2, "files": [1], "truncated": False}, "CopyFiles"),
        ({"rows": 0, "files": [], "truncated": False}, "CopyFiles"),
        ({"rows": 2, "files": [], "truncated": False}, "FilesMissing"),
        ({"rows": 2, "files": [1], "truncated": True}, "TooManyFiles"),
        ({"rows": 2, "files": list(range(501)), "truncated": False}, "TooManyFiles"),
    ],
)
def test_rows_without_files_and_more_files_than_a_manifest_holds_are_refused(states, evaluate, given, then):
    assert first(inside(states), evaluate, "JudgeTable", states={"input": given}) == then


@pytest.mark.parametrize("content", [b"", b"a", b"weather", bytes(range(256))])
def test_the_checksum_of_a_copy_is_told_in_hex(states, evaluate, content):
    copy = inside(states)["CopyFiles"]["ItemProcessor"]["States"]["CopyFile"]
    digest = hashlib.sha256(content)
    told = evaluate(
        copy["Output"],
        states={
            "input": {"to": "k", "bytes": 5},
            "result": {"CopyObjectResult": {"ChecksumSHA256": base64.b64encode(digest.digest()).decode()}},
        },
    )
    assert told == {"key": "k", "bytes": 5, "sha256": digest.hexdigest()}


def test_a_copy_whose_checksum_s3_does_not_tell_is_no_copy(states, evaluate):
    copy = inside(states)["CopyFiles"]["ItemProcessor"]["States"]["CopyFile"]
    answer = {"input": {"to": "k", "bytes": 5}, "result": {"CopyObjectResult": {}}}

    with pytest.raises(jsonata.JException, match="told no SHA-256"):
        evaluate(copy["Output"], states=answer)


def test_a_copy_names_its_source_as_s3_wants_it(states, evaluate):
    copy = inside(states)["CopyFiles"]["ItemProcessor"]["States"]["CopyFile"]
    asked = evaluate(
        copy["Arguments"], states={"input": {"from": "_dms/source=t/a$b/LOAD1", "to": "k"}}, source=SOURCE
    )
    assert asked["CopySource"] == "raw/_dms/source=t/a$b/LOAD1"
    assert asked["ChecksumAlgorithm"] == "SHA256"


@pytest.mark.parametrize("count", [0, 1, 2])
def test_the_manifest_tells_of_tables_as_that_of_the_extractor_does(states, evaluate, count):
    files = [{"key": f"k{number}", "bytes": 5, "sha256": f"s{number}"} for number in range(count)]
    table = evaluate(
        inside(states)["CopyFiles"]["Output"],
        states={
            "input": {"dataset": "weather", "prefix": "p/", "rows": 2, "since": "", "high": None},
            "result": files,
        },
    )
    manifest = evaluate(
        states["CopyTables"]["Assign"]["manifest"],
        states={"result": [table]},
        source=SOURCE,
        run=RUN,
        replication={"began": BEGAN},
    )
    assert manifest["extraction"] == "run-1"
    assert manifest["tables"]["weather"] == {
        "prefix": "p/",
        "rows": 2,
        "bytes": 5 * count,
        "files": files,
        "low": None,
        "high": None,
        "sha256": hashlib.sha256("".join(each["sha256"] for each in files).encode()).hexdigest(),
    }
    json.dumps(manifest)


def test_the_manifest_is_the_commit_and_the_ledger_follows(states):
    assert states["CopyTables"]["Next"] == "WriteManifest"
    assert states["WriteManifest"]["Next"] == "RecordExtraction"
    assert states["WriteManifest"]["Arguments"]["Body"] == "{% $manifest %}"
