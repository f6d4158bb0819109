"""AWS::RDS::DBInstance and OptionGroup, through the API that a client uses: the stack waits for the real engine."""

from __future__ import annotations

import time
from typing import Any

from local.cloudformation.extension import boolean
from local.cloudformation.registry import register

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]

_INSTANCE = "AWS::RDS::DBInstance"
_WAIT_SECONDS = 300
_POLL_SECONDS = 0.1
# A change of one of these makes a new instance.
_CREATE_ONLY = (
    *("DBInstanceIdentifier", "DBName", "DBSubnetGroupName", "Engine", "KmsKeyId", "MasterUsername", "Port"),
    *("StorageEncrypted", "CharacterSetName", "DBSnapshotIdentifier", "AvailabilityZone"),
)
_WHOLE = (
    *("AllocatedStorage", "BackupRetentionPeriod", "Iops", "MaxAllocatedStorage", "MonitoringInterval"),
    *("PerformanceInsightsRetentionPeriod", "Port", "PromotionTier", "StorageThroughput"),
)
_FLAGS = (
    *(
        "AutoMinorVersionUpgrade",
        "CopyTagsToSnapshot",
        "DeletionProtection",
        "EnableIAMDatabaseAuthentication",
    ),
    *(
        "EnablePerformanceInsights",
        "ManageMasterUserPassword",
        "MultiAZ",
        "PubliclyAccessible",
        "StorageEncrypted",
    ),
)
# Template properties that the API spells the same, or not at all ("" leaves them out).
_NAMES = {
    "VPCSecurityGroups": "VpcSecurityGroupIds",
    "DBSecurityGroups": "",
    "DeleteAutomatedBackups": "",
    "AllowMajorVersionUpgrade": "",
    "ApplyImmediately": "",
    "CertificateRotationRestart": "",
    "MasterUserSecret": "",
    "EngineLifecycleSupport": "",
    "StorageThroughput": "",
    "DBSnapshotIdentifier": "",
    "SourceDBInstanceIdentifier": "",
}
_OF_CREATION = frozenset(
    {
        *(
            "DBName",
            "DBSubnetGroupName",
            "Engine",
            "KmsKeyId",
            "MasterUsername",
            "Port",
            "StorageEncrypted",
            "Tags",
        ),
        *("AvailabilityZone", "CharacterSetName", "Timezone", "EnableCloudwatchLogsExports", "PromotionTier"),
    }
)


def install() -> None:
    """Register the types; a stack that goes takes a real snapshot where its template asks for one."""
    from ministack.services.cloudformation import provisioners

    register(_INSTANCE, create=_create, update=_update, delete=_delete)
    provisioners._RESOURCE_HANDLERS[_INSTANCE] |= {"snapshot": _snapshot}
    register("AWS::RDS::OptionGroup", create=_create_options, update=_update_options, delete=_delete_options)


def _client() -> Any:
    from local import identity

    return identity.client(identity.root_session(), "rds")


def _create(logical_id: str, props: Properties, stack_name: str) -> Made:
    from ministack.services.cloudformation import provisioners

    if props.get("SourceDBInstanceIdentifier"):
        raise ValueError(f"{logical_id}: the embedded AWS has no read replicas of DB instances")
    name = props.get("DBInstanceIdentifier") or provisioners._physical_name(
        stack_name, logical_id, lowercase=True, max_len=63
    )
    client, given = _client(), {**_given(props), "DBInstanceIdentifier": name}
    if props.get("DBSnapshotIdentifier"):
        client.restore_db_instance_from_db_snapshot(**_for_restore(given, props["DBSnapshotIdentifier"]))
    else:
        client.create_db_instance(**given)
    try:
        return name, _attributes(_available(client, name))
    except ValueError:  # a resource that fails is none of the stack's: nothing else would delete it
        client.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False, ApplyImmediately=True)
        _delete(name, props)
        raise


def _for_restore(given: Properties, snapshot: str) -> Properties:
    from_snapshot = {"MasterUsername", "KmsKeyId", "StorageEncrypted", "EngineVersion", "AllocatedStorage"}
    allowed = (
        _client().meta.service_model.operation_model("RestoreDBInstanceFromDBSnapshot").input_shape.members
    )
    kept = {key: value for key, value in given.items() if key in allowed and key not in from_snapshot}
    return {**kept, "DBSnapshotIdentifier": snapshot}


def _given(props: Properties) -> Properties:
    """A template's properties as the API spells them."""
    given: Properties = {}
    for name, value in props.items():
        spelled = _NAMES.get(name, name)
        if not spelled or value is None:
            continue
        if name in _FLAGS:
            given[spelled] = boolean(value)
        elif name in _WHOLE:
            given[spelled] = int(value)
        else:
            given[spelled] = value
    key = (props.get("MasterUserSecret") or {}).get("KmsKeyId")
    return given | ({"MasterUserSecretKmsKeyId": key} if key else {})


