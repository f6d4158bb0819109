"""Condition keys of S3 requests that ministack does not supply: TLS version, key, storage class, lock."""

from __future__ import annotations

from typing import Any

from local import gateway, hooks

_FROM_HEADERS = {
    "x-amz-server-side-encryption-aws-kms-key-id": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-storage-class": "s3:x-amz-storage-class",
    "x-amz-object-lock-mode": "s3:object-lock-mode",
    "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
    "x-amz-object-lock-legal-hold": "s3:object-lock-legal-hold",
    "x-amz-copy-source": "s3:x-amz-copy-source",
    "x-amz-metadata-directive": "s3:x-amz-metadata-directive",
}


def install() -> None:
    """Wrap the function from which ministack takes the condition keys of an S3 request."""
    from ministack.core import iam_actions

    old = hooks.replace(
        iam_actions, "s3_service_context", None, parameters="iam_action query_params path headers"
    )

    def s3_service_context(
        iam_action: str, query_params: Any, path: str = "", headers: Any = None
    ) -> dict[str, Any]:
        found = dict(old(iam_action, query_params, path, headers))
        if gateway.tls_version() is not None:
            found["s3:TlsVersion"] = gateway.tls_version()
        if iam_action == "s3:PutObject":
            found |= _of_write(query_params or {}, headers or {})
        return found

    iam_actions.s3_service_context = s3_service_context


def _of_write(query_params: dict[str, Any], headers: dict[str, str]) -> dict[str, str]:
    """A part and the completion of an upload carry no headers: its creation decided."""
    from ministack.services import s3

    upload = s3._multipart_uploads.get(s3._qp(query_params, "uploadId"))
    given = (upload.get("preserved_headers") or {}) if upload and upload.get("requested_sse") else headers
    return {key: given[header] for header, key in _FROM_HEADERS.items() if given.get(header)}
