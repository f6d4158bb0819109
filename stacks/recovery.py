"""Copies that outlive mistakes: a vault here, a vault in the other region, and the plan that fills both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.foundation import CustomerKey
from data_platform.foundation.deployment import deployment_role_arn
from data_platform.observability import FIGURES, AlarmRule, DomainAlarms, EventRule, EventRules
from data_platform.recovery import (
    CopyTarget,
    DailyBackups,
    DatabaseBackups,
    Keep,
    KeptVault,
    TableBackups,
    VaultLock,
)
from stacks.platform_stack import PlatformStack, removal_policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_rds as rds
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from data_platform.contracts.naming import Naming
    from environments.model import Environment

# What of a domain cannot be made again: the ledger of its runs, and the records of who was given access.
PROTECTED = ("ledger", "access")
# The duty that copies databases, which are the only place of what the shop knows.
DATABASE_BACKUP = "database-backup"
_ONE_HOUR, _HOURS_WITHOUT_A_COPY = 3600, 26
_ONE_DAY, _DAYS_WITHOUT_A_DRILL = 86_400, 7
# A closed lock can be changed by nobody: three days, AWS's least, are left to find a mistake.
_GRACE_DAYS = 3
_BAD_ENDS = (
    (
        "backup-failed",
        "Backup Job State Change",
        "state",
        ["ABORTED", "EXPIRED", "FAILED"],
        "A backup was not made",
    ),
    ("copy-failed", "Copy Job State Change", "state", ["FAILED"], "A backup did not reach the other region"),
    ("restore-failed", "Restore Job State Change", "status", ["ABORTED", "FAILED"], "A restore failed"),
)


class VaultStack(PlatformStack):
    """A vault and its key, alone: the one in the other region is such a stack.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domains: Physical names of the domains, whose roles fill and read the vault.
        region: Another region than the environment's own.
        part: Ends the stack's public name.

    Attributes:
        key: Encrypts the copies.
        vault: Holds them.
    """

    key: kms.IKey
    vault: KeptVault

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        domains: Sequence[Naming],
        region: str | None = None,
        part: str = "recovery-copy",
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=part,
            description="Copies of tables that cannot be made again, kept until they are old enough",
            environment=environment,
            region=region,
        )
        removal = removal_policy(environment)
        tables = [arn for each in domains for what in PROTECTED for arn in recovery_role_arns(each, what)]
        databases = [
            each.role_arn(DATABASE_BACKUP) for each in domains if environment.databases_of(each.domain)
        ]
        self.key = CustomerKey(
            self,
            "Key",
            alias=f"{environment.prefix}-backups",
            description="Copies in the vault",
            removal_policy=removal,
            role_arns=[*tables, *databases],
            granting_services=["backup"],
            # A copy of a database in the other region is a snapshot of RDS under the key of the vault there.
            resource_services={"rds": databases} if databases else None,
        ).key
        self.vault = KeptVault(
            self,
            "Vault",
            name=f"{environment.prefix}-backups",
            key=self.key,
            lock=_lock(environment),
            removal_policy=removal,
            deployment_role_arn=deployment_role_arn(account=self.account, region=self.region),
        )


class RecoveryStack(VaultStack):
    """The environment's own vault, its plan, and who is told when a copy is missing.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domains: Physical names of the domains.
        copies: The vault of the other region.
        topics: Who is told, by severity.
        dead_letters: Keeps events that could not be delivered.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        domains: Sequence[Naming],
        copies: VaultStack,
        topics: Mapping[str, sns.ITopic],
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id, environment=environment, domains=domains, part="recovery")
        self._copies = copies
        self.add_stack_dependency(copies)
        settings = environment.recovery
        backups = DailyBackups(
            self,
            "Plan",
            name=environment.prefix,
            vault=self.vault.name,
            keep=Keep(daily_days=settings.daily_days, weekly_days=settings.weekly_days),
            copy_to=CopyTarget(vault_arn=copies.vault.arn),
        )
        backups.node.add_dependency(self.vault)
        self._plan = backups.plan
        owner = environment.alarms.owner
        EventRules(
            self,
            "Events",
            name_prefix=environment.prefix,
            rules=_event_rules(
                [self.vault.arn, copies.vault.arn],
                [recovery_role_arns(each, what)[1] for each in domains for what in PROTECTED],
            ),
            owner=owner,
            topics=topics,
            dead_letters=dead_letters,
        )
        if settings.watched:
            DomainAlarms(
                self,
                "Alarms",
                name_prefix=environment.prefix,
                rules=_alarm_rules(self.vault.name, domains),
                owner=owner,
                topics=topics,
            )

    def back_up(
        self, table: dynamodb.ITable, *, table_name: str, what: str, naming: Naming, key: kms.IKey
    ) -> None:
        """Put a table of a domain into the plan; the selection stands in the stack of the table.

        Args:
            table: The table.
            table_name: Its public name.
            what: What it holds, one of `PROTECTED`.
            naming: Physical names.
            key: Encrypts the table.
        """
        backup, restore = recovery_duties(what)
        TableBackups(
            table.stack,
            f"{what.title()}Backups",
            table=table,
            table_name=table_name,
            plan_id=self._plan.attr_backup_plan_id,
            vault_arns=[self.vault.arn, self._copies.vault.arn],
            key_arns=[key.key_arn, self.key.key_arn, self._copies.key.key_arn],
            backup_role=naming.role(backup),
            restore_role=naming.role(restore),
        )

    def back_up_databases(
        self, databases: Mapping[str, rds.CfnDBInstance], *, naming: Naming, key: kms.IKey
    ) -> None:
        """Put the databases of a domain into the plan; the selection stands in their stack.

        Args:
            databases: Instance by its public name, all of one stack.
            naming: Physical names.
            key: Encrypts them.
        """
        DatabaseBackups(
            next(iter(databases.values())).stack,
            "Backups",
            databases=databases,
            plan_id=self._plan.attr_backup_plan_id,
            vault_arns=[self.vault.arn, self._copies.vault.arn],
            key_arns=[key.key_arn, self.key.key_arn, self._copies.key.key_arn],
            name=naming.role(DATABASE_BACKUP),
        )


