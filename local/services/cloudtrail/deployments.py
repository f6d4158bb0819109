"""What CloudFormation does by itself in this server's memory, recorded as the call that it is in AWS."""

from __future__ import annotations

import time
import uuid
from typing import Any

from local import identity
from local.services.cloudtrail.calls import logging_trails
from local.services.cloudtrail.parameters import camel
from local.services.cloudtrail.recorder import take
from local.services.cloudtrail.records import moment

CLOUDFORMATION = "cloudformation.amazonaws.com"


def record_deployment(service: str, name: str, request: dict[str, Any]) -> None:
    """Record a change that a stack made.

    Args:
        service: The service that was changed, such as `lakeformation`.
        name: The operation, such as `GrantPermissions`.
        request: Its parameters, as the API names them.
    """
    account = identity.account_id()
    record = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": CLOUDFORMATION},
        "eventTime": moment(time.time()),
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": identity.region(),
        "sourceIPAddress": CLOUDFORMATION,
        "userAgent": CLOUDFORMATION,
        "requestParameters": camel(request),
        "responseElements": None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": False,
        "resources": [],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "eventCategory": "Management",
    }
    take(record, account, logging_trails())
