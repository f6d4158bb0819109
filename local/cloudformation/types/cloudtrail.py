"""AWS::CloudTrail::Trail, through CloudTrail's own API as the account."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from local import identity
from local.cloudformation import registry
from local.cloudformation.extension import boolean

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]
_TEXTS = (
    "S3BucketName",
    "S3KeyPrefix",
    "CloudWatchLogsLogGroupArn",
    "CloudWatchLogsRoleArn",
)
_FLAGS = ("IncludeGlobalServiceEvents", "IsMultiRegionTrail", "IsOrganizationTrail")


def install() -> None:
    """Registers the type."""
    registry.register("AWS::CloudTrail::Trail", create=_create, update=_update, delete=_delete)


def _cloudtrail() -> Any:
    return identity.client(identity.root_session(), "cloudtrail")


def _create(logical_id: str, properties: Properties, stack_name: str) -> Made:
    name = properties.get("TrailName") or f"{stack_name}-{logical_id}"
    tags = {"TagsList": properties["Tags"]} if properties.get("Tags") else {}
    _cloudtrail().create_trail(Name=name, **_arguments(properties), **tags)
    try:
        _configure(name, properties)
    except ClientError:
        _cloudtrail().delete_trail(Name=name)
        raise
    return name, _attributes(name)


def _update(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if new.get("TrailName") not in {None, physical_id}:
        return _create("", new, stack_name)
    cleared = {name: "" for name in _TEXTS if name in old and name not in new}
    _cloudtrail().update_trail(Name=physical_id, **{**cleared, **_arguments(new)})
    _update_tags(physical_id, old.get("Tags") or [], new.get("Tags") or [])
    _configure(physical_id, new)
    return physical_id, _attributes(physical_id)


def _delete(physical_id: str, properties: Properties) -> None:
    del properties
    try:
        _cloudtrail().delete_trail(Name=physical_id)
    except ClientError as error:
        if error.response["Error"]["Code"] != "TrailNotFoundException":
            raise


def _arguments(properties: Properties) -> Properties:
    """What CreateTrail and UpdateTrail take; a flag that is left out is false, as in CloudFormation."""
    found: Properties = {name: properties[name] for name in _TEXTS if properties.get(name)}
    found |= {name: boolean(properties.get(name, name == "IncludeGlobalServiceEvents")) for name in _FLAGS}
    found["EnableLogFileValidation"] = boolean(properties.get("EnableLogFileValidation", False))
    if properties.get("KMSKeyId"):
        found["KmsKeyId"] = properties["KMSKeyId"]
    return found


def _configure(name: str, properties: Properties) -> None:
    if properties.get("AdvancedEventSelectors"):
        _cloudtrail().put_event_selectors(
            TrailName=name, AdvancedEventSelectors=properties["AdvancedEventSelectors"]
        )
    elif properties.get("EventSelectors"):
        selectors = [
            {**s, "IncludeManagementEvents": boolean(s.get("IncludeManagementEvents", True))}
            for s in properties["EventSelectors"]
        ]
        _cloudtrail().put_event_selectors(TrailName=name, EventSelectors=selectors)
    if boolean(properties["IsLogging"]):
        _cloudtrail().start_logging(Name=name)
    else:
        _cloudtrail().stop_logging(Name=name)


def _update_tags(name: str, old: list[Properties], new: list[Properties]) -> None:
    arn = _attributes(name)["Arn"]
    gone = [tag for tag in old if tag["Key"] not in {kept["Key"] for kept in new}]
    if gone:
        _cloudtrail().remove_tags(ResourceId=arn, TagsList=gone)
    if new:
        _cloudtrail().add_tags(ResourceId=arn, TagsList=new)


def _attributes(name: str) -> Properties:
    trail = _cloudtrail().get_trail(Name=name)["Trail"]
    return {"Arn": trail["TrailARN"], "SnsTopicArn": trail.get("SnsTopicARN", "")}
