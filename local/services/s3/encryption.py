"""SSE-KMS as AWS enforces it: the caller needs the key, the key must be usable, defaults are applied.

ministack keeps encryption as headers only. Here a write needs `kms:GenerateDataKey` and a read `kms:Decrypt`
on the object's key, for the caller, by identity and key policy, with the condition keys that S3 sends to KMS.
"""

from __future__ import annotations

import contextvars
from typing import Any
from xml.etree import ElementTree as ET  # only documents that this server stored

from local import hooks, identity

ALGORITHM = "x-amz-server-side-encryption"
KEY_ID = "x-amz-server-side-encryption-aws-kms-key-id"
BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"

Answer = tuple[int, dict[str, str], Any]
Headers = dict[str, str]

# HEAD answers from metadata: it needs no key. The gate of reads does not know the method, so we note it.
_head: contextvars.ContextVar[bool] = contextvars.ContextVar("local_s3_head", default=False)
_read_from: contextvars.ContextVar[str] = contextvars.ContextVar("local_s3_read_from", default="")
_bucket: contextvars.ContextVar[str] = contextvars.ContextVar("local_s3_bucket", default="")


def install() -> None:
    """Wrap ministack's gates of S3 writes, reads, copies and completed uploads."""
    from ministack.services import s3

    write = hooks.replace(s3, "_resolve_sse_write_headers", None, parameters="headers bucket_name")
    read = hooks.replace(s3, "_check_sse_read_headers", None, parameters="headers obj")
    source = hooks.replace(s3, "_check_sse_c_copy_source", None, parameters="headers src_obj")
    head = hooks.replace(s3, "_head_object", None, parameters="bucket_name key headers query_params")
    get = hooks.replace(s3, "_get_object", None, parameters="bucket_name key headers query_params")
    complete = hooks.replace(
        s3, "_complete_multipart_upload", None, parameters="bucket_name key body query_params headers"
    )

    def on_write(headers: Headers, bucket_name: str) -> tuple[Headers | None, Answer | None]:
        applied, refused = write(_named_key(headers), bucket_name)
        if refused is not None or applied is None:
            return applied, refused
        applied = _completed(applied, headers, bucket_name)
        denied = _refusal(applied, "GenerateDataKey", bucket_name)
        return (None, denied) if denied else (applied, None)

    def on_read(headers: Headers, obj: dict[str, Any]) -> Answer | None:
        refused: Answer | None = read(headers, obj)
        return refused or (None if _head.get() else _refusal(_stored(obj), "Decrypt", _read_from.get()))

    def on_copy_source(headers: Headers, src_obj: dict[str, Any]) -> Answer | None:
        refused: Answer | None = source(headers, src_obj)
        return refused or _refusal(_stored(src_obj), "Decrypt")

    def on_head(*arguments: Any, **named: Any) -> Answer:
        token = _head.set(True)
        try:
            answer: Answer = head(*arguments, **named)
        finally:
            _head.reset(token)
        return answer

    def on_get(bucket_name: str, *arguments: Any, **named: Any) -> Answer:
        token = _read_from.set(bucket_name)
        try:
            answer: Answer = get(bucket_name, *arguments, **named)
        finally:
            _read_from.reset(token)
        return answer

    def on_complete(
        bucket_name: str, key: str, body: bytes, query_params: Any, headers: Any = None
    ) -> Answer:
        upload = s3._multipart_uploads.get(s3._qp(query_params, "uploadId")) or {}
        refused = _refusal(_stored(upload), "Decrypt", bucket_name)
        answer: Answer = refused or complete(bucket_name, key, body, query_params, headers)
        return answer

    s3._resolve_sse_write_headers = on_write
    s3._check_sse_read_headers = on_read
    s3._check_sse_c_copy_source = on_copy_source
    s3._head_object = on_head
    s3._get_object = on_get
    s3._complete_multipart_upload = on_complete
    s3._SSE_STORED_HEADERS = (*s3._SSE_STORED_HEADERS, BUCKET_KEY)


def _named_key(headers: Headers) -> Headers:
    """`aws:kms` without a key means the account's `aws/s3` key, as in AWS; ministack would refuse it."""
    if headers.get(ALGORITHM) == "aws:kms" and not headers.get(KEY_ID):
        return {**headers, KEY_ID: _aws_managed_key()}
    return headers


