"""Schedules as every room makes them: in a group, tried again for a time, then kept as dead letters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_scheduler as scheduler

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct, IDependable

TIMEZONE = "Australia/Melbourne"


class ScheduleGroup:
    """Schedules of one role, and their group as `Group` of a construct.

    It is no construct itself: group and schedules stand in the scope, beside what they start.

    Args:
        scope: The construct that owns the group and its schedules.
        name: Public name of the group.
        role: With which EventBridge Scheduler makes its calls.
        dead_letters: Keeps calls that could not be made.
        longest_try_seconds: For how long a call that fails is made again.
        most_tries: How often at most.
        after: What must be there before a schedule fires, such as the rights of the role.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_iam as iam, aws_sqs as sqs
        >>> stack = cdk.Stack()
        >>> role = iam.Role(stack, "Role", assumed_by=iam.ServicePrincipal("scheduler.amazonaws.com"))
        >>> group = ScheduleGroup(stack, name="dp-dev-sweep", role=role, dead_letters=sqs.Queue(stack, "Queue"),
        ...                       longest_try_seconds=240, most_tries=5)
        >>> group.schedule("Sweep", name="sweep", when="rate(5 minutes)", description="Every 5 minutes: sweep",
        ...                target="arn:aws:states:ap-southeast-2:111111111111:stateMachine:sweep").group_name
        'dp-dev-sweep'
    """

    def __init__(
        self,
        scope: Construct,
        *,
        name: str,
        role: iam.IRole,
        dead_letters: sqs.IQueue,
        longest_try_seconds: int,
        most_tries: int,
        after: Sequence[IDependable] = (),
    ) -> None:
        self._scope, self._role, self._dead_letters, self._after = scope, role, dead_letters, after
        self._longest_try_seconds, self._most_tries = longest_try_seconds, most_tries
        self._group = scheduler.CfnScheduleGroup(scope, "Group", name=name)

    def schedule(
        self,
        construct_id: str,
        *,
        name: str,
        description: str,
        when: str,
        timezone: str | None = None,
        target: str,
        given: Mapping[str, Any] | None = None,
        enabled: bool = True,
    ) -> scheduler.CfnSchedule:
        """One schedule of the group.

        Args:
            construct_id: Name within the scope of the group.
            name: Public name within the group.
            description: When, and what for.
            when: Expression of EventBridge Scheduler: `rate(...)` or `cron(...)`.
            timezone: Whose clock a `cron(...)` follows; UTC where none is said.
            target: ARN of what is started, or of the call that is made.
            given: What it is given; nothing is `{}`.
            enabled: Whether it fires.
        """
        made = scheduler.CfnSchedule(
            self._scope,
            construct_id,
            name=name,
            group_name=self._group.name,
            description=description,
            schedule_expression=when,
            schedule_expression_timezone=timezone,
            state="ENABLED" if enabled else "DISABLED",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=target,
                role_arn=self._role.role_arn,
                input=json.dumps(dict(given or {})),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self._dead_letters.queue_arn
                ),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=self._longest_try_seconds,
                    maximum_retry_attempts=self._most_tries,
                ),
            ),
        )
        made.add_resource_dependency(self._group)
        made.node.add_dependency(*self._after)
        return made
