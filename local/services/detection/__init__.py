"""GuardDuty, Macie, Security Hub and Access Analyzer: their control plane, and findings that are told.

Nothing here looks for trouble: a laptop has no flow logs, no crawled buckets and no cloud to be exposed to. What can
be tried is the way from a finding to a person: sample findings of GuardDuty and Macie and imported ones of Security
Hub are events, as on AWS.
"""

from __future__ import annotations

from local import persistence
from local.services import rest_json
from local.services.detection import accessanalyzer, guardduty, macie, securityhub, state

__all__ = ["install"]


def install() -> None:
    """Mount the four services and keep what they know."""
    rest_json.mount("guardduty", guardduty.OPERATIONS)
    rest_json.mount("macie2", macie.OPERATIONS, resource=macie.resource)
    rest_json.mount("securityhub", securityhub.OPERATIONS)
    rest_json.mount("accessanalyzer", accessanalyzer.OPERATIONS, signing_name="access-analyzer")
    persistence.register("detection", state.save, state.load)
