"""Phase 9: the ledger, the announcement and the figures of a published day; candidate rows go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from data_platform.processing.states import ledger
from data_platform.processing.states.query import query
from data_platform.processing.states.task import jsonata, task

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

NAMESPACE = "DataPlatform"
# The domain's run loads first and publishes later: its publish phase knows the fingerprint from the ledger.
_FINGERPRINT = "$run.phase = 'publish' ? $last.staged_fingerprint : $listing.digest"
_RESULT = {
    "status": "SUCCEEDED",
    "dataset": jsonata("$run.dataset"),
    "ingest_date": jsonata("$run.ingest_date"),
    "run_id": jsonata("$run.run_id"),
    "rows": jsonata("$rows"),
    "warnings": jsonata("$warnings"),
    "checks": jsonata("$verdict"),
    "announced": jsonata("$announced"),
}


def record_states(parts: MachineParts) -> dict[str, State]:
    """From published rows to the end of a good run. What comes after the ledger cannot fail the run any more."""
    recorded = ledger.update(
        "RecordSuccess",
        table=parts.ledger,
        values={
            "status": {"S": "SUCCEEDED"},
            "fingerprint": {"S": jsonata(_FINGERPRINT)},
            "rows": {"S": jsonata("$string($rows)")},
            "finished_at": {"S": jsonata("$now()")},
            "version": {"S": jsonata("$plan.version")},
        },
        condition=ledger.OWN_CLAIM,
        condition_values=ledger.SELF,
        then="RememberWarnings",
    )
    # A publish phase of its own has judged nothing: what the load phase wrote stays.
    warned = ledger.update(
        "RememberWarnings",
        table=parts.ledger,
        values={
            "warnings": {"S": jsonata("$string($warnings)")},
            "checks": {"S": jsonata("$string($verdict)")},
        },
        condition=f"{ledger.OWN_CLAIM} AND :phase <> :publish",
        condition_values={
            **ledger.SELF,
            ":phase": {"S": jsonata("$run.phase")},
            ":publish": {"S": "publish"},
        },
        then="Announce",
        otherwise="Announce",
    )
    swept = query(
        "Sweep",
        sql="clear_candidate",
        then="Succeeded",
        otherwise="Succeeded",
        timeout_seconds=parts.query_seconds,
    )
    return {
        **recorded,
        **warned,
        **_announce(parts),
        **_measure(parts),
        **swept,
        "Succeeded": {"Type": "Succeed", "Output": _RESULT},
    }


def _announce(parts: MachineParts) -> dict[str, State]:
    return task(
        "Announce",
        resource="events:putEvents",
        arguments={
            "Entries": [
                {
                    "EventBusName": "default",
                    "Source": f"{parts.organisation}.{parts.domain}",
                    "DetailType": "Dataset Published",
                    "Detail": {
                        "environment": parts.environment,
                        "domain": parts.domain,
                        "dataset": jsonata("$run.dataset"),
                        "ingest_date": jsonata("$run.ingest_date"),
                        "run_id": jsonata("$run.run_id"),
                        "contract_id": jsonata("$plan.contract_id"),
                        "version": jsonata("$plan.version"),
                        "database": jsonata("$plan.database.curated"),
                        "table": jsonata("$run.dataset"),
                        "rows": jsonata("$rows"),
                    },
                }
            ]
        },
        assign={"announced": True},
        then="Measure",
        otherwise="Measure",
    )


def _measure(parts: MachineParts) -> dict[str, State]:
    seconds = "($millis() - $toMillis($run.started_at)) / 1000"
    warnings = "$exists($verdict.warnings) ? $count($verdict.warnings) : 0"
    return measure(
        parts,
        "Measure",
        {
            "RunSucceeded": (1, "Count"),
            "RunSeconds": (jsonata(seconds), "Seconds"),
            "RowsRaw": (jsonata("$rows.raw"), "Count"),
            "RowsStaged": (jsonata("$rows.staged"), "Count"),
            "RowsQuarantined": (jsonata("$rows.quarantined"), "Count"),
            "RowsCurated": (jsonata("$rows.curated"), "Count"),
            "ChecksWarned": (jsonata(warnings), "Count"),
            "AnnouncementLost": (jsonata("$announced ? 0 : 1"), "Count"),
        },
        then="Sweep",
    )


def measure(
    parts: MachineParts, name: str, figures: Mapping[str, tuple[Any, str]], *, then: str
) -> dict[str, State]:
    """Figures of the run's dataset and, summed by CloudWatch, of its domain. A lost figure fails no run.

    Args:
        parts: Names of environment and domain.
        name: Name of the state.
        figures: Value and unit by the metric's name.
        then: State that follows in any case.
    """
    domain = [
        {"Name": "Environment", "Value": parts.environment},
        {"Name": "Domain", "Value": parts.domain},
    ]
    dataset = [*domain, {"Name": "Dataset", "Value": jsonata("$run.dataset")}]
    data = [
        {"MetricName": metric, "Dimensions": dimensions, "Value": value, "Unit": unit}
        for metric, (value, unit) in figures.items()
        for dimensions in (dataset, domain)
    ]
    return task(
        name,
        resource="aws-sdk:cloudwatch:putMetricData",
        arguments={"Namespace": NAMESPACE, "MetricData": data},
        then=then,
        otherwise=then,
    )
