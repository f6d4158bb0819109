"""The clock by which loaders look how long their dead letters have waited: letters grow old while a topic is quiet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_sqs as sqs

EVERY_MINUTES = 5
# What the function takes for a look (`stream_loader.handler`).
_LOOK = {"look": "dead-letters"}
_LONGEST_TRY_SECONDS, _MOST_TRIES = 240, 3


class LetterWatch(Construct):
    """Calls each loader every five minutes; the loader reports how many dead letters are open, and since when.

    Args:
        scope: The construct that owns the schedules.
        construct_id: Name within its scope.
        name: Public name of the group of schedules; starts the name of the role that calls.
        functions: The loaders by dataset.
        account: Whose schedules may take the role.
        dead_letters: Keeps calls that could not be made.
        dead_letters_key: Encrypts them.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms, aws_lambda as lambda_, aws_sqs as sqs
        >>> stack = cdk.Stack()
        >>> orders = lambda_.Function.from_function_name(stack, "Orders", "dp-dev-retail-load-orders")
        >>> watch = LetterWatch(stack, "Watch", name="dp-dev-retail-load", functions={"orders": orders},
        ...                     account="111111111111", dead_letters=sqs.Queue(stack, "Queue"),
        ...                     dead_letters_key=kms.Key(stack, "Key"))
        >>> list(watch.schedules)
        ['orders']
    """

    schedules: Mapping[str, scheduler.CfnSchedule]

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        functions: Mapping[str, lambda_.IFunction],
        account: str,
        dead_letters: sqs.IQueue,
        dead_letters_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        role = iam.Role(
            self,
            "Caller",
            role_name=f"{name}-scheduler",
            description=f"Has the loaders of {name} look at their dead letters",
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": account}}
            ),
        )
        rights = iam.ManagedPolicy(
            self,
            "CallerPolicy",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=["lambda:InvokeFunction"],
                    resources=[function.function_arn for function in functions.values()],
                ),
                iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letters.queue_arn]),
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[dead_letters_key.key_arn]
                ),
            ],
        )
        group = scheduler.CfnScheduleGroup(self, "Group", name=name)
        self.schedules = {}
        for dataset, function in functions.items():
            schedule = scheduler.CfnSchedule(
                self,
                "".join(word.title() for word in dataset.replace("-", "_").split("_")),
                name=dataset,
                group_name=group.name,
                description=f"Every {EVERY_MINUTES} minutes: how long have dead letters of {dataset} waited",
                schedule_expression=f"rate({EVERY_MINUTES} minutes)",
                state="ENABLED",
                flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
                target=scheduler.CfnSchedule.TargetProperty(
                    arn=function.function_arn,
                    role_arn=role.role_arn,
                    input=json.dumps(_LOOK),
                    dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                        arn=dead_letters.queue_arn
                    ),
                    retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                        maximum_event_age_in_seconds=_LONGEST_TRY_SECONDS, maximum_retry_attempts=_MOST_TRIES
                    ),
                ),
            )
            schedule.add_resource_dependency(group)
            schedule.node.add_dependency(rights)
            self.schedules[dataset] = schedule
