"""What the quality-verdict function lets pass and what it stops."""

from __future__ import annotations

import pytest
from quality_verdict.handler import QualityGateFailed, handle

HEADER = [
    "check_id",
    "kind",
    "severity",
    "on_failure",
    "observed",
    "offending",
    "total",
    "limit_text",
    "passed",
]
PASSED = ["a.null", "null", "error", "quarantine", "0", "0", "842", "no offender", "true"]
STOPPED = ["a.volume", "volume", "error", "stop", "0", "", "0", ">= 1 rows", "false"]
WARNED = ["a.range", "range", "warning", "", "3", "3", "842", "no offender", "false"]
SET_ASIDE = ["a.unique", "unique", "error", "quarantine", "7", "7", "842", "no offender", "false"]


def _event(*ids):
    return {
        "query_execution_id": "q-1",
        "dataset": "aviation.flights",
        "ingest_date": "2013-02-01",
        "checks": [{"id": id_, "description": f"promise {id_}"} for id_ in ids],
    }


def _judge(event, rows):
    return handle(event | {"rows": rows}, None)


def test_a_gate_without_failures_passes():
    assert _judge(_event("a.null"), [HEADER, PASSED]) == {
        "passed": True,
        "checks": 1,
        "rows": 842,
        "quarantine": [],
        "warnings": [],
    }


def test_warnings_and_quarantine_pass_and_are_reported():
    report = _judge(_event("a.range", "a.unique"), [HEADER, WARNED, SET_ASIDE])

    assert [check["check"] for check in report["warnings"]] == ["a.range"]
    assert report["quarantine"] == [
        {"check": "a.unique", "observed": "7", "offending": "7", "limit": "no offender"}
    ]


def test_a_failed_check_that_stops_is_named_with_what_was_observed_and_allowed():
    with pytest.raises(QualityGateFailed) as refused:
        _judge(_event("a.null", "a.volume"), [HEADER, PASSED, STOPPED])

    cause = str(refused.value)
    assert "aviation.flights 2013-02-01: 1 of 2 checks stop the run." in cause
    assert "a.volume (volume): promise a.volume; observed 0, allowed >= 1 rows" in cause
    assert "Mend: " in cause


def test_a_check_that_the_gate_left_out_has_not_passed():
    with pytest.raises(QualityGateFailed, match=r"left out 1 of 2 checks: a\.volume"):
        _judge(_event("a.null", "a.volume"), [HEADER, PASSED])


def test_a_gate_without_rows_stops_the_run():
    with pytest.raises(QualityGateFailed, match="left out 1 of 1"):
        _judge(_event("a.null"), [HEADER])


def test_a_cause_stays_short_however_much_fails():
    ids = [f"a.volume.{number}" for number in range(200)]

    with pytest.raises(QualityGateFailed, match="and 180 more") as refused:
        _judge(_event(*ids), [HEADER, *([id_, *STOPPED[1:]] for id_ in ids)])

    assert len(str(refused.value)) < 8000
