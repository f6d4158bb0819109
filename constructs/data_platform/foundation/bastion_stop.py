"""The hour at which a bastion stops in any case, whoever forgot to close a tunnel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from constructs import Construct

from data_platform.schedule_group import TIMEZONE, ScheduleGroup
from data_platform.schedule_role import schedule_role

if TYPE_CHECKING:
    from aws_cdk import aws_ec2 as ec2
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_scheduler as scheduler
    from aws_cdk import aws_sqs as sqs

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
        role, rights = schedule_role(
            self,
            "Role",
            policy_id="Policy",
            name=name,
            description="Stops the bastion for the night",
            action="ec2:StopInstances",
            on=[instance_arn(instance)],
            dead_letters=dead_letters,
            dead_letters_key=key,
        )
        group = ScheduleGroup(
            self,
            name=name,
            role=role,
            dead_letters=dead_letters,
            longest_try_seconds=_LONGEST_TRY_SECONDS,
            most_tries=_MOST_TRIES,
            after=(rights,),
        )
        hour, minute = at.split(":")
        self.schedule = group.schedule(
            "Daily",
            name="daily",
            description=f"Every day {at} {TIMEZONE}: stop the bastion",
            when=f"cron({int(minute)} {int(hour)} * * ? *)",
            timezone=TIMEZONE,
            target=_STOP,
            given={"InstanceIds": [instance.ref]},
        )


def instance_arn(instance: ec2.CfnInstance) -> str:
    """The ARN of an instance, which CloudFormation does not say."""
    return cdk.Stack.of(instance).format_arn(service="ec2", resource="instance", resource_name=instance.ref)
