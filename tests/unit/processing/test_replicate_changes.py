"""A replication that goes on with what changes: left running, and taken from where the run before had come."""

from __future__ import annotations

from dataclasses import replace

import pytest
from replications import BEGAN, SOURCE, file, first, inside, listed, loaded, statistics
from shop_source import COPIED

from data_platform.processing.definition import definition

FOLLOWED = replace(COPIED, changes=True).told()
LAST = "2013-01-31T05:00:00.000Z 2013/01/31/20130131-045500000.parquet"


@pytest.fixture
def states(parts):
    return definition(replace(parts, sources=(COPIED,)))["States"]


@pytest.mark.parametrize(
    ("status", "then"),
    [
        ("running", "ReadTableStatistics"),
        ("created", "MarkReplication"),
        ("stopped", "MarkReplication"),
        ("failed", "MarkReplication"),
        ("provisioning_capacity", "AwaitEarlierReplication"),
    ],
)
def test_one_that_runs_is_left_running_and_one_at_rest_is_started(states, evaluate, status, then):
    given = {"seen": {"status": status}, "copied_for": 0, "source": FOLLOWED}
    assert first(states, evaluate, "JudgeReplication", **given) == then


@pytest.mark.parametrize(
    ("status", "kind"),
    [("created", "start-replication"), ("stopped", "resume-processing"), ("failed", "resume-processing")],
)
def test_one_that_stopped_goes_on_where_it_was(states, evaluate, status, kind):
    marked = evaluate(states["MarkReplication"]["Assign"], seen={"status": status}, source=FOLLOWED)
    assert marked["replication"]["kind"] == kind


@pytest.mark.parametrize(
    ("status", "then"),
    [("running", "ReadTableStatistics"), ("stopped", "ReplicationFailed"), ("failed", "ReplicationFailed")],
)
def test_nobody_waits_for_its_end(states, evaluate, status, then):
    given = {"seen": {"status": status}, "copied_for": 60, "source": FOLLOWED}
    assert first(states, evaluate, "JudgeProgress", **given) == then


@pytest.mark.parametrize(
    ("state", "copied_for", "then"),
    [
        ("Table completed", 0, "CutChanges"),
        ("Full load", 0, "AwaitReplication"),
        ("Full load", 3600, "ReplicationIncomplete"),
        ("Table error", 0, "ReplicationIncomplete"),
    ],
)
def test_changes_are_taken_once_every_table_was_loaded_whenever_that_was(
    states, evaluate, state, copied_for, then
):
    table = statistics(table="weather", state=state, ended="2012-12-31T05:20:00Z")
    found = loaded(states, evaluate, statistics(), table, source=FOLLOWED)
    given = {"loaded": found, "source": FOLLOWED, "copied_for": copied_for}
    assert first(states, evaluate, "JudgeTableLoads", **given) == then


def taken(states, evaluate, *names, **given):
    found = listed(states, evaluate, *map(file, names), source=FOLLOWED, **given)
    return [each["from"].removeprefix("_dms/w/") for each in found["files"]], found["high"]


def test_the_first_run_takes_the_whole_load_and_what_changed_since(states, evaluate):
    files, high = taken(states, evaluate, "2013/02/01/a.parquet", "LOAD1.parquet")
    assert files == ["2013/02/01/a.parquet", "LOAD1.parquet"]
    assert high == f"{BEGAN} _dms/w/2013/02/01/a.parquet"


def test_a_later_run_takes_what_came_after_the_last_file_that_was_committed(states, evaluate):
    files, high = taken(
        states, evaluate, "2013/02/01/a.parquet", "LOAD1.parquet", since=LAST, ended="2013-01-30T00:00:00Z"
    )
    assert files == ["2013/02/01/a.parquet"]
    assert high == f"{BEGAN} _dms/w/2013/02/01/a.parquet"


def test_a_day_without_a_change_takes_nothing_and_forgets_nothing(states, evaluate):
    assert taken(states, evaluate, since=LAST, ended="2013-01-30T00:00:00Z") == (
        [],
        f"{BEGAN} {LAST.split(' ')[1]}",
    )


def test_a_table_that_was_loaded_whole_again_is_taken_whole(states, evaluate):
    files, _ = taken(states, evaluate, "LOAD1.parquet", since=LAST, ended="2013-01-31T05:00:01Z")
    assert files == ["LOAD1.parquet"]


def test_s3_is_asked_for_what_comes_after_that_file(states, evaluate):
    given = {"from": "_dms/w/", "since": LAST}
    asked = evaluate(inside(states)["ListTable"]["Arguments"], states={"input": given}, source=FOLLOWED)
    assert (asked["Prefix"], asked["StartAfter"]) == ("_dms/w/", LAST.split(" ")[1])
    whole = evaluate(inside(states)["ListTable"]["Arguments"], states={"input": given}, source=SOURCE)
    assert (whole["Prefix"], "StartAfter" in whole) == ("_dms/w/LOAD", False)
