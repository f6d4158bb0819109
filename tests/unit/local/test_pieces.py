"""Log streams, executions and stacks are saved piece by piece: only what changed is written, and all of it comes back."""

from __future__ import annotations

import asyncio
import time
from http import HTTPStatus

import pytest

from local import persistence, pieces, process
from local.checkpoints import CheckpointFolder
from tests.unit.local.conftest import Aws

GROUP = "/pieces"


@pytest.fixture
def logs(tmp_path, monkeypatch):
    """ministack's log service in this process, empty, with a checkpoint folder of its own."""
    from ministack.services import cloudwatch_logs

    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setattr(persistence, "_pieces", {})
    for name in ("_log_groups", "_log_records"):
        monkeypatch.setattr(cloudwatch_logs, name, type(getattr(cloudwatch_logs, name))())
    cloudwatch_logs._create_log_group({"logGroupName": GROUP})
    return cloudwatch_logs


def _say(logs, stream, *messages):
    if stream not in logs._log_groups[GROUP]["streams"]:
        logs._create_log_stream({"logGroupName": GROUP, "logStreamName": stream})
    events = [{"timestamp": 1, "message": message} for message in messages]
    logs._put_log_events({"logGroupName": GROUP, "logStreamName": stream, "logEvents": events})


def _checkpoint(service="cloudwatch_logs"):
    with persistence._folder().writing(clean=False) as written:
        persistence._save_in_pieces(service, lambda: None, written)
    return written.files


def _loaded(service="cloudwatch_logs"):
    return persistence._joined(persistence._folder().load())[service]


def test_only_the_stream_that_grew_is_written_again(logs):
    _say(logs, "old", "a")
    _say(logs, "new", "b")
    before = _checkpoint()
    _say(logs, "new", "c")
    after = _checkpoint()

    changed = {name for name in after if after[name] != before.get(name)}
    assert [name.rsplit("/", 1)[1] for name in changed] == ["new"]


def test_streams_and_what_pointers_lead_to_come_back(logs):
    _say(logs, "one", "a", "b")
    _say(logs, "two", "c")
    _checkpoint()
    _say(logs, "two", "d")
    _checkpoint()

    state = _loaded()

    (group,) = state["log_groups"]._data.values()
    told = {name: [e["message"] for e in stream["events"]] for name, stream in group["streams"].items()}
    assert told == {"one": ["a", "b"], "two": ["c", "d"]}
    assert state["log_records"]._data == logs._log_records._data


def test_an_event_that_its_writer_gave_no_id_comes_back_too(logs):
    _say(logs, "one", "a")
    stream = logs._log_groups[GROUP]["streams"]["one"]
    logs._append_log_events(stream, [{"timestamp": 2, "message": "b", "ingestionTime": 2}])
    _checkpoint()

    (group,) = _loaded()["log_groups"]._data.values()

    assert [event["message"] for event in group["streams"]["one"]["events"]] == ["a", "b"]


def test_a_stream_that_was_deleted_stays_away(logs):
    _say(logs, "one", "a")
    _say(logs, "two", "b")
    _checkpoint()
    logs._delete_log_stream({"logGroupName": GROUP, "logStreamName": "one"})
    _checkpoint()

    (group,) = _loaded()["log_groups"]._data.values()
    assert list(group["streams"]) == ["two"]


def test_a_checkpoint_from_before_there_were_pieces_still_loads(logs):
    _say(logs, "one", "a")
    with persistence._folder().writing(clean=True) as written:
        persistence._save_whole("cloudwatch_logs", logs.get_state, written)

    assert _loaded()["log_groups"]._data == logs._log_groups._data


def test_pieces_of_one_checkpoint_survive_the_forgetting_of_others(logs):
    _say(logs, "old", "a")
    for number in range(8):
        _say(logs, "new", str(number))
        _checkpoint()

    (group,) = _loaded()["log_groups"]._data.values()
    assert [e["message"] for e in group["streams"]["old"]["events"]] == ["a"]
    assert len(group["streams"]["new"]["events"]) == 8


