"""The role of who makes users in a domain's databases: it may read the master users' passwords, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from constructs import Construct

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms


class DatabaseOwner(Construct):
    """Whoever has it makes the extractor's user and people's own; day-to-day work needs no master user.

    Args:
        scope: The construct that owns the role.
        construct_id: Name within its scope.
        name: Public name of the role.
        principals: ARNs of who may take it.
        secret_arns: The master users' secrets.
        key: Encrypts them; its policy names this role.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> owner = DatabaseOwner(stack, "Owner", name="dp-dev-retail-database-owner",
        ...                       principals=["arn:aws:iam::111111111111:root"],
        ...                       secret_arns=["arn:aws:secretsmanager:ap-southeast-2:111111111111:secret:rds!db-1"],
        ...                       key=kms.Key(stack, "Key"))
        >>> owner.role.node.path
        'Default/Owner/Role'
    """

    role: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        principals: Sequence[str],
        secret_arns: Sequence[str],
        key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            role_name=name,
            description="Makes users in databases, as their master users",
            assumed_by=iam.CompositePrincipal(*(iam.ArnPrincipal(arn) for arn in principals)),
        )
        iam.ManagedPolicy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=list(secret_arns)),
                iam.PolicyStatement(actions=["kms:Decrypt"], resources=[key.key_arn]),
            ],
        )
