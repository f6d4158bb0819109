"""Who asks questions: consumer roles, and the one policy with which anybody queries through Athena.

The policy lets its holder ask; Lake Formation decides what each role sees. No reader has S3 rights on data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.duty import OWN_COMMITS, OWN_DUTY, OWN_MODELS, shared_policy, tag_duty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms

    from data_platform.contracts.naming import Naming


class AthenaAccess(Construct):
    """The policy to ask Athena about a domain: each duty in its own workgroup, with its own results.

    Args:
        scope: The construct that owns the policy.
        construct_id: Name within its scope.
        naming: Physical names.
        key: The domain's key, under which query results are.

    Attributes:
        policy: Attach it to whoever asks, beside the policy to ask Lake Formation for data; the role's tags say
            which duty's workgroup, tables and results it reaches, and a role without them reaches none.
        commits: Attach it to whoever changes tables: Athena commits an Iceberg table by updating its entry in the
            catalogue, in the caller's name.
        models: Attach it to whoever makes and drops tables of curated.
    """

    policy: iam.ManagedPolicy
    commits: iam.IManagedPolicy
    models: iam.IManagedPolicy

    def __init__(self, scope: Construct, construct_id: str, *, naming: Naming, key: kms.IKey) -> None:
        super().__init__(scope, construct_id)
        self.policy = iam.ManagedPolicy(
            self,
            "Policy",
            managed_policy_name=f"{naming.prefix}-athena",
            description=f"Ask questions of {naming.domain} through Athena",
            statements=_statements(naming, key),
        )
        self.commits = shared_policy(self, "Commits", OWN_COMMITS, naming)
        self.models = shared_policy(self, "Models", OWN_MODELS, naming)


class ConsumerRole(Construct):
    """A role that people take to ask questions: analyst, engineer, steward.

    Args:
        scope: The construct that owns the role.
        construct_id: Name within its scope.
        duty: The role's name in contracts.
        naming: Physical names.
        principals: ARNs of who may take the role.
        policies: What the role may do: ask Athena, ask Lake Formation for data.
    """

    role: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        duty: str,
        naming: Naming,
        principals: Sequence[str],
        policies: Sequence[iam.IManagedPolicy],
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            role_name=naming.role(duty),
            description=f"The {duty} of {naming.domain}: contracts say which tables it reads",
            assumed_by=iam.CompositePrincipal(*(iam.ArnPrincipal(arn) for arn in principals)),
            managed_policies=list(policies),
        )
        tag_duty(self.role, duty, naming)
        _let_identity_pass(self.role, principals)


def _let_identity_pass(role: iam.Role, principals: Sequence[str]) -> None:
    """Who has a source identity takes it along. Nobody can give it to oneself here: the first session has it."""
    policy = role.assume_role_policy
    if policy is not None:
        policy.add_statements(
            iam.PolicyStatement(
                actions=["sts:SetSourceIdentity"],
                principals=[iam.ArnPrincipal(arn) for arn in principals],
                conditions={"StringLike": {"aws:SourceIdentity": "*@*"}},
            )
        )


def _statements(naming: Naming, key: kms.IKey) -> list[iam.PolicyStatement]:
    workgroup = f"arn:aws:athena:{naming.region}:{naming.account}:workgroup/{naming.workgroup_of(OWN_DUTY)}"
    catalog = f"arn:aws:athena:{naming.region}:{naming.account}:datacatalog/AwsDataCatalog"
    bucket = f"arn:aws:s3:::{naming.bucket('sandbox')}"
    return [
        iam.PolicyStatement(
            actions=[
                "athena:BatchGetQueryExecution",
                "athena:GetNamedQuery",
                "athena:GetQueryExecution",
                "athena:GetQueryResults",
                "athena:GetQueryRuntimeStatistics",
                "athena:GetWorkGroup",
                "athena:ListNamedQueries",
                "athena:ListQueryExecutions",
                "athena:StartQueryExecution",
                "athena:StopQueryExecution",
            ],
            resources=[workgroup],
        ),
        iam.PolicyStatement(
            actions=[
                "athena:GetDatabase",
                "athena:GetTableMetadata",
                "athena:ListDatabases",
                "athena:ListTableMetadata",
            ],
            resources=[catalog],
        ),
        iam.PolicyStatement(actions=["s3:GetBucketLocation", "s3:ListBucket"], resources=[bucket]),
        iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn]),
    ]
