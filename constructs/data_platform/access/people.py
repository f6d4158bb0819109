"""Who asks, who approves, and the role that somebody takes while elevated.

Every rule is about `aws:SourceIdentity`: the identity provider sets it with a person's first session, no later
role can change it, and each session of the person carries it whatever that session is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.access.names import APPROVER, ELEVATED, ELEVATION, SIGN_IN, AccessNames
from data_platform.access.parts import REQUESTER_TAG
from data_platform.contracts.naming import RESULTS_PREFIX
from data_platform.duty import tag_duty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_dynamodb as dynamodb
    from aws_cdk import aws_kms as kms

    from data_platform.contracts.naming import Naming

SELF = "${aws:SourceIdentity}"
# A person's identity is a mail address, as approvers are in contracts.
_PERSON = {"StringLike": {"aws:SourceIdentity": "*@*"}}
_SESSION = cdk.Duration.hours(1)


class AccessPeople(Construct):
    """The policy to ask and decide, the approvers' role and the role of whoever is elevated.

    Args:
        scope: The construct that owns the roles.
        construct_id: Name within its scope.
        naming: Physical names.
        requesters: Roles of the contracts that people hold already.
        principals: ARNs of who may take the roles.
        approvers: Everybody whom a contract names as an approver.
        asking: What lets somebody ask Athena and Lake Formation, for whoever is elevated.
        records: The access records.
        index: Name of the index of what is open.
        key: Encrypts the records.
        stand_in: Whether to make a role that plays the identity provider, where there is none.
    """

    approver: iam.Role
    elevated: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: Naming,
        requesters: Sequence[str],
        principals: Sequence[str],
        approvers: Sequence[str],
        asking: Sequence[iam.IManagedPolicy],
        records: dynamodb.ITable,
        index: str,
        key: kms.IKey,
        stand_in: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        taken_by = [iam.ArnPrincipal(arn) for arn in principals]
        self.approver = iam.Role(
            self,
            "Approver",
            role_name=naming.role(APPROVER),
            description=f"Decides who gets access to {naming.domain} for a time: those whom contracts name",
            assumed_by=iam.CompositePrincipal(
                *(
                    each.with_conditions({"StringEquals": {"aws:SourceIdentity": list(approvers)}})
                    for each in taken_by
                )
            ),
        )
        self.elevated = self._elevated(naming, taken_by, asking)
        for role in (self.approver, self.elevated):
            _let_identity_pass(role, taken_by)
        iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name=f"{naming.prefix}-access",
            description=f"Ask for access to {naming.domain} for a time, decide, give back",
            roles=[self.approver, *(self._by_name(naming, duty) for duty in requesters)],
            statements=_rights(naming, records, index, key, self.elevated),
        )

        if stand_in:
            taken = [APPROVER, ELEVATED, *requesters]
            self._sign_in(naming, taken_by, [naming.role_arn(duty) for duty in taken])

    def _sign_in(self, naming: Naming, taken_by: Sequence[iam.ArnPrincipal], roles: Sequence[str]) -> None:
        """The first session of a person on the embedded AWS: whoever runs it may be anybody."""
        role = iam.Role(
            self,
            "SignIn",
            role_name=naming.role(SIGN_IN),
            description="Plays the identity provider where there is none: sets the source identity of a session",
            assumed_by=iam.CompositePrincipal(*taken_by),
        )
        _trust(role, "sts:SetSourceIdentity", taken_by, {"StringLike": {"sts:SourceIdentity": "*@*"}})
        iam.ManagedPolicy(
            self,
            "SignInPolicy",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
                    resources=list(roles),
                )
            ],
        )

    def _elevated(
        self,
        naming: Naming,
        taken_by: Sequence[iam.ArnPrincipal],
        asking: Sequence[iam.IManagedPolicy],
    ) -> iam.Role:
        """It sees nothing by itself: grants are to the tag that only the person of that identity can bring."""
        own = {
            **_PERSON,
            "StringEquals": {f"aws:RequestTag/{REQUESTER_TAG}": SELF, "sts:RoleSessionName": SELF},
        }
        role = iam.Role(
            self,
            "Elevated",
            role_name=naming.role(ELEVATED),
            description=f"Whoever has access to {naming.domain} for a time: sees what was granted to that person",
            assumed_by=iam.CompositePrincipal(*(each.with_conditions(own) for each in taken_by)),
            managed_policies=list(asking),
            max_session_duration=_SESSION,
        )
        only = {
            "StringEquals": {f"aws:RequestTag/{REQUESTER_TAG}": SELF},
            "ForAllValues:StringEquals": {"aws:TagKeys": [REQUESTER_TAG]},
        }
        _trust(role, "sts:TagSession", taken_by, only)
        tag_duty(role, ELEVATED, naming)
        own_results = f"arn:aws:s3:::{naming.bucket('sandbox')}/{RESULTS_PREFIX}{ELEVATED}/{SELF}/*"
        iam.ManagedPolicy(
            self,
            "ElevatedPolicy",
            managed_policy_name=f"{naming.role(ELEVATED)}-results",
            description="Whoever is elevated reads and writes the own results only: each was granted something else",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    effect=iam.Effect.DENY,
                    actions=[
                        "s3:AbortMultipartUpload",
                        "s3:GetObject",
                        "s3:ListMultipartUploadParts",
                        "s3:PutObject",
                    ],
                    not_resources=[own_results],
                )
            ],
        )
        return role

    def _by_name(self, naming: Naming, duty: str) -> iam.IRole:
        return iam.Role.from_role_name(self, duty.title(), naming.role(duty))


def _let_identity_pass(role: iam.Role, taken_by: Sequence[iam.ArnPrincipal]) -> None:
    _trust(role, "sts:SetSourceIdentity", taken_by, _PERSON)


def _trust(
    role: iam.Role, action: str, taken_by: Sequence[iam.ArnPrincipal], only: Mapping[str, object]
) -> None:
    policy = role.assume_role_policy
    if policy is not None:
        policy.add_statements(
            iam.PolicyStatement(actions=[action], principals=list(taken_by), conditions=only)
        )


def _rights(
    naming: Naming, records: dynamodb.ITable, index: str, key: kms.IKey, elevated: iam.IRole
) -> list[iam.PolicyStatement]:
    """People write items under their own identity only; what machines recorded they can read."""
    names = AccessNames(naming=naming)
    machine = names.machine_arn(ELEVATION)
    own_items = {
        "ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [SELF]},
        **_PERSON,
    }
    through_table = {"StringEquals": {"kms:ViaService": f"dynamodb.{naming.region}.amazonaws.com"}}
    statement = iam.PolicyStatement
    return [
        statement(actions=["dynamodb:PutItem"], resources=[records.table_arn], conditions=own_items),
        statement(actions=["dynamodb:GetItem", "dynamodb:Query"], resources=[records.table_arn]),
        statement(actions=["dynamodb:Query"], resources=[f"{records.table_arn}/index/{index}"]),
        statement(
            actions=["kms:Decrypt", "kms:DescribeKey"], resources=[key.key_arn], conditions=through_table
        ),
        statement(actions=["states:SendTaskSuccess", "states:StartExecution"], resources=[machine]),
        statement(
            actions=["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
            resources=[elevated.role_arn],
        ),
    ]
