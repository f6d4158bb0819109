"""Who acts in an elevation: the machines that give and take away, and the schedule that starts the sweeper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.access.names import ELEVATION, SWEEP_SCHEDULE, SWEEPER, AccessNames

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_sqs as sqs

    from data_platform.contracts.naming import Naming


class AccessActors(Construct):
    """Two roles and their policies. None is an administrator of Lake Formation: what it may grant is granted to it.

    Both machines act as one role, since Lake Formation lets only those revoke who may also grant.

    Args:
        scope: The construct that owns the roles.
        construct_id: Name within its scope.
        naming: Physical names.
        records: The access records.
        index: Name of the index of what is open.
        key: Encrypts the records.
        policies: Shared policies of the machines: telemetry, grants.
        dead_letters: Keeps sweeps that could not be started.
        dead_letters_key: Encrypts them.

    Attributes:
        elevation: Of the machine that grants and revokes, and of the sweeper.
        schedule: Of the schedule that starts the sweeper.
    """

    elevation: iam.Role
    schedule: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: Naming,
        records: dynamodb.ITable,
        index: str,
        key: kms.IKey,
        policies: Sequence[iam.IManagedPolicy],
        dead_letters: sqs.IQueue,
        dead_letters_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self._naming, self._names = naming, AccessNames(naming=naming)
        own = {"StringEquals": {"aws:SourceAccount": naming.account}}
        machines = {
            **own,
            "ArnEquals": {"aws:SourceArn": [self._names.machine_arn(duty) for duty in (ELEVATION, SWEEPER)]},
        }
        self.elevation = self._role(
            ELEVATION, "states", "Gives access for a time and takes it away", machines, policies
        )
        self.schedule = self._role(SWEEP_SCHEDULE, "scheduler", "Starts the sweeper", own, ())
        through_table = {"StringEquals": {"kms:ViaService": f"dynamodb.{naming.region}.amazonaws.com"}}
        own_source = {"StringEquals": {"events:source": f"{naming.organisation}.{naming.domain}"}}
        self._policy(
            "ElevationPolicy",
            self.elevation,
            _allow(
                "dynamodb:DeleteItem",
                "dynamodb:GetItem",
                "dynamodb:PutItem",
                "dynamodb:UpdateItem",
                on=[records.table_arn],
            ),
            _allow("dynamodb:Query", on=[f"{records.table_arn}/index/{index}"]),
            _allow("kms:Decrypt", "kms:DescribeKey", on=[key.key_arn], only=through_table),
            _allow("events:PutEvents", on=[self._arn("events", "event-bus/default")], only=own_source),
        )
        self._policy(
            "SchedulePolicy",
            self.schedule,
            _allow("states:StartExecution", on=[self._names.machine_arn(SWEEPER)]),
            _allow("sqs:SendMessage", on=[dead_letters.queue_arn]),
            _allow("kms:Decrypt", "kms:GenerateDataKey", on=[dead_letters_key.key_arn]),
        )

    def _role(
        self,
        duty: str,
        service: str,
        what: str,
        conditions: Mapping[str, object],
        policies: Sequence[iam.IManagedPolicy],
    ) -> iam.Role:
        return iam.Role(
            self,
            duty.title().replace("-", ""),
            role_name=self._naming.role(duty),
            description=f"{what}, in {self._naming.domain}",
            assumed_by=iam.ServicePrincipal(f"{service}.amazonaws.com", conditions=conditions),
            managed_policies=list(policies),
        )

    def _policy(self, name: str, role: iam.Role, *statements: iam.PolicyStatement) -> None:
        iam.ManagedPolicy(self, name, roles=[role], statements=list(statements))

    def _arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self._naming.region}:{self._naming.account}:{resource}"


def _allow(*actions: str, on: Sequence[str], only: Mapping[str, object] | None = None) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=sorted(actions), resources=list(on), conditions=only)
