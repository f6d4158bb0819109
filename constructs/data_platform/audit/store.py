"""The store of evidence: a locked bucket from which nobody removes anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from data_platform.audit.refusals import other_key_refusal, removal_refusal, weakening_refusal

if TYPE_CHECKING:
    from aws_cdk import aws_kms as kms

    from data_platform.audit.names import AuditNames

LEAST_TLS_VERSION = 1.2
INCOMPLETE_UPLOAD_DAYS = 7
# Glacier Instant Retrieval bills 90 days at least; what is younger is asked about most.
COLD_AFTER_DAYS = 90
LockMode = Literal["GOVERNANCE", "COMPLIANCE"]


@dataclass(frozen=True, kw_only=True)
class Keeping:
    """How long evidence is kept, and against whom it is locked until then.

    Args:
        mode: COMPLIANCE is lifted by nobody, the account's root included; GOVERNANCE by whoever may bypass it, which
            the bucket's policy denies to all.
        lock_days: Days from its creation for which an object is locked.
        days: Days for which it is kept; not less than the lock.
    """

    mode: LockMode
    lock_days: int
    days: int

    @property
    def retention(self) -> s3.ObjectLockRetention:
        """The default lock in CDK's words."""
        days = cdk.Duration.days(self.lock_days)
        if self.mode == "COMPLIANCE":
            return s3.ObjectLockRetention.compliance(days)
        return s3.ObjectLockRetention.governance(days)


class AuditStore(Construct):
    """The bucket that holds trails, access logs, query history and what auditors were answered.

    It outlives its stack in every environment: evidence of a stack must not go with it.

    Args:
        scope: The construct that owns the bucket.
        construct_id: Name within its scope.
        names: Physical names.
        key: The audit's own key.
        keeping: Lock and age.
        log: Receives the access log of the store; its policy lets S3 deliver there.
        deployment_role_arn: The only role that may change the bucket's configuration.

    Example:
        >>> from aws_cdk import aws_kms as kms
        >>> from data_platform.audit.names import AuditNames
        >>> stack = cdk.Stack()
        >>> store = AuditStore(stack, "Store", key=kms.Key(stack, "Key"),
        ...     names=AuditNames(prefix="dp-dev", account="111111111111", region="ap-southeast-2"),
        ...     keeping=Keeping(mode="GOVERNANCE", lock_days=1, days=30), log=s3.Bucket(stack, "Log"),
        ...     deployment_role_arn="arn:aws:iam::111111111111:role/deploy")
        >>> store.bucket.node.path
        'Default/Store/Bucket'
    """

    bucket: s3.Bucket

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: AuditNames,
        key: kms.IKey,
        keeping: Keeping,
        log: s3.IBucket,
        deployment_role_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=names.store,
            versioned=True,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=LEAST_TLS_VERSION,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            object_lock_default_retention=keeping.retention,
            lifecycle_rules=_ageing(keeping),
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        _log_requests(self.bucket, log)
        for statement in (
            removal_refusal(self.bucket),
            weakening_refusal(self.bucket, deployment_role_arn),
            other_key_refusal(self.bucket, key),
        ):
            self.bucket.add_to_resource_policy(statement)

    def let_trail_write(self, names: AuditNames, *, organization: str | None) -> None:
        """Let the trail of this environment deliver, and no other."""
        service = iam.ServicePrincipal("cloudtrail.amazonaws.com")
        own = {"aws:SourceArn": names.trail_arn}
        owners = [owner for owner in (names.account, organization) if owner]
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="TrailChecks",
                actions=["s3:GetBucketAcl"],
                principals=[service],
                resources=[self.bucket.bucket_arn],
                conditions={"StringEquals": own},
            )
        )
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="TrailDelivers",
                actions=["s3:PutObject"],
                principals=[service],
                resources=[self.bucket.arn_for_objects(f"AWSLogs/{owner}/*") for owner in owners],
                conditions={"StringEquals": {**own, "s3:x-amz-acl": "bucket-owner-full-control"}},
            )
        )


def _log_requests(bucket: s3.Bucket, log: s3.IBucket) -> None:
    resource = bucket.node.default_child
    if isinstance(
        resource, s3.CfnBucket
    ):  # the L2 would write rights into the policy of the log, which has its own
        Bucket = s3.CfnBucket  # noqa: N806 - a class by a shorter name
        resource.logging_configuration = Bucket.LoggingConfigurationProperty(
            destination_bucket_name=log.bucket_name,
            target_object_key_format=Bucket.TargetObjectKeyFormatProperty(
                partitioned_prefix=Bucket.PartitionedPrefixProperty(partition_date_source="EventTime")
            ),
        )
    bucket.node.add_dependency(log)


def _ageing(keeping: Keeping) -> list[s3.LifecycleRule]:
    """Objects get cold, and go when lock and retention have ended; a locked version stays whatever a rule says."""
    cold = [
        s3.Transition(
            storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL,
            transition_after=cdk.Duration.days(COLD_AFTER_DAYS),
        )
    ]
    return [
        s3.LifecycleRule(
            id="evidence",
            transitions=cold if keeping.days > 2 * COLD_AFTER_DAYS else None,
            expiration=cdk.Duration.days(keeping.days),
            noncurrent_version_expiration=cdk.Duration.days(keeping.lock_days),
        ),
        s3.LifecycleRule(
            id="unfinished-uploads",
            abort_incomplete_multipart_upload_after=cdk.Duration.days(INCOMPLETE_UPLOAD_DAYS),
        ),
    ]