def recovery_duties(what: str) -> tuple[str, str]:
    """The duties that copy and that restore one of `PROTECTED`."""
    return f"{what}-backup", f"{what}-restore"


def recovery_role_arns(naming: Naming, what: str) -> list[str]:
    """The ARNs of the roles of these duties, for the policies of keys that are deployed before them."""
    return [naming.role_arn(duty) for duty in recovery_duties(what)]


def _lock(environment: Environment) -> VaultLock | None:
    settings = environment.recovery
    if settings.vault_lock is None:
        return None
    return VaultLock(
        least_days=settings.daily_days,
        most_days=settings.weekly_days,
        changeable_days=_GRACE_DAYS if settings.vault_lock == "compliance" else None,
    )


def _event_rules(vaults: Sequence[str], restorers: Sequence[str]) -> list[EventRule]:
    """Jobs that ended badly, of this environment only: another one of the account has rules of its own."""
    own: dict[str, dict[str, object]] = {
        "backup-failed": {"backupVaultName": [vaults[0].rsplit(":", 1)[-1]]},
        "copy-failed": {"destinationBackupVaultArn": list(vaults)},
        "restore-failed": {"iamRoleArn": sorted(restorers)},
    }
    return [
        EventRule(
            name=name,
            runbook=name,
            symptom=symptom,
            severity="ticket",
            pattern={"source": ["aws.backup"], "detail-type": [kind], "detail": {field: ends, **own[name]}},
        )
        for name, kind, field, ends, symptom in _BAD_ENDS
        if own[name] != {"iamRoleArn": []}
    ]


def _alarm_rules(vault: str, domains: Sequence[Naming]) -> list[AlarmRule]:
    """Silence is the fault here: a copy that nobody made tells nobody."""
    missing = AlarmRule(
        name="backup-missing",
        runbook="backup-missing",
        symptom="No table was backed up for a day: plan, selection or role are dead",
        severity="page",
        namespace="AWS/Backup",
        metric="NumberOfBackupJobsCompleted",
        dimensions={"BackupVaultName": vault},
        comparison="LessThanThreshold",
        period_seconds=_ONE_HOUR,
        periods=_HOURS_WITHOUT_A_COPY,
        missing="breaching",
    )
    drills = [
        AlarmRule(
            name=f"{naming.domain}-drill-missing",
            runbook="drill-missing",
            symptom=f"Nobody has shown for a week that the ledger of {naming.domain} can be restored",
            severity="ticket",
            namespace=FIGURES,
            metric="RestoreDrillSucceeded",
            dimensions={"Environment": naming.environment, "Domain": naming.domain},
            comparison="LessThanThreshold",
            period_seconds=_ONE_DAY,
            periods=_DAYS_WITHOUT_A_DRILL,
            missing="breaching",
        )
        for naming in domains
    ]
    return [missing, *drills]
