"""The clock of the sweeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_sqs as sqs

MINUTES = 5
_LONGEST_TRY_SECONDS = 240


class SweepSchedule(Construct):
    """Starts the sweeper every five minutes; the next start comes soon, so that one is not tried for long.

    Args:
        scope: The construct that owns the schedule.
        construct_id: Name within its scope.
        group: Public name of the schedule group.
        state_machine_arn: The sweeper.
        role: The role that starts it.
        dead_letters: Keeps what could not be started.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        group: str,
        state_machine_arn: str,
        role: iam.IRole,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        made = scheduler.CfnScheduleGroup(self, "Group", name=group)
        schedule = scheduler.CfnSchedule(
            self,
            "Sweep",
            name="sweep",
            group_name=made.name,
            description=f"Every {MINUTES} minutes: take away access that has ended",
            schedule_expression=f"rate({MINUTES} minutes)",
            state="ENABLED",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=state_machine_arn,
                role_arn=role.role_arn,
                input="{}",
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=dead_letters.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=_LONGEST_TRY_SECONDS, maximum_retry_attempts=5
                ),
            ),
        )
        schedule.add_resource_dependency(made)
