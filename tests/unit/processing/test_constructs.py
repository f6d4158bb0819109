"""What the constructs of a run become in a template: keys, limits, trust, order."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import assertions
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sqs as sqs

from data_platform.contracts.naming import Naming
from data_platform.contracts.odcs import load_domains
from data_platform.processing import (
    DatasetPlans,
    DbtTask,
    JudgeFunction,
    PlanTooLargeError,
    RunLedger,
    RunMachine,
    RunRoles,
    RunSchedules,
    plans,
)

ROOT = Path(__file__).resolve().parents[3]
RETAIN, DESTROY = cdk.RemovalPolicy.RETAIN, cdk.RemovalPolicy.DESTROY


def _naming(domain="aviation"):
    return Naming(organisation="dp", environment="test", domain=domain, account="111111111111")


@pytest.fixture
def key(stack):
    return kms.Key(stack, "Key")


def _template(stack):
    return assertions.Template.from_stack(stack)


def test_a_ledger_that_is_kept_refuses_deletion_and_can_be_restored(stack, key):
    RunLedger(stack, "Ledger", name="ledger", key=key, removal_policy=RETAIN)

    _template(stack).has_resource(
        "AWS::DynamoDB::Table",
        {
            "DeletionPolicy": "Retain",
            "Properties": {
                "BillingMode": "PAY_PER_REQUEST",
                "DeletionProtectionEnabled": True,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "SSESpecification": {"SSEType": "KMS", "SSEEnabled": True},
            },
        },
    )


def test_a_ledger_of_a_throwaway_environment_goes_with_its_stack(stack, key):
    RunLedger(stack, "Ledger", name="ledger", key=key, removal_policy=DESTROY)

    _template(stack).has_resource(
        "AWS::DynamoDB::Table",
        {"DeletionPolicy": "Delete", "Properties": {"DeletionProtectionEnabled": False}},
    )


def _roles(stack, construct_id="Roles", domain="aviation"):
    access = iam.ManagedPolicy.from_managed_policy_name(stack, f"{construct_id}Access", "athena")
    return RunRoles(
        stack, construct_id, naming=_naming(domain), policies={"pipeline": [access], "dbt": [access]}
    )


def test_each_role_is_trusted_by_one_service_and_has_no_inline_policy(stack):
    _roles(stack)

    trusted = {}
    for role in _template(stack).find_resources("AWS::IAM::Role").values():
        (statement,) = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        trusted[role["Properties"]["RoleName"].removeprefix("dp-test-aviation-")] = statement["Principal"][
            "Service"
        ]
        assert "Policies" not in role["Properties"]
    assert trusted == {
        "pipeline": "states.amazonaws.com",
        "drift": "lambda.amazonaws.com",
        "verdict": "lambda.amazonaws.com",
        "dbt": "ecs-tasks.amazonaws.com",
        "dbt-execution": "ecs-tasks.amazonaws.com",
        "scheduler": "scheduler.amazonaws.com",
    }


def test_only_the_domain_s_own_machine_may_act_as_the_pipeline(stack):
    _roles(stack)

    _template(stack).has_resource_properties(
        "AWS::IAM::Role",
        {
            "RoleName": "dp-test-aviation-pipeline",
            "AssumeRolePolicyDocument": assertions.Match.object_like(
                {
                    "Statement": [
                        assertions.Match.object_like(
                            {
                                "Condition": {
                                    "StringEquals": {"aws:SourceAccount": "111111111111"},
                                    "ArnEquals": {"aws:SourceArn": _naming().state_machine_arn},
                                }
                            }
                        )
                    ]
                }
            ),
        },
    )


def _function(stack, key, construct_id):
    vpc = ec2.Vpc.from_vpc_attributes(
        stack,
        f"{construct_id}Vpc",
        vpc_id="vpc-12345678",
        availability_zones=["ap-southeast-2a"],
        isolated_subnet_ids=["subnet-12345678"],
    )
    return JudgeFunction(
        stack,
        construct_id,
        name=f"dp-test-{construct_id}",
        folder="schema_drift",
        description="judges",
        role=iam.Role(stack, f"{construct_id}Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com")),
        vpc=vpc,
        subnets=vpc.isolated_subnets,
        security_group=ec2.SecurityGroup.from_security_group_id(stack, f"{construct_id}Group", "sg-12345678"),
        dead_letters=sqs.Queue(stack, f"{construct_id}Letters"),
        log_key=key,
        log_retention_days=30,
        concurrency=10,
        removal_policy=DESTROY,
    )


def test_a_function_is_limited_traced_inside_the_network_and_keeps_its_letters(stack, key):
    _function(stack, key, "First")
    _function(stack, key, "Second")

    template = _template(stack)
    template.all_resources_properties(
        "AWS::Lambda::Function",
        {
            "Runtime": "python3.14",
            "Architectures": ["arm64"],
            "ReservedConcurrentExecutions": 10,
            "TracingConfig": {"Mode": "Active"},
            "VpcConfig": assertions.Match.any_value(),
            "DeadLetterConfig": assertions.Match.any_value(),
        },
    )
    template.all_resources_properties(
        "AWS::Logs::LogGroup", {"RetentionInDays": 30, "KmsKeyId": assertions.Match.any_value()}
    )
    template.resource_count_is("AWS::IAM::Policy", 0)


def test_the_dbt_task_is_read_only_on_arm_and_has_no_variables(stack, key):
    roles = _roles(stack)
    for construct_id in ("First", "Second"):
        DbtTask(
            stack,
            construct_id,
            family=f"dp-{construct_id}",
            repository=ecr.Repository.from_repository_name(stack, f"{construct_id}Images", "dp/dbt"),
            image_tag="1.0.0",
            cpu=512,
            memory_mib=1024,
            task_role=roles.dbt,
            execution_role=roles.dbt_execution,
            log_key=key,
            log_retention_days=30,
            removal_policy=DESTROY,
        )

    template = _template(stack)
    template.resource_count_is("AWS::IAM::Policy", 0)
    for task in template.find_resources("AWS::ECS::TaskDefinition").values():
        (container,) = task["Properties"]["ContainerDefinitions"]
        assert container["ReadonlyRootFilesystem"] is True
        assert container["MountPoints"][0]["ContainerPath"] == "/tmp"
        assert "Environment" not in container
        assert task["Properties"]["RuntimePlatform"]["CpuArchitecture"] == "ARM64"


def _schedules(stack, key, *, deadlines, enabled=True):
    return RunSchedules(
        stack,
        "Schedules",
        group="dp-test-aviation",
        state_machine_arn="arn:aws:states:ap-southeast-2:111111111111:stateMachine:m",
        role=_roles(stack).scheduler,
        dead_letters=sqs.Queue(stack, "Letters"),
        deadlines=deadlines,
        enabled=enabled,
    )


def test_the_daily_run_starts_at_five_in_melbourne_summer_and_winter(stack, key):
    _schedules(stack, key, deadlines={"flights": "06:30"})

    template = _template(stack)
    template.has_resource_properties(
        "AWS::Scheduler::Schedule",
        {
            "Name": "daily-run",
            "ScheduleExpression": "cron(0 5 * * ? *)",
            "ScheduleExpressionTimezone": "Australia/Melbourne",
            "State": "ENABLED",
            "Target": {
                "Input": '{"dataset": "*", "scheduled_time": "<aws.scheduler.scheduled-time>"}',
                "DeadLetterConfig": assertions.Match.any_value(),
                "RetryPolicy": {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20},
            },
        },
    )
    template.has_resource_properties(
        "AWS::Scheduler::Schedule",
        {
            "Name": "flights-deadline",
            "ScheduleExpression": "cron(30 6 * * ? *)",
            "Target": {"Input": assertions.Match.string_like_regexp('"phase": "deadline"')},
        },
    )


def test_schedules_can_be_off(stack, key):
    _schedules(stack, key, deadlines={}, enabled=False)

    _template(stack).all_resources_properties("AWS::Scheduler::Schedule", {"State": "DISABLED"})


@pytest.mark.parametrize("deadline", ["04:59", "05:00", "10:00", "23:00"])
def test_a_deadline_whose_day_would_be_ambiguous_is_refused(stack, key, deadline):
    with pytest.raises(ValueError, match=r"flights: the deadline .* must lie after the daily run"):
        _schedules(stack, key, deadlines={"flights": deadline})


def test_the_machine_logs_everything_and_traces(stack, key, parts):
    for construct_id in ("First", "Second"):
        RunMachine(
            stack,
            construct_id,
            name=f"dp-{construct_id}",
            parts=parts,
            role=iam.Role(
                stack, f"{construct_id}Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com")
            ),
            log_key=key,
            log_retention_days=30,
            removal_policy=DESTROY,
        )

    _template(stack).all_resources_properties(
        "AWS::StepFunctions::StateMachine",
        {
            "LoggingConfiguration": {"Level": "ALL", "IncludeExecutionData": True},
            "TracingConfiguration": {"Enabled": True},
        },
    )


def _domain():
    return next(domain for domain in load_domains(ROOT / "domains") if domain.name == "aviation")


def test_every_dataset_has_a_plan_whose_name_is_its_content(stack):
    made = [
        DatasetPlans(stack, construct_id, domain=_domain(), naming=_naming()).keys
        for construct_id in ("A", "B")
    ]

    assert made[0] == made[1]
    assert set(made[0]) == {dataset.name for dataset in _domain().datasets}
    assert len(set(made[0].values())) == len(made[0])


def test_a_plan_that_step_functions_cannot_carry_is_refused_by_its_contract(stack, monkeypatch):
    monkeypatch.setattr(plans, "plan_json", lambda *_: "x" * (plans.MOST_BYTES + 1))

    with pytest.raises(
        PlanTooLargeError, match=r"\.odcs\.yaml: the contract compiles to a plan of 200,001 bytes"
    ):
        DatasetPlans(stack, "Plans", domain=_domain(), naming=_naming())


def test_every_real_plan_leaves_room_to_grow():
    plan_sizes = [
        len(plans.plan_json(dataset, _domain(), _naming()).encode()) for dataset in _domain().datasets
    ]

    assert max(plan_sizes) < plans.MOST_BYTES / 2


def test_a_machine_s_states_find_every_field_of_a_real_plan(machine):
    plan = json.loads(plans.plan_json(_domain().datasets[0], _domain(), _naming()))
    text = json.dumps(machine)
    used = set(re.findall(r"\$plan\.(\w+)", text))

    assert used
    assert used - plan.keys() == set()


def test_a_domain_of_streams_alone_has_no_plan(stack):
    domain = dataclasses.replace(_domain(), datasets=())
    made = DatasetPlans(stack, "Plans", domain=domain, naming=_naming())

    assert (made.bucket, dict(made.keys), made.object_arns()) == ("", {}, [])
