"""GetDataAccess: what Lake Formation records when an engine reads a table for somebody.

Source: https://docs.aws.amazon.com/lake-formation/latest/dg/logging-using-cloudtrail.html
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from local import identity
from local.services.cloudtrail import callers
from local.services.cloudtrail.calls import logging_trails
from local.services.cloudtrail.recorder import take
from local.services.cloudtrail.records import moment

if TYPE_CHECKING:
    from collections.abc import Iterable

    import boto3


def record_access(
    session: boto3.Session,
    *,
    database: str,
    table: str,
    permissions: Iterable[str],
    query_id: str,
    refusal: str = "",
) -> None:
    """Record that Athena asked Lake Formation for a table in the name of a session.

    Args:
        session: The caller of the query.
        database: Name of the database.
        table: Name of the table.
        permissions: What the statement needs: SELECT, INSERT ...
        query_id: Id of the query.
        refusal: Why Lake Formation refused; empty when it granted.
    """
    credentials = session.get_credentials()
    account, region = identity.account_id(), identity.region()
    key = credentials.access_key if credentials else ""
    caller = callers.user_identity(key, account=account, internal=False)
    caller["invokedBy"] = callers.ATHENA
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": caller,
        "eventTime": moment(time.time()),
        "eventSource": "lakeformation.amazonaws.com",
        "eventName": "GetDataAccess",
        "awsRegion": region,
        "sourceIPAddress": callers.ATHENA,
        "userAgent": callers.ATHENA,
        **({"errorCode": "AccessDenied", "errorMessage": refusal} if refusal else {}),
        "requestParameters": {
            "tableArn": f"arn:aws:glue:{region}:{account}:table/{database}/{table}",
            "permissions": sorted(permissions),
            # Athena writes no JSON here.
            "auditContext": {"additionalAuditContext": f"{{queryId: {query_id}}}"},
            "cellLevelSecurityEnforced": True,
        },
        "responseElements": None,
        "additionalEventData": {
            "requesterService": "ATHENA",
            "LakeFormationTrustedCallerInvocation": "true",
            "lakeFormationPrincipal": _principal(caller),
            "lakeFormationRoleSessionName": f"AWSLF-00-AT-{account}-{query_id[:8]}",
        },
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": True,
        "resources": [],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": account,
        "sharedEventID": str(uuid.uuid4()),
        "eventCategory": "Management",
    }
    take(record, account, logging_trails())


def _principal(caller: dict[str, Any]) -> str:
    issuer = (caller.get("sessionContext") or {}).get("sessionIssuer") or {}
    return str(issuer.get("arn") or caller.get("arn", ""))
