"""Records of query executions, without a server."""

from __future__ import annotations

from ministack.services import athena

from local.athena import executions


def test_what_ran_when_the_server_died_has_failed_afterwards():
    record = executions.new_record(
        query_id="q1",
        sql="SELECT 1",
        kind="DML",
        sub="SELECT",
        context={},
        workgroup="primary",
        result={},
        parameters=[],
    )
    executions.fail_interrupted()
    assert record["Status"]["State"] == "FAILED"
    assert "interrupted by a restart" in record["Status"]["StateChangeReason"]
    del athena._executions["q1"]
