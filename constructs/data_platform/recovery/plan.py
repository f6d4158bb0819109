"""When copies are made, for how long they are kept, and where their own copies go."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_backup as backup
from constructs import Construct

from data_platform.schedule_group import TIMEZONE

# Before the daily run of 05:00: the copy holds whole days. The weekly one is of a Sunday.
_DAILY, _WEEKLY = "cron(0 3 * * ? *)", "cron(30 3 ? * SUN *)"
_START_MINUTES, _COMPLETE_MINUTES = 60, 180


@dataclass(frozen=True, kw_only=True)
class Keep:
    """Days for which copies are kept: those of each day, and those of each Sunday."""

    daily_days: int
    weekly_days: int


@dataclass(frozen=True, kw_only=True)
class CopyTarget:
    """Where each copy is copied to: the ARN of a vault in another region."""

    vault_arn: str


class DailyBackups(Construct):
    """One plan of an environment: every day and every week, each copied on to another region.

    What is backed up is said by selections, next to the resources (`TableBackups`).

    Args:
        scope: The construct that owns the plan.
        construct_id: Name within its scope.
        name: Public name.
        vault: Name of the vault, which must exist before the plan.
        keep: Days of retention.
        copy_to: The vault of the other region; None keeps no second copy.

    Attributes:
        plan: The plan, for selections.

    Example:
        >>> import aws_cdk as cdk
        >>> plan = DailyBackups(cdk.Stack(), "Plan", name="dp-dev", vault="dp-dev-backups",
        ...                     keep=Keep(daily_days=7, weekly_days=35), copy_to=None)
        >>> plan.plan.node.path
        'Default/Plan/Resource'
    """

    plan: backup.CfnBackupPlan

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        vault: str,
        keep: Keep,
        copy_to: CopyTarget | None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._vault, self._copy_to = vault, copy_to
        self.plan = backup.CfnBackupPlan(
            self,
            "Resource",
            backup_plan=backup.CfnBackupPlan.BackupPlanResourceTypeProperty(
                backup_plan_name=name,
                backup_plan_rule=[
                    self._rule("daily", _DAILY, keep.daily_days),
                    self._rule("weekly", _WEEKLY, keep.weekly_days),
                ],
            ),
        )

    def _rule(self, name: str, when: str, days: int) -> backup.CfnBackupPlan.BackupRuleResourceTypeProperty:
        lifecycle = backup.CfnBackupPlan.LifecycleResourceTypeProperty(delete_after_days=days)
        copies = None
        if self._copy_to is not None:
            copies = [
                backup.CfnBackupPlan.CopyActionResourceTypeProperty(
                    destination_backup_vault_arn=self._copy_to.vault_arn, lifecycle=lifecycle
                )
            ]
        return backup.CfnBackupPlan.BackupRuleResourceTypeProperty(
            rule_name=name,
            target_backup_vault=self._vault,
            schedule_expression=when,
            schedule_expression_timezone=TIMEZONE,
            start_window_minutes=_START_MINUTES,
            completion_window_minutes=_COMPLETE_MINUTES,
            lifecycle=lifecycle,
            copy_actions=copies,
        )
