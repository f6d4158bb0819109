"""The clock of the sweeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from data_platform.schedule_group import ScheduleGroup

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_sqs as sqs

MINUTES = 5
_LONGEST_TRY_SECONDS, _MOST_TRIES = 240, 5


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
        ScheduleGroup(
            self,
            name=group,
            role=role,
            dead_letters=dead_letters,
            longest_try_seconds=_LONGEST_TRY_SECONDS,
            most_tries=_MOST_TRIES,
        ).schedule(
            "Sweep",
            name="sweep",
            description=f"Every {MINUTES} minutes: take away access that has ended",
            when=f"rate({MINUTES} minutes)",
            target=state_machine_arn,
        )
