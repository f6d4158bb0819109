"""States, queries, errors, retries, branches and stops behave as Amazon States Language says."""

from __future__ import annotations

import json
import time

import pytest

from tests.waiting import until

_END = {"Type": "Succeed"}


def _pass(output, **more):
    return {"Type": "Pass", "Output": output, "End": True, **more}


def test_assign_sees_the_variables_as_they_were_before_it(machines):
    states = {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        "B": {"Type": "Pass", "Assign": {"x": "{% $x + 1 %}", "y": "{% $x %}"}, "Next": "C"},
        "C": _pass({"x": "{% $x %}", "y": "{% $y %}"}),
    }
    assert machines.output(states) == {"x": 2, "y": 1}


def test_an_undefined_query_fails_with_its_own_error(machines):
    error, cause = machines.failure({"A": _pass("{% $states.input.nope %}")})
    assert error == "States.QueryEvaluationError"
    assert "$states.input.nope" in cause


def test_null_is_a_result_and_not_undefined(machines):
    assert machines.output({"A": _pass({"n": "{% null %}"})}) == {"n": None}


def test_whole_numbers_stay_whole(machines):
    assert machines.run({"A": _pass("{% 10 / 2 %}")})["output"] == "5"


def test_the_context_names_execution_state_and_machine(machines):
    query = "{% $states.context.State.Name & $string($exists($states.context.Execution.Name)) %}"
    assert machines.output({"A": _pass(query)}) == "Atrue"


def test_a_choice_takes_the_first_true_condition_and_its_output(machines):
    choice = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $states.input.v > 3 %}", "Next": "Big", "Output": {"was": "big"}}],
        "Default": "Small",
        "Output": {"was": "small"},
    }
    states = {"A": choice, "Big": _END, "Small": _END}
    assert machines.output(states, {"v": 4}) == {"was": "big"}
    assert machines.output(states, {"v": 1}) == {"was": "small"}


def test_a_condition_that_is_no_boolean_fails(machines):
    choice = {"Type": "Choice", "Choices": [{"Condition": "{% 1 %}", "Next": "B"}], "Default": "B"}
    assert machines.failure({"A": choice, "B": _END})[0] == "States.QueryEvaluationError"


def test_a_fail_state_shows_its_own_error_and_cause(machines):
    states = {
        "A": {"Type": "Fail", "Error": "NoRawData", "Cause": "{% 'no objects of ' & $states.input.day %}"}
    }
    assert machines.failure(states, {"day": "2013-01-01"}) == ("NoRawData", "no objects of 2013-01-01")


def test_a_map_keeps_order_and_sees_its_item(machines):
    processor = {"StartAt": "X", "States": {"X": _pass("{% $states.input.v * 2 %}")}}
    selector = {"v": "{% $states.context.Map.Item.Value %}"}
    state = {
        "Type": "Map",
        "Items": "{% $states.input.i %}",
        "ItemSelector": selector,
        "ItemProcessor": processor,
    }
    assert machines.output({"A": {**state, "MaxConcurrency": 2, "End": True}}, {"i": [1, 2, 3]}) == [2, 4, 6]


def test_a_map_tolerates_as_many_failures_as_it_says(machines):
    item = {
        "Type": "Choice",
        "Choices": [{"Condition": "{% $states.input = 2 %}", "Next": "F"}],
        "Default": "S",
    }
    processor = {"StartAt": "X", "States": {"X": item, "F": {"Type": "Fail", "Error": "Two"}, "S": _END}}
    state = {"Type": "Map", "Items": "{% [1,2,3] %}", "ItemProcessor": processor, "End": True}
    assert machines.failure({"A": state})[0] == "Two"
    assert len(machines.output({"A": {**state, "ToleratedFailureCount": 1}})) == 3


