"""When runs start and deadlines are looked at: by the clock of Melbourne, whatever daylight saving does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from constructs import Construct

from data_platform.schedule_group import TIMEZONE, ScheduleGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_sqs as sqs

DAILY_RUN = "05:00"
# A start that failed for an hour is a case for a person: the message waits in the dead-letter queue.
_LONGEST_TRY_SECONDS = 3600
_MOST_TRIES = 20


class RunSchedules(Construct):
    """The daily run of a domain and one look at each dataset's deadline.

    At 05:00 in Melbourne it is still yesterday in UTC, be it summer (18:00) or winter (19:00): the UTC date of the
    scheduled time is the day that has just ended in Melbourne, which is the day that is run.

    Args:
        scope: The construct that owns the schedules.
        construct_id: Name within its scope.
        group: Public name of the schedule group.
        state_machine_arn: What is started.
        role: The role that starts it.
        dead_letters: Keeps what could not be started.
        deadlines: Time of day (HH:MM) by dataset.
        enabled: Whether the schedules fire.

    Raises:
        ValueError: when a deadline lies before the daily run or after noon, when UTC has the next day's date.
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
        deadlines: Mapping[str, str],
        enabled: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self._group = ScheduleGroup(
            self,
            name=group,
            role=role,
            dead_letters=dead_letters,
            longest_try_seconds=_LONGEST_TRY_SECONDS,
            most_tries=_MOST_TRIES,
        )
        self._machine, self._enabled = state_machine_arn, enabled
        self._schedule("DailyRun", "daily-run", DAILY_RUN, {"dataset": "*"})
        for dataset, deadline in deadlines.items():
            _check_deadline(dataset, deadline)
            self._schedule(
                "".join(word.title() for word in dataset.split("_")) + "Deadline",
                f"{dataset}-deadline",
                deadline,
                {"dataset": dataset, "phase": "deadline"},
            )

    def _schedule(self, construct_id: str, name: str, at: str, given: dict[str, str]) -> None:
        hour, minute = (int(part) for part in at.split(":"))
        self._group.schedule(
            construct_id,
            name=name,
            description=f"{at} {TIMEZONE}: {json.dumps(given, sort_keys=True)}",
            when=f"cron({minute} {hour} * * ? *)",
            timezone=TIMEZONE,
            target=self._machine,
            given={**given, "scheduled_time": "<aws.scheduler.scheduled-time>"},
            enabled=self._enabled,
        )


def _check_deadline(dataset: str, deadline: str) -> None:
    # From 10:00 (winter) or 11:00 (summer) on, UTC has reached Melbourne's date and would name the wrong day.
    if not DAILY_RUN < deadline < "10:00":
        raise ValueError(
            f"{dataset}: the deadline {deadline} must lie after the daily run at {DAILY_RUN} and before 10:00 "
            f"({TIMEZONE}). Mend: change slaProperties timeOfAvailability in the contract."
        )
