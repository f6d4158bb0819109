"""One person is erased on the embedded AWS: planned, killed half way, finished, and never brought back."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from operations import erasure
from operations.erasure_targets import person

pytestmark = pytest.mark.local


@pytest.fixture(scope="module")
def whose(retail):
    """Somebody who ordered with a mailbox on the first day."""
    curated = retail.names.database("curated")
    ((customer,),) = retail.query(
        f'SELECT min(c.customer_id) FROM "{curated}".customers c JOIN "{curated}".orders o '
        f"ON o.customer_id = c.customer_id WHERE o.contact_email IS NOT NULL "
        f"AND o._ingest_date = DATE '{retail.days[0]}' AND c._ingest_date = DATE '{retail.days[0]}'",
        retail.as_role("steward"),
    )
    return person(f"retail.customers.customer_id={customer}")


def _eraser(retail):
    return retail.connection.assume(retail.names.role_arn("eraser"))


def _rows(planned):
    return {
        one.target.table.replace('"', "").removeprefix("dp_local_retail_"): one.rows
        for one in planned.to_change
    }


def _kept(retail, whose):
    """Customers, orders, and orders with a mailbox of the person, in curated and in staged."""
    found = []
    for zone in ("staged", "curated"):
        database = retail.names.database(zone)
        found += retail.query(
            f"SELECT (SELECT count(*) FROM \"{database}\".customers WHERE customer_id = '{whose.value}'), "
            f"(SELECT count(*) FROM \"{database}\".orders WHERE customer_id = '{whose.value}'), "
            f"(SELECT count(contact_email) FROM \"{database}\".orders WHERE customer_id = '{whose.value}')",
            retail.as_role("steward"),
        )
    return found


@pytest.fixture(scope="module")
def before(retail, whose):
    return _kept(retail, whose)


def test_a_plan_names_tables_days_and_locked_files_and_changes_nothing(retail, whose, before):
    planned = erasure.plan(_eraser(retail), retail.names, whose)

    assert {"staged.customers", "curated.customers", "staged.orders", "curated.orders"} <= set(_rows(planned))
    assert {version.dataset for version in planned.raw} == {"customers", "orders"}
    assert all(version.mode == "GOVERNANCE" and version.locked_until for version in planned.raw)
    assert _kept(retail, whose) == before


def test_an_erasure_that_is_killed_between_tables_is_finished_by_the_next_call(retail, whose, before):
    eraser = _eraser(retail)
    planned = erasure.plan(eraser, retail.names, whose)
    changed = [one.target.table for one in planned.to_change]

    def killed(step):
        if step == changed[2]:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        erasure.execute(eraser, retail.names, whose, planned, requested_by="test", on_step=killed)
    half = erasure.plan(eraser, retail.names, whose)
    assert 0 < len(half.to_change) < len(planned.to_change)
    assert half.days == planned.days

    left = erasure.execute(eraser, retail.names, whose, half, requested_by="test", on_step=lambda _: None)
    assert left.to_change == ()
    orders = before[1][1]
    assert [row[0] for row in _kept(retail, whose)] == ["0", "0"]
    assert _kept(retail, whose)[1] == ["0", orders, "0"]


def test_the_register_says_who_asked_and_that_it_is_done_and_never_whom(retail, whose):
    register = f'"{retail.names.database("staged")}".erasure_register'
    rows = retail.query(f"SELECT * FROM {register}", retail.as_role("eraser"))
    assert whose.value not in str(rows)
    assert [row[3] for row in rows].count("test") == 1
    assert all(row[5] for row in rows)
    with pytest.raises(RuntimeError, match=r"(?i)permission|not authorized|does not exist"):
        retail.query(f"SELECT * FROM {register}", retail.as_role("analyst"))


def test_time_travel_shows_nothing_of_the_person(retail, whose):
    snapshots = f'SELECT count(*) FROM "{retail.names.database("staged")}"."customers$snapshots"'
    assert retail.query(snapshots, retail.as_role("eraser")) == [["1"]]


def test_a_forced_load_of_the_old_files_brings_nobody_back(retail, whose, before):
    after = _kept(retail, whose)
    for dataset in ("customers", "orders"):
        run = retail.run(dataset, retail.days[0], force=True)
        assert run.status == "SUCCEEDED", run.cause
    assert _kept(retail, whose) == after


def test_the_eraser_can_neither_read_nor_delete_what_the_lock_keeps(retail, whose):
    planned = erasure.plan(_eraser(retail), retail.names, whose)
    assert planned.raw, "the register remembers the days whose files hold the person"
    client, version = retail.client("s3", retail.as_role("eraser")), planned.raw[0]
    place = {"Bucket": retail.names.bucket("raw"), "Key": version.key, "VersionId": version.version}
    for call in (client.get_object, client.delete_object):
        with pytest.raises(ClientError, match="AccessDenied"):
            call(**place)
