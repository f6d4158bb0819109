"""AWS::Config types, through the API that a client uses, and the service-linked role of a service."""

from __future__ import annotations

from typing import Any

from local.cloudformation.extension import boolean, camel
from local.cloudformation.registry import register

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]
_RULE = ("ConfigRuleName", "Description", "InputParameters", "MaximumExecutionFrequency", "Scope", "Source")


def install() -> None:
    """Register the types."""
    register(
        "AWS::Config::ConfigurationRecorder", create=_recorder, update=_recorder_again, delete=_no_recorder
    )
    register("AWS::Config::DeliveryChannel", create=_channel, update=_channel_again, delete=_no_channel)
    register("AWS::Config::ConfigRule", create=_rule, update=_rule_again, delete=_no_rule)
    register("AWS::IAM::ServiceLinkedRole", create=_role, update=_role_again, delete=_no_role)


def _client(service: str = "config") -> Any:
    from local import identity

    return identity.client(identity.root_session(), service)


def _recorder(_: str, props: Properties, __: str) -> Made:
    name = props.get("Name") or "default"
    recorder = {"name": name, "roleARN": props["RoleARN"]}
    group = props.get("RecordingGroup")
    if group:
        recorder["recordingGroup"] = {
            key: boolean(value) if isinstance(value, str) else value for key, value in camel(group).items()
        }
    _client().put_configuration_recorder(ConfigurationRecorder=recorder)
    return name, {}


def _recorder_again(_: str, __: Properties, new: Properties, stack_name: str) -> Made:
    return _recorder("", new, stack_name)


def _no_recorder(physical_id: str, _: Properties) -> None:
    from ministack.services import config

    config._recorders.pop(physical_id, None)  # it has no DeleteConfigurationRecorder


def _channel(_: str, props: Properties, __: str) -> Made:
    name = props.get("Name") or "default"
    names = {
        "S3BucketName": "s3BucketName",
        "S3KeyPrefix": "s3KeyPrefix",
        "S3KmsKeyArn": "s3KmsKeyArn",
        "SnsTopicARN": "snsTopicARN",
    }
    channel: Properties = {"name": name, **{ours: props[key] for key, ours in names.items() if key in props}}
    if "ConfigSnapshotDeliveryProperties" in props:
        channel["configSnapshotDeliveryProperties"] = camel(props["ConfigSnapshotDeliveryProperties"])
    client = _client()
    client.put_delivery_channel(DeliveryChannel=channel)
    for recorder in client.describe_configuration_recorders()["ConfigurationRecorders"]:
        client.start_configuration_recorder(
            ConfigurationRecorderName=recorder["name"]
        )  # as CloudFormation does
    return name, {}


def _channel_again(_: str, __: Properties, new: Properties, stack_name: str) -> Made:
    return _channel("", new, stack_name)


def _no_channel(physical_id: str, _: Properties) -> None:
    from ministack.services import config

    config._delivery_channels.pop(physical_id, None)  # it has no DeleteDeliveryChannel


def _rule(logical_id: str, props: Properties, stack_name: str) -> Made:
    from ministack.services.cloudformation import provisioners

    name = props.get("ConfigRuleName") or provisioners._physical_name(stack_name, logical_id, max_len=128)
    client = _client()
    rule = {**{key: props[key] for key in _RULE if key in props}, "ConfigRuleName": name}
    client.put_config_rule(ConfigRule=rule)
    (made,) = client.describe_config_rules(ConfigRuleNames=[name])["ConfigRules"]
    return name, {"Arn": made["ConfigRuleArn"], "ConfigRuleId": made["ConfigRuleId"]}


def _rule_again(physical_id: str, _: Properties, new: Properties, stack_name: str) -> Made:
    return _rule(physical_id, {**new, "ConfigRuleName": new.get("ConfigRuleName", physical_id)}, stack_name)


def _no_rule(physical_id: str, _: Properties) -> None:
    client = _client()
    try:
        client.delete_config_rule(ConfigRuleName=physical_id)
    except client.exceptions.NoSuchConfigRuleException:
        return


def _role(_: str, props: Properties, __: str) -> Made:
    made = _client("iam").create_service_linked_role(
        AWSServiceName=props["AWSServiceName"],
        **({"Description": props["Description"]} if "Description" in props else {}),
    )["Role"]
    return made["RoleName"], {"RoleName": made["RoleName"]}


def _role_again(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if old["AWSServiceName"] != new["AWSServiceName"]:
        return _role("", new, stack_name)
    _client("iam").update_role(RoleName=physical_id, Description=new.get("Description", ""))
    return physical_id, {"RoleName": physical_id}


def _no_role(physical_id: str, _: Properties) -> None:
    client = _client("iam")
    try:
        client.delete_service_linked_role(RoleName=physical_id)
    except client.exceptions.NoSuchEntityException:
        return
