"""Crawler definitions: create, change, delete, answer."""

from __future__ import annotations

import json
import time
from typing import Any

from ministack.core.responses import get_account_id
from ministack.services import glue, iam

from local.services.crawler import history, listing
from local.services.crawler.stored import required
from local.services.refusal import Refusal

Request = dict[str, Any]
_FIELDS: dict[str, Any] = {
    "DatabaseName": "",
    "Description": "",
    "Targets": {},
    "Classifiers": [],
    "TablePrefix": "",
    "SchemaChangePolicy": {
        "UpdateBehavior": "UPDATE_IN_DATABASE",
        "DeleteBehavior": "DEPRECATE_IN_DATABASE",
    },
    "RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVERYTHING"},
    "LineageConfiguration": {"CrawlerLineageSettings": "DISABLE"},
    "LakeFormationConfiguration": {},
    "Configuration": "",
    "CrawlerSecurityConfiguration": "",
}


def create(request: Request) -> None:
    """Adds a crawler.

    Raises:
        Refusal: when the name is taken, or the definition cannot work.
    """
    name = request["Name"]
    if name in glue._crawlers:
        raise Refusal("AlreadyExistsException", f"Crawler {name} already exists.")
    now = int(time.time())
    record = {"Name": name, "State": "READY", "CrawlElapsedTime": 0, "CreationTime": now, "LastUpdated": now}
    record |= {"Version": 1, **_defined(request, _FIELDS)}
    _require_workable(record)
    glue._crawlers[name] = record
    if request.get("Tags"):
        glue._tags[glue._arn("crawler", name)] = dict(request["Tags"])


def update(request: Request) -> None:
    """Changes a crawler; what the request leaves out stays, unless it says `Replaces` as CloudFormation does.

    Raises:
        Refusal: when it does not exist, runs, or the new definition cannot work.
    """
    record = required(request["Name"])
    if record["State"] != "READY":
        raise Refusal("CrawlerRunningException", f"Crawler {record['Name']} cannot be updated while running.")
    held = {**record, "Schedule": record.get("Schedule") or {}}
    replaces = bool(request.get("Replaces"))
    changed = {**held, **_defined({**held, **request}, _FIELDS if replaces else held)}
    _require_workable(changed)
    changed |= {"LastUpdated": int(time.time()), "Version": record.get("Version", 1) + 1}
    glue._crawlers[record["Name"]] = changed


def delete(request: Request) -> None:
    """Removes a crawler.

    Raises:
        Refusal: when it does not exist, or runs.
    """
    record = required(request["Name"])
    if record["State"] != "READY":
        raise Refusal("CrawlerRunningException", f"Crawler {record['Name']} cannot be deleted while running.")
    del glue._crawlers[record["Name"]]
    glue._tags.pop(glue._arn("crawler", record["Name"]), None)
    history.forget(record["Name"])


def get(request: Request) -> Request:
    """GetCrawler.

    Raises:
        Refusal: when it does not exist.
    """
    return {"Crawler": shown(required(request["Name"]))}


def every(_request: Request) -> Request:
    """GetCrawlers."""
    return {"Crawlers": [shown(record) for record in glue._crawlers.values()]}


def some(request: Request) -> Request:
    """BatchGetCrawlers."""
    names = request["CrawlerNames"]
    found = [shown(glue._crawlers[name]) for name in names if name in glue._crawlers]
    return {"Crawlers": found, "CrawlersNotFound": [name for name in names if name not in glue._crawlers]}


def names(_request: Request) -> Request:
    """ListCrawlers."""
    return {"CrawlerNames": sorted(glue._crawlers.keys())}


def shown(record: dict[str, Any]) -> dict[str, Any]:
    """A crawler as the API answers it: without what is not set, with the time that a run has taken so far."""
    told = {name: value for name, value in record.items() if value not in (None, "", {}, [])}
    started = history.started_at(record["Name"])
    told["CrawlElapsedTime"] = record.get("CrawlElapsedTime") or 0
    if record["State"] != "READY" and started:
        told["CrawlElapsedTime"] = int((time.time() - started) * 1000)
    if told.get("LastCrawl"):
        told["LastCrawl"] = {
            name: value for name, value in told["LastCrawl"].items() if value not in (None, "")
        }
    return told


def role_arn(record: dict[str, Any]) -> str:
    """The ARN of a crawler's role, which may be given by name or by path and name."""
    role = str(record["Role"])
    if role.startswith("arn:"):
        return role
    known = iam._roles.get(role.rsplit("/", 1)[-1])
    return str(known["Arn"]) if known else f"arn:aws:iam::{get_account_id()}:role/{role}"


def _defined(request: Request, defaults: dict[str, Any]) -> dict[str, Any]:
    defined = {name: request.get(name) or defaults.get(name) or empty for name, empty in _FIELDS.items()}
    schedule = request.get("Schedule")
    if isinstance(schedule, str):
        schedule = {"ScheduleExpression": schedule, "State": "SCHEDULED"} if schedule else {}
    return {**defined, "Role": request.get("Role") or defaults.get("Role", ""), "Schedule": schedule or {}}


def _require_workable(record: dict[str, Any]) -> None:
    targets = record.get("Targets") or {}
    other = sorted(kind for kind, listed in targets.items() if listed and kind != "S3Targets")
    if other:
        raise Refusal(
            "InvalidInputException", f"The embedded AWS crawls S3Targets only, not {', '.join(other)}."
        )
    for described in targets.get("S3Targets") or []:
        listing.target(described)
    behavior = (record.get("RecrawlPolicy") or {}).get("RecrawlBehavior")
    policy = record.get("SchemaChangePolicy") or {}
    if behavior == "CRAWL_EVENT_MODE":
        raise Refusal(
            "InvalidInputException", "The embedded AWS does not crawl by S3 events (CRAWL_EVENT_MODE)."
        )
    if behavior == "CRAWL_NEW_FOLDERS_ONLY" and {
        policy.get("UpdateBehavior"),
        policy.get("DeleteBehavior"),
    } != {"LOG"}:
        raise Refusal(
            "InvalidInputException",
            "The SchemaChangePolicy for 'Crawl new folders only' Amazon S3 target can have only LOG "
            "DeleteBehavior value and LOG UpdateBehavior value.",
        )
    try:
        json.loads(record.get("Configuration") or "{}")
    except json.JSONDecodeError as error:
        raise Refusal("InvalidInputException", f"Configuration is no JSON: {error}") from error