def _available(client: Any, name: str) -> dict[str, Any]:
    """Wait for the engine.

    Raises:
        ValueError: It did not start; the text says why.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        [found] = client.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        status = str(found["DBInstanceStatus"])
        if status == "available":
            return dict(found)
        if status in ("failed", "incompatible-parameters") or time.monotonic() > deadline:
            raise ValueError(f"DB instance {name} is {status}: {_failure(name)}")
        time.sleep(_POLL_SECONDS)


def _failure(name: str) -> str:
    from ministack.services import rds

    return str((rds._instances.get(name) or {}).get("_Failure", "it did not get ready in time"))


def _attributes(found: dict[str, Any]) -> dict[str, Any]:
    attributes = {
        "Endpoint.Address": found["Endpoint"]["Address"],
        "Endpoint.Port": str(found["Endpoint"]["Port"]),
        "Endpoint.HostedZoneId": found["Endpoint"].get("HostedZoneId", ""),
        "DbiResourceId": found["DbiResourceId"],
        "DBInstanceArn": found["DBInstanceArn"],
        "DBInstanceStatus": found["DBInstanceStatus"],
    }
    secret = found.get("MasterUserSecret") or {}
    return attributes | ({"MasterUserSecret.SecretArn": secret["SecretArn"]} if secret else {})


def _update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    changed = {name for name in (*old, *new) if old.get(name) != new.get(name)}
    if changed.intersection(_CREATE_ONLY):
        if old.get("DBInstanceIdentifier") and old.get("DBInstanceIdentifier") == new.get(
            "DBInstanceIdentifier"
        ):
            only = ", ".join(sorted(changed.intersection(_CREATE_ONLY)))
            raise ValueError(
                f"CloudFormation cannot update a stack when a custom-named resource requires replacing "
                f"({only} changed). Rename {physical_id} and update the stack again."
            )
        return _create(physical_id, new, stack_name)
    client = _client()
    wanted = {name: value for name, value in _given(new).items() if _spelled(name) & changed}
    request = {name: value for name, value in wanted.items() if name not in _OF_CREATION}
    exports = _export_changes(old, new)
    if exports:
        request["CloudwatchLogsExportConfiguration"] = exports
    if request:
        client.modify_db_instance(DBInstanceIdentifier=physical_id, ApplyImmediately=True, **request)
    found = _available(client, physical_id)
    _tag(client, found["DBInstanceArn"], old, new)
    return physical_id, _attributes(found)


def _spelled(name: str) -> set[str]:
    template = {spelled: own for own, spelled in _NAMES.items() if spelled}
    return {"MasterUserSecret" if name == "MasterUserSecretKmsKeyId" else template.get(name, name)}


def _export_changes(old: Properties, new: Properties) -> dict[str, list[str]]:
    before, after = (set(one.get("EnableCloudwatchLogsExports") or []) for one in (old, new))
    changes = {"EnableLogTypes": sorted(after - before), "DisableLogTypes": sorted(before - after)}
    return {name: kinds for name, kinds in changes.items() if kinds}


def _tag(client: Any, arn: str, old: Properties, new: Properties) -> None:
    before, after = ({tag["Key"]: tag["Value"] for tag in one.get("Tags") or []} for one in (old, new))
    gone = sorted(before.keys() - after.keys())
    if gone:
        client.remove_tags_from_resource(ResourceName=arn, TagKeys=gone)
    if after != before and after:
        tags = [{"Key": key, "Value": value} for key, value in after.items()]
        client.add_tags_to_resource(ResourceName=arn, Tags=tags)


def _delete(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_db_instance(DBInstanceIdentifier=physical_id, SkipFinalSnapshot=True)
    except client.exceptions.DBInstanceNotFoundFault:
        return


def _snapshot(physical_id: str, _: Properties) -> None:
    from ministack.services.cloudformation import provisioners

    client, name = _client(), provisioners._snapshot_id(physical_id)
    client.create_db_snapshot(DBSnapshotIdentifier=name, DBInstanceIdentifier=physical_id)


def _create_options(logical_id: str, props: Properties, stack_name: str) -> Made:
    from ministack.services.cloudformation import provisioners

    name = props.get("OptionGroupName") or provisioners._physical_name(
        stack_name, logical_id, lowercase=True, max_len=255
    )
    _client().create_option_group(
        OptionGroupName=name,
        EngineName=props["EngineName"],
        MajorEngineVersion=str(props["MajorEngineVersion"]),
        OptionGroupDescription=props["OptionGroupDescription"],
        Tags=props.get("Tags") or [],
    )
    return name, {}


def _update_options(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    fixed = ("OptionGroupName", "EngineName", "MajorEngineVersion", "OptionGroupDescription")
    if any(old.get(name) != new.get(name) for name in fixed):
        return _create_options(physical_id, new, stack_name)
    return physical_id, {}


def _delete_options(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_option_group(OptionGroupName=physical_id)
    except client.exceptions.OptionGroupNotFoundFault:
        return
