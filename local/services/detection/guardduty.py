"""GuardDuty: one detector, its features, and sample findings that are told."""

from __future__ import annotations

import uuid
from typing import Any

from local import identity
from local.services import aws_events
from local.services.detection import state
from local.services.refusal import Refusal

Request = dict[str, Any]
# AWS's severities of the types that samples are asked for most; an unknown type is medium.
_SEVERITY = {
    "UnauthorizedAccess:S3/TorIPCaller": 8.0,
    "Exfiltration:S3/AnomalousBehavior": 8.0,
    "Exfiltration:S3/MaliciousIPCaller": 8.0,
    "Impact:S3/AnomalousBehavior.Delete": 8.0,
    "CredentialAccess:RDS/AnomalousBehavior.SuccessfulLogin": 8.0,
    "Discovery:S3/AnomalousBehavior": 2.0,
    "Recon:EC2/Portscan": 5.0,
    "Stealth:S3/ServerAccessLoggingDisabled": 2.0,
}
_DEFAULT_SEVERITY = 5.0


def create(request: Request) -> Request:
    """Make the detector of the account and region; there is only one."""
    if len(state.detectors):
        raise Refusal(
            "BadRequestException",
            "The request is rejected because a detector already exists for the current account.",
        )
    detector: dict[str, Any] = {
        "DetectorId": uuid.uuid4().hex,
        "CreatedAt": state.now(),
        "ServiceRole": f"arn:aws:iam::{identity.account_id()}:role/aws-service-role/guardduty.amazonaws.com/"
        "AWSServiceRoleForAmazonGuardDuty",
        "FindingPublishingFrequency": "SIX_HOURS",
        "Features": [],
        "Tags": request.get("Tags") or {},
    }
    state.detectors[detector["DetectorId"]] = detector
    _set(detector, request)
    return {"DetectorId": detector["DetectorId"]}


def update(request: Request) -> None:
    """Change the detector."""
    _set(_detector(request), request)


def delete(request: Request) -> None:
    """Delete the detector and its findings."""
    _detector(request)
    del state.detectors[request["DetectorId"]]
    state.threats.clear()


def sample(request: Request) -> None:
    """Make a sample finding of each type, and tell of it."""
    detector = _detector(request)
    for kind in request.get("FindingTypes") or ["Exfiltration:S3/AnomalousBehavior"]:
        identifier = uuid.uuid4().hex
        finding = {
            "SchemaVersion": "2.0",
            "AccountId": identity.account_id(),
            "Region": identity.region(),
            "Id": identifier,
            "Arn": state.arn("guardduty", f"detector/{detector['DetectorId']}/finding/{identifier}"),
            "Type": kind,
            "Resource": {"ResourceType": "S3Bucket"},
            "Service": {
                "ServiceName": "guardduty",
                "DetectorId": detector["DetectorId"],
                "Archived": False,
                "AdditionalInfo": {"Type": "default", "Value": '{"sample":true}'},
            },
            "Severity": _SEVERITY.get(kind, _DEFAULT_SEVERITY),
            "CreatedAt": state.now(),
            "UpdatedAt": state.now(),
            "Title": f"[SAMPLE] {kind}",
            "Description": f"[SAMPLE] A sample finding of type {kind}.",
        }
        state.threats[identifier] = finding
        aws_events.emit("aws.guardduty", "GuardDuty Finding", _camel(finding))


def _set(detector: dict[str, Any], request: Request) -> None:
    detector["UpdatedAt"] = state.now()
    if "Enable" in request:
        detector["Status"] = "ENABLED" if request["Enable"] else "DISABLED"
    for field in ("FindingPublishingFrequency", "Features"):
        if request.get(field) is not None:
            detector[field] = request[field]


def _detector(request: Request) -> dict[str, Any]:
    found: dict[str, Any] | None = state.detectors.get(request["DetectorId"])
    if found is None:
        raise Refusal(
            "BadRequestException",
            "The request is rejected because the input detectorId is not owned by the current account.",
        )
    return found


def _camel(value: Any) -> Any:
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _camel(item) for key, item in value.items()}
    return value


OPERATIONS: dict[str, Any] = {
    "CreateDetector": create,
    "CreateSampleFindings": sample,
    "DeleteDetector": delete,
    "GetDetector": _detector,
    "GetFindings": lambda r: {"Findings": [f for i in r["FindingIds"] if (f := state.threats.get(i))]},
    "ListDetectors": lambda _: {"DetectorIds": list(state.detectors)},
    "ListFindings": lambda _: {"FindingIds": list(state.threats)},
    "UpdateDetector": update,
}
