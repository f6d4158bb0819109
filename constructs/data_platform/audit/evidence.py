"""Where evidence lies: the store, the log of the store, and the access logs of all other buckets on their way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from data_platform.acknowledgement import acknowledge
from data_platform.audit.replicated_bucket import ACCESS_LOGS, ReplicatedBucket, ReplicationRole
from data_platform.audit.store import AuditStore, Keeping
from data_platform.audit.store_log import StoreLog

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms

    from data_platform.audit.names import AuditNames

_PACKS_ON_KMS = ("HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321")
_PACKS_ON_REPLICATION = ("HIPAA.Security", "NIST.800.53.R4", "NIST.800.53.R5", "PCI.DSS.321")


class Evidence(Construct):
    """The store and what S3 logs about requests: on the store beside it, on all other buckets inside it.

    Args:
        scope: The construct that owns the buckets.
        construct_id: Name within its scope.
        names: Physical names.
        key: The audit's own key.
        keeping: Lock and age of evidence.
        original_days: Days for which access logs stay beside their copies.
        deployment_role_arn: The only role that may change the buckets' configuration.
        removal_policy: Whether the originals outlive their stack; evidence does in any case.

    Attributes:
        store: The store.
        replication: With which S3 copies into the store.
        access_logs: Receives the access logs of every bucket but the store.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> from data_platform.audit.names import AuditNames
        >>> stack = cdk.Stack()
        >>> evidence = Evidence(stack, "Evidence", key=kms.Key(stack, "Key"), original_days=30,
        ...     names=AuditNames(prefix="dp-dev", account="111111111111", region="ap-southeast-2"),
        ...     keeping=Keeping(mode="GOVERNANCE", lock_days=1, days=30), removal_policy=cdk.RemovalPolicy.RETAIN,
        ...     deployment_role_arn="arn:aws:iam::111111111111:role/deploy")
        >>> [child.node.id for child in evidence.node.children]
        ['StoreLog', 'Store', 'Replication', 'AccessLogs']
    """

    store: AuditStore
    replication: ReplicationRole
    access_logs: ReplicatedBucket

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: AuditNames,
        key: kms.IKey,
        keeping: Keeping,
        original_days: int,
        deployment_role_arn: str,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        log = StoreLog(
            self, "StoreLog", names=names, days=keeping.days, deployment_role_arn=deployment_role_arn
        )
        self.store = AuditStore(
            self,
            "Store",
            names=names,
            key=key,
            keeping=keeping,
            log=log.bucket,
            deployment_role_arn=deployment_role_arn,
        )
        self.replication = ReplicationRole(self, "Replication", names=names, store=self.store.bucket, key=key)
        self.access_logs = ReplicatedBucket(
            self,
            "AccessLogs",
            name=names.access_logs,
            prefix=ACCESS_LOGS,
            key=None,
            store=self.store.bucket,
            store_key=key,
            replication=self.replication,
            access_logs=None,
            days=original_days,
            deployment_role_arn=deployment_role_arn,
            removal_policy=removal_policy,
        )
        self._accept()

    def _accept(self) -> None:
        acknowledge(
            self,
            *(f"{pack}::{pack}-S3BucketReplicationEnabled" for pack in _PACKS_ON_REPLICATION),
            reason="Copies go into the store and none go out: evidence stays in one account and region, locked, in "
            "three zones. The store's own log is not copied into it, as each copy would be logged and copied without "
            "end; nobody may remove what was logged.",
        )
        acknowledge(
            self,
            "NIST.800.53.R4::NIST.800.53.R4-S3BucketDefaultLockEnabled",
            *(f"{pack}::{pack}-S3DefaultEncryptionKMS" for pack in _PACKS_ON_KMS),
            reason="S3 delivers access logs only to buckets without Object Lock and under S3-managed keys. Access logs "
            "are copied at once into the store, which is locked and under the audit's key; of the store's own log "
            "the bucket's policy lets nobody remove anything.",
        )
