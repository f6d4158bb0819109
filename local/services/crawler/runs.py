"""Starting and stopping crawls; they run in the background as the crawler's role."""

from __future__ import annotations

import contextlib
import contextvars
import logging
import threading
import time
import uuid
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.services import glue

from local import identity, persistence
from local.services.crawler import history
from local.services.crawler.crawl import Stopped, crawl
from local.services.crawler.records import role_arn
from local.services.crawler.stored import required
from local.services.refusal import Refusal

if TYPE_CHECKING:
    import boto3

Request = dict[str, Any]
_log = logging.getLogger(__name__)
_SERVICE = "glue.amazonaws.com"
LOG_GROUP = "/aws-glue/crawlers"


def start(request: Request) -> None:
    """StartCrawler: answers at once, the crawl goes on in the background.

    Raises:
        Refusal: when the crawler does not exist, or runs already.
    """
    record = required(request["Name"])
    if record["State"] != "READY":
        raise Refusal(
            "CrawlerRunningException",
            f"Crawler with name {record['Name']} has already started: it is {record['State']}.",
        )
    record["State"] = "RUNNING"
    entry = {
        "CrawlId": str(uuid.uuid4()),
        "State": "RUNNING",
        "StartTime": time.time(),
        "LogGroup": _log_group(record),
        "LogStream": record["Name"],
        "MessagePrefix": str(uuid.uuid4()),
        "DPUHour": 0.0,
    }
    history.begin(record["Name"], entry)
    context = contextvars.copy_context()
    threading.Thread(
        target=context.run, args=(_run, record, entry), daemon=True, name=f"crawler-{record['Name']}"
    ).start()


def _log_group(record: dict[str, Any]) -> str:
    """With a security configuration the group is named after role and configuration, as on AWS."""
    security = record.get("CrawlerSecurityConfiguration")
    role = role_arn(record).rsplit("/", 1)[-1]
    return f"{LOG_GROUP}-role/{role}-{security}" if security else LOG_GROUP


def stop(request: Request) -> None:
    """StopCrawler: the crawl ends after the folder that it is reading.

    Raises:
        Refusal: when the crawler does not exist, does not run, or is stopping.
    """
    record = required(request["Name"])
    if record["State"] == "STOPPING":
        raise Refusal("CrawlerStoppingException", f"Crawler {record['Name']} is already stopping.")
    if record["State"] != "RUNNING":
        raise Refusal("CrawlerNotRunningException", f"Crawler with name {record['Name']} isn't running.")
    record["State"] = "STOPPING"


def wait(name: str, *, seconds: float = 30) -> None:
    """Waits until a crawler is READY, at most that long."""
    deadline = time.monotonic() + seconds
    while (glue._crawlers.get(name) or {}).get("State", "READY") != "READY" and time.monotonic() < deadline:
        time.sleep(0.02)


def _run(record: dict[str, Any], entry: dict[str, Any]) -> None:
    lines: list[str] = [f"BENCHMARK : Running Start Crawl for Crawler {record['Name']}"]
    session, status, message, summary = None, "SUCCEEDED", "", ""
    try:
        session = identity.session_for_role(
            role_arn(record),
            service_principal=_SERVICE,
            session_name="AWS-Crawler",
            source_arn=glue._arn("crawler", record["Name"]),
        )
        changes = crawl(record, session, stopping=lambda: record["State"] == "STOPPING", log=lines.append)
        summary = changes.summary()
    except Stopped:
        status, message = "CANCELLED", "The crawler was stopped."
    except (ClientError, BotoCoreError, identity.AccessDenied, Refusal) as error:
        status, message = "FAILED", _told(error)
    except Exception as error:
        _log.exception("Crawler %s failed", record["Name"])
        status, message = "FAILED", f"Internal Service Exception: {error}"
    if message:
        lines.append(f"ERROR : {message}")
    lines.append(f"BENCHMARK : Crawler has finished running and is in state {status}")
    _finish(record, entry, status=status, message=message, summary=summary)
    _write_log(session, entry, lines)


def _finish(
    record: dict[str, Any], entry: dict[str, Any], *, status: str, message: str, summary: str
) -> None:
    ended = time.time()
    state = {"SUCCEEDED": "COMPLETED", "FAILED": "FAILED", "CANCELLED": "STOPPED"}[status]
    entry |= {"State": state, "EndTime": ended, "ErrorMessage": message, "Summary": summary}
    record["LastCrawl"] = {
        "Status": status,
        "ErrorMessage": message,
        "LogGroup": entry["LogGroup"],
        "LogStream": entry["LogStream"],
        "MessagePrefix": entry["MessagePrefix"],
        "StartTime": entry["StartTime"],
    }
    record["CrawlElapsedTime"] = int((ended - entry["StartTime"]) * 1000)
    record["State"] = "READY"
    persistence.touch()


def _told(error: Exception) -> str:
    """The error as GetCrawler shows it, with the service that refused."""
    if isinstance(error, ClientError):
        detail = error.response["Error"]
        request = error.operation_name
        return f"{detail.get('Message', '')} (Operation: {request}; Error Code: {detail.get('Code', '')})"
    return str(error)


def _write_log(session: boto3.Session | None, entry: dict[str, Any], lines: list[str]) -> None:
    """The crawler's log stream, with the role's own rights; without them there is no log, as on AWS."""
    if session is None:
        return
    logs = identity.client(session, "logs")
    group, stream = entry["LogGroup"], entry["LogStream"]
    with contextlib.suppress(ClientError):
        logs.create_log_group(logGroupName=group)
    with contextlib.suppress(ClientError):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": f"[{entry['MessagePrefix']}] {line}"} for line in lines]
    with contextlib.suppress(ClientError, BotoCoreError):
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
