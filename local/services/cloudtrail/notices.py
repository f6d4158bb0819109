"""Events "AWS API Call via CloudTrail" on the default bus, for calls that a trail took and that change something."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.services.cloudtrail.records import Record

DETAIL_TYPE = "AWS API Call via CloudTrail"


def send(record: Record, account: str) -> None:
    """Publish a record in its account and region, when a rule might match it.

    Calls that only read are left out, as AWS does for rules that do not ask for them. A call of a global
    service such as IAM is published in us-east-1, where alone AWS publishes it.
    """
    from ministack.core.responses import request_scope
    from ministack.services import eventbridge

    if record["readOnly"]:
        return
    with request_scope(account, record["awsRegion"]):
        patterns = [rule.get("EventPattern") for rule in list(eventbridge._rules.values())]
        if not any(pattern and _might_match(pattern, record["eventName"]) for pattern in patterns):
            return
        eventbridge._dispatch_event(_event(record, account))


@lru_cache(maxsize=512)
def _might_match(pattern: str, name: str) -> bool:
    """Whether a rule's pattern is about CloudTrail and does not exclude a name by listing others.

    Example:
        >>> wanted = '{"detail-type": ["AWS API Call via CloudTrail"], "detail": {"eventName": ["StopLogging"]}}'
        >>> _might_match(wanted, "StopLogging"), _might_match(wanted, "PutObject"), _might_match("{}", "PutObject")
        (True, False, False)
    """
    if DETAIL_TYPE not in pattern:
        return False
    try:
        listed = (json.loads(pattern).get("detail") or {}).get("eventName")
    except ValueError:
        return False
    texts = [value for value in listed or [] if isinstance(value, str)]
    return not listed or len(texts) < len(listed) or name in texts


def _event(record: Record, account: str) -> dict[str, Any]:
    service = str(record["eventSource"]).removesuffix(".amazonaws.com")
    return {
        "EventId": str(uuid.uuid4()),
        "Source": f"aws.{service}",
        "DetailType": DETAIL_TYPE,
        "Detail": json.dumps(record, default=str),
        "EventBusName": "default",
        "Time": epoch(record["eventTime"]),
        "Resources": [],
        "Account": account,
        "Region": record["awsRegion"],
    }


@lru_cache(maxsize=64)
def epoch(text: str) -> int:
    """Seconds since 1970 of an event's time; the events of a second share one answer.

    Example:
        >>> epoch("1970-01-01T00:01:00Z")
        60
    """
    return int(dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=dt.UTC).timestamp())
