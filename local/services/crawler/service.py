"""Takes over the crawler operations of the Glue API."""

from __future__ import annotations

from typing import Any

from ministack.services import glue

from local import hooks
from local.services.crawler import history, records, runs
from local.services.glue.service import OPERATIONS
from local.services.refusal import answered

_TAKEN_OVER = {
    "_create_crawler": records.create,
    "_delete_crawler": records.delete,
    "_get_crawler": records.get,
    "_get_crawlers": records.every,
    "_update_crawler": records.update,
    "_start_crawler": runs.start,
    "_stop_crawler": runs.stop,
    "_get_crawler_metrics": history.metrics,
}


def install() -> None:
    """Replaces ministack's crawlers, which find nothing, for the API and for callers inside the process."""
    glue._ALL_STATE["local_crawls"] = history.crawls
    for name, handler in _TAKEN_OVER.items():
        hooks.replace(glue, name, _answering(handler), parameters="data")
    OPERATIONS.update(
        {
            "BatchGetCrawlers": records.some,
            "CreateCrawler": records.create,
            "DeleteCrawler": records.delete,
            "GetCrawler": records.get,
            "GetCrawlerMetrics": history.metrics,
            "GetCrawlers": records.every,
            "ListCrawlers": records.names,
            "ListCrawls": history.listed,
            "StartCrawler": runs.start,
            "StopCrawler": runs.stop,
            "UpdateCrawler": records.update,
        }
    )


def _answering(handler: Any) -> Any:
    return lambda data: answered(handler, data)
