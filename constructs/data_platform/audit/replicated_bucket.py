"""Buckets whose every object is copied into the store at once, since they cannot be locked themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from data_platform.audit.refusals import weakening_refusal
from data_platform.audit.store import INCOMPLETE_UPLOAD_DAYS, LEAST_TLS_VERSION
from data_platform.legal_hold import allow_legal_holds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_kms as kms

    from data_platform.audit.names import AuditNames

ACCESS_LOGS = "access-logs/"
RESULTS = "athena-results/"
SETTINGS = "settings/"
_READ = (
    "s3:GetObjectLegalHold",
    "s3:GetObjectRetention",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectVersionForReplication",
    "s3:GetObjectVersionTagging",
)


class ReplicationRole(Construct):
    """The role with which S3 copies objects into the store.

    Args:
        scope: The construct that owns the role.
        construct_id: Name within its scope.
        names: Physical names.
        store: The store.
        key: The audit's key.
    """

    role: iam.Role

    def __init__(
        self, scope: Construct, construct_id: str, *, names: AuditNames, store: s3.IBucket, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        self.role = iam.Role(
            self,
            "Role",
            role_name=names.role("replication"),
            description="S3 copies access logs and auditors' results into the store with it",
            assumed_by=iam.ServicePrincipal(
                "s3.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": names.account}}
            ),
        )
        iam.ManagedPolicy(
            self,
            "Policy",
            roles=[self.role],
            statements=[
                iam.PolicyStatement(
                    actions=["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], resources=[key.key_arn]
                )
            ],
        )
        self._store = store

    def copy(self, source: s3.IBucket, prefix: str) -> None:
        """Let the role read a source and add to the store, under a prefix: the buckets' own policies name it."""
        self._allow(
            source,
            "ReplicationIsSetUp",
            ["s3:GetReplicationConfiguration", "s3:ListBucket"],
            source.bucket_arn,
        )
        self._allow(source, "OriginalsAreRead", _READ, source.arn_for_objects(f"{prefix}*"))
        self._allow(
            self._store,
            f"CopiesOf{prefix.strip('/').title().replace('-', '')}AreAdded",
            ["s3:ReplicateObject", "s3:ReplicateTags"],
            self._store.arn_for_objects(f"{prefix}*"),
        )

    def _allow(self, bucket: s3.IBucket, sid: str, actions: Sequence[str], resource: str) -> None:
        bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid=sid,
                principals=[iam.ArnPrincipal(self.role.role_arn)],
                actions=list(actions),
                resources=[resource],
            )
        )


class ReplicatedBucket(Construct):
    """A bucket that S3 replicates into the store.

    Args:
        scope: The construct that owns the bucket.
        construct_id: Name within its scope.
        name: Public name of the bucket.
        prefix: Under which its objects lie, here and in the store.
        key: Encrypts them; None where S3 itself delivers, which refuses customer keys and Object Lock.
        store: The store.
        store_key: Encrypts the copies.
        replication: With which S3 copies.
        access_logs: Receives its access log; None for the bucket that receives those of all others.
        days: Days for which originals are kept; copies are kept as long as the store says.
        deployment_role_arn: The only role that may change the bucket's configuration.
        removal_policy: Whether the bucket outlives its stack.
    """

    bucket: s3.Bucket

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        prefix: str,
        key: kms.IKey | None,
        store: s3.IBucket,
        store_key: kms.IKey,
        replication: ReplicationRole,
        access_logs: s3.IBucket | None,
        days: int,
        deployment_role_arn: str,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        encryption = s3.BucketEncryption.KMS if key else s3.BucketEncryption.S3_MANAGED
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=name,
            versioned=True,
            encryption=encryption,
            encryption_key=key,
            bucket_key_enabled=True if key else None,
            enforce_ssl=True,
            minimum_tls_version=LEAST_TLS_VERSION,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=ACCESS_LOGS if access_logs else None,
            target_object_key_format=partitioned() if access_logs else None,
            lifecycle_rules=_scratch(days),
            removal_policy=removal_policy,
        )
        self.bucket.add_to_resource_policy(weakening_refusal(self.bucket, deployment_role_arn))
        replication.copy(self.bucket, prefix)
        self._replicate(prefix, store, store_key, replication)
        if key:
            allow_legal_holds(self.bucket)

    def let_logs_in(self, prefix: str, account: str) -> None:
        """Let S3's log delivery write the access logs of the environment's buckets, which may come later."""
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AccessLogDelivery",
                actions=["s3:PutObject"],
                principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
                resources=[self.bucket.arn_for_objects(f"{ACCESS_LOGS}*")],
                conditions={
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{prefix}-*"},
                },
            )
        )

    def let_config_in(self, account: str) -> None:
        """Let AWS Config look whether the bucket is there and write the history of settings."""
        service = iam.ServicePrincipal("config.amazonaws.com")
        own_account = {"StringEquals": {"aws:SourceAccount": account}}
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ConfigLooks",
                actions=["s3:GetBucketAcl", "s3:ListBucket"],
                principals=[service],
                resources=[self.bucket.bucket_arn],
                conditions=own_account,
            )
        )
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="ConfigWrites",
                actions=["s3:PutObject"],
                principals=[service],
                resources=[self.bucket.arn_for_objects(f"{SETTINGS}*")],
                conditions=own_account,
            )
        )

    def _replicate(
        self,
        prefix: str,
        store: s3.IBucket,
        store_key: kms.IKey,
        replication: ReplicationRole,
    ) -> None:
        bucket = self.bucket.node.default_child
        if not isinstance(bucket, s3.CfnBucket):
            return
        Bucket = s3.CfnBucket  # noqa: N806 - a class by a shorter name
        selection = Bucket.SourceSelectionCriteriaProperty(  # S3 wants it wherever copies get a key
            sse_kms_encrypted_objects=Bucket.SseKmsEncryptedObjectsProperty(status="Enabled")
        )
        bucket.replication_configuration = Bucket.ReplicationConfigurationProperty(
            role=replication.role.role_arn,
            rules=[
                Bucket.ReplicationRuleProperty(
                    id="into-the-store",
                    status="Enabled",
                    priority=0,
                    filter=Bucket.ReplicationRuleFilterProperty(prefix=prefix),
                    delete_marker_replication=Bucket.DeleteMarkerReplicationProperty(status="Disabled"),
                    source_selection_criteria=selection,
                    destination=Bucket.ReplicationDestinationProperty(
                        bucket=store.bucket_arn,
                        encryption_configuration=Bucket.EncryptionConfigurationProperty(
                            replica_kms_key_id=store_key.key_arn
                        ),
                    ),
                )
            ],
        )
        bucket.node.add_dependency(replication)


def partitioned() -> s3.TargetObjectKeyFormat:
    """The layout of access logs, by account, region, bucket and day."""
    return s3.TargetObjectKeyFormat.partitioned_prefix(s3.PartitionDateSource.EVENT_TIME)


def _scratch(days: int) -> Sequence[s3.LifecycleRule]:
    return [
        s3.LifecycleRule(
            id="originals",
            expiration=cdk.Duration.days(days),
            noncurrent_version_expiration=cdk.Duration.days(1),
        ),
        s3.LifecycleRule(
            id="unfinished-uploads",
            abort_incomplete_multipart_upload_after=cdk.Duration.days(INCOMPLETE_UPLOAD_DAYS),
        ),
    ]
