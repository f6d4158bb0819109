"""Events "Athena Query State Change" on the default bus.

Source: https://docs.aws.amazon.com/athena/latest/ug/athena-events.html
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from local import identity

DETAIL_TYPE = "Athena Query State Change"


def announce(record: dict[str, Any], before: str) -> None:
    """Publish the state of a query execution, when a rule is about such events.

    Args:
        record: The execution, as GetQueryExecution returns it.
        before: The state that it left.
    """
    from ministack.services import eventbridge

    if not any(DETAIL_TYPE in (rule.get("EventPattern") or "") for rule in list(eventbridge._rules.values())):
        return
    detail = {
        "versionId": "0",
        "currentState": record["Status"]["State"],
        "previousState": before,
        "statementType": record["StatementType"],
        "queryExecutionId": record["QueryExecutionId"],
        "workgroupName": record["WorkGroup"],
        "sequenceNumber": "3",
    }
    eventbridge._dispatch_event(
        {
            "EventId": str(uuid.uuid4()),
            "Source": "aws.athena",
            "DetailType": DETAIL_TYPE,
            "Detail": json.dumps(detail),
            "EventBusName": "default",
            "Time": int(time.time()),
            "Resources": [],
            "Account": identity.account_id(),
            "Region": identity.region(),
        }
    )
