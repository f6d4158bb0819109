"""MSK Configurations: server properties in numbered revisions; a cluster runs one of them."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from local.services.msk import server_properties, state, versions
from local.services.refusal import Refusal

Request = dict[str, Any]


def create(request: Request) -> Request:
    """CreateConfiguration."""
    name = request["Name"]
    if any(one["Name"] == name for one in state.configurations.values()):
        raise Refusal("ConflictException", f"A resource with this name already exists: {name}.", 409)
    for version in request.get("KafkaVersions") or []:
        versions.require(version)
    revision = _revision(request, 1)
    made = {
        "Arn": state.arn("configuration", name),
        "CreationTime": revision["CreationTime"],
        "Description": request.get("Description") or "",
        "KafkaVersions": request.get("KafkaVersions") or [],
        "Name": name,
        "State": "ACTIVE",
        "Revisions": [revision],
    }
    state.configurations[made["Arn"]] = made
    return _told(made)


def update(request: Request) -> Request:
    """UpdateConfiguration: a new revision; clusters run theirs until they are updated."""
    found = state.configuration(request["Arn"])
    found["Revisions"].append(_revision(request, len(found["Revisions"]) + 1))
    if request.get("Description") is not None:
        found["Description"] = request["Description"]
    return {"Arn": found["Arn"], "LatestRevision": _told(found)["LatestRevision"]}


def describe(request: Request) -> Request:
    """DescribeConfiguration."""
    return _told(state.configuration(request["Arn"]))


def describe_revision(request: Request) -> Request:
    """DescribeConfigurationRevision, the only answer that holds the properties."""
    found = state.configuration(request["Arn"])
    return {"Arn": found["Arn"], **_revision_of(found, int(request["Revision"]))}


def listed(request: Request) -> Request:
    """ListConfigurations."""
    return state.page([_told(one) for one in state.configurations.values()], request, "Configurations")


def revisions(request: Request) -> Request:
    """ListConfigurationRevisions."""
    found = state.configuration(request["Arn"])
    return state.page([_without_properties(one) for one in found["Revisions"]], request, "Revisions")


def delete(request: Request) -> Request:
    """DeleteConfiguration; one that a cluster runs stays."""
    found = state.configuration(request["Arn"])
    users = [
        one["ClusterName"]
        for one in state.clusters.values()
        if (one.get("Provisioned") or {}).get("CurrentBrokerSoftwareInfo", {}).get("ConfigurationArn")
        == found["Arn"]
    ]
    if users:
        raise Refusal(
            "BadRequestException", f"The configuration is in use by the clusters: {', '.join(users)}."
        )
    del state.configurations[found["Arn"]]
    return {"Arn": found["Arn"], "State": "DELETING"}


def properties(info: Request | None, *, kafka_version: str = "") -> dict[str, str]:
    """The server properties of a revision that a cluster names; none without one.

    Args:
        info: `Arn` and `Revision`.
        kafka_version: refused when the configuration does not fit this version.

    Raises:
        Refusal: There is no such revision.
    """
    if not info or not info.get("Arn"):
        return {}
    found = state.configuration(info["Arn"])
    fits = found["KafkaVersions"]
    if kafka_version and fits and kafka_version not in fits:
        raise Refusal(
            "BadRequestException",
            f"The configuration {found['Name']} is for the Kafka versions {', '.join(fits)}, "
            f"the cluster's is {kafka_version}.",
        )
    text = base64.b64decode(_revision_of(found, int(info["Revision"]))["ServerProperties"]).decode()
    return server_properties.parsed(text)


def _revision(request: Request, number: int) -> Request:
    try:
        text = base64.b64decode(request["ServerProperties"], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, TypeError) as error:
        raise Refusal("BadRequestException", f"ServerProperties is no base64 of a text: {error}.") from error
    server_properties.parsed(text)
    return {
        "CreationTime": state.now(),
        "Description": request.get("Description") or "",
        "Revision": number,
        "ServerProperties": request["ServerProperties"],
    }


def _revision_of(found: Request, number: int) -> Request:
    for one in found["Revisions"]:
        if one["Revision"] == number:
            return dict(one)
    raise Refusal("NotFoundException", f"{found['Name']} has no revision {number}.", 404)


def _told(found: Request) -> Request:
    told = {name: value for name, value in found.items() if name != "Revisions"}
    return {**told, "LatestRevision": _without_properties(found["Revisions"][-1])}


def _without_properties(revision: Request) -> Request:
    return {name: value for name, value in revision.items() if name != "ServerProperties"}
