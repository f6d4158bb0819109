"""AWS::GuardDuty, Macie, SecurityHub and AccessAnalyzer types, through the API that a client uses."""

from __future__ import annotations

from typing import Any

from local.cloudformation.extension import boolean, camel
from local.cloudformation.registry import register

Properties = dict[str, Any]
Made = tuple[str, dict[str, Any]]


def install() -> None:
    """Register the types."""
    register("AWS::GuardDuty::Detector", create=_detector, update=_detector_again, delete=_no_detector)
    register("AWS::Macie::Session", create=_session, update=_session_again, delete=_no_session)
    register("AWS::SecurityHub::Hub", create=_hub, update=_hub_again, delete=_no_hub)
    register("AWS::SecurityHub::Standard", create=_standard, update=_standard_again, delete=_no_standard)
    register("AWS::AccessAnalyzer::Analyzer", create=_analyzer, update=_analyzer_again, delete=_no_analyzer)


def _client(service: str) -> Any:
    from local import identity

    return identity.client(identity.root_session(), service)


def _detector_request(props: Properties) -> Properties:
    request: Properties = {"Enable": boolean(props["Enable"])}
    if "FindingPublishingFrequency" in props:
        request["FindingPublishingFrequency"] = props["FindingPublishingFrequency"]
    if "Features" in props:
        request["Features"] = props["Features"]
    return request


def _detector(_: str, props: Properties, __: str) -> Made:
    made = _client("guardduty").create_detector(**_detector_request(props))["DetectorId"]
    return made, {"Id": made}


def _detector_again(physical_id: str, _: Properties, new: Properties, __: str) -> Made:
    _client("guardduty").update_detector(DetectorId=physical_id, **_detector_request(new))
    return physical_id, {"Id": physical_id}


def _no_detector(physical_id: str, _: Properties) -> None:
    client = _client("guardduty")
    if physical_id in client.list_detectors()["DetectorIds"]:
        client.delete_detector(DetectorId=physical_id)


def _session_request(props: Properties) -> Properties:
    names = {"Status": "status", "FindingPublishingFrequency": "findingPublishingFrequency"}
    return {ours: props[theirs] for theirs, ours in names.items() if theirs in props}


def _session(_: str, props: Properties, __: str) -> Made:
    from local import identity

    client = _client("macie2")
    client.enable_macie(**_session_request(props))
    return identity.account_id(), {
        "AwsAccountId": identity.account_id(),
        "ServiceRole": client.get_macie_session()["serviceRole"],
    }


def _session_again(physical_id: str, _: Properties, new: Properties, __: str) -> Made:
    client = _client("macie2")
    client.update_macie_session(**_session_request(new))
    return physical_id, {
        "AwsAccountId": physical_id,
        "ServiceRole": client.get_macie_session()["serviceRole"],
    }


def _no_session(_: str, __: Properties) -> None:
    client = _client("macie2")
    try:
        client.disable_macie()
    except client.exceptions.AccessDeniedException:
        return


def _hub(_: str, props: Properties, __: str) -> Made:
    client = _client("securityhub")
    given = {key: props[key] for key in ("ControlFindingGenerator",) if key in props}
    client.enable_security_hub(
        EnableDefaultStandards=boolean(props.get("EnableDefaultStandards", True)), **given
    )
    arn = client.describe_hub()["HubArn"]
    return _hub_again(arn, {}, props, "")


def _hub_again(physical_id: str, _: Properties, new: Properties, __: str) -> Made:
    given = {key: new[key] for key in ("ControlFindingGenerator",) if key in new}
    if "AutoEnableControls" in new:
        given["AutoEnableControls"] = boolean(new["AutoEnableControls"])
    _client("securityhub").update_security_hub_configuration(**given)
    return physical_id, {"ARN": physical_id}


def _no_hub(_: str, __: Properties) -> None:
    client = _client("securityhub")
    try:
        client.disable_security_hub()
    except client.exceptions.InvalidAccessException:
        return


def _standard(_: str, props: Properties, __: str) -> Made:
    request = [{"StandardsArn": props["StandardsArn"]}]
    made = _client("securityhub").batch_enable_standards(StandardsSubscriptionRequests=request)
    arn = made["StandardsSubscriptions"][0]["StandardsSubscriptionArn"]
    return arn, {"StandardsSubscriptionArn": arn}


def _standard_again(_: str, __: Properties, new: Properties, stack_name: str) -> Made:
    """Another standard is another subscription."""
    return _standard("", new, stack_name)


def _no_standard(physical_id: str, _: Properties) -> None:
    client = _client("securityhub")
    try:
        client.batch_disable_standards(StandardsSubscriptionArns=[physical_id])
    except client.exceptions.InvalidAccessException:
        return


def _analyzer(logical_id: str, props: Properties, stack_name: str) -> Made:
    from ministack.services.cloudformation import provisioners

    name = props.get("AnalyzerName") or provisioners._physical_name(stack_name, logical_id, max_len=255)
    made = _client("accessanalyzer").create_analyzer(analyzerName=name, type=props["Type"], **_looking(props))
    return made["arn"], {"Arn": made["arn"]}


def _analyzer_again(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Made:
    if any(old.get(key) != new.get(key) for key in ("AnalyzerName", "Type")):
        return _analyzer(physical_id, new, stack_name)
    name = physical_id.rsplit("/", 1)[-1]
    _client("accessanalyzer").update_analyzer(analyzerName=name, **_looking(new))
    return physical_id, {"Arn": physical_id}


def _no_analyzer(physical_id: str, _: Properties) -> None:
    client = _client("accessanalyzer")
    try:
        client.delete_analyzer(analyzerName=physical_id.rsplit("/", 1)[-1])
    except client.exceptions.ResourceNotFoundException:
        return


def _looking(props: Properties) -> Properties:
    """What an analyzer of unused access is told: after how many days."""
    given = (props.get("AnalyzerConfiguration") or {}).get("UnusedAccessConfiguration")
    if not given:
        return {}
    return {
        "configuration": {"unusedAccess": camel({**given, "UnusedAccessAge": int(given["UnusedAccessAge"])})}
    }
