"""Access to a domain for a time: asked, approved by whom the contract names, granted, taken away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.access import (
    ELEVATION,
    OPEN_INDEX,
    SWEEP_SCHEDULE,
    SWEEPER,
    AccessActors,
    AccessMachine,
    AccessNames,
    AccessPeople,
    AccessRecords,
    ElevationParts,
    GrantableTables,
    RequestNotice,
    SweepSchedule,
    VisibleDatabases,
    access_plan,
    approvers,
    elevation_definition,
    grantable_tables,
    sweep_definition,
)
from data_platform.contracts.lake_rights import consumer_roles
from data_platform.contracts.table_kinds import zone_of
from data_platform.foundation import CustomerKey
from data_platform.observability import AlarmRule, DomainAlarms
from stacks.platform_stack import PlatformStack, removal_policy
from stacks.recovery import recovery_role_arns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sns as sns
    from aws_cdk import aws_sqs as sqs
    from constructs import Construct

    from data_platform.catalog import AthenaAccess
    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming
    from data_platform.foundation import UnresourcedActions
    from environments.model import Environment
    from stacks.recovery import RecoveryStack

SECONDS_AN_HOUR = 3600
FIFTEEN_MINUTES = 900


class AccessStack(PlatformStack):
    """Just-in-time access of a domain.

    Args:
        scope: The stage of the environment.
        construct_id: Name of the stack within its stage.
        environment: Where it is deployed.
        domain: The domain and its contracts.
        naming: Physical names.
        platform_key: Encrypts logs and dead letters.
        dead_letters: Keeps sweeps that could not be started.
        topics: Who is told, by severity.
        unresourced: Policies of the actions for which AWS knows no resource.
        athena_access: Policies to ask Athena in a duty's own workgroup.
        recovery: Backs up the records.
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
        dead_letters: sqs.IQueue,
        topics: Mapping[str, sns.ITopic],
        unresourced: UnresourcedActions,
        athena_access: AthenaAccess,
        recovery: RecoveryStack,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            part=f"{domain.name}-access",
            description=f"Access to {domain.name} for a time, approved by whom its contracts name",
            environment=environment,
        )
        self._environment, self._domain, self._naming = environment, domain, naming
        self._names = AccessNames(naming=naming)
        self._log_key = platform_key
        self._owner = ", ".join(sorted({dataset.owner for dataset in domain.datasets}))
        key = self._key()
        records = AccessRecords(
            self, "Records", name=self._names.records, key=key, removal_policy=removal_policy(environment)
        )
        recovery.back_up(records.table, table_name=self._names.records, what="access", naming=naming, key=key)
        actors = AccessActors(
            self,
            "Actors",
            naming=naming,
            records=records.table,
            index=OPEN_INDEX,
            key=key,
            policies=[unresourced.machine, unresourced.lake_grants],
            dead_letters=dead_letters,
            dead_letters_key=platform_key,
        )
        people = AccessPeople(
            self,
            "People",
            naming=naming,
            requesters=consumer_roles(domain),
            principals=environment.catalog.consumer_principals,
            approvers=approvers(domain),
            asking=[athena_access.policy, unresourced.data_access],
            records=records.table,
            index=OPEN_INDEX,
            key=key,
            stand_in=environment.access.identity_provider == "embedded",
        )
        tables = grantable_tables(domain)
        GrantableTables(self, "Grantable", role=actors.elevation, naming=naming, tables=tables)
        VisibleDatabases(
            self,
            "Visible",
            role=people.elevated,
            naming=naming,
            zones=sorted({zone_of(kind) for kind, _ in tables}),
        )
        machines = self._machines(actors)
        SweepSchedule(
            self,
            "Schedule",
            group=self._names.machine(SWEEP_SCHEDULE),
            state_machine_arn=machines[SWEEPER].resource.attr_arn,
            role=actors.schedule,
            dead_letters=dead_letters,
        )
        RequestNotice(
            self,
            "Notice",
            name=f"{naming.prefix}-access-requested",
            source=f"{naming.organisation}.{naming.domain}",
            environment=naming.environment,
            domain=naming.domain,
            owner=self._owner,
            topic=topics["ticket"],
            dead_letters=dead_letters,
        )
        self._watch(topics, {duty: machine.resource.attr_arn for duty, machine in machines.items()})

    def _key(self) -> kms.IKey:
        """A key of its own: whoever handles the domain's data cannot read who asked for it."""
        duties = (ELEVATION, "approver", *consumer_roles(self._domain))
        return CustomerKey(
            self,
            "Key",
            alias=self._names.records,
            description=f"Who asked for access to {self._domain.name}, and why",
            removal_policy=removal_policy(self._environment),
            role_arns=[self._naming.role_arn(duty) for duty in duties],
            granting_services=["dynamodb"],
            granting_users=recovery_role_arns(self._naming, "access"),
        ).key

    def _machines(self, actors: AccessActors) -> dict[str, AccessMachine]:
        settings = self._environment.access
        parts = ElevationParts(
            organisation=self._naming.organisation,
            domain=self._naming.domain,
            account=self._naming.account,
            table=self._names.records,
            index=OPEN_INDEX,
            plan=access_plan(self._domain, self._naming),
            least_seconds=settings.least_seconds,
            most_seconds=settings.most_hours * SECONDS_AN_HOUR,
            approval_seconds=settings.approval_hours * SECONDS_AN_HOUR,
        )
        shared: dict[str, Any] = {
            "role": actors.elevation,
            "log_key": self._log_key,
            "log_retention_days": self._environment.processing.log_retention_days,
            "removal_policy": removal_policy(self._environment),
        }
        made = {
            ELEVATION: AccessMachine(
                self,
                "Elevation",
                name=self._names.machine(ELEVATION),
                definition=elevation_definition(parts),
                **shared,
            ),
            SWEEPER: AccessMachine(
                self,
                "Sweeper",
                name=self._names.machine(SWEEPER),
                definition=sweep_definition(parts),
                **shared,
            ),
        }
        for machine in made.values():  # Step Functions tries its rights to log when it is created
            machine.node.add_dependency(actors)
        return made

    def _watch(self, topics: Mapping[str, sns.ITopic], machines: Mapping[str, str]) -> None:
        DomainAlarms(
            self,
            "Alarms",
            name_prefix=self._naming.prefix,
            rules=access_rules(machines[ELEVATION], machines[SWEEPER]),
            owner=self._owner,
            topics=topics,
        )


