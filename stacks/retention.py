"""The end of rows that a domain's contracts no longer keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.catalog import WRITE, LakeGrants
from data_platform.contracts.table_kinds import kinds_of, zone_of
from data_platform.observability import AlarmRule, DomainAlarms
from data_platform.recovery import RetentionMachine
from stacks.platform_stack import PlatformStack, removal_policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_iam as iam
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from environments.model import Environment

SECONDS_A_MINUTE = 60
_ONE_DAY, _A_WEEK = 86_400, 7


class RetentionStack(PlatformStack):
    """The weekly retention of a domain.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domain: The domain and its contracts.
        naming: Physical names.
        platform_key: Encrypts logs and dead letters.
        policies: To ask Athena, to commit changes of tables, to ask Lake Formation for data, to log.
        dead_letters: Keeps what could not be started.
        topics: Who is told, by severity.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        environment: Environment,
        domain: Domain,
        naming: Naming,
        platform_key: kms.IKey,
        policies: Sequence[iam.IManagedPolicy],
        dead_letters: sqs.IQueue,
        topics: Mapping[str, sns.ITopic],
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=f"{domain.name}-retention",
            description=f"The end of rows that contracts of {domain.name} no longer keep",
            environment=environment,
        )
        settings = environment.processing
        machine = RetentionMachine(
            self,
            "Retention",
            domain=domain,
            naming=naming,
            policies=policies,
            log_key=platform_key,
            log_retention_days=settings.log_retention_days,
            dead_letters=dead_letters,
            query_seconds=settings.task_timeout_minutes * SECONDS_A_MINUTE,
            run_seconds=settings.run_timeout_minutes * SECONDS_A_MINUTE,
            enabled=settings.schedule_enabled,
            removal_policy=removal_policy(environment),
        )
        grants = LakeGrants(self, "Grants", role=machine.role, naming=naming)
        grants.databases(["staged", "curated"], "DESCRIBE")
        grants.tables(["candidate", "quarantine", "staged"], *WRITE)
        for dataset in domain.datasets:  # what dbt derives in curated is rebuilt from what is left
            for kind in kinds_of(dataset):
                if zone_of(kind) == "curated":  # windows too
                    grants.table(kind, dataset.name, *WRITE)
        DomainAlarms(
            self,
            "Alarms",
            name_prefix=naming.prefix,
            rules=retention_rules(machine.resource.attr_arn, scheduled=settings.schedule_enabled),
            owner=", ".join(sorted({dataset.owner for dataset in domain.datasets})),
            topics=topics,
        )


def retention_rules(machine: str, *, scheduled: bool) -> tuple[AlarmRule, ...]:
    """The alarms of the weekly retention.

    Args:
        machine: ARN of the machine.
        scheduled: Whether it is started every week; without that, silence is no fault.

    Example:
        >>> [rule.name for rule in retention_rules("arn", scheduled=True)]
        ['retention-failed', 'retention-stopped', 'retention-missing']
    """
    own = {"StateMachineArn": machine}
    failures = tuple(
        AlarmRule(
            name=name,
            runbook="retention-failed",
            symptom=symptom,
            severity="ticket",
            namespace="AWS/States",
            metric=metric,
            dimensions=own,
        )
        for name, metric, symptom in (
            ("retention-failed", "ExecutionsFailed", "Rows that a contract no longer keeps are still there"),
            ("retention-stopped", "ExecutionsTimedOut", "The end of old rows took longer than it may"),
        )
    )
    missing = AlarmRule(
        name="retention-missing",
        runbook="retention-failed",
        symptom="For a week nobody has ended rows that contracts no longer keep",
        severity="ticket",
        namespace="AWS/States",
        metric="ExecutionsSucceeded",
        dimensions=own,
        comparison="LessThanThreshold",
        period_seconds=_ONE_DAY,
        periods=_A_WEEK,
        missing="breaching",
    )
    return (*failures, missing) if scheduled else failures
