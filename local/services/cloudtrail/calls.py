"""Notes every API call as it is answered, in a few microseconds; records are made of the notes in the background."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from local import gateway, hooks, identity

# Calls that CloudTrail counts as data events, which no trail of ours records (S3 objects are decided per trail).
_DATA_PLANE = {
    "dynamodb": (
        "BatchGetItem",
        "BatchWriteItem",
        "DeleteItem",
        "GetItem",
        "PutItem",
        "Query",
        "Scan",
        "TransactGetItems",
        "TransactWriteItems",
        "UpdateItem",
    ),
    "sqs": ("DeleteMessage", "DeleteMessageBatch", "ReceiveMessage", "SendMessage", "SendMessageBatch"),
    "sns": ("Publish", "PublishBatch"),
    "monitoring": ("GetMetricData", "GetMetricStatistics", "PutMetricData"),
    "logs": ("FilterLogEvents", "GetLogEvents", "PutLogEvents"),
    "events": ("PutEvents",),
    "lambda": ("Invoke",),
    "kinesis": ("GetRecords", "PutRecord", "PutRecords"),
}
_DATA_EVENTS = frozenset((service, name) for service, names in _DATA_PLANE.items() for name in names)
# Dropped before they are noted: no other service has calls of these names.
_DATA_NAMES = frozenset(
    name for service in ("dynamodb", "sqs", "logs", "events", "kinesis") for name in _DATA_PLANE[service]
)
_LARGEST_REQUEST = 65_536
_LARGEST_ANSWER = 16_384
_FAILED = 400
_PENDING_AT_MOST = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request and what was answered.

    Args:
        moment: When it was answered, in seconds since 1970.
        method: HTTP method.
        path: Path of the URL.
        headers: Request headers, names in small letters.
        query: Parsed query string.
        body: The request's body, where it describes the call; empty for the bytes of objects.
        request_id: The request's id.
        status: HTTP status of the answer.
        answered: Headers of the answer.
        answer: Body of the answer, where it tells something.
        account: The account that was called.
        region: The region that was called.
        source_ip: Address of the caller.
        access_key: Access key that signed the request; empty for nobody.
        tls: Version of TLS, or None on plain HTTP.
        internal: Whether a service of this server made the call.
        trails: ARNs of the trails that were logging when the call began.
    """

    moment: float
    method: str
    path: str
    headers: Any
    query: Any
    body: bytes
    request_id: str
    status: int
    answered: Any
    answer: bytes
    account: str
    region: str
    source_ip: str
    access_key: str
    tls: str | None
    internal: bool
    trails: tuple[str, ...]


pending: deque[Call] = deque(maxlen=_PENDING_AT_MOST)


def install() -> None:
    """Wrap the one function through which ministack dispatches requests."""
    from ministack import app

    from local.services.cloudtrail import recorder  # it makes records of what is noted here

    async def dispatch(  # noqa: PLR0917 - the signature of what it wraps
        method: str, path: str, headers: Any, body: bytes, query_params: Any, request_id: str
    ) -> Any:
        recorder.wake()
        trails = logging_trails()
        answer = await old(method, path, headers, body, query_params, request_id)
        if not path.startswith("/_"):
            _note(method, path, headers, body, query_params, request_id, answer, trails)
        return answer

    old = hooks.replace(
        app,
        "_dispatch_service_request",
        dispatch,
        parameters="method path headers body query_params request_id",
    )


def logging_trails() -> tuple[str, ...]:
    """The ARNs of the trails that are logging now."""
    from ministack.services import cloudtrail

    return tuple(
        trail["TrailARN"] for _, trail in list(cloudtrail._trails.all_items()) if trail.get("IsLogging")
    )


def _note(  # noqa: PLR0917 - the arguments of what it notes
    method: str,
    path: str,
    headers: Any,
    body: bytes,
    query: Any,
    request_id: str,
    answer: Any,
    trails: tuple[str, ...],
) -> None:
    from ministack.core import responses

    if headers.get("x-amz-target", "").rpartition(".")[2] in _DATA_NAMES:
        return
    status, answered, answer_body = answer
    of_object = _is_of_object(path, headers, query)
    says = isinstance(answer_body, bytes) and (status >= _FAILED or len(answer_body) <= _LARGEST_ANSWER)
    keeps_answer = says and (status >= _FAILED or not of_object)
    keeps_body = len(body) <= _LARGEST_REQUEST and (method == "POST" or not of_object)
    pending.append(
        Call(
            moment=time.time(),
            method=method,
            path=path,
            headers=headers,
            query=query,
            body=body if keeps_body else b"",
            request_id=request_id,
            status=status,
            answered=answered,
            answer=answer_body if keeps_answer else b"",
            account=responses.get_account_id(),
            region=responses.get_region(),
            source_ip=responses.get_request_client_ip(),
            access_key=identity.caller_key(),
            tls=gateway.tls_version(),
            internal=gateway.is_internal(),
            trails=trails,
        )
    )


def _is_of_object(path: str, headers: Any, query: Any) -> bool:
    """Whether a request is about an S3 object, whose bytes nobody needs to keep."""
    if "/" not in path.strip("/"):
        return False
    return "/s3/aws4_request" in headers.get("authorization", "") or "X-Amz-Credential" in (query or ())


def is_data_event(service: str, name: str) -> bool:
    """Whether CloudTrail calls it a data event that is not about an S3 object.

    Example:
        >>> is_data_event("dynamodb", "PutItem"), is_data_event("dynamodb", "CreateTable")
        (True, False)
    """
    return (service, name) in _DATA_EVENTS
