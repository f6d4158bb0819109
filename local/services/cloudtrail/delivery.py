"""Log files: what each trail took, written to its bucket in batches, and to its log group."""

from __future__ import annotations

import logging
import secrets
import time
from typing import TYPE_CHECKING, Any

from local import identity
from local.services.cloudtrail import digests, leave, store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.services.cloudtrail.records import Record

logger = logging.getLogger("local.cloudtrail")

PERIOD_SECONDS = 5.0
"""AWS delivers within about five minutes; a laptop user waits seconds."""
_KEPT_WHILE_REFUSED = 50_000
_LOG_EVENTS_A_CALL = 1_000
_KEPT_IN_LOG_STREAM = 1_000
Trail = dict[str, Any]
Place = tuple[str, str, str]
Written = tuple[str, str]

# Records as text, each with the time of its event.
_waiting: dict[Place, list[Written]] = {}
_for_logs: dict[Place, list[Written]] = {}
errors: dict[str, str] = {}
delivered: dict[str, float] = {}


def add(trail: Trail, record: Record, text: str, account: str) -> None:
    """A record, and the same as text, for a trail's next file."""
    place = (trail["TrailARN"], account, record["awsRegion"])
    for waiting in (_waiting, _for_logs) if trail.get("CloudWatchLogsLogGroupArn") else (_waiting,):
        kept = waiting.setdefault(place, [])
        kept.append((text, record["eventTime"]))
        del kept[:-_KEPT_WHILE_REFUSED]


def write_files(now: float) -> None:
    """Write what waits, then the digests that are due. Call it on the event loop."""
    for place in [place for place, records in _waiting.items() if records]:
        _attempt(place, lambda trail, account, region: _write(trail, account, region, now))
    for place in digests.due(now):
        _attempt(place, lambda trail, account, region: digests.write(trail, account, region, now))


def write_logs() -> None:
    """Send what waits to the trails' log groups, as each trail's role. Call it off the event loop."""
    from ministack.core.responses import request_scope

    for place in [place for place, records in _for_logs.items() if records]:
        arn, account, region = place
        records, _for_logs[place] = _for_logs[place], []
        trail = find(arn)
        if trail is None:
            continue
        with request_scope(account, arn.split(":")[3]):
            try:
                _log(trail, f"{account}_CloudTrail_{region}", records)
            except Exception as error:
                logger.warning("Trail %s cannot write to its log group: %s", arn, error)


def find(arn: str) -> Trail | None:
    """The trail of an ARN."""
    from ministack.services import cloudtrail

    return next((trail for _, trail in cloudtrail._trails.all_items() if trail["TrailARN"] == arn), None)


def save() -> dict[str, Any]:
    """What a restart must know: records that wait, and the digests."""
    return {"waiting": {place: list(r) for place, r in _waiting.items()}, "digests": digests.save()}


def load(saved: dict[str, Any]) -> None:
    """Continue as before a restart."""
    _waiting.update(saved["waiting"])
    digests.load(saved["digests"])


def _attempt(place: Place, write: Any) -> None:
    from ministack.core.responses import request_scope

    arn, account, region = place
    trail = find(arn)
    if trail is None:  # deleted: nobody knows where to any more
        _waiting.pop(place, None)
        digests._chains.pop(place, None)
        return
    with request_scope(account, arn.split(":")[3]):
        try:
            leave.require(trail, account=account)
            write(trail, account, region)
        except (leave.NoLeave, store.NotStored) as error:
            errors[arn] = getattr(error, "code", "AccessDenied")
            logger.warning("Trail %s cannot deliver: %s", arn, error)
        else:
            errors.pop(arn, None)
            delivered[arn] = time.time()


def _write(trail: Trail, account: str, region: str, now: float) -> None:
    place = (trail["TrailARN"], account, region)
    records = list(_waiting[place])
    text = ('{"Records":[' + ",".join(text for text, _ in records) + "]}").encode()
    for_day = time.strftime("%Y/%m/%d", time.gmtime(now))
    minute = time.strftime("%Y%m%dT%H%MZ", time.gmtime(now))
    key = (
        f"{leave.log_prefix(trail, account)}CloudTrail/{region}/{for_day}/"
        f"{account}_CloudTrail_{region}_{minute}_{secrets.token_hex(8)}.json.gz"
    )
    store.put(trail, key, text)
    times = [time_of_event for _, time_of_event in records]
    digests.add_file(trail, account, region, key=key, text=text, times=times)
    del _waiting[place][: len(records)]


def _log(trail: Trail, stream: str, records: list[Written]) -> None:
    from ministack.services import cloudwatch_logs

    group = trail["CloudWatchLogsLogGroupArn"].split(":log-group:", 1)[1].removesuffix(":*")
    session = identity.session_for_role(
        trail["CloudWatchLogsRoleArn"],
        service_principal=leave.SERVICE,
        session_name="CloudTrail",
        source_arn=trail["TrailARN"],
    )
    client = identity.client(session, "logs")
    if stream not in (cloudwatch_logs._log_groups.get(group) or {"streams": {}})["streams"]:
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    for batch in _batches(records):
        events = [{"timestamp": now, "message": text} for text, _ in batch]
        client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    # Metric filters have seen them; the trail's files are the record. A laptop keeps the newest.
    kept = cloudwatch_logs._log_groups[group]["streams"][stream]["events"]
    del kept[:-_KEPT_IN_LOG_STREAM]


def _batches(records: list[Written]) -> Iterator[list[Written]]:
    for start in range(0, len(records), _LOG_EVENTS_A_CALL):
        yield records[start : start + _LOG_EVENTS_A_CALL]
