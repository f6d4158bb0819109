"""The hour at which a bastion stops in any case, whoever forgot to close a tunnel."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs

TIMEZONE = "Australia/Melbourne"
_STOP = "arn:aws:scheduler:::aws-sdk:ec2:stopInstances"
_LONGEST_TRY_SECONDS, _MOST_TRIES = 3600, 10


class BastionStop(Construct):
    """Stops one instance every day; the scheduler does it, no function runs.

    Args:
        scope: The construct that owns the schedule.
        construct_id: Name within its scope.
        name: Public name of the schedule and its role.
        instance: What is stopped.
        at: Time of day, HH:MM in Melbourne.
        dead_letters: Keeps what could not be stopped.
        key: Encrypts the dead letters.

    Example:
        >>> from aws_cdk import aws_ec2 as ec2
        >>> from aws_cdk import aws_kms as kms
        >>> from aws_cdk import aws_sqs as sqs
        >>> stack = cdk.Stack()
        >>> stop = BastionStop(stack, "Stop", name="dp-dev-bastion-stop", instance=ec2.CfnInstance(stack, "Host"),
        ...                    at="19:00", dead_letters=sqs.Queue(stack, "Queue"), key=kms.Key(stack, "Key"))
        >>> stop.schedule.schedule_expression
        'cron(0 19 * * ? *)'
    """

    schedule: scheduler.CfnSchedule

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        instance: ec2.CfnInstance,
        at: str,
        dead_letters: sqs.IQueue,
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        role = iam.Role(
            self,
            "Role",
            role_name=name,
            description="Stops the bastion for the night",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": stack.account}}
            ),
        )
        rights = iam.ManagedPolicy(
            self,
            "Policy",
            roles=[role],
            statements=[
                _allow("ec2:StopInstances", on=instance_arn(instance)),
                _allow("sqs:SendMessage", on=dead_letters.queue_arn),
                _allow("kms:Decrypt", "kms:GenerateDataKey", on=key.key_arn),
            ],
        )
        group = scheduler.CfnScheduleGroup(self, "Group", name=name)
        hour, minute = at.split(":")
        self.schedule = scheduler.CfnSchedule(
            self,
            "Daily",
            name="daily",
            group_name=group.name,
            description=f"Every day {at} {TIMEZONE}: stop the bastion",
            schedule_expression=f"cron({int(minute)} {int(hour)} * * ? *)",
            schedule_expression_timezone=TIMEZONE,
            state="ENABLED",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=_STOP,
                role_arn=role.role_arn,
                input=json.dumps({"InstanceIds": [instance.ref]}),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_LONGEST_TRY_SECONDS, maximum_retry_attempts=_MOST_TRIES
                ),
            ),
        )
        self.schedule.add_resource_dependency(group)
        self.schedule.node.add_dependency(rights)


def instance_arn(instance: ec2.CfnInstance) -> str:
    """The ARN of an instance, which CloudFormation does not say."""
    return cdk.Stack.of(instance).format_arn(service="ec2", resource="instance", resource_name=instance.ref)


def _allow(*actions: str, on: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=list(actions), resources=[on])
