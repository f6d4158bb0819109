"""Phase 2: what lies in raw for the day, and whether that is what was published last time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states import ledger
from data_platform.processing.states.task import choose, jsonata, refuse, task

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_PREFIX = "($landing.prefix != '' ? $landing.prefix : $replace($plan.raw_prefix, '{ingest_date}', $run.ingest_date))"
_ARGUMENTS = f"""$merge([
    {{'Bucket': $plan.raw_bucket, 'Prefix': {_PREFIX}}},
    $listing.token = '' ? {{}} : {{'ContinuationToken': $listing.token}}
])"""
# A rolling digest, so that a day of a million files needs no more memory than a day of one.
_PAGE = r"""(
    $files := $states.result.Contents[$not($contains(Key, /\/$/))];
    {
        'objects': $listing.objects + $count($files),
        'bytes': $listing.bytes + ($exists($files) ? $sum($files.Size) : 0),
        'digest': $hash($listing.digest & $join($files.(Key & ' ' & ETag), ' '), 'SHA-256'),
        'prefixes': [$distinct($append($listing.prefixes, $files.$replace(Key, /[^\/]+$/, '')))],
        'token': $exists($states.result.NextContinuationToken) ? $states.result.NextContinuationToken : ''
    }
)"""


def land_states(parts: MachineParts) -> dict[str, State]:
    """From a claimed day to a list of its deliveries, or to an early end."""
    start: State = {
        "Type": "Pass",
        "Assign": {
            "listing": {
                "objects": 0,
                "bytes": 0,
                "digest": jsonata("$plan.plan_hash"),
                "prefixes": [],
                "token": "",
            }
        },
        "Output": {},
        "Next": "ListRaw",
    }
    listed = task(
        "ListRaw",
        resource="aws-sdk:s3:listObjectsV2",
        arguments=jsonata(_ARGUMENTS),
        assign={"listing": jsonata(_PAGE)},
        then="JudgeLanding",
    )
    judged = choose(
        "JudgeLanding",
        ("$listing.token != ''", "ListRaw"),
        ("$listing.objects = 0 and $plan.delivery = 'daily'", "NoRawData"),
        ("$listing.objects = 0", "RecordSkipped"),
        ("$listing.digest = $last.fingerprint and $not($run.force)", "RecordUnchanged"),
        otherwise="StartCrawler",
    )
    missing = refuse(
        "NoRawData",
        error="NoRawData",
        cause=f"""$plan.domain & '.' & $run.dataset & ' ' & $run.ingest_date & ': no file lies in s3://'
        & $plan.raw_bucket & '/' & {_PREFIX} & ', and the contract promises a delivery a day.'
        & ' Mend: let the producer deliver there, under a run_id=<uuid>/ of its own, then run the day again.'""",
    )
    return {"StartListing": start, **listed, **judged, **missing, **_early_ends(parts)}


def _early_ends(parts: MachineParts) -> dict[str, State]:
    unchanged = ledger.update(
        "RecordUnchanged",
        table=parts.ledger,
        values={"status": {"S": "SUCCEEDED"}, "finished_at": {"S": jsonata("$now()")}},
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        then="Unchanged",
    )
    skipped = ledger.update(
        "RecordSkipped",
        table=parts.ledger,
        values={"status": {"S": "SKIPPED"}, "finished_at": {"S": jsonata("$now()")}},
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        then="Skipped",
    )
    return {
        **unchanged,
        "Unchanged": {
            "Type": "Succeed",
            "Output": {
                "status": "UNCHANGED",
                "dataset": jsonata("$run.dataset"),
                "ingest_date": jsonata("$run.ingest_date"),
                "rows": jsonata("$last.rows"),
            },
        },
        **skipped,
        "Skipped": {
            "Type": "Succeed",
            "Output": {
                "status": "SKIPPED",
                "dataset": jsonata("$run.dataset"),
                "ingest_date": jsonata("$run.ingest_date"),
                "reason": "no file was delivered, and the contract promises one only when something changed",
            },
        },
    }
