"""A connector that stops wakes somebody once it matters, and a quiet source looks different from a dead one."""

from __future__ import annotations

from data_platform.observability import connector_rules


def rules(**given):
    chosen = {"heartbeat": True, "watched": True, **given}
    return {rule.name: rule for rule in connector_rules("c", "arn:m", **chosen)}


def test_a_failed_connector_and_a_failed_task_page():
    found = rules()

    assert {found[name].severity for name in ("connector-failed", "connector-late", "task-failed")} == {
        "page"
    }
    assert found["task-failed"].dimensions == {"ConnectorName": "c"}


def test_a_task_that_failed_and_went_silent_has_not_recovered():
    assert rules()["task-failed"].missing == "ignore"


def test_silence_is_a_fault_only_where_a_heartbeat_is_captured_and_somebody_answers():
    assert rules()["heartbeat-missing"].missing == "breaching"
    assert "heartbeat-missing" not in rules(heartbeat=False)
    assert "heartbeat-missing" not in rules(watched=False)


def test_every_rule_has_a_page_of_capture():
    assert {rule.runbook for rule in rules().values()} == {
        "capture-connector-failed",
        "capture-heartbeat-missing",
        "capture-task-failed",
    }