@pytest.fixture
def stacks(tmp_path, monkeypatch):
    """ministack's stacks in this process, one that is deployed, with a checkpoint folder of its own."""
    from ministack.services import cloudformation

    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    monkeypatch.setattr(persistence, "_pieces", {})
    monkeypatch.setattr(pieces, "_stack_requests", 0)
    monkeypatch.setattr(cloudformation, "handle_request", cloudformation.handle_request)
    for name in ("_stacks", "_stack_events", "_exports", "_change_sets"):
        monkeypatch.setattr(cloudformation, name, type(getattr(cloudformation, name))())
    pieces.install()
    cloudformation._stacks["one"] = {"StackName": "one", "StackId": "1", "StackStatus": "CREATE_COMPLETE"}
    cloudformation._stack_events["1"] = [{"ResourceStatus": "CREATE_COMPLETE"}]
    return cloudformation


def _written_anew(before, after):
    return [name for name in after if after[name] != before.get(name)]


def test_stacks_that_rest_are_not_even_looked_through(stacks):
    before = _checkpoint("cloudformation")
    stacks._stacks["one"]["Unseen"] = "since nobody asked CloudFormation for it"

    assert _written_anew(before, _checkpoint("cloudformation")) == []


def test_stacks_are_written_again_after_a_request(stacks):
    before = _checkpoint("cloudformation")
    asked = {"Action": ["UpdateTerminationProtection"], "StackName": ["one"]}
    asked["EnableTerminationProtection"] = ["true"]
    status, _, answer = asyncio.run(stacks.handle_request("POST", "/", {}, b"", asked))
    after = _checkpoint("cloudformation")

    assert status == HTTPStatus.OK, answer
    assert _written_anew(before, after) == ["cloudformation/stacks"]
    assert _loaded("cloudformation")["stacks"]["one"]["EnableTerminationProtection"] is True


def test_stacks_are_written_while_one_is_deployed_and_once_more_when_it_is(stacks):
    stack = stacks._stacks["one"]
    stack["StackStatus"] = "UPDATE_IN_PROGRESS"
    moving = [_checkpoint("cloudformation")]
    stack["_resources"] = {"Key": "made"}
    moving.append(_checkpoint("cloudformation"))
    stack["StackStatus"] = "UPDATE_COMPLETE"
    settled = _checkpoint("cloudformation")

    assert _written_anew(*moving) == _written_anew(moving[1], settled) == ["cloudformation/stacks"]
    assert _loaded("cloudformation")["stacks"]._data == stacks._stacks._data


def test_the_last_event_of_a_deployment_is_not_lost(stacks):
    before = _checkpoint("cloudformation")
    stacks._stack_events["1"].append({"ResourceStatus": "UPDATE_COMPLETE"})
    after = _checkpoint("cloudformation")

    assert _written_anew(before, after) == ["cloudformation/stacks"]
    assert len(_loaded("cloudformation")["stack_events"]["1"]) == 2


def test_a_kill_loses_nothing_that_a_request_changed_of_a_stack_that_rests(lasting):
    aws = Aws(endpoint=process.start(lasting, auth=False))
    stack = aws.deploy({"Queue": {"Type": "AWS::SQS::Queue"}})
    time.sleep(6)  # longer than checkpoints go on after the last change
    aws.client("cloudformation").update_termination_protection(
        StackName=stack, EnableTerminationProtection=True
    )
    time.sleep(3)
    process.kill(lasting)
    again = Aws(endpoint=process.start(lasting, auth=False)).client("cloudformation")
    (found,) = again.describe_stacks(StackName=stack)["Stacks"]
    process.stop(lasting)
    assert (found["StackStatus"], found["EnableTerminationProtection"]) == ("CREATE_COMPLETE", True)


def test_a_kill_loses_no_execution_that_ended_seconds_ago(lasting):
    machine = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
    states = Aws(endpoint=process.start(lasting, auth=False)).client("stepfunctions")
    made = states.create_state_machine(
        name="pieces", definition=machine, roleArn="arn:aws:iam::000000000000:role/any"
    )["stateMachineArn"]
    started = [states.start_execution(stateMachineArn=made)["executionArn"] for _ in range(20)]
    time.sleep(3)
    process.kill(lasting)
    again = Aws(endpoint=process.start(lasting, auth=False)).client("stepfunctions")
    for arn in started:
        ended = again.describe_execution(executionArn=arn)
        told = again.get_execution_history(executionArn=arn)["events"]
        assert (ended["status"], told[-1]["type"]) == ("SUCCEEDED", "ExecutionSucceeded")
    process.stop(lasting)
    assert CheckpointFolder(lasting / "state" / "checkpoints").load()
