"""What follows from a window: its table, who reads it, what is secret in it, and when it ends."""

from __future__ import annotations

import dataclasses

import pytest
from sql_bench import NAMING, column
from stream_rows import things

from data_platform.contracts.lake_rights import dataset_rights, readable
from data_platform.contracts.model import Domain, Grant
from data_platform.contracts.preview import preview
from data_platform.contracts.retention_sql import retention_sql
from data_platform.contracts.sensitivity import column_sensitivities
from data_platform.contracts.stream_plan import stream_plan
from data_platform.contracts.windows import Measure, Window, measure_type, window_of

HOURLY = Window(
    name="hourly",
    size_seconds=3600,
    time="at",
    lateness_seconds=600,
    by=("what",),
    measures=(
        Measure(name="events", function="count"),
        Measure(name="dearest", function="max", column="price"),
    ),
)
READER = Grant(role="analyst", access="read", zones=("curated",), approvers=("lead",))
EVENTS = things(
    events=True,
    windows=(HOURLY,),
    grants=(READER,),
    columns=(
        column("id", "bigint", required=True, primary_key_position=1),
        column("what", required=True),
        column("at", "timestamp", required=True, instant=True),
        column("price", "decimal(10,2)", classification="confidential"),
    ),
)


def test_its_statement_comes_last_in_the_loaders_plan():
    assert [each["name"] for each in stream_plan(EVENTS, NAMING)["statements"]] == [
        "staged",
        "curated",
        "window_hourly",
    ]


def test_who_reads_curated_reads_its_windows_but_not_figures_of_what_is_hidden():
    assert readable(EVENTS, "curated") == ("curated", "window_hourly")
    assert readable(EVENTS, "staged") == ("staged",)
    (right,) = [each for each in dataset_rights(EVENTS, "analyst") if each.kind == "window_hourly"]

    assert right.hidden == ("dearest",)


def test_a_figure_is_as_secret_as_its_column():
    found = column_sensitivities(EVENTS, "window_hourly")

    assert (found["dearest"].classification, found["events"].classification) == ("confidential", "internal")


def test_it_ends_with_the_retention_of_its_dataset_by_its_own_start():
    (end,) = [each for each in retention_sql([EVENTS], NAMING) if each.table.endswith('"things_hourly"')]
    days = EVENTS.retention.days

    assert end.delete.endswith(
        f"WHERE \"window_start\" < CAST(date_add('day', -{days}, current_date) AS timestamp(6))"
    )


def test_the_preview_shows_its_table_and_statement():
    shown = preview(EVENTS, Domain(name="aviation", datasets=(EVENTS,)), NAMING)
    (table,) = [each for each in shown.resources if each.name.endswith("_curated.things_hourly")]

    assert "day(window_start)" in str(table)
    assert list(shown.sql)[-1] == "window_hourly"
    assert any(tag.table.endswith("things_hourly") for tag in shown.tags)


@pytest.mark.parametrize(
    ("function", "of", "kept"),
    [
        ("sum", "int", "bigint"),
        ("sum", "bigint", "decimal(38,0)"),
        ("sum", "decimal(10,2)", "decimal(38,2)"),
        ("avg", "decimal(10,2)", "double"),
        ("max", "timestamp", "timestamp"),
        ("count", "string", "bigint"),
    ],
)
def test_a_sum_has_room_for_all_rows(function, of, kept):
    assert measure_type(Measure(name="m", function=function, column="c"), column("c", of)) == kept


def test_a_window_that_is_not_there_is_named():
    with pytest.raises(KeyError, match="no window has a table of kind 'window_daily'"):
        window_of(dataclasses.replace(EVENTS, windows=(HOURLY,)).windows, "window_daily")