def test_variables_of_a_branch_stay_in_it(machines):
    branch = {
        "StartAt": "X",
        "States": {"X": {"Type": "Pass", "Assign": {"x": 2}, "Next": "Y"}, "Y": _pass("{% $x %}")},
    }
    states = {
        "A": {"Type": "Pass", "Assign": {"x": 1}, "Next": "B"},
        "B": {
            "Type": "Parallel",
            "Branches": [branch, branch],
            "Output": "{% $states.result %}",
            "Next": "C",
        },
        "C": _pass({"x": "{% $x %}", "branches": "{% $states.input %}"}),
    }
    assert machines.output(states) == {"x": 1, "branches": [2, 2]}


def test_one_failing_branch_ends_the_others_at_once(machines):
    slow = {"StartAt": "X", "States": {"X": {"Type": "Wait", "Seconds": 60, "End": True}}}
    bad = {"StartAt": "X", "States": {"X": {"Type": "Fail", "Error": "Boom"}}}
    catch = {"ErrorEquals": ["Boom"], "Output": "{% $states.errorOutput.Error %}", "Next": "Z"}
    states = {"A": {"Type": "Parallel", "Branches": [slow, bad], "Catch": [catch], "End": True}, "Z": _END}
    assert machines.output(states) == "Boom"


def test_retry_counts_and_gives_up(machines, task):
    state = task("aws-sdk:glue:getDatabase", {"Name": "none"})
    retry = {
        "ErrorEquals": ["Glue.EntityNotFoundException"],
        "IntervalSeconds": 1,
        "MaxAttempts": 2,
        "MaxDelaySeconds": 1,
    }
    execution = machines.start({"A": {**state, "Retry": [{**retry, "JitterStrategy": "FULL"}]}})
    assert machines.ended(execution)["error"] == "Glue.EntityNotFoundException"
    events = machines.client.get_execution_history(executionArn=execution)["events"]
    assert sum(event["type"] == "TaskScheduled" for event in events) == 3


def test_catch_all_does_not_take_a_runtime_error(machines, task):
    state = task("aws-sdk:glue:noSuchAction", {}, Catch=[{"ErrorEquals": ["States.ALL"], "Next": "B"}])
    assert machines.failure({"A": state, "B": _END})[0] == "States.Runtime"


def test_catch_assigns_from_the_error(machines, task):
    catch = {"ErrorEquals": ["States.ALL"], "Assign": {"e": "{% $states.errorOutput.Error %}"}, "Next": "B"}
    states = {"A": task("aws-sdk:glue:getDatabase", {"Name": "no"}, Catch=[catch]), "B": _pass("{% $e %}")}
    assert machines.output(states) == "Glue.EntityNotFoundException"


def test_an_execution_that_takes_too_long_is_timed_out(machines):
    found = machines.run({"A": {"Type": "Wait", "Seconds": 60, "End": True}}, TimeoutSeconds=1)
    assert (found["status"], found["error"]) == ("TIMED_OUT", "States.Timeout")


def test_a_task_that_takes_too_long_times_out_and_its_child_is_stopped(machines, task):
    child = machines.create({"W": {"Type": "Wait", "Seconds": 60, "End": True}})
    state = task("states:startExecution.sync:2", {"StateMachineArn": child}, TimeoutSeconds=1)
    assert machines.failure({"A": state})[0] == "States.Timeout"

    def statuses():
        return [e["status"] for e in machines.client.list_executions(stateMachineArn=child)["executions"]]

    assert until(lambda: statuses() == ["ABORTED"])


def test_stop_ends_a_nested_wait_promptly_and_stays_aborted(machines, task):
    child = machines.create({"W": {"Type": "Wait", "Seconds": 60, "End": True}})
    execution = machines.start({"A": task("states:startExecution.sync:2", {"StateMachineArn": child})})
    while not machines.client.list_executions(stateMachineArn=child)["executions"]:
        time.sleep(0.03)
    began = time.monotonic()
    machines.client.stop_execution(executionArn=execution, error="Mine", cause="enough")
    found = machines.ended(execution)
    inner = machines.client.list_executions(stateMachineArn=child)["executions"][0]["executionArn"]
    assert machines.ended(inner)["status"] == "ABORTED"
    assert time.monotonic() - began < 3
    time.sleep(0.2)
    assert (
        machines.client.describe_execution(executionArn=execution)["status"] == found["status"] == "ABORTED"
    )
    assert (found["error"], found["cause"]) == ("Mine", "enough")


