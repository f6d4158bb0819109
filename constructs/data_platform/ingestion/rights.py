"""What the roles that work with personal data may do beyond asking Athena: each a policy of named actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from data_platform.acknowledgement import acknowledge

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from constructs import Construct

    from data_platform.contracts.naming import Naming


def token_reader_policy(
    scope: Construct, construct_id: str, *, role: iam.IRole, secret_arn: str, key: kms.IKey
) -> iam.ManagedPolicy:
    """Reading exactly the domain's token keys, for the roles that mask what lands."""
    return iam.ManagedPolicy(
        scope,
        construct_id,
        roles=[role],
        description="Read the token keys of the domain",
        statements=[
            iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[secret_arn]),
            iam.PolicyStatement(actions=["kms:Decrypt"], resources=[key.key_arn]),
        ],
    )


def token_keeper_policy(
    scope: Construct, construct_id: str, *, role: iam.IRole, naming: Naming, secret_arn: str, key: kms.IKey
) -> iam.ManagedPolicy:
    """Adding a token key, and writing the one file of an upgrade."""
    mapping = f"arn:aws:s3:::{naming.bucket('staged')}/{naming.token_mapping}/mapping.parquet"
    return iam.ManagedPolicy(
        scope,
        construct_id,
        roles=[role],
        description="Rotate the token keys of the domain and upgrade its tokens",
        statements=[
            iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
                resources=[secret_arn],
            ),
            iam.PolicyStatement(
                actions=["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:PutObject"], resources=[mapping]
            ),
            iam.PolicyStatement(actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=[key.key_arn]),
        ],
    )


def eraser_policy(
    scope: Construct, construct_id: str, *, role: iam.IRole, naming: Naming, locked: bool
) -> iam.ManagedPolicy:
    """Saying of each raw object how long its lock keeps it; no right to read, change or delete one.

    Args:
        scope: The construct that owns the policy.
        construct_id: Name within its scope.
        role: The eraser.
        naming: Physical names.
        locked: Whether raw locks what arrives. Where it does not, no object has a lock to ask for.
    """
    bucket = f"arn:aws:s3:::{naming.bucket('raw')}"
    policy = iam.ManagedPolicy(
        scope,
        construct_id,
        roles=[role],
        description="Say what the locks of raw objects keep and until when",
        statements=[
            iam.PolicyStatement(
                actions=["s3:GetBucketObjectLockConfiguration", "s3:ListBucketVersions"], resources=[bucket]
            )
        ],
    )
    if not locked:
        return policy
    policy.add_statements(iam.PolicyStatement(actions=["s3:GetObjectRetention"], resources=[f"{bucket}/*"]))
    acknowledge(
        policy,
        f"AwsSolutions::AwsSolutions-IAM5[Resource::{bucket}/*]",
        reason="Any raw object may hold the person who is erased, and its name is known only then; the action tells "
        "when a lock ends and nothing of the object itself, and the bucket is named exactly",
    )
    return policy
