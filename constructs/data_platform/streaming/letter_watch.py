"""The clock by which loaders look how long their dead letters have waited: letters grow old while a topic is quiet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from data_platform.schedule_group import ScheduleGroup
from data_platform.schedule_role import schedule_role

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_lambda as lambda_
    from aws_cdk import aws_scheduler as scheduler
    from aws_cdk import aws_sqs as sqs

EVERY_MINUTES = 5
# What the function takes for a look (`stream_loader.handler`).
_LOOK = {"look": "dead-letters"}
_LONGEST_TRY_SECONDS, _MOST_TRIES = 240, 3


class LetterWatch(Construct):
    """Calls each loader every five minutes; the loader reports how many dead letters are open, and since when.

    It merges on this call, too, what an earlier one has left to a call that did not come.

    Args:
        scope: The construct that owns the schedules.
        construct_id: Name within its scope.
        name: Public name of the group of schedules; starts the name of the role that calls.
        functions: The loaders by dataset.
        dead_letters: Keeps calls that could not be made.
        dead_letters_key: Encrypts them.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms, aws_lambda as lambda_, aws_sqs as sqs
        >>> stack = cdk.Stack()
        >>> orders = lambda_.Function.from_function_name(stack, "Orders", "dp-dev-retail-load-orders")
        >>> watch = LetterWatch(stack, "Watch", name="dp-dev-retail-load", functions={"orders": orders},
        ...                     dead_letters=sqs.Queue(stack, "Queue"), dead_letters_key=kms.Key(stack, "Key"))
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
        dead_letters: sqs.IQueue,
        dead_letters_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        role, rights = schedule_role(
            self,
            "Caller",
            policy_id="CallerPolicy",
            name=f"{name}-scheduler",
            description=f"Has the loaders of {name} look at their dead letters",
            action="lambda:InvokeFunction",
            on=[function.function_arn for function in functions.values()],
            dead_letters=dead_letters,
            dead_letters_key=dead_letters_key,
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
        self.schedules = {
            dataset: group.schedule(
                "".join(word.title() for word in dataset.replace("-", "_").split("_")),
                name=dataset,
                description=f"Every {EVERY_MINUTES} minutes: how long have dead letters of {dataset} waited",
                when=f"rate({EVERY_MINUTES} minutes)",
                target=function.function_arn,
                given=_LOOK,
            )
            for dataset, function in functions.items()
        }
