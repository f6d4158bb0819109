"""`AWS::S3::BucketPolicy` through S3: it needs its bucket, and Block Public Access may refuse it."""

from __future__ import annotations

import json
from typing import Any

_TYPE = "AWS::S3::BucketPolicy"
_OK_BELOW = 300

Properties = dict[str, Any]


def install() -> None:
    """Replace ministack's handlers, which write the policy without a look at the bucket."""
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS[_TYPE]
    handlers |= {"create": _create, "update": _update}


def _create(_: str, properties: Properties, __: str) -> tuple[str, Properties]:
    from ministack.core.iam_evaluator import validate_policy_document
    from ministack.services import s3

    from local.services.s3.bucket_resource import message_of

    bucket, document = properties["Bucket"], properties["PolicyDocument"]
    document = json.loads(document) if isinstance(document, str) else document
    problem = validate_policy_document(document)
    if problem:
        raise ValueError(f"Policy of {bucket}: {problem}")
    status, _headers, body = s3._put_bucket_policy(bucket, json.dumps(document).encode())
    if status >= _OK_BELOW:
        raise ValueError(f"Policy of {bucket}: {message_of(body)}")
    return f"{bucket}-policy", {}


def _update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> tuple[str, Properties]:
    from ministack.services import s3

    made = _create(physical_id, new, stack_name)
    if old.get("Bucket") != new.get("Bucket"):
        s3._bucket_policies.pop(old.get("Bucket"), None)
    return made