def _completed(applied: Headers, headers: Headers, bucket_name: str) -> Headers:
    """The key as an ARN and the bucket key, as S3 reports them; without any default, SSE-S3."""
    if not applied.get(ALGORITHM):
        customer_key = any("customer" in name for name in applied)
        return applied if customer_key else {**applied, ALGORITHM: "AES256"}
    if applied[ALGORITHM] != "aws:kms":
        return applied
    record = _key_record(applied.get(KEY_ID, ""))
    named = {**applied, KEY_ID: record["Arn"] if record else applied.get(KEY_ID) or _aws_managed_key()}
    asked = headers.get(BUCKET_KEY)
    if (asked or "").lower() == "true" or (asked is None and _has_bucket_key(bucket_name)):
        named[BUCKET_KEY] = "true"
    return named


def _refusal(stored: Headers, operation: str, bucket_name: str = "") -> Answer | None:
    """S3's answer when the caller may not use the key or the key cannot be used; None when it may."""
    from ministack.services import s3

    key = stored.get(KEY_ID, "")
    if stored.get(ALGORITHM) != "aws:kms" or not key or key == _aws_managed_key():
        return None
    record = _key_record(key)
    unusable = _unusable(key, record)
    if unusable or record is None:
        code, message = unusable or ("KMS.NotFoundException", f"Key '{key}' does not exist")
        answer: Answer = s3._error(code, message, 400)
        return answer
    denied = _denied(operation, record["Arn"], stored, bucket_name)
    return s3._error("AccessDenied", denied, 403) if denied else None


def _unusable(key: str, record: dict[str, Any] | None) -> tuple[str, str] | None:
    if record is None:
        return "KMS.NotFoundException", f"Key '{key}' does not exist"
    if record["KeyState"] == "Disabled":
        return "KMS.DisabledException", f"{record['Arn']} is disabled."
    if record["KeyState"] != "Enabled":
        return "KMS.KMSInvalidStateException", f"{record['Arn']} is pending deletion."
    return None


def _denied(operation: str, key_arn: str, stored: Headers, bucket_name: str) -> str | None:
    """Why the caller may not, in AWS's words; None when it may or when nothing is enforced."""
    from ministack import app
    from ministack.core import iam_evaluator

    caller = identity._caller.get()
    if not app.AUTH or _acts_itself():
        return None
    action = f"kms:{operation}"
    if not caller:
        return f"Anonymous users are not authorized to perform: {action} on resource: {key_arn}"
    context = {
        "kms:ViaService": f"s3.{identity.region()}.amazonaws.com",
        "kms:CallerAccount": identity.account_id(),
        "aws:ViaAWSService": "true",
    }
    if bucket_name and stored.get(BUCKET_KEY) == "true":
        context["kms:EncryptionContext:aws:s3:arn"] = f"arn:aws:s3:::{bucket_name}"
    result = iam_evaluator.enforce(
        caller, action, "kms", identity.region(), resource_arn=key_arn, service_context=context
    )
    if result is None:
        return None
    if isinstance(result, iam_evaluator.AuthError):
        return str(result.message)
    return f"User: {result.principal_arn} is not authorized to perform: {action} on resource: {key_arn}"


def _acts_itself() -> bool:
    """Whether no request is being served: the server's own work (access logs) needs no key policy."""
    return _own_work.get()


_own_work: contextvars.ContextVar[bool] = contextvars.ContextVar("local_s3_own_work", default=False)


def _stored(record: dict[str, Any]) -> Headers:
    return dict(record.get("preserved_headers") or {})


def _key_record(key: str) -> dict[str, Any] | None:
    from ministack.services import kms

    record: dict[str, Any] | None = kms._resolve_key(key)
    return record


def _aws_managed_key() -> str:
    return f"arn:aws:kms:{identity.region()}:{identity.account_id()}:alias/aws/s3"


def _has_bucket_key(bucket_name: str) -> bool:
    from ministack.services import s3

    document = s3._bucket_encryption.get(bucket_name)
    if not document:
        return False
    tags = ET.fromstring(document).iter()  # noqa: S314 - stored by this server
    return any(tag.tag.endswith("BucketKeyEnabled") and (tag.text or "").lower() == "true" for tag in tags)
