"""RunTask really runs a command, as the task's role, and tells how it ended."""

from __future__ import annotations

import json
import sys
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.waiting import until

if TYPE_CHECKING:
    from tests.unit.local.conftest import Aws

_ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


@pytest.fixture(scope="module")
def cluster(secured_aws: Aws) -> dict[str, Any]:
    """A cluster, a log group, a repository with a mapped image, and a network."""
    ecr, logs, ecs = (secured_aws.client(s) for s in ("ecr", "logs", "ecs"))
    uri = ecr.create_repository(repositoryName="unit/job")["repository"]["repositoryUri"]
    logs.create_log_group(logGroupName="/ecs/unit")
    ecs.create_cluster(clusterName="unit")
    folder = Path(secured_aws.endpoint.ca).parents[1]
    entry = {"python": sys.executable, "entrypoint": ["python", "-c"], "env": {"FROM_IMAGE": "1"}}
    (folder / "images.json").write_text(json.dumps({"job": entry}))
    return {
        "image": f"{uri}:1",
        "execution": secured_aws.role(_ALLOW_ALL, service="ecs-tasks.amazonaws.com"),
    }


def _definition(aws: Aws, cluster: dict[str, Any], command: str, **given: Any) -> str:
    container = {
        "name": "job",
        "image": given.pop("image", cluster["image"]),
        "command": [command],
        "stopTimeout": 2,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": "/ecs/unit",
                "awslogs-region": "ap-southeast-2",
                "awslogs-stream-prefix": "p",
            },
        },
        **given.pop("container", {}),
    }
    made = aws.client("ecs").register_task_definition(
        family=f"f-{uuid.uuid4().hex[:6]}",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=cluster["execution"],
        containerDefinitions=[container],
        **given,
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def _run(aws: Aws, definition: str, **given: Any) -> str:
    network = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "DISABLED"}}
    answer = aws.client("ecs").run_task(
        cluster="unit", taskDefinition=definition, launchType="FARGATE", networkConfiguration=network, **given
    )
    return str(answer["tasks"][0]["taskArn"])


def _ended(aws: Aws, arn: str) -> dict[str, Any]:
    def stopped() -> dict[str, Any] | None:
        task: dict[str, Any] = aws.client("ecs").describe_tasks(cluster="unit", tasks=[arn])["tasks"][0]
        return task if task["lastStatus"] == "STOPPED" else None

    return dict(until(stopped))


def _lines(aws: Aws, arn: str) -> list[str]:
    stream = f"p/job/{arn.rsplit('/', 1)[-1]}"
    found = aws.client("logs").get_log_events(
        logGroupName="/ecs/unit", logStreamName=stream, startFromHead=True
    )
    return [event["message"] for event in found["events"]]


def test_a_task_runs_its_command_with_image_env_overrides_and_logs(secured_aws, cluster):
    script = "import os; print(os.environ['FROM_IMAGE'], os.environ['A'], os.environ['B'])"
    definition = _definition(
        secured_aws, cluster, script, container={"environment": [{"name": "A", "value": "a"}]}
    )
    override = {"name": "job", "environment": [{"name": "B", "value": "b"}]}
    arn = _run(secured_aws, definition, overrides={"containerOverrides": [override]})
    task = _ended(secured_aws, arn)
    assert (task["stopCode"], task["containers"][0]["exitCode"]) == ("EssentialContainerExited", 0)
    assert _lines(secured_aws, arn) == ["1 a b"]


def test_a_task_acts_as_its_task_role_over_tls(secured_aws, cluster):
    role = secured_aws.role(
        {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"},
        service="ecs-tasks.amazonaws.com",
    )
    script = (
        "import boto3; print(boto3.client('sts').get_caller_identity()['Arn']); boto3.client('s3').list_buckets()\n"
        "try: boto3.client('sqs').list_queues()\n"
        "except Exception as e: print(type(e).__name__, 'AccessDenied' in str(e))"
    )
    arn = _run(secured_aws, _definition(secured_aws, cluster, script, taskRoleArn=role))
    _ended(secured_aws, arn)
    first, second = _lines(secured_aws, arn)
    assert f"assumed-role/{role.rsplit('/', 1)[-1]}/" in first
    assert second == "ClientError True"


def test_a_failing_command_gives_its_exit_code(secured_aws, cluster):
    arn = _run(secured_aws, _definition(secured_aws, cluster, "import sys; sys.exit(3)"))
    task = _ended(secured_aws, arn)
    assert task["containers"][0]["exitCode"] == 3
    assert task["stoppedReason"] == "Essential container in task exited"


def test_stop_task_ends_the_process_and_says_who_did(secured_aws, cluster):
    arn = _run(secured_aws, _definition(secured_aws, cluster, "import time; time.sleep(60)"))
    ecs = secured_aws.client("ecs")
    while ecs.describe_tasks(cluster="unit", tasks=[arn])["tasks"][0]["lastStatus"] != "RUNNING":
        time.sleep(0.05)
    ecs.stop_task(cluster="unit", task=arn, reason="enough")
    task = _ended(secured_aws, arn)
    assert (task["stopCode"], task["stoppedReason"], task["containers"][0]["exitCode"]) == (
        "UserInitiated",
        "enough",
        143,
    )


def test_an_unknown_image_cannot_be_pulled_and_the_task_never_runs(secured_aws, cluster):
    arn = _run(
        secured_aws, _definition(secured_aws, cluster, "print(1)", image="docker.io/library/nothing:1")
    )
    task = _ended(secured_aws, arn)
    assert task["stopCode"] == "TaskFailedToStart"
    assert task["stoppedReason"].startswith("CannotPullContainerError")
    assert "images.json" in task["stoppedReason"]


def test_an_execution_role_without_rights_to_the_registry_stops_the_task(secured_aws, cluster):
    weak = secured_aws.role(service="ecs-tasks.amazonaws.com")
    definition = _definition(secured_aws, {**cluster, "execution": weak}, "print(1)")
    task = _ended(secured_aws, _run(secured_aws, definition))
    assert task["stoppedReason"].startswith(
        "ResourceInitializationError: unable to pull secrets or registry auth"
    )


def test_a_role_that_does_not_trust_ecs_stops_the_task(secured_aws, cluster):
    role = secured_aws.role(_ALLOW_ALL)
    task = _ended(
        secured_aws, _run(secured_aws, _definition(secured_aws, cluster, "print(1)", taskRoleArn=role))
    )
    assert "unable to assume the task role" in task["stoppedReason"]


def test_secrets_come_from_secrets_manager_by_the_execution_role(secured_aws, cluster):
    secret = secured_aws.client("secretsmanager").create_secret(
        Name=f"s-{uuid.uuid4().hex[:6]}", SecretString='{"k": "v"}'
    )
    reference = {"name": "SECRET", "valueFrom": f"{secret['ARN']}:k::"}
    definition = _definition(
        secured_aws, cluster, "import os; print(os.environ['SECRET'])", container={"secrets": [reference]}
    )
    arn = _run(secured_aws, definition)
    _ended(secured_aws, arn)
    assert _lines(secured_aws, arn) == ["v"]


def test_run_task_on_fargate_without_a_network_is_refused(secured_aws, cluster):
    ecs = secured_aws.client("ecs")
    definition = _definition(secured_aws, cluster, "print(1)")
    with pytest.raises(
        ecs.exceptions.InvalidParameterException, match="Network Configuration must be provided"
    ):
        ecs.run_task(cluster="unit", taskDefinition=definition, launchType="FARGATE")
