"""AWS::ECS::TaskDefinition and Cluster: the properties that ministack's handlers drop or store in another case."""

from __future__ import annotations

from typing import Any

from local.cloudformation.extension import camel, extend
from local.cloudformation.registry import register

_FREE = frozenset({"Options", "DockerLabels", "DriverOpts", "Labels"})


def install() -> None:
    """Complete both handlers."""
    extend("AWS::ECS::TaskDefinition", _task_definition, check=_check)
    extend("AWS::ECS::Cluster", _cluster)
    register(
        "AWS::ECS::ClusterCapacityProviderAssociations",
        create=_associate,
        update=_reassociate,
        delete=_dissociate,
    )


def _check(logical_id: str, props: dict[str, Any]) -> None:
    """Refuse what Fargate refuses."""
    fargate = "FARGATE" in props.get("RequiresCompatibilities", [])
    if fargate and props.get("NetworkMode") != "awsvpc":
        raise ValueError(f"{logical_id}: Fargate only supports network mode 'awsvpc'")
    if fargate and not (props.get("Cpu") and props.get("Memory")):
        raise ValueError(f"{logical_id}: Fargate requires task definition to have Cpu and Memory")
    if not props.get("ContainerDefinitions"):
        raise ValueError(f"{logical_id}: Container.* must not be empty: ContainerDefinitions")


def _task_definition(arn: str, props: dict[str, Any], _: dict[str, Any]) -> None:
    from ministack.services import ecs

    definition = ecs._task_defs[arn.rsplit("/", 1)[-1]]
    definition["containerDefinitions"] = [
        _container(c) for c in camel(props.get("ContainerDefinitions", []), free=_FREE)
    ]
    definition["volumes"] = camel(props.get("Volumes", []), free=_FREE)
    for name in ("RuntimePlatform", "EphemeralStorage", "ProxyConfiguration", "PlacementConstraints"):
        if name in props:
            definition[name[:1].lower() + name[1:]] = camel(props[name], free=_FREE)
    if "ephemeralStorage" in definition:
        storage = definition["ephemeralStorage"]
        definition["ephemeralStorage"] = {"sizeInGiB": int(storage.get("sizeInGiB", 21))}


def _container(definition: dict[str, Any]) -> dict[str, Any]:
    whole: dict[str, Any] = {
        key: int(definition[key]) for key in ("cpu", "memory", "memoryReservation") if key in definition
    }
    flags = ("essential", "readonlyRootFilesystem", "privileged", "interactive")
    true = {key: str(definition[key]).lower() == "true" for key in flags if key in definition}
    return {"essential": True, **definition, **whole, **true}


def _cluster(name: str, props: dict[str, Any], _: dict[str, Any]) -> None:
    from ministack.services import ecs

    cluster = ecs._clusters[name]
    if "ClusterSettings" in props:
        cluster["settings"] = camel(props["ClusterSettings"])
    if "ServiceConnectDefaults" in props:
        cluster["serviceConnectDefaults"] = camel(props["ServiceConnectDefaults"])


def _associate(_: str, props: dict[str, Any], __: str) -> tuple[str, dict[str, Any]]:
    from ministack.services import ecs

    name = str(props["Cluster"]).rsplit("/", 1)[-1]
    cluster = ecs._clusters[name]
    cluster["capacityProviders"] = list(props.get("CapacityProviders", []))
    cluster["defaultCapacityProviderStrategy"] = camel(props.get("DefaultCapacityProviderStrategy", []))
    return name, {}


def _reassociate(_: str, __: dict[str, Any], new: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
    return _associate("", new, stack)


def _dissociate(physical_id: str, _: dict[str, Any]) -> None:
    from ministack.services import ecs

    cluster = ecs._clusters.get(physical_id)
    if cluster is not None:
        cluster |= {"capacityProviders": [], "defaultCapacityProviderStrategy": []}
