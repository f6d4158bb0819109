"""Buckets: transport, keys, locks, what outlives its stack, and what receives access logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.guardrails.policy import Statement, statements
from data_platform.guardrails.rule import Rule, Standards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from data_platform.guardrails.estate import Resource
    from data_platform.guardrails.rule import Surroundings

_BUCKET = ("AWS::S3::Bucket",)
_LEAST_TLS = 1.2
_KEPT = ("Retain", "RetainExceptOnCreate")
_SNAPSHOT_TYPES = ("AWS::RDS::DBCluster", "AWS::RDS::DBInstance", "AWS::Redshift::Cluster")
_HOLDS_DATA = (
    "AWS::Backup::BackupVault",
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::EFS::FileSystem",
    "AWS::KMS::Key",
    "AWS::MSK::Cluster",
    "AWS::MSK::ServerlessCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
    "AWS::S3::Bucket",
    "AWS::SecretsManager::Secret",
)


def bucket_statements(bucket: Resource, around: Surroundings) -> list[Statement]:
    """The statements of every policy that is attached to a bucket, in whichever stack."""
    return [
        statement
        for policy in around.estate.of_type("AWS::S3::BucketPolicy")
        if policy.stack.account == bucket.stack.account
        and policy.properties.get("Bucket") in (bucket.name, bucket.arn)
        for statement in statements(policy.properties.get("PolicyDocument"))
    ]


def encryption(bucket: Resource) -> tuple[str, str]:
    """Algorithm and key of a bucket's default encryption; empty texts where the template names none."""
    configuration = bucket.properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    for each in configuration:
        default = each.get("ServerSideEncryptionByDefault", {})
        return str(default.get("SSEAlgorithm", "")), str(default.get("KMSMasterKeyID", ""))
    return "", ""


def receives_access_logs(bucket: Resource, around: Surroundings) -> bool:
    """Whether S3 writes the access log of this or another bucket here."""
    for other in around.estate.of_type("AWS::S3::Bucket"):
        logging = other.properties.get("LoggingConfiguration")
        if logging is not None and logging.get("DestinationBucketName", other.name) == bucket.name:
            return True
    return False


def _tls(bucket: Resource, around: Surroundings) -> Iterator[str]:
    denials = [
        each
        for each in bucket_statements(bucket, around)
        if not each.allows
        and "*" in each.principals.get("AWS", ())
        and each.covers("s3:GetObject")
        and each.covers("s3:PutObject")
        and {bucket.arn, f"{bucket.arn}/*"} <= set(each.resources)
        and len(each.conditions) == 1  # two conditions must both hold, so each lets the other's traffic in
    ]
    if not any(each.conditions.get(("bool", "aws:securetransport")) == ("false",) for each in denials):
        yield "its policy does not deny requests without TLS (aws:SecureTransport) on bucket and objects"
    versions = [each.conditions.get(("numericlessthan", "s3:tlsversion"), ()) for each in denials]
    if not any(float(value) >= _LEAST_TLS for values in versions for value in values):
        yield f"its policy does not deny s3:TlsVersion below {_LEAST_TLS} on bucket and objects"


def _customer_key(bucket: Resource, around: Surroundings) -> Iterator[str]:
    algorithm, key = encryption(bucket)
    if receives_access_logs(bucket, around):
        return
    if not algorithm.startswith("aws:kms"):
        yield f"default encryption is {algorithm or 'not set'}, not aws:kms"
    elif not key or key.endswith("alias/aws/s3"):
        yield "default encryption names no customer key, so the account's AWS-managed key is used"


def _zone_key(bucket: Resource, around: Surroundings) -> Iterator[str]:
    alias, (_, key) = around.expected.zone_key(bucket.name), encryption(bucket)
    if alias is None or not key:
        return
    wanted, used = around.estate.find(alias, bucket), around.estate.find(key, bucket)
    if wanted is None:
        yield f"its zone's key {alias} is in no template"
    elif used is not wanted:
        name = f"{used.stack.name}/{used.logical_id}" if used else key
        yield f"it is encrypted under {name}, but its zone's key is {alias}"


def _lock(bucket: Resource, around: Surroundings) -> Iterator[str]:
    promised = around.expected.locks.get(bucket.name)
    if promised is None:
        return
    mode, days = default_lock(bucket)
    if mode != promised.mode or days < promised.days:
        has = f"{mode} for {days} days" if mode else "none"
        yield f"a contract asks for a lock ({promised.mode}, {promised.days} days); the bucket has {has}"


def default_lock(bucket: Resource) -> tuple[str, int]:
    """Mode and days of a bucket's default lock; ("", 0) without one."""
    configuration = bucket.properties.get("ObjectLockConfiguration", {})
    default = configuration.get("Rule", {}).get("DefaultRetention", {})
    days_a_year = 365
    days = int(default.get("Days", 0)) + int(default.get("Years", 0)) * days_a_year
    return str(default.get("Mode", "")), days


