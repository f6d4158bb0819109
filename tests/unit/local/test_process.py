"""Servers start, are found again, survive `kill -9` with their state, and stop."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import boto3
import pytest

from local import __main__ as command
from local import process


@pytest.fixture
def folder(tmp_path):
    yield tmp_path
    process.stop(tmp_path)


def _client(endpoint, service):
    return boto3.client(
        service,
        endpoint_url=endpoint.endpoint,
        aws_access_key_id=endpoint.account,
        aws_secret_access_key="test",
        region_name=endpoint.region,
    )


def test_start_is_idempotent_and_stop_ends_it(lasting):
    first = process.start(lasting, auth=False)
    assert process.start(lasting, auth=False) == first
    assert process.stop(lasting)
    assert process.endpoint(lasting) is None
    assert not process.stop(lasting)


def test_starting_a_running_server_in_another_mode_is_refused(lasting):
    process.start(lasting, auth=False)
    with pytest.raises(process.EmbeddedAwsError, match="python -m local stop"):
        process.start(lasting, auth=True)


def test_state_and_objects_survive_kill_9_and_the_address_stays(lasting):
    before = process.start(lasting, auth=False)
    s3 = _client(before, "s3")
    s3.create_bucket(
        Bucket="kept",
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": before.region},
    )
    s3.put_bucket_tagging(Bucket="kept", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    version = s3.put_object(Bucket="kept", Key="k", Body=b"1")["VersionId"]
    s3.put_object(Bucket="kept", Key="k", Body=b"2")
    s3.put_object_legal_hold(Bucket="kept", Key="k", VersionId=version, LegalHold={"Status": "ON"})
    key = _client(before, "kms").create_key()["KeyMetadata"]["KeyId"]
    time.sleep(1.5)
    process.kill(lasting)

    after = process.start(lasting, auth=False)
    assert after.endpoint == before.endpoint
    s3 = _client(after, "s3")
    assert s3.get_object(Bucket="kept", Key="k")["Body"].read() == b"2"
    assert s3.get_object(Bucket="kept", Key="k", VersionId=version)["Body"].read() == b"1"
    assert s3.get_bucket_tagging(Bucket="kept")["TagSet"] == [{"Key": "a", "Value": "b"}]
    hold = s3.get_object_legal_hold(Bucket="kept", Key="k", VersionId=version)
    assert hold["LegalHold"]["Status"] == "ON"
    assert _client(after, "kms").describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"


def test_a_running_execution_is_aborted_after_kill_9(lasting):
    before = process.start(lasting, auth=False)
    states = _client(before, "stepfunctions")
    wait = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 600, "End": True}}}
    machine = states.create_state_machine(
        name="waits", definition=json.dumps(wait), roleArn="arn:aws:iam::000000000000:role/r"
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    time.sleep(1.5)
    process.kill(lasting)

    after = process.start(lasting, auth=False)
    assert _client(after, "stepfunctions").describe_execution(executionArn=execution)["status"] == "ABORTED"


def test_a_deployment_cut_by_kill_9_can_be_deleted_and_made_again(lasting):
    waits = {
        "Topic": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Wait": {
            "Type": "AWS::CloudFormation::WaitCondition",
            "Properties": {"Handle": {"Ref": "Topic"}, "Timeout": "600"},
        },
    }
    cloudformation = _client(process.start(lasting, auth=False), "cloudformation")
    cloudformation.create_stack(StackName="cut", TemplateBody=json.dumps({"Resources": waits}))
    time.sleep(1.5)
    process.kill(lasting)

    cloudformation = _client(process.start(lasting, auth=False), "cloudformation")
    found = cloudformation.describe_stacks(StackName="cut")["Stacks"][0]
    assert found["StackStatus"] == "ROLLBACK_FAILED"
    cloudformation.delete_stack(StackName="cut")
    del waits["Wait"]
    time.sleep(0.5)
    cloudformation.create_stack(StackName="cut", TemplateBody=json.dumps({"Resources": waits}))
    time.sleep(0.5)
    found = cloudformation.describe_stacks(StackName="cut")["Stacks"][0]
    assert found["StackStatus"] == "CREATE_COMPLETE"


def test_two_servers_run_side_by_side(lasting, folder):
    one = process.start(lasting, auth=False)
    two = process.start(folder, auth=False)
    assert one.endpoint != two.endpoint
    _client(one, "sns").create_topic(Name="only-one")
    assert _client(two, "sns").list_topics()["Topics"] == []
    assert process.stop(lasting)
    assert process.healthy(two)


def test_a_server_that_cannot_start_shows_the_end_of_its_log(folder, monkeypatch):
    monkeypatch.setattr(process, "_launch", _launch_nothing)
    with pytest.raises(process.EmbeddedAwsError, match="ended with code 3") as raised:
        process.start(folder, auth=False)
    assert "server.log" in str(raised.value)


def _launch_nothing(chosen):
    (chosen.state_dir / "server.log").write_text("no room\n")
    return subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])


def test_status_of_nothing_answers_3(folder, capsys):
    assert command.main(["status", "--state-dir", str(folder), "--json"]) == command.NOT_RUNNING
    assert json.loads(capsys.readouterr().out) == {"running": False}


def test_env_points_clients_at_the_server(lasting, capsys):
    found = process.start(lasting, auth=False)
    assert command.main(["env", "--state-dir", str(lasting)]) == 0
    assert f"export AWS_ENDPOINT_URL={found.endpoint}" in capsys.readouterr().out
