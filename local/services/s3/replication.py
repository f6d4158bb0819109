"""Replication within the region: a copy is made by the rule's role, under the rule's key and the target's lock.

ministack copies the object; it leaves out the role's rights, the replica's key and the target's default lock.
"""

from __future__ import annotations

from typing import Any

from local import hooks, identity
from local.services.s3.encryption import ALGORITHM, KEY_ID

_SERVICE = "s3.amazonaws.com"
_KMS = "aws:kms"


def install() -> None:
    """Wrap the function that writes a replica."""
    from ministack.services import s3

    def replicate(
        bucket_name: str, key: str, obj: dict[str, Any], data: Any, tags: dict[str, str] | None = None
    ) -> None:
        rule, role = s3._replication_rule_for(bucket_name, key, tags)
        if rule is None or _is_replica(obj) or not _selected(rule, obj):
            return
        target = str((rule.get("Destination") or {}).get("Bucket", "")).rsplit(":::", 1)[-1]
        if not _may(role, target, key):
            obj["replication_status"] = "FAILED"
            return
        old(bucket_name, key, obj, data, tags)
        if obj.get("replication_status") == "COMPLETED":
            _finish(target, key, rule, obj["_replica"][1])

    old = hooks.replace(s3, "_maybe_replicate", replicate, parameters="bucket_name key obj data tags")


def _is_replica(obj: dict[str, Any]) -> bool:
    return bool(obj.get("replication_status") == "REPLICA")


def _selected(rule: dict[str, Any], obj: dict[str, Any]) -> bool:
    """An object under a KMS key is copied only when the rule says so."""
    if (obj.get("preserved_headers") or {}).get(ALGORITHM) != _KMS:
        return True
    chosen = (rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects") or {}
    return bool(chosen.get("Status") == "Enabled")


def _may(role: str, target: str, key: str) -> bool:
    """Whether S3 may take the role and the role may write replicas there."""
    from ministack import app
    from ministack.core import iam_evaluator

    if not app.AUTH:
        return True
    try:
        session = identity.session_for_role(role, service_principal=_SERVICE, session_name="s3-replication")
    except identity.AccessDenied:
        return False
    credentials = session.get_credentials()
    denied = iam_evaluator.enforce(
        credentials.access_key if credentials else "",
        "s3:ReplicateObject",
        "s3",
        identity.region(),
        resource_arn=f"arn:aws:s3:::{target}/{key}",
        service_context={},
    )
    return denied is None


def _finish(target: str, key: str, rule: dict[str, Any], version: str | None) -> None:
    """Put the replica under the rule's key and the target's lock."""
    from ministack.services import s3

    named = ((rule.get("Destination") or {}).get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
    if named:
        headers = {ALGORITHM: _KMS, KEY_ID: named}
        stored = [s3._buckets[target]["objects"].get(key)]
        stored += [v for v in s3._object_versions.get((target, key), []) if v["version_id"] == version]
        for record in stored:
            if record is not None:
                record["preserved_headers"] = {**(record.get("preserved_headers") or {}), **headers}
    s3._apply_object_lock_from_headers(target, key, {}, version)
    if s3.S3_PERSIST:
        s3._persist_object(target, key, s3._buckets[target]["objects"][key])
