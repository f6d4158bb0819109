"""As whom DMS logs in to a database: a user of its own, whose password is made and kept in Secrets Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from data_platform.generated_secret import generated_secret

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_secretsmanager as secretsmanager

USER = "dms"


class ReplicationLogin(Construct):
    """The secret that DMS logs in with, and the role with which it reads that secret.

    Args:
        scope: The construct that owns both.
        construct_id: Name within its scope.
        name: Public name of the secret, and with `-login` of the role.
        host: Address of the database.
        port: Its port.
        account: The account whose DMS may take the role.
        region: Where it runs.
        key: Encrypts the secret; its policy names the role.
        removal_policy: Whether the secret outlives its stack.

    Example:
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> login = ReplicationLogin(
        ...     stack, "Login", name="dp-dev-retail-dms-shop", host="shop.example", port="5432",
        ...     account="111111111111", region="ap-southeast-2", key=kms.Key(stack, "Key"),
        ...     removal_policy=cdk.RemovalPolicy.DESTROY)
        >>> login.secret.name
        'dp-dev-retail-dms-shop'
    """

    secret: secretsmanager.CfnSecret
    role: iam.Role

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        host: str,
        port: str,
        account: str,
        region: str,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.secret = generated_secret(
            self,
            name=name,
            description=f"Login of DMS: user {USER} of the database",
            known=cdk.Fn.join("", [f'{{"username":"{USER}","host":"', host, '","port":', port, "}"]),
            key=key,
            removal_policy=removal_policy,
            without_timer="DMS reads the secret when a replication starts; a timer that changed the password would "
            "need a function inside the network with a master user's rights. The owner rotates it by the page on "
            "databases, and only the owner and DMS can decrypt it.",
        )
        self.role = iam.Role(
            self,
            "Role",
            role_name=f"{name}-login",
            description="DMS reads the login of one database",
            assumed_by=iam.ServicePrincipal(
                f"dms.{region}.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": account}}
            ),
        )
        iam.ManagedPolicy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[self.secret.ref]),
                iam.PolicyStatement(actions=["kms:Decrypt", "kms:DescribeKey"], resources=[key.key_arn]),
            ],
        )
