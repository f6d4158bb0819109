"""`AWS::S3::Bucket` with all the properties that ministack drops, applied, changed and removed through S3."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local import hooks
from local.services.s3 import bucket_xml

if TYPE_CHECKING:
    from collections.abc import Callable

    Properties = dict[str, Any]
    Answer = tuple[int, dict[str, str], Any]

_TYPE = "AWS::S3::Bucket"
_OK_BELOW = 300
_ADDED = (
    ("BucketEncryption", bucket_xml.encryption, "encryption"),
    ("LifecycleConfiguration", bucket_xml.lifecycle, "lifecycle"),
    ("Tags", bucket_xml.tags, "tagging"),
    ("OwnershipControls", bucket_xml.ownership, "ownership_controls"),
    ("ReplicationConfiguration", bucket_xml.replication, "replication"),
)


def install() -> None:
    """Add the missing properties, and make the existing ones report S3's refusals."""
    from ministack.services import s3
    from ministack.services.cloudformation import provisioners

    stock = tuple(
        (name, to_xml, _checked(put), delete)
        for name, to_xml, put, delete in provisioners._S3_BUCKET_CONFIGURATIONS
    )
    added = tuple(
        (name, to_xml, _checked(getattr(s3, f"_put_bucket_{part}")), getattr(s3, f"_delete_bucket_{part}"))
        for name, to_xml, part in _ADDED
    )
    lock = (
        "ObjectLockConfiguration",
        bucket_xml.object_lock,
        _checked(s3._put_object_lock_configuration),
        _lock_without_rule,
    )
    hooks.replace(provisioners, "_S3_BUCKET_CONFIGURATIONS", (*stock, *added, lock))
    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    handlers |= {"create": _create, "update": _update, "delete": _delete}


def _create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Properties]:
    from ministack.services.cloudformation import provisioners

    _refuse_canned_acls(properties)
    wanted = _with_implied_versioning(properties)
    before = _names()
    try:
        name, attributes = provisioners._s3_create(logical_id, wanted, stack_name)
        _finish(name, wanted, {})
    except Exception:
        _undo(before)
        raise
    return str(name), attributes


def _update(name: str, old: Properties, new: Properties, stack_name: str) -> tuple[str, Properties]:
    from ministack.services import s3
    from ministack.services.cloudformation import provisioners

    if new.get("BucketName") not in (None, name) or name not in s3._buckets:
        return _create(new.get("BucketName") or name, new, stack_name)
    _refuse_canned_acls(new)
    _refuse_lock_changes(name, old, new)
    wanted = _with_implied_versioning(new)
    physical_id, attributes = provisioners._s3_update(name, old, wanted, stack_name)
    _finish(name, wanted, old)
    return str(physical_id), attributes


def _delete(name: str, _: Properties) -> None:
    """As AWS does: a bucket that holds objects or versions is not deleted, and the stack says so."""
    from ministack.services import s3

    if name not in s3._buckets:
        return
    status, _headers, body = s3._delete_bucket(name)
    if status >= _OK_BELOW:
        raise ValueError(
            f"{message_of(body)}: {name} still holds objects or versions. Empty it first, or retain it"
        )


def _finish(name: str, wanted: Properties, old: Properties) -> None:
    """What ministack's own handler does not cover: suspended versioning, the lock switch, access logging."""
    from ministack.services import s3

    status = (wanted.get("VersioningConfiguration") or {}).get("Status")
    if status == "Suspended" or (status is None and "VersioningConfiguration" in old):
        body = bucket_xml.document("VersioningConfiguration", bucket_xml.value("Status", "Suspended"))
        _checked(s3._put_bucket_versioning)(name, body)
    if _locked(wanted) and "ObjectLockConfiguration" not in wanted:
        _lock_without_rule(name)
    if "LoggingConfiguration" in wanted:
        s3._put_bucket_logging(name, bucket_xml.logging(wanted["LoggingConfiguration"], name))
    elif "LoggingConfiguration" in old:
        s3._bucket_logging_config.pop(name, None)


def _with_implied_versioning(properties: Properties) -> Properties:
    """Object Lock implies versioning, as CloudFormation does."""
    if not _locked(properties):
        return properties
    return {"VersioningConfiguration": {"Status": "Enabled"}} | properties


def _refuse_canned_acls(properties: Properties) -> None:
    """`Private` is what every bucket is; other ACLs have no place on a data platform and are not emulated."""
    given = properties.get("AccessControl", "Private")
    if given != "Private":
        raise ValueError(f"AccessControl {given} is not emulated; use a bucket policy")


def _refuse_lock_changes(name: str, old: Properties, new: Properties) -> None:
    if _locked(old) and not _locked(new):
        raise ValueError(f"Object Lock of {name} cannot be disabled once it is enabled")
    if _locked(new) and (new.get("VersioningConfiguration") or {}).get("Status") == "Suspended":
        raise ValueError(f"Versioning of {name} cannot be suspended: Object Lock is enabled on it")


def _locked(properties: Properties) -> bool:
    return str(properties.get("ObjectLockEnabled", False)).lower() == "true" or bool(
        properties.get("ObjectLockConfiguration")
    )


def _lock_without_rule(name: str) -> None:
    from ministack.services import s3

    _checked(s3._put_object_lock_configuration)(name, bucket_xml.object_lock({}))


def _checked(put: Callable[[str, bytes], Answer]) -> Callable[[str, bytes], None]:
    """A refusal of S3 must fail the resource; ministack's handler looks at no answer."""

    def checked(name: str, body: bytes) -> None:
        answer = put(name, body)
        if answer and answer[0] >= _OK_BELOW:
            raise ValueError(f"{put.__name__.removeprefix('_')} of {name}: {message_of(answer[2])}")

    return checked


def message_of(body: Any) -> str:
    """The text of an S3 error document."""
    text = body.decode() if isinstance(body, bytes) else str(body)
    found = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
    return found[1] if found else text


def _names() -> set[str]:
    from ministack.services import s3

    return set(s3._buckets)


def _undo(before: set[str]) -> None:
    """Remove the bucket of a create that failed half way: CloudFormation knows no id to roll back."""
    from ministack.services import s3

    for name in _names() - before:
        s3._delete_bucket(name)
