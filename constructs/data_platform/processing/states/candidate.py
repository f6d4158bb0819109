"""Phase 4: every raw row of the day goes to the candidate table with its verdict, exactly once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.processing.states.query import query
from data_platform.processing.states.task import catch, choose, jsonata, retry

if TYPE_CHECKING:
    from data_platform.processing.parts import MachineParts
    from data_platform.processing.states.task import State

_MOST_ATTEMPTS = 3


def candidate_states(parts: MachineParts) -> dict[str, State]:
    """From deliveries to candidate rows.

    An INSERT whose outcome is unknown must not be repeated as it is, or rows double: the way back leads through the
    DELETE. Only a refusal to start (too many requests) is retried in place.
    """
    cleared = query(
        "ClearCandidate",
        sql="clear_candidate",
        assign={
            "touched": {"candidate": True, "dbt": jsonata("$touched.dbt")},
            "attempt": jsonata("$attempt + 1"),
        },
        then="FillCandidate",
        timeout_seconds=parts.query_seconds,
    )
    filled = query(
        "FillCandidate",
        sql="candidate",
        then="Gate",
        timeout_seconds=parts.query_seconds,
    )
    filled["FillCandidate"]["Retry"] = [retry("Athena.TooManyRequestsException")]
    filled["FillCandidate"]["Catch"] = [
        catch("FillCandidate", then="RememberCandidateFailure", fails_as="QueryFailed")
    ]
    remembered: State = {
        "Type": "Pass",
        "Assign": {"candidate_failure": jsonata("$states.input")},
        "Output": {},
        "Next": "JudgeCandidate",
    }
    judged = choose(
        "JudgeCandidate", (f"$attempt < {_MOST_ATTEMPTS}", "PauseCandidate"), otherwise="CandidateFailed"
    )
    paused: State = {
        "Type": "Wait",
        "Seconds": jsonata("1 + $floor($random() * 10 * $attempt)"),
        "Next": "ClearCandidate",
    }
    failed: State = {"Type": "Pass", "Output": jsonata("$candidate_failure"), "Next": "Explain"}
    return {
        **cleared,
        **filled,
        "RememberCandidateFailure": remembered,
        **judged,
        "PauseCandidate": paused,
        "CandidateFailed": failed,
    }
