"""Workgroups: what they force on a query, and their own API with all the settings that the platform uses."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from typing import Any

from ministack.services import athena

from local.athena.errors import InvalidRequest
from local.athena.executions import ENGINE

Record = dict[str, Any]
_NO_LOCATION = (
    "No output location provided. An output location is required either through the Workgroup result configuration "
    "setting or as an API input."
)
SMALLEST_CUTOFF = 10_000_000


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a query must obey, after the workgroup had its say."""

    result: Record
    enforced: bool
    cutoff: int | None
    metrics: bool


def settings_for(workgroup: str, requested: Record) -> Settings:
    """The settings of a query in a workgroup whose client asked for the ResultConfiguration `requested`.

    Raises:
        InvalidRequest: there is no such workgroup, it is disabled, or nobody said where results go.
    """
    configuration = usable(workgroup).get("Configuration") or {}
    own = configuration.get("ResultConfiguration") or {}
    enforced = is_true(configuration.get("EnforceWorkGroupConfiguration", True))
    result = copy.deepcopy(own) if enforced else {**copy.deepcopy(own), **copy.deepcopy(requested or {})}
    if not result.get("OutputLocation"):
        raise InvalidRequest(_NO_LOCATION)
    if not str(result["OutputLocation"]).startswith("s3://"):
        raise InvalidRequest(f"outputLocation is not a valid S3 path: {result['OutputLocation']}")
    cutoff = configuration.get("BytesScannedCutoffPerQuery")
    return Settings(
        result=result,
        enforced=enforced,
        cutoff=int(cutoff) if cutoff else None,
        metrics=is_true(configuration.get("PublishCloudWatchMetricsEnabled")),
    )


def usable(workgroup: str) -> Record:
    """The workgroup.

    Raises:
        InvalidRequest: it does not exist or is disabled.
    """
    found: Record | None = athena._workgroups.get(workgroup)
    if found is None:
        raise InvalidRequest("WorkGroup is not found.", code="WORKGROUP_NOT_FOUND")
    if found.get("State") == "DISABLED":
        raise InvalidRequest(f"WorkGroup {workgroup} is disabled.")
    return found


def put_options(result: Record) -> Record:
    """PutObject arguments for result files under a ResultConfiguration.

    Raises:
        InvalidRequest: client-side encryption, which the embedded engine has not.

    Example:
        >>> put_options({"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "k"}})
        {'ServerSideEncryption': 'aws:kms', 'SSEKMSKeyId': 'k'}
    """
    options: Record = {}
    encryption = result.get("EncryptionConfiguration") or {}
    match encryption.get("EncryptionOption"):
        case "SSE_KMS":
            options["ServerSideEncryption"] = "aws:kms"
            if encryption.get("KmsKey"):
                options["SSEKMSKeyId"] = encryption["KmsKey"]
        case "SSE_S3":
            options["ServerSideEncryption"] = "AES256"
        case "CSE_KMS":
            raise InvalidRequest("CSE_KMS is not available in the embedded Athena; use SSE_KMS")
    if result.get("ExpectedBucketOwner"):
        options["ExpectedBucketOwner"] = result["ExpectedBucketOwner"]
    if (result.get("AclConfiguration") or {}).get("S3AclOption"):
        options["ACL"] = "bucket-owner-full-control"
    return options


def create(request: Record) -> Record:
    """CreateWorkGroup.

    Raises:
        InvalidRequest: the name is taken or the settings are wrong.
    """
    name = request["Name"]
    if name in athena._workgroups:
        raise InvalidRequest("WorkGroup is already created")
    athena._workgroups[name] = {
        "Name": name,
        "State": "ENABLED",
        "Description": request.get("Description", ""),
        "CreationTime": time.time(),
        "Configuration": completed(request.get("Configuration") or {}),
    }
    if request.get("Tags"):
        athena._tags[athena._arn_workgroup(name)] = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    return {}


