"""Access ends also when what should end it has crashed; what cannot be ended wakes somebody."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import time

import pytest

pytestmark = pytest.mark.local

PATIENCE_SECONDS = 30  # the sweeper's, before it takes away what another should have


@pytest.mark.parametrize("crash", ["the execution is stopped", "the process is killed"])
def test_access_ends_also_when_the_revoker_crashed(desk, crash):
    granted = desk.granted(hours="0.01")
    if crash == "the execution is stopped":
        desk.platform.client("stepfunctions").stop_execution(executionArn=desk.execution(granted.id))
    else:
        written = {"lakeformation": desk.ann, "dynamodb": granted.ends_at}
        _wait_until_on_disk(desk.platform.state / "state" / "checkpoints", written)
        os.kill(desk.platform.endpoint["pid"], signal.SIGKILL)
        desk.platform.server("start")
    _sleep_until(granted.ends_at, after_seconds=1)
    assert desk.sees() is not None, (
        "nobody has taken it away yet: the revoker crashed, the sweeper is patient"
    )

    _sleep_until(granted.ends_at, after_seconds=PATIENCE_SECONDS + 2)
    desk.sweep_by_the_clock()
    ended = desk.ended(granted.id)
    assert (ended.status, ended.revoked_by) == ("REVOKED", "sweeper")
    assert desk.sees() is None


def test_access_that_lasted_too_long_is_taken_away_and_wakes_somebody(desk):
    granted = desk.granted()
    desk.abandon(granted.id, ended=dt.timedelta(hours=1))
    swept = desk.sweep()
    assert (swept.status, swept.error) == ("FAILED", "RevokedLate")
    assert granted.id in swept.cause
    assert desk.ended(granted.id).revoked_by == "sweeper"
    assert desk.sees() is None
    assert _rings(desk, "revocation-failed")


def test_a_grant_that_cannot_be_taken_away_is_tried_again_and_wakes_somebody(desk):
    granted = desk.granted()
    machine = desk.names.role_arn("elevation")
    lake = desk.platform.client("lakeformation")
    table = {"Table": {"DatabaseName": desk.names.database("staged"), "Name": "flights_quarantine"}}
    options = {
        "Principal": {"DataLakePrincipalIdentifier": machine},
        "Resource": table,
        "Permissions": ["SELECT", "DESCRIBE"],
        "PermissionsWithGrantOption": ["SELECT", "DESCRIBE"],
    }
    lake.revoke_permissions(**options)
    desk.abandon(granted.id, ended=dt.timedelta(minutes=2))
    failed = desk.sweep()
    assert (failed.status, failed.error) == ("FAILED", "NotRevoked")
    assert granted.id in failed.cause
    lake.grant_permissions(**options)
    assert desk.sweep().status == "SUCCEEDED"
    assert desk.ended(granted.id).status == "REVOKED"
    assert desk.sees() is None


def _sleep_until(moment, *, after_seconds):
    left = dt.datetime.fromisoformat(moment) - dt.datetime.now(tz=dt.UTC)
    time.sleep(max(0.0, left.total_seconds() + after_seconds))


def _rings(desk, alarm, seconds=240):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = desk.platform.client("cloudwatch").describe_alarms(
            AlarmNames=[f"{desk.names.prefix}-{alarm}"]
        )
        if found["MetricAlarms"][0]["StateValue"] == "ALARM":
            return True
        time.sleep(1)
    return False


def _wait_until_on_disk(checkpoints, written, seconds=240):
    """Wait until the embedded AWS has written these texts: what is not on disk does not survive a kill."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        files = json.loads(max(checkpoints.glob("manifest-*.json")).read_text())["files"]
        found = {service: checkpoints / files[service] for service in written}
        if all(
            file.exists() and written[service].encode() in file.read_bytes()
            for service, file in found.items()
        ):
            return
        time.sleep(0.5)
    pytest.fail(f"no checkpoint with {written} in {seconds} s")
