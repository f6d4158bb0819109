"""Log streams and executions are saved piece by piece: only what changed is written, and all of it comes back."""

from __future__ import annotations

import time

import pytest

from local import persistence, process
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


def _checkpoint():
    with persistence._folder().writing(clean=False) as written:
        persistence._save_in_pieces("cloudwatch_logs", lambda: None, written)
    return written.files


def _loaded():
    return persistence._joined(persistence._folder().load())["cloudwatch_logs"]


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
