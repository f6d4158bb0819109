"""A log group is read page by page to its end: no line is lost or told twice."""

from __future__ import annotations

import json
import time

import pytest

from data_platform.audit.names import AuditNames
from data_platform.audit.session_history import definition
from tests.waiting import until

DAY = 86_400_000
TODAY = int(time.time() * 1000) // DAY * DAY


@pytest.fixture(scope="module")
def group(aws):
    """Yesterday's 1,200 lines, many of them of the same moment, and one of today."""
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/pages")
    for stream in ("one", "two"):
        logs.create_log_stream(logGroupName="/pages", logStreamName=stream)
        lines = [
            {"timestamp": TODAY - DAY + number // 7, "message": f"{stream} {number}"} for number in range(600)
        ]
        logs.put_log_events(logGroupName="/pages", logStreamName=stream, logEvents=lines)
    today = [{"timestamp": TODAY, "message": "today"}]
    logs.put_log_events(logGroupName="/pages", logStreamName="one", logEvents=today)
    return "/pages"


@pytest.mark.parametrize("limit", [7, 500, 1199, 1200, 10_000])
def test_pages_hold_every_line_once(aws, group, limit):
    pages = aws.client("logs").get_paginator("filter_log_events")
    asked = {"logGroupName": group, "endTime": TODAY - 1, "PaginationConfig": {"PageSize": limit}}
    found = [event["message"] for page in pages.paginate(**asked) for event in page["events"]]

    assert len(found) == 1200
    assert {*found} == {f"{stream} {number}" for stream in ("one", "two") for number in range(600)}


def test_the_last_page_says_that_it_is_the_last(aws, group):
    answer = aws.client("logs").filter_log_events(logGroupName=group, limit=10_000)

    assert "nextToken" not in answer


def test_the_history_of_sessions_keeps_a_whole_day_and_nothing_of_the_next(aws, group):
    names = AuditNames(prefix="dp-pages", account="000000000000", region="ap-southeast-2")
    machines, s3 = aws.client("stepfunctions"), aws.client("s3")
    s3.create_bucket(Bucket=names.store, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"})
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    machine = machines.create_state_machine(
        name="session-history",
        roleArn=aws.role(everything, service="states.amazonaws.com"),
        definition=json.dumps(definition(names, group)),
    )["stateMachineArn"]
    given = json.dumps({"until": time.strftime("%Y-%m-%dT01:00:00Z", time.gmtime(TODAY / 1000))})
    execution = machines.start_execution(stateMachineArn=machine, input=given)["executionArn"]
    until(lambda: machines.describe_execution(executionArn=execution)["status"] != "RUNNING")
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=names.store)["Contents"]]
    pages = [json.loads(s3.get_object(Bucket=names.store, Key=key)["Body"].read()) for key in keys]
    day = time.strftime("%Y/%m/%d", time.gmtime((TODAY - DAY) / 1000))

    assert keys == [f"sessions/{day}/{page:04}.json" for page in (1, 2, 3)]
    assert len({line["Message"] for page in pages for line in page}) == sum(map(len, pages)) == 1200