def _outlives_stack(resource: Resource, around: Surroundings) -> Iterator[str]:
    if not around.expected.protects(resource.stack):
        return
    allowed = (*_KEPT, "Snapshot") if resource.type in _SNAPSHOT_TYPES else _KEPT
    policies = {"DeletionPolicy": resource.deletion_policy, "UpdateReplacePolicy": resource.replace_policy}
    for name, value in policies.items():
        if value not in allowed:
            yield f"{name} is {value or 'not set'}; allowed here: {', '.join(allowed)}"


def _log_target_key(bucket: Resource, around: Surroundings) -> Iterator[str]:
    algorithm, _ = encryption(bucket)
    if receives_access_logs(bucket, around) and algorithm.startswith("aws:kms"):
        yield f"it receives access logs and is encrypted with {algorithm}"


def _log_target_lock(bucket: Resource, around: Surroundings) -> Iterator[str]:
    mode, days = default_lock(bucket)
    if receives_access_logs(bucket, around) and mode:
        yield f"it receives access logs and locks them by default ({mode}, {days} days)"


RULES = (
    Rule(
        id="DP-S3-TLS",
        title="A bucket refuses requests without TLS and with TLS below 1.2.",
        rationale="Signed requests over plain HTTP or old TLS can be read and replayed on the way.",
        fix="Set enforce_ssl=True and minimum_tls_version=1.2 on the bucket.",
        types=_BUCKET,
        check=_tls,
        standards=Standards(
            ism=("P7", "1552"),
            cpg_234=("54", "Attachment E 1(a)(b)(d)"),
            fsbp=("S3.5",),
            cis=("2.1.1",),
        ),
    ),
    Rule(
        id="DP-S3-KEY",
        title="A bucket is encrypted under a customer key.",
        rationale="Only a customer key has a policy: who may not use it cannot read, whatever else was granted.",
        fix="Set encryption=KMS with an encryption_key. Only a target of S3 access logs stays under SSE-S3.",
        types=_BUCKET,
        check=_customer_key,
        standards=Standards(ism=("459",), cpg_234=("52c",), fsbp=("S3.17",)),
    ),
    Rule(
        id="DP-S3-ZONE-KEY",
        title="A zone's bucket is encrypted under the key of its own domain.",
        rationale="Under another domain's key that domain's roles can decrypt it, and its deletion takes both.",
        fix="Pass the domain's own key as encryption_key; zone_keys of Expectations says which one that is.",
        types=_BUCKET,
        check=_zone_key,
        standards=Standards(ism=("459",), cpg_234=("36d", "52c", "Attachment E 1(a)(b)(d)"), fsbp=("S3.17",)),
    ),
    Rule(
        id="DP-S3-LOCK",
        title="A bucket has the lock that its contracts ask for.",
        rationale="A contract promised that nobody can change or delete what arrived; without the lock anybody may.",
        fix="Set object_lock_default_retention with the contract's mode and at least its days.",
        types=_BUCKET,
        check=_lock,
        standards=Standards(
            ism=("1511",), essential_eight=("Regular backups",), cpg_234=("44b",), fsbp=("S3.15",)
        ),
    ),
    Rule(
        id="DP-DATA-RETAIN",
        title="What holds data, keys or secrets outlives its stack where the environment is protected.",
        rationale="A deleted stack or a renamed construct would delete the only copy.",
        fix="Set removal_policy=RETAIN (databases may also SNAPSHOT).",
        types=_HOLDS_DATA,
        check=_outlives_stack,
        standards=Standards(
            ism=("1511", "P1"),
            essential_eight=("Regular backups",),
            cpg_234=("36l", "44b", "44c"),
            fsbp=("KMS.3", "RDS.8"),
        ),
    ),
    Rule(
        id="DP-S3-LOG-KMS",
        title="A bucket that receives S3 access logs is under S3-managed keys.",
        rationale="The service that delivers access logs has no right on a customer key: the log stops silently.",
        fix="Set encryption=S3_MANAGED on the target of access logs.",
        types=_BUCKET,
        check=_log_target_key,
        standards=Standards(ism=("1405", "P8"), cpg_234=("67", "Attachment C 7(h)"), fsbp=("S3.9",)),
    ),
    Rule(
        id="DP-S3-LOG-LOCK",
        title="A bucket that receives S3 access logs has no default lock.",
        rationale="S3 cannot deliver to a bucket with default retention: the log stops without an error.",
        fix="Take the default lock off the target; copy the logs to a locked bucket instead.",
        types=_BUCKET,
        check=_log_target_lock,
        standards=Standards(ism=("1405", "P8"), cpg_234=("67", "Attachment C 7(h)"), fsbp=("S3.9",)),
    ),
)