def test_a_nested_execution_hands_back_its_output(machines, task):
    child = machines.create({"P": _pass({"got": "{% $states.input.s %}"})})
    state = task(
        "states:startExecution.sync:2",
        {"StateMachineArn": child, "Input": {"s": 1}},
        Output="{% $states.result.Output %}",
    )
    assert machines.output({"A": state}) == {"got": 1}


def test_a_failed_nested_execution_is_a_failed_task_with_its_description(machines, task):
    child = machines.create({"F": {"Type": "Fail", "Error": "Inner", "Cause": "because"}})
    error, cause = machines.failure({"A": task("states:startExecution.sync", {"StateMachineArn": child})})
    assert error == "States.TaskFailed"
    assert (json.loads(cause)["Error"], json.loads(cause)["Status"]) == ("Inner", "FAILED")


def test_more_than_256_kilobytes_are_refused_and_catch_all_does_not_help(machines):
    processor = {"StartAt": "X", "States": {"X": _pass("{% $pad('', 1000, 'x') %}")}}
    state = {"Type": "Map", "Items": "{% [1..300] %}", "ItemProcessor": processor, "End": True}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "B"}]
    assert machines.failure({"A": {**state, "Catch": catch}, "B": _END})[0] == "States.DataLimitExceeded"


def test_a_jsonpath_that_selects_nothing_fails(machines):
    states = {"A": {"Type": "Pass", "Parameters": {"x.$": "$.nope"}, "End": True}}
    error, cause = machines.failure(states, QueryLanguage="JSONPath")
    assert error == "States.ParameterPathFailure"
    assert "$.nope" in cause


def test_is_present_may_ask_for_what_is_not_there(machines):
    choice = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.x", "IsPresent": True, "Next": "F"}],
        "Default": "S",
    }
    assert machines.output(
        {"A": choice, "F": {"Type": "Fail"}, "S": _END}, {"y": 1}, QueryLanguage="JSONPath"
    ) == {"y": 1}


def test_the_input_must_be_json_and_small(machines):
    arn = machines.create({"S": _END})
    client = machines.client
    with pytest.raises(client.exceptions.InvalidExecutionInput):
        client.start_execution(stateMachineArn=arn, input="{")
    with pytest.raises(client.exceptions.ClientError, match="262144"):
        client.start_execution(stateMachineArn=arn, input=json.dumps("x" * 300_000))


def test_a_token_answers_a_waiting_task(machines, aws, task):
    queue = aws.client("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    body = {"token": "{% $states.context.Task.Token %}"}
    state = task(
        "sqs:sendMessage.waitForTaskToken", {"QueueUrl": queue, "MessageBody": body}, TimeoutSeconds=20
    )
    execution = machines.start({"A": state})
    message = aws.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=5)["Messages"][0]
    token = json.loads(message["Body"])["token"]
    machines.client.send_task_success(taskToken=token, output='{"ok": true}')
    assert json.loads(machines.ended(execution)["output"]) == {"ok": True}


def test_a_task_without_heartbeat_times_out(machines, aws, task):
    queue = aws.client("sqs").create_queue(QueueName="silence")["QueueUrl"]
    arguments = {"QueueUrl": queue, "MessageBody": "{% $states.context.Task.Token %}"}
    state = task("sqs:sendMessage.waitForTaskToken", arguments, HeartbeatSeconds=1)
    assert machines.failure({"A": state})[0] == "States.HeartbeatTimeout"
