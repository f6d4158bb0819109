"""What a zone's bucket refuses to everybody, whatever their own policies say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_s3 as s3

_ENCRYPTION = "s3:x-amz-server-side-encryption"
_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_CUSTOMER_ALGORITHM = "s3:x-amz-server-side-encryption-customer-algorithm"


def wrong_key_refusals(bucket: s3.IBucket, key: kms.IKey) -> list[iam.PolicyStatement]:
    """Uploads not under the zone's key.

    An upload that names no encryption is fine, the bucket's default puts it under the key. One that names
    encryption must name this key by its ARN: `aws:kms` alone would mean the account's AWS-managed key.
    """
    named, unnamed = "false", "true"
    return [
        _refuse_upload(
            bucket,
            "RefuseOtherEncryption",
            {"Null": {_ENCRYPTION: named}, "StringNotEquals": {_ENCRYPTION: "aws:kms"}},
        ),
        _refuse_upload(
            bucket, "RefuseOtherKey", {"Null": {_KEY: named}, "StringNotEquals": {_KEY: key.key_arn}}
        ),
        _refuse_upload(
            bucket, "RefuseUnnamedKey", {"Null": {_KEY: unnamed}, "StringEquals": {_ENCRYPTION: "aws:kms"}}
        ),
        _refuse_upload(bucket, "RefuseCallersOwnKey", {"Null": {_CUSTOMER_ALGORITHM: named}}),
    ]


def lock_bypass_refusal(bucket: s3.IBucket) -> iam.PolicyStatement:
    """Lifting a governance lock: whoever must do it first changes this policy, which is reviewed."""
    return iam.PolicyStatement(
        sid="RefuseLockBypass",
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["s3:BypassGovernanceRetention"],
        resources=[bucket.arn_for_objects("*")],
    )


def _refuse_upload(
    bucket: s3.IBucket, sid: str, conditions: dict[str, dict[str, str]]
) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=["s3:PutObject"],
        resources=[bucket.arn_for_objects("*")],
        conditions=conditions,
    )
