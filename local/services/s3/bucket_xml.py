"""CloudFormation's bucket properties as the XML documents of the S3 API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable

Properties = dict[str, Any]
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


def document(root: str, *parts: str) -> bytes:
    """A whole document.

    Example:
        >>> document("Tagging", "<TagSet></TagSet>")[:35]
        b'<Tagging xmlns="http://s3.amazonaws'
    """
    return f'<{root} xmlns="{_NAMESPACE}">{"".join(parts)}</{root}>'.encode()


def element(name: str, *parts: str) -> str:
    """An element around `parts`, which are XML already."""
    return f"<{name}>{''.join(parts)}</{name}>"


def value(name: str, given: Any) -> str:
    """An element with text, or nothing when there is none.

    Example:
        >>> value("Days", 3), value("Enabled", True), value("Days", None)
        ('<Days>3</Days>', '<Enabled>true</Enabled>', '')
    """
    if given is None:
        return ""
    text = str(given).lower() if isinstance(given, bool) else str(given)
    return element(name, escape(text))


def encryption(given: Properties) -> bytes:
    """`BucketEncryption`."""
    return document(
        "ServerSideEncryptionConfiguration",
        *map(_encryption_rule, _rules(given, "ServerSideEncryptionConfiguration")),
    )


def ownership(given: Properties) -> bytes:
    """`OwnershipControls`."""
    return document(
        "OwnershipControls",
        *(
            element("Rule", value("ObjectOwnership", rule["ObjectOwnership"]))
            for rule in _rules(given, "Rules")
        ),
    )


def tags(given: Iterable[Properties]) -> bytes:
    """`Tags`."""
    return document("Tagging", element("TagSet", *map(_tag, given)))


def object_lock(given: Properties) -> bytes:
    """`ObjectLockConfiguration`."""
    retention = (given.get("Rule") or {}).get("DefaultRetention") or {}
    rule = element(
        "Rule",
        element(
            "DefaultRetention", *(value(name, retention.get(name)) for name in ("Mode", "Days", "Years"))
        ),
    )
    return document(
        "ObjectLockConfiguration", value("ObjectLockEnabled", "Enabled"), rule if retention else ""
    )


def logging(given: Properties, bucket: str) -> bytes:
    """`LoggingConfiguration`; without a destination a bucket logs to itself."""
    key_format = given.get("TargetObjectKeyFormat") or {}
    partitioned = key_format.get("PartitionedPrefix")
    inner = ""
    if partitioned is not None:
        inner = element(
            "PartitionedPrefix", value("PartitionDateSource", partitioned.get("PartitionDateSource"))
        )
    elif "SimplePrefix" in key_format:
        inner = element("SimplePrefix")
    enabled = (
        value("TargetBucket", given.get("DestinationBucketName") or bucket),
        value("TargetPrefix", given.get("LogFilePrefix") or ""),
        element("TargetObjectKeyFormat", inner) if inner else "",
    )
    return document("BucketLoggingStatus", element("LoggingEnabled", *enabled))


def replication(given: Properties) -> bytes:
    """`ReplicationConfiguration`."""
    rules = (_replication_rule(rule) for rule in _rules(given, "Rules"))
    return document("ReplicationConfiguration", value("Role", given.get("Role")), *rules)


def lifecycle(given: Properties) -> bytes:
    """`LifecycleConfiguration`."""
    return document("LifecycleConfiguration", *map(_lifecycle_rule, _rules(given, "Rules")))


def _encryption_rule(rule: Properties) -> str:
    default = rule.get("ServerSideEncryptionByDefault") or {}
    return element(
        "Rule",
        element(
            "ApplyServerSideEncryptionByDefault",
            value("SSEAlgorithm", default.get("SSEAlgorithm")),
            value("KMSMasterKeyID", default.get("KMSMasterKeyID")),
        ),
        value("BucketKeyEnabled", _truth(rule.get("BucketKeyEnabled", False))),
    )


def _lifecycle_rule(rule: Properties) -> str:
    expiration = (
        value("Days", rule.get("ExpirationInDays")),
        value("Date", rule.get("ExpirationDate")),
        value("ExpiredObjectDeleteMarker", rule.get("ExpiredObjectDeleteMarker")),
    )
    incomplete = rule.get("AbortIncompleteMultipartUpload") or {}
    return element(
        "Rule",
        value("ID", rule.get("Id")),
        _filter(rule),
        value("Status", rule.get("Status", "Enabled")),
        *(_transition(t) for t in _several(rule, "Transitions", "Transition")),
        element("Expiration", *expiration) if any(expiration) else "",
        *(
            _noncurrent_transition(t)
            for t in _several(rule, "NoncurrentVersionTransitions", "NoncurrentVersionTransition")
        ),
        _noncurrent_expiration(rule),
        element(
            "AbortIncompleteMultipartUpload", value("DaysAfterInitiation", incomplete["DaysAfterInitiation"])
        )
        if incomplete
        else "",
    )


def _replication_rule(rule: Properties) -> str:
    destination = rule["Destination"]
    key = (destination.get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
    kms = ((rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects") or {}).get("Status")
    markers = (rule.get("DeleteMarkerReplication") or {}).get("Status")
    return element(
        "Rule",
        value("ID", rule.get("Id")),
        value("Priority", rule.get("Priority", 0)),
        value("Status", rule.get("Status", "Enabled")),
        element("Filter", value("Prefix", (rule.get("Filter") or {}).get("Prefix", ""))),
        element("SourceSelectionCriteria", element("SseKmsEncryptedObjects", value("Status", kms)))
        if kms
        else "",
        element("DeleteMarkerReplication", value("Status", markers or "Disabled")),
        element(
            "Destination",
            value("Bucket", destination["Bucket"]),
            element("EncryptionConfiguration", value("ReplicaKmsKeyID", key)) if key else "",
            value("StorageClass", destination.get("StorageClass")),
        ),
    )


def _filter(rule: Properties) -> str:
    wanted = [
        value("Prefix", rule.get("Prefix")),
        *map(_tag, rule.get("TagFilters") or []),
        value("ObjectSizeGreaterThan", rule.get("ObjectSizeGreaterThan")),
        value("ObjectSizeLessThan", rule.get("ObjectSizeLessThan")),
    ]
    wanted = [part for part in wanted if part]
    if not wanted:
        return element("Filter", element("Prefix"))
    return element("Filter", wanted[0] if len(wanted) == 1 else element("And", *wanted))


def _transition(given: Properties) -> str:
    return element(
        "Transition",
        value("Days", given.get("TransitionInDays")),
        value("Date", given.get("TransitionDate")),
        value("StorageClass", given["StorageClass"]),
    )


def _noncurrent_transition(given: Properties) -> str:
    return element(
        "NoncurrentVersionTransition",
        value("NoncurrentDays", given.get("TransitionInDays")),
        value("NewerNoncurrentVersions", given.get("NewerNoncurrentVersions")),
        value("StorageClass", given["StorageClass"]),
    )


def _noncurrent_expiration(rule: Properties) -> str:
    given = rule.get("NoncurrentVersionExpiration") or {}
    days = given.get("NoncurrentDays", rule.get("NoncurrentVersionExpirationInDays"))
    if days is None:
        return ""
    newer = value("NewerNoncurrentVersions", given.get("NewerNoncurrentVersions"))
    return element("NoncurrentVersionExpiration", value("NoncurrentDays", days), newer)


def _tag(given: Properties) -> str:
    return element("Tag", value("Key", given["Key"]), value("Value", given["Value"]))


def _rules(given: Properties, name: str) -> list[Properties]:
    return list(given.get(name) or [])


def _several(rule: Properties, plural: str, single: str) -> list[Properties]:
    return [*(rule.get(plural) or []), *([rule[single]] if rule.get(single) else [])]


def _truth(given: Any) -> bool:
    return str(given).lower() == "true"
