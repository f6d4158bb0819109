"""Buckets whose objects can be put under a legal hold, though no rule locks what arrives."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3

_ENABLED = "Enabled"


def allow_legal_holds(bucket: s3.Bucket) -> None:
    """Switch Object Lock on without a default lock, and refuse everybody a lock for a time.

    A hold keeps single versions while a court or a regulator asks for them, and is lifted when they are done; writes,
    deletions and lifecycle rules go on as before. A retention that somebody sets by hand could not be lifted
    (COMPLIANCE), would keep a person's data against their erasure, and would replace the target's lock in a copy.

    S3 cannot switch Object Lock off again. A bucket that receives access logs must not have it.

    Args:
        bucket: A versioned bucket without a default lock.

    Example:
        >>> import aws_cdk as cdk
        >>> bucket = s3.Bucket(cdk.Stack(), "Staged", versioned=True)
        >>> allow_legal_holds(bucket)
        >>> bucket.node.default_child.object_lock_enabled
        True
    """
    resource = bucket.node.default_child
    if isinstance(resource, s3.CfnBucket):  # the L2 writes a configuration only with a default lock
        resource.object_lock_enabled = True
        resource.object_lock_configuration = s3.CfnBucket.ObjectLockConfigurationProperty(
            object_lock_enabled=_ENABLED
        )
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid="RefuseLocksByHand",
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["s3:PutObjectRetention"],
            resources=[bucket.arn_for_objects("*")],
        )
    )
