"""Server access logs: real log objects in the target bucket, under its policy, as S3 delivers them."""

from __future__ import annotations

import asyncio
import contextvars
import datetime as dt
import logging
import re
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from local import gateway, hooks, identity
from local.services.s3 import encryption

logger = logging.getLogger("local.s3.access_logs")

DELIVERY_SECONDS = 5.0
"""AWS delivers within hours; a laptop user waits seconds."""
_SERVICE = "logging.s3.amazonaws.com"
_pending: dict[tuple[str, str, str], list[str]] = {}


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where a bucket's log goes."""

    bucket: str
    prefix: str
    partitioned: bool


def install() -> None:
    """Note every S3 request on a bucket with logging; deliver in batches."""
    from ministack.services import s3

    old = hooks.replace(s3, "handle_request", None)

    async def handle_request(
        method: str, path: str, headers: Any, body: Any, query_params: Any, **named: Any
    ) -> Any:
        answer = await old(method, path, headers, body, query_params, **named)
        try:
            bucket, key = s3._parse_bucket_key(path, headers)
            _note(
                _Request(
                    bucket=bucket,
                    key=key,
                    method=method,
                    path=path,
                    headers=headers,
                    query_params=query_params,
                    answer=answer,
                )
            )
        except Exception:
            logger.exception("An access log line was lost")
        return answer

    s3.handle_request = handle_request


def target_of(document: str | None) -> Target | None:
    """The target that a bucket's logging document names.

    Example:
        >>> target_of("<TargetBucket>logs</TargetBucket><TargetPrefix>a/</TargetPrefix>")
        Target(bucket='logs', prefix='a/', partitioned=False)
    """
    bucket = re.search(r"<(?:\w+:)?TargetBucket>([^<]+)<", document or "")
    if bucket is None:
        return None
    prefix = re.search(r"<(?:\w+:)?TargetPrefix>([^<]*)<", document or "")
    return Target(
        bucket=bucket[1],
        prefix=prefix[1] if prefix else "",
        partitioned="PartitionedPrefix" in (document or ""),
    )


@dataclass(frozen=True, kw_only=True)
class _Request:
    """An S3 request and its answer."""

    bucket: str
    key: str
    method: str
    path: str
    headers: Any
    query_params: Any
    answer: Any


def _note(request: _Request) -> None:
    from ministack.services import s3

    if target_of(s3._bucket_logging_config.get(request.bucket)) is None:
        return
    source = (identity.account_id(), identity.region(), request.bucket)
    if source not in _pending:
        _pending[source] = []
        loop = asyncio.get_running_loop()
        loop.call_later(DELIVERY_SECONDS, _deliver, source, context=contextvars.copy_context())
    _pending[source].append(_line(request))


def _line(request: _Request) -> str:
    """One line of the server access log format, with `-` where the emulator knows nothing."""
    from ministack.core import iam_evaluator, responses
    from ministack.services import s3

    status, answered, _ = request.answer
    query = f"?{urlencode(request.query_params, doseq=True)}" if request.query_params else ""
    fields = (
        identity.account_id(),
        request.bucket,
        dt.datetime.now(dt.UTC).strftime("[%d/%b/%Y:%H:%M:%S +0000]"),
        responses.get_request_client_ip(),
        iam_evaluator.caller_arn(),
        answered.get("x-amz-request-id", "-"),
        f"REST.{request.method}.{'OBJECT' if request.key else 'BUCKET'}",
        request.key or "-",
        f'"{request.method} {request.path}{query} HTTP/1.1"',
        str(status),
        _error_code(request.answer),
        str(answered.get("Content-Length", "-")),
        *("-", "-", "-", '"-"'),
        f'"{request.headers.get("user-agent", "-")}"',
        s3._qp(request.query_params or {}, "versionId") or "-",
        answered.get("x-amz-id-2", "-"),
        *("SigV4", "-", "AuthHeader"),
        request.headers.get("host", "-"),
        f"TLSv{gateway.tls_version()}" if gateway.tls_version() else "-",
        *("-", "-"),
    )
    return " ".join(fields)


def _error_code(answer: Any) -> str:
    found = re.search(rb"<Code>(\w+)</Code>", answer[2]) if isinstance(answer[2], bytes) else None
    return found[1].decode() if found else "-"


def _deliver(source: tuple[str, str, str]) -> None:
    from ministack.core.responses import request_scope
    from ministack.services import s3

    lines = _pending.pop(source, [])
    account, region, bucket = source
    with request_scope(account, region):
        target = target_of(s3._bucket_logging_config.get(bucket))
        if not lines or target is None:
            return
        key = _key(target, source)
        if not _may_deliver(target.bucket, key, source):
            logger.warning("%s does not let %s write access logs of %s", target.bucket, _SERVICE, bucket)
            return
        token = encryption._own_work.set(True)
        try:
            s3._put_object(
                target.bucket, key, "\n".join([*lines, ""]).encode(), {"content-type": "text/plain"}
            )
        finally:
            encryption._own_work.reset(token)


def _key(target: Target, source: tuple[str, str, str]) -> str:
    now = dt.datetime.now(dt.UTC)
    name = f"{now:%Y-%m-%d-%H-%M-%S}-{uuid.uuid4().hex[:16].upper()}"
    return (
        f"{target.prefix}{'/'.join(source)}/{now:%Y/%m/%d}/{name}"
        if target.partitioned
        else f"{target.prefix}{name}"
    )


def _may_deliver(bucket: str, key: str, source: tuple[str, str, str]) -> bool:
    """Whether the target's bucket policy lets the log delivery service in, as AWS requires."""
    from ministack import app
    from ministack.core import iam_evaluator
    from ministack.services import s3

    if bucket not in s3._buckets:
        return False
    if not app.AUTH:
        return True
    account, region, from_bucket = source
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::aws:service/{_SERVICE}",
        principal_type="Service",
        principal_account=account,
        action="s3:PutObject",
        resource_arn=f"arn:aws:s3:::{bucket}/{key}",
        region=region,
        secure_transport=True,
        service_context={
            "aws:sourceaccount": account,
            "aws:sourcearn": f"arn:aws:s3:::{from_bucket}",
            "aws:principalisawsservice": "true",
            "aws:principalservicename": _SERVICE,
            "s3:tlsversion": "1.3",
        },
    )
    found = iam_evaluator.evaluate_resource_policy(s3._bucket_policies.get(bucket), context, service=_SERVICE)
    return bool(found.decision == "Allow")