def completed(configuration: Record) -> Record:
    """A configuration with Athena's defaults and real types.

    Raises:
        InvalidRequest: a value is out of its bounds.
    """
    made = copy.deepcopy(configuration)
    made["EnforceWorkGroupConfiguration"] = is_true(made.get("EnforceWorkGroupConfiguration", True))
    made["PublishCloudWatchMetricsEnabled"] = is_true(made.get("PublishCloudWatchMetricsEnabled", False))
    made["RequesterPaysEnabled"] = is_true(made.get("RequesterPaysEnabled", False))
    selected = (made.get("EngineVersion") or {}).get("SelectedEngineVersion") or "AUTO"
    if selected not in {"AUTO", ENGINE}:
        raise InvalidRequest(f"{selected} is not available; allowed are AUTO and {ENGINE}")
    made["EngineVersion"] = {"SelectedEngineVersion": selected, "EffectiveEngineVersion": ENGINE}
    if made.get("BytesScannedCutoffPerQuery") not in (None, ""):
        made["BytesScannedCutoffPerQuery"] = int(made["BytesScannedCutoffPerQuery"])
        if made["BytesScannedCutoffPerQuery"] < SMALLEST_CUTOFF:
            raise InvalidRequest("BytesScannedCutoffPerQuery must be at least 10000000 (10 MB)")
    return made


def update(request: Record) -> Record:
    """UpdateWorkGroup.

    Raises:
        InvalidRequest: there is no such workgroup, or the settings are wrong.
    """
    workgroup: Record | None = athena._workgroups.get(request["WorkGroup"])
    if workgroup is None:
        raise InvalidRequest("WorkGroup is not found.", code="WORKGROUP_NOT_FOUND")
    changes = copy.deepcopy(request.get("ConfigurationUpdates") or {})
    configuration = copy.deepcopy(workgroup.get("Configuration") or {})
    results = changes.pop("ResultConfigurationUpdates", None)
    if changes.pop("RemoveBytesScannedCutoffPerQuery", False):
        configuration.pop("BytesScannedCutoffPerQuery", None)
    if results is not None:
        configuration["ResultConfiguration"] = _updated(
            configuration.get("ResultConfiguration") or {}, results
        )
    workgroup["Configuration"] = completed({**configuration, **changes})
    workgroup |= {name: request[name] for name in ("Description", "State") if name in request}
    return {}


def _updated(own: Record, changes: Record) -> Record:
    removed = {
        name.removeprefix("Remove") for name, value in changes.items() if name.startswith("Remove") and value
    }
    kept = {name: value for name, value in own.items() if name not in removed}
    return {**kept, **{name: value for name, value in changes.items() if not name.startswith("Remove")}}


def delete(request: Record) -> Record:
    """DeleteWorkGroup; RecursiveDeleteOption takes its named queries and executions along.

    Raises:
        InvalidRequest: it is the primary one, does not exist, or holds something.
    """
    name = request["WorkGroup"]
    if name == "primary":
        raise InvalidRequest("Cannot delete the primary workgroup")
    if name not in athena._workgroups:
        raise InvalidRequest("WorkGroup is not found.", code="WORKGROUP_NOT_FOUND")
    held = [
        (store, key)
        for store, field in (
            (athena._named_queries, "WorkGroup"),
            (athena._prepared_statements, "WorkGroupName"),
            (athena._executions, "WorkGroup"),
        )
        for key, record in list(store.items())
        if record.get(field) == name
    ]
    if held and not is_true(request.get("RecursiveDeleteOption")):
        raise InvalidRequest(f"WorkGroup {name} is not empty")
    for store, key in held:
        store.pop(key, None)
    del athena._workgroups[name]
    athena._tags.pop(athena._arn_workgroup(name), None)
    return {}


def get(request: Record) -> Record:
    """GetWorkGroup.

    Raises:
        InvalidRequest: there is no such workgroup.
    """
    found: Record | None = athena._workgroups.get(request["WorkGroup"])
    if found is None:
        raise InvalidRequest("WorkGroup is not found.", code="WORKGROUP_NOT_FOUND")
    return {"WorkGroup": copy.deepcopy(found)}


def complete_primary() -> None:
    """The primary workgroup with every setting that clients expect; it forces nothing on them."""
    primary = athena._workgroups["primary"]
    configuration = primary.setdefault("Configuration", {})
    configuration.setdefault("EnforceWorkGroupConfiguration", False)
    configuration.setdefault("PublishCloudWatchMetricsEnabled", True)
    configuration.setdefault("RequesterPaysEnabled", False)
    configuration.setdefault("ResultConfiguration", {})


def is_true(value: Any) -> bool:
    """A boolean that a template may have spelled as text."""
    return str(value).lower() == "true"
