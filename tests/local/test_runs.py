"""A run moves a day from raw to curated, exactly once, whatever is repeated."""

from __future__ import annotations

import pyarrow as pa
import pytest

pytestmark = pytest.mark.local


def test_a_day_of_flights_adds_up_from_raw_to_curated(platform):
    platform.deliver("flights", "2013-02-01", platform.table("flights", "2013-02-01"))

    run = platform.run("flights", "2013-02-01")

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    counts = platform.counts("flights", "2013-02-01")
    assert counts["raw"] == platform.table("flights", "2013-02-01").num_rows > 0
    assert counts["raw"] == counts["staged"] + counts["quarantined"]
    assert counts["staged"] == counts["curated"]


def test_the_same_run_again_loads_nothing_and_counts_the_same(platform):
    before = platform.counts("flights", "2013-02-01")
    snapshots = 'SELECT count(*) FROM "{}"."flights$snapshots"'.format(platform.names.database("staged"))
    commits = platform.query(snapshots, platform.as_role("engineer"))

    run = platform.run("flights", "2013-02-01")

    assert run.status == "SUCCEEDED"
    assert before == platform.counts("flights", "2013-02-01")
    assert commits == platform.query(snapshots, platform.as_role("engineer"))


def test_a_forced_run_loads_again_and_counts_the_same(platform):
    before = platform.counts("flights", "2013-02-01")

    run = platform.run("flights", "2013-02-01", force=True)

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert before == platform.counts("flights", "2013-02-01")


def test_two_runs_at_the_same_time_one_runs_and_the_other_is_refused_with_its_reason(platform):
    platform.deliver("flights", "2013-02-02", platform.table("flights", "2013-02-02"))

    first, second = (platform.start("flights", "2013-02-02") for _ in range(2))
    runs = [platform.wait(first), platform.wait(second)]

    assert sorted(run.status for run in runs) == ["FAILED", "SUCCEEDED"]
    refused = next(run for run in runs if run.status == "FAILED")
    winner = next(run for run in runs if run.status == "SUCCEEDED")
    assert refused.error == "AlreadyRunning"
    assert winner.arn.rsplit(":", 1)[1] in refused.cause


def test_a_whole_domain_runs_in_dependency_order_and_skips_what_was_not_delivered(platform):
    for dataset in ("weather", "flights"):
        platform.deliver(dataset, "2013-02-03", platform.table(dataset, "2013-02-03"))

    run = platform.run("*", "2013-02-03")

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    assert platform.count("curated", "flights", "2013-02-03") > 0
    assert platform.count("curated", "weather", "2013-02-03") > 0
    assert (
        platform.ledger("airlines", "2013-02-03") == {}
        or platform.ledger("airlines", "2013-02-03").get("status") == "SKIPPED"
    )


def test_a_run_for_a_dataset_that_has_no_contract_is_refused_by_name(platform):
    run = platform.run("flihgts", "2013-02-01")

    assert run.status == "FAILED"
    assert "flihgts" in run.cause


def test_a_date_that_is_no_date_is_refused(platform):
    run = platform.run("flights", "2013-02-01'; DROP TABLE x")

    assert run.status == "FAILED"
    assert "ingest_date" in run.cause


def test_an_analyst_reads_curated_and_is_refused_staged(platform):
    analyst = platform.as_role("analyst")
    curated, staged = (platform.names.database(zone) for zone in ("curated", "staged"))

    assert platform.query(f'SELECT count(*) FROM "{curated}"."airlines"', analyst)[0][0] == "16"
    with pytest.raises(RuntimeError, match=r"(?i)permission"):
        platform.query(f'SELECT count(*) FROM "{staged}"."flights_quarantine"', analyst)


def test_a_mart_answers_the_question_people_ask(platform):
    curated = platform.names.database("curated")

    rows = platform.query(
        f'SELECT carrier, origin, flights FROM "{curated}"."agg_delays_by_carrier_origin_day"'
        " ORDER BY flights DESC LIMIT 5",
        platform.as_role("analyst"),
    )

    assert len(rows) == 5


def test_a_plane_that_changes_has_both_versions_and_one_that_leaves_is_closed(platform):
    planes = platform.table("planes", "2013-01-01")
    changed, gone = planes["tailnum"][0].as_py(), planes["tailnum"][1].as_py()
    seats = planes["seats"].to_pylist()
    seats[0] += 1
    column = pa.array(seats, planes["seats"].type)
    others = planes.set_column(planes.column_names.index("seats"), "seats", column)
    platform.deliver("planes", "2013-01-02", pa.concat_tables([others.slice(0, 1), others.slice(2)]))

    run = platform.run("planes", "2013-01-02")

    assert (run.status, run.cause) == ("SUCCEEDED", "")
    history = platform.query(
        f"SELECT tailnum, seats, dbt_valid_to IS NULL FROM"
        f' "{platform.names.database("curated")}"."planes_history"'
        f" WHERE tailnum IN ('{changed}', '{gone}') ORDER BY 1, 3",
        platform.as_role("analyst"),
    )
    assert sorted(history) == sorted(
        [
            [changed, str(seats[0] - 1), "false"],
            [changed, str(seats[0]), "true"],
            [gone, str(seats[1]), "false"],
        ]
    )
