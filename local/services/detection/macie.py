"""Macie: a session, jobs that are kept but look at nothing, and sample findings that are told."""

from __future__ import annotations

import uuid
from typing import Any

from local import identity
from local.services import aws_events
from local.services.detection import state
from local.services.refusal import Refusal

Request = dict[str, Any]
_SESSION = "session"
_SAMPLES = ("SensitiveData:S3Object/Personal", "Policy:IAMUser/S3BucketPublic")


def enable(request: Request) -> None:
    """Switch Macie on."""
    if _SESSION in state.macie:
        raise Refusal("ConflictException", "Macie has already been enabled", 409)
    state.macie[_SESSION] = {
        "createdAt": state.now(),
        "serviceRole": f"arn:aws:iam::{identity.account_id()}:role/aws-service-role/macie.amazonaws.com/"
        "AWSServiceRoleForAmazonMacie",
        "status": "ENABLED",
        "findingPublishingFrequency": "SIX_HOURS",
    }
    update(request)


def update(request: Request) -> None:
    """Change the session."""
    given = {key: request[key] for key in ("status", "findingPublishingFrequency") if request.get(key)}
    session() | given  # refuses without a session
    state.macie[_SESSION] |= {**given, "updatedAt": state.now()}


def disable(_: Request) -> None:
    """Switch Macie off; its jobs go along."""
    session()
    state.macie.clear()
    state.discoveries.clear()


def session(_: Request | None = None) -> Request:
    """The session.

    Raises:
        Refusal: when Macie is off.
    """
    found: Request | None = state.macie.get(_SESSION)
    if found is None:
        raise Refusal("AccessDeniedException", "Macie is not enabled", 403)
    return found


def create_job(request: Request) -> Request:
    """Make a job; the same token makes it once. It looks at nothing here, and stays running."""
    session()
    jobs: list[Request] = [job for key, job in state.macie.items() if key != _SESSION]
    for job in jobs:
        if job["clientToken"] == request["clientToken"]:
            return job
    identifier = uuid.uuid4().hex
    job = {
        **request,
        "jobId": identifier,
        "jobArn": state.arn("macie2", f"classification-job/{identifier}"),
        "jobStatus": "RUNNING",
        "createdAt": state.now(),
    }
    state.macie[identifier] = job
    return job


def job_of(request: Request) -> Request:
    """A job."""
    found: Request | None = state.macie.get(request["jobId"])
    if found is None:
        raise Refusal("ResourceNotFoundException", f"There is no job {request['jobId']}", 404)
    return found


def sample(request: Request) -> None:
    """Make a sample finding of each type, and tell of it."""
    session()
    for kind in request.get("findingTypes") or _SAMPLES:
        category, label = ("CLASSIFICATION", "Medium") if kind.startswith("Sensitive") else ("POLICY", "High")
        finding = {
            "schemaVersion": "1.0",
            "id": uuid.uuid4().hex,
            "accountId": identity.account_id(),
            "region": identity.region(),
            "type": kind,
            "category": category,
            "title": f"[SAMPLE] {kind}",
            "description": f"A sample finding of type {kind}.",
            "severity": {"description": label, "score": 3 if label == "High" else 2},
            "sample": True,
            "archived": False,
            "createdAt": state.now(),
            "updatedAt": state.now(),
        }
        state.discoveries[finding["id"]] = finding
        aws_events.emit("aws.macie", "Macie Finding", finding)


def resource(path: str) -> str | None:
    """The ARN that a request's path is about: a job, or all of them when one is made."""
    if not path.startswith("/jobs"):
        return None
    return state.arn("macie2", f"classification-job/{path.removeprefix('/jobs').strip('/') or '*'}")


def _jobs(_: Request) -> Request:
    return {"items": [job for key, job in state.macie.items() if key != _SESSION]}


OPERATIONS: dict[str, Any] = {
    "CreateClassificationJob": create_job,
    "CreateSampleFindings": sample,
    "DescribeClassificationJob": job_of,
    "DisableMacie": disable,
    "EnableMacie": enable,
    "GetFindings": lambda r: {"findings": [f for i in r["findingIds"] if (f := state.discoveries.get(i))]},
    "GetMacieSession": session,
    "ListClassificationJobs": _jobs,
    "ListFindings": lambda _: {"findingIds": list(state.discoveries)},
    "UpdateMacieSession": update,
}
