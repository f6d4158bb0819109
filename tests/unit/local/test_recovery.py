"""What was running when the process ended is put right in the state that is loaded."""

from __future__ import annotations

from local import recovery


def test_running_executions_become_aborted():
    state = {"executions": {"a": {"status": "RUNNING"}, "b": {"status": "SUCCEEDED"}}}
    executions = recovery.executions_aborted(state)["executions"]
    assert executions["a"]["status"] == "ABORTED"
    assert executions["a"]["stopDate"]
    assert executions["b"] == {"status": "SUCCEEDED"}


def test_running_tasks_become_stopped():
    state = {"tasks": {"a": {"lastStatus": "RUNNING", "containers": [{"lastStatus": "RUNNING"}]}}}
    task = recovery.tasks_stopped(state)["tasks"]["a"]
    assert (task["lastStatus"], task["desiredStatus"]) == ("STOPPED", "STOPPED")
    assert task["containers"][0]["lastStatus"] == "STOPPED"
    assert task["stoppedReason"] == recovery.WHY


def test_crawlers_become_ready():
    state = {"crawlers": {"a": {"State": "RUNNING"}, "b": {"State": "READY"}}}
    crawlers = recovery.crawlers_ready(state)["crawlers"]
    assert crawlers["a"]["State"] == "READY"
    assert crawlers["a"]["LastCrawl"]["Status"] == "CANCELLED"
    assert crawlers["b"] == {"State": "READY"}


def test_running_queries_become_failed():
    state = {"_executions": {"a": {"Status": {"State": "RUNNING"}}, "b": {"Status": {"State": "SUCCEEDED"}}}}
    queries = recovery.queries_failed(state)["_executions"]
    assert queries["a"]["Status"]["State"] == "FAILED"
    assert queries["b"]["Status"] == {"State": "SUCCEEDED"}


def test_a_stack_in_the_middle_of_a_deployment_can_be_deployed_again():
    state = {"stacks": {n: {"StackStatus": f"{n}_IN_PROGRESS"} for n in ("CREATE", "UPDATE", "DELETE")}}
    stacks = recovery.deployments_failed(state)["stacks"]
    assert [stacks[n]["StackStatus"] for n in ("CREATE", "UPDATE", "DELETE")] == [
        "ROLLBACK_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
        "DELETE_FAILED",
    ]


def test_a_state_of_another_shape_is_left_alone():
    assert recovery.tasks_stopped({}) == {}
    assert recovery.executions_aborted(None) is None
