"""What the audit's buckets refuse to everybody, whatever their own policies say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

_REMOVAL = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:PutObjectLegalHold",
    "s3:PutObjectRetention",
)
_WEAKENING = (
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketLogging",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)
_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"


def removal_refusal(bucket: s3.IBucket) -> iam.PolicyStatement:
    """Deleting an object or a version, changing its lock, or stepping over it: refused to all, without exception.

    Only lifecycle rules remove, after the lock has ended; they ask no policy.
    """
    return _refusal("RefuseRemoval", _REMOVAL, [bucket.arn_for_objects("*")])


def weakening_refusal(bucket: s3.IBucket, deployment_role_arn: str) -> iam.PolicyStatement:
    """Changing the bucket itself: refused to all but the role with which reviewed templates are deployed."""
    return _refusal(
        "RefuseWeakening",
        _WEAKENING,
        [bucket.bucket_arn],
        {"ArnNotEquals": {"aws:PrincipalArn": deployment_role_arn}},
    )


def other_key_refusal(bucket: s3.IBucket, key: kms.IKey) -> iam.PolicyStatement:
    """An upload that names a key other than the audit's; one that names none is put under it by default."""
    return _refusal(
        "RefuseOtherKey",
        ("s3:PutObject",),
        [bucket.arn_for_objects("*")],
        {"StringNotEqualsIfExists": {_KEY: key.key_arn}, "Null": {_KEY: "false"}},
    )


def _refusal(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: dict[str, dict[str, str]] | None = None,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=list(actions),
        resources=list(resources),
        conditions=conditions,
    )
