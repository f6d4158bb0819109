"""Says whether a run may publish, from what the quality gate measured.

The gate is one query whose rows are checks; this function turns failed ones into a cause that a person can
act on. It calls no service and has no rights. The name of its error is part of the machine's interface.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = (
    "check_id",
    "kind",
    "severity",
    "on_failure",
    "observed",
    "offending",
    "total",
    "limit_text",
    "passed",
)
# Step Functions keeps 32,768 characters of a cause.
MOST_FAILURES = 20
_LOG = logging.getLogger("quality_verdict")
_LOG.setLevel(logging.INFO)


class QualityGateFailed(Exception):
    """A check that the contract calls an error and lets stop the run did not pass."""


def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Judge the gate's answer.

    Args:
        event: `rows` of the gate as lists of text, the header first; `checks` of the plan (`id`, `description`);
            `dataset`, `ingest_date` and `query_execution_id` for messages.

    Returns:
        `{"passed": True, "checks": 31, "rows": 842, "quarantine": [...], "warnings": [...]}`; the lists hold
        the checks that did not pass, with what was observed. A check without offenders is only counted.

    Raises:
        QualityGateFailed: when a check that stops the run did not pass, or the gate left a check out.

    Example:
        >>> row = ["a.null", "null", "error", "quarantine", "0", "0", "842", "no offending row", "true"]
        >>> event = {"rows": [list(COLUMNS), row], "checks": [{"id": "a.null", "description": "a is filled in"}],
        ...          "dataset": "aviation.flights", "ingest_date": "2013-02-01", "query_execution_id": "q"}
        >>> handle(event, None)["rows"]
        842
    """
    measured = _measured(event["rows"])
    _refuse_gaps(event, measured)
    failed = [row for row in measured if row["passed"] != "true"]
    stopping = [row for row in failed if row["severity"] == "error" and row["on_failure"] == "stop"]
    if stopping:
        raise QualityGateFailed(_cause(event, stopping, len(measured)))
    report = {
        "passed": True,
        "checks": len(measured),
        "rows": max((_whole(row["total"]) for row in measured), default=0),
        "quarantine": [_brief(row) for row in failed if row["severity"] == "error"],
        "warnings": [_brief(row) for row in failed if row["severity"] == "warning"],
    }
    _LOG.info(json.dumps({"dataset": event["dataset"], "ingest_date": event["ingest_date"], **report}))
    return report


def _measured(rows: Sequence[Sequence[str]]) -> list[dict[str, str]]:
    """The rows by column name."""
    header = [name.lower() for name in rows[0]] if rows else []
    return [dict(zip(header, row, strict=True)) for row in rows[1:]]


def _refuse_gaps(event: Mapping[str, Any], measured: Sequence[Mapping[str, str]]) -> None:
    """A check that was not measured has not passed, whatever the reason."""
    answered = {row["check_id"] for row in measured}
    missing = [check["id"] for check in event["checks"] if check["id"] not in answered]
    if missing:
        raise QualityGateFailed(
            f"{event['dataset']} {event['ingest_date']}: the quality gate left out {len(missing)} of "
            f"{len(event['checks'])} checks: {', '.join(missing[:MOST_FAILURES])}. Nothing was published. Mend: this "
            f"is a fault of the compiled plan; see query {event['query_execution_id']} in Athena's history."
        )


def _cause(event: Mapping[str, Any], stopping: Sequence[Mapping[str, str]], measured: int) -> str:
    described = {check["id"]: check.get("description", "") for check in event["checks"]}
    lines = [
        f"{row['check_id']} ({row['kind']}): {described.get(row['check_id']) or 'no description'}; "
        f"observed {row['observed'] or 'nothing'}, allowed {row['limit_text'] or 'no offender'}"
        + (f", {row['offending']} of {row['total']} rows offend" if _whole(row["offending"]) else "")
        for row in stopping[:MOST_FAILURES]
    ]
    more = len(stopping) - MOST_FAILURES
    return (
        f"{event['dataset']} {event['ingest_date']}: {len(stopping)} of {measured} checks stop the run. "
        + " | ".join(lines)
        + (f" | and {more} more" if more > 0 else "")
        + ". Nothing was published; curated still shows the last good state. Mend: let the producer deliver the day "
        "again, or change the check in the contract if the world has changed, then run the day again."
    )


def _brief(row: Mapping[str, str]) -> dict[str, str]:
    return {
        "check": row["check_id"],
        "observed": row["observed"],
        "offending": row["offending"],
        "limit": row["limit_text"],
    }


def _whole(text: str) -> int:
    return int(float(text)) if text else 0