def access_rules(elevation: str, sweeper: str) -> tuple[AlarmRule, ...]:
    """The alarms of access for a time.

    Args:
        elevation: ARN of the machine that grants and revokes.
        sweeper: ARN of the machine that revokes what was left behind.

    Example:
        >>> [rule.name for rule in access_rules("e", "s")]
        ['elevation-failed', 'elevation-stopped', 'revocation-failed', 'sweeper-silent']
    """
    states = "AWS/States"
    return (
        AlarmRule(
            name="elevation-failed",
            runbook="elevation-failed",
            symptom="Access for a time could not be given or taken away",
            severity="page",
            namespace=states,
            metric="ExecutionsFailed",
            dimensions={"StateMachineArn": elevation},
        ),
        AlarmRule(
            name="elevation-stopped",
            runbook="elevation-failed",
            symptom="Somebody stopped an elevation; the sweeper takes its access away",
            severity="ticket",
            namespace=states,
            metric="ExecutionsAborted",
            dimensions={"StateMachineArn": elevation},
        ),
        AlarmRule(
            name="revocation-failed",
            runbook="revocation-failed",
            symptom="Access has ended and is still there, or was taken away more than ten minutes late",
            severity="page",
            namespace=states,
            metric="ExecutionsFailed",
            dimensions={"StateMachineArn": sweeper},
        ),
        AlarmRule(
            name="sweeper-silent",
            runbook="sweeper-silent",
            symptom="Nobody looks for access that has ended",
            severity="page",
            namespace=states,
            metric="ExecutionsSucceeded",
            dimensions={"StateMachineArn": sweeper},
            comparison="LessThanThreshold",
            period_seconds=FIFTEEN_MINUTES,
            missing="breaching",
        ),
    )
