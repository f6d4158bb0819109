"""Phase 3: the crawler finds out what the files hold, a function compares that with the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states.task import choose, jsonata, refuse, retry, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

# Another day of the same dataset may be crawling: come back until it is done, at most for about half an hour.
_BUSY = retry(
    "Glue.CrawlerRunningException", IntervalSeconds=5, BackoffRate=1.5, MaxAttempts=45, MaxDelaySeconds=60
)
# Seconds between looks: 1, 2, 4 ... 30. Half an hour of looks is more than a day's folder needs.
_LONGEST_LOOK_SECONDS = 30
_MOST_LOOKS = 65
_LAST_CRAWL = """{
    'state': $states.result.Crawler.State,
    'status': $exists($states.result.Crawler.LastCrawl.Status) ? $states.result.Crawler.LastCrawl.Status : 'NONE',
    'message': $exists($states.result.Crawler.LastCrawl.ErrorMessage)
        ? $states.result.Crawler.LastCrawl.ErrorMessage : 'it gave no reason'
}"""


def drift_states(parts: MachineParts) -> dict[str, State]:
    """From listed deliveries to deliveries that keep the contract's shape."""
    started = task(
        "StartCrawler",
        resource="aws-sdk:glue:startCrawler",
        arguments={"Name": jsonata("$plan.crawler")},
        assign={"looks": 0},
        retries=[_BUSY],
        then="AwaitCrawler",
        fails_as="CrawlerFailed",
    )
    awaited: State = {
        "Type": "Wait",
        "Seconds": jsonata(f"$min([{_LONGEST_LOOK_SECONDS}, $power(2, $looks)])"),
        "Next": "ReadCrawler",
    }
    read = task(
        "ReadCrawler",
        resource="aws-sdk:glue:getCrawler",
        arguments={"Name": jsonata("$plan.crawler")},
        assign={"crawl": jsonata(_LAST_CRAWL), "looks": jsonata("$looks + 1")},
        then="JudgeCrawler",
        fails_as="CrawlerFailed",
    )
    judged = choose(
        "JudgeCrawler",
        ("$crawl.state = 'READY' and $crawl.status = 'SUCCEEDED'", "CheckDrift"),
        (f"$crawl.state = 'READY' or $looks >= {_MOST_LOOKS}", "CrawlerFailed"),
        otherwise="AwaitCrawler",
    )
    failed = refuse(
        "CrawlerFailed",
        error="CrawlerFailed",
        cause="""$run.dataset & ' ' & $run.ingest_date & ': crawler ' & $plan.crawler & ' is ' & $crawl.state
        & ' and its last crawl ' & $crawl.status & ': ' & $crawl.message
        & '. Mend: see the crawler in the Glue console, then run the day again.'""",
    )
    return {"AwaitCrawler": awaited, **started, **read, **judged, **failed, **_check(parts)}


def _check(parts: MachineParts) -> dict[str, State]:
    return task(
        "CheckDrift",
        resource="lambda:invoke",
        arguments={
            "FunctionName": parts.drift_function,
            "Payload": {
                "database": jsonata("$plan.database.discovered"),
                "table": jsonata("$run.dataset"),
                "bucket": jsonata("$plan.raw_bucket"),
                "prefixes": jsonata("$listing.prefixes"),
                "ingest_date": jsonata("$run.ingest_date"),
                "expected": jsonata("$plan.raw_columns"),
            },
        },
        assign={"warnings": jsonata("[$states.result.Payload.warnings]")},
        timeout_seconds=parts.function_seconds,
        never_again=["SchemaDrift", "PoisonFile"],
        then="ClearCandidate",
        fails_as="DriftCheckFailed",
    )
