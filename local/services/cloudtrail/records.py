"""Event records: what CloudTrail writes about one call.

Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
"""

from __future__ import annotations

import json
import time
import uuid
from typing import TYPE_CHECKING, Any

from local.services.cloudtrail import callers, names, parameters
from local.services.cloudtrail.calls import is_data_event

if TYPE_CHECKING:
    from local.services.cloudtrail.calls import Call

Record = dict[str, Any]
_FAILED = 400
_VERSION = "1.11"
_MANAGEMENT, _DATA = "Management", "Data"
_OBJECT_LISTS = frozenset({"ListObjects", "ListObjectVersions", "ListMultipartUploads", "DeleteObjects"})


def record_of(call: Call) -> Record | None:
    """The record of a call; None for what CloudTrail does not record.

    The caller must be in the call's account and region.
    """
    service = _service(call)
    name = _name(call, service)
    if not name or is_data_event(service, name):
        return None
    caller = callers.known_identity(call.access_key, account=call.account, internal=call.internal)
    read = names.is_read(name)
    if caller["type"] == "AWSService" and read:
        return None
    data = service == "s3" and _is_of_objects(call, name)
    record: Record = {
        "eventVersion": _VERSION,
        "userIdentity": caller,
        "eventTime": moment(call.moment),
        "eventSource": names.source(service),
        "eventName": name,
        "awsRegion": names.region_of(service, call.region),
        "sourceIPAddress": callers.address(caller, call.source_ip),
        "userAgent": caller.get("invokedBy") or call.headers.get("user-agent", ""),
        **_outcome(call, service, read=read),
        "requestParameters": parameters.of_request(call, service),
        "requestID": call.request_id,
        "eventID": str(uuid.uuid4()),
        "readOnly": read,
        "resources": _resources(call, service, data=data),
        "eventType": "AwsApiCall",
        "managementEvent": not data,
        "recipientAccountId": call.account,
        "eventCategory": _DATA if data else _MANAGEMENT,
    }
    if service in {"sts", "kms"}:
        record["sharedEventID"] = str(uuid.uuid4())
    if call.tls and not call.internal:
        record["tlsDetails"] = {
            "tlsVersion": f"TLSv{call.tls}",
            "clientProvidedHostHeader": call.headers.get("host", ""),
        }
    return record


def moment(seconds: float) -> str:
    """A time as records have it.

    Example:
        >>> moment(0)
        '1970-01-01T00:00:00Z'
    """
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def bucket_of(record: Record) -> str:
    """The bucket that an S3 event is about."""
    return str((record.get("requestParameters") or {}).get("bucketName", ""))


def as_text(record: Record) -> str:
    """A record as JSON, in one line."""
    return json.dumps(record, separators=(",", ":"), default=str)


def _service(call: Call) -> str:
    from ministack import app

    query = call.query or {}
    form = str(call.headers.get("content-type", "")).startswith("application/x-www-form-urlencoded")
    if form:
        query = app._routing_params(call.method, call.path, call.headers, call.body, query)
    return str(app.detect_service(call.method, call.path, call.headers, query))


def _name(call: Call, service: str) -> str:
    from ministack.core import iam_actions

    if service == "s3":
        bucket, key = parameters.bucket_and_key(call.path)
        return names.s3_name(call.method, key, call.query or {}, call.headers) if bucket else "ListBuckets"
    action = iam_actions.extract_iam_action(
        service, call.method, call.path, call.headers, call.body, call.query or {}
    )
    return str(action or "").partition(":")[2]


def _is_of_objects(call: Call, name: str) -> bool:
    return bool(parameters.bucket_and_key(call.path)[1]) or name in _OBJECT_LISTS


def _outcome(call: Call, service: str, *, read: bool) -> Record:
    if call.status < _FAILED:
        return {"responseElements": parameters.of_answer(call, service, read=read)}
    code, message = parameters.error_of(call)
    return {"errorCode": code, "errorMessage": message, "responseElements": None}


def _resources(call: Call, service: str, *, data: bool) -> list[Record]:
    if service != "s3":
        return []
    bucket, key = parameters.bucket_and_key(call.path)
    if not bucket:
        return []
    of_bucket = {"accountId": call.account, "type": "AWS::S3::Bucket", "ARN": f"arn:aws:s3:::{bucket}"}
    if not (data and key):
        return [of_bucket]
    return [{"type": "AWS::S3::Object", "ARN": f"arn:aws:s3:::{bucket}/{key}"}, of_bucket]
