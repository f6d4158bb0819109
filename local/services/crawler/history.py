"""The crawls of each crawler, for ListCrawls and GetCrawlerMetrics."""

from __future__ import annotations

import json
import statistics
from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import glue

from local.services.crawler.stored import required

Request = dict[str, Any]
_KEPT = 100

crawls: Any = AccountRegionScopedDict()  # crawler -> its crawls, the newest first


def begin(crawler: str, entry: dict[str, Any]) -> None:
    """Notes a crawl that starts."""
    crawls[crawler] = [entry, *(crawls.get(crawler) or [])][:_KEPT]


def started_at(crawler: str) -> float | None:
    """When the newest crawl started, in seconds since 1970."""
    held = crawls.get(crawler)
    return float(held[0]["StartTime"]) if held else None


def forget(crawler: str) -> None:
    """Drops the crawls with the crawler."""
    crawls.pop(crawler, None)


def listed(request: Request) -> Request:
    """ListCrawls: the newest first.

    Raises:
        Refusal: when the crawler does not exist.
    """
    required(request["CrawlerName"])
    found = list(crawls.get(request["CrawlerName"]) or [])
    for condition in request.get("Filters") or []:
        if condition.get("FieldName") == "STATE":
            found = [crawl for crawl in found if crawl["State"] == condition["FieldValue"]]
    start, size = int(request.get("NextToken") or 0), int(request.get("MaxResults") or 20)
    page: Request = {"Crawls": [_shown(crawl) for crawl in found[start : start + size]]}
    if start + size < len(found):
        page["NextToken"] = str(start + size)
    return page


def metrics(request: Request) -> Request:
    """GetCrawlerMetrics."""
    names = request.get("CrawlerNameList") or list(glue._crawlers.keys())
    return {"CrawlerMetricsList": [_metrics(name) for name in names if name in glue._crawlers]}


def _shown(crawl: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in crawl.items() if value not in (None, "")}


def _metrics(name: str) -> dict[str, Any]:
    held = crawls.get(name) or []
    ended = [crawl for crawl in held if crawl.get("EndTime")]
    seconds = [crawl["EndTime"] - crawl["StartTime"] for crawl in ended]
    changes = json.loads((ended[0].get("Summary") if ended else "") or "{}").get("TABLE", {})
    return {
        "CrawlerName": name,
        "TimeLeftSeconds": 0.0,
        "StillEstimating": len(ended) < len(held),
        "LastRuntimeSeconds": seconds[0] if seconds else 0.0,
        "MedianRuntimeSeconds": statistics.median(seconds) if seconds else 0.0,
        "TablesCreated": changes.get("ADD", {}).get("Count", 0),
        "TablesUpdated": changes.get("UPDATE", {}).get("Count", 0),
        "TablesDeleted": changes.get("DELETE", {}).get("Count", 0),
    }
