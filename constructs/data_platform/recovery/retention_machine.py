"""The weekly end of old rows of a domain: the machine, the roles that run and start it, and its clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.contracts.naming import RUN
from data_platform.contracts.retention_sql import retention_sql
from data_platform.duty import tag_duty
from data_platform.logged_machine import logged_machine
from data_platform.recovery.retention_states import retention_definition
from data_platform.schedule_group import TIMEZONE, ScheduleGroup
from data_platform.schedule_role import schedule_role

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming

DUTY, STARTER = "retention", "retention-scheduler"
# Saturday night, hours before the day's run.
_WEEKLY = "cron(0 1 ? * SUN *)"
_LONGEST_TRY_SECONDS, _MOST_TRIES = 3600, 20


class RetentionMachine(Construct):
    """Deletes, once a week, the rows that contracts no longer keep.

    Args:
        scope: The construct that owns the machine.
        construct_id: Name within its scope.
        domain: The domain and its contracts.
        naming: Physical names.
        policies: To ask Athena, to commit changes of tables, to ask Lake Formation for data, to log.
        log_key: Encrypts the logs of executions, and dead letters.
        log_retention_days: Days for which they are kept.
        dead_letters: Keeps what could not be started.
        query_seconds: Longest time of one statement.
        run_seconds: Longest time of all.
        enabled: Whether the schedule fires.
        removal_policy: Whether the log group outlives its stack.

    Attributes:
        role: Changes the tables; whoever makes the machine grants it the tables in Lake Formation.
        resource: The machine.
    """

    role: iam.Role
    resource: sfn.CfnStateMachine

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        domain: Domain,
        naming: Naming,
        policies: Sequence[iam.IManagedPolicy],
        log_key: kms.IKey,
        log_retention_days: int,
        dead_letters: sqs.IQueue,
        query_seconds: int,
        run_seconds: int,
        enabled: bool,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        name = naming.role(DUTY)
        arn = f"arn:aws:states:{naming.region}:{naming.account}:stateMachine:{name}"
        own = {"StringEquals": {"aws:SourceAccount": naming.account}}
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description=f"Ends rows of {naming.domain} that contracts no longer keep",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com", conditions={**own, "ArnEquals": {"aws:SourceArn": arn}}
            ),
            managed_policies=list(policies),
        )
        tag_duty(self.role, RUN, naming)
        definition = retention_definition(
            retention_sql(domain.datasets, naming),
            workgroup=naming.workgroup,
            query_seconds=query_seconds,
            run_seconds=run_seconds,
        )
        self.resource = logged_machine(
            self,
            name=name,
            definition=definition,
            role=self.role,
            log_key=log_key,
            log_retention_days=log_retention_days,
            removal_policy=removal_policy,
            log_data=True,
        )
        self._schedule(naming, arn, dead_letters, log_key, enabled=enabled)

    def _schedule(
        self, naming: Naming, machine_arn: str, dead_letters: sqs.IQueue, log_key: kms.IKey, *, enabled: bool
    ) -> None:
        starter, rights = schedule_role(
            self,
            "Starter",
            policy_id="StarterPolicy",
            name=naming.role(STARTER),
            description=f"Starts the weekly end of old rows of {naming.domain}",
            action="states:StartExecution",
            on=[machine_arn],
            dead_letters=dead_letters,
            dead_letters_key=log_key,
        )
        ScheduleGroup(
            self,
            name=naming.role(DUTY),
            role=starter,
            dead_letters=dead_letters,
            longest_try_seconds=_LONGEST_TRY_SECONDS,
            most_tries=_MOST_TRIES,
            after=(rights, self.resource),
        ).schedule(
            "Weekly",
            name="weekly",
            description=f"Sundays 01:00 {TIMEZONE}: end rows that contracts no longer keep",
            when=_WEEKLY,
            timezone=TIMEZONE,
            target=machine_arn,
            enabled=enabled,
        )
