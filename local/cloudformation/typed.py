"""A template's properties as an API's model spells and types them: CloudFormation's texts become numbers and flags."""

from __future__ import annotations

from typing import Any

from local.cloudformation.extension import boolean


def typed(value: Any, shape: Any) -> Any:
    """A property tree for boto3.

    Args:
        value: of a template; names may differ from the API's in the case of their letters.
        shape: botocore's shape of it.

    Raises:
        ValueError: A name that the API does not have.

    Example:
        >>> import botocore.session
        >>> model = botocore.session.get_session().get_service_model("kafka")
        >>> shape = model.operation_model("UpdateStorage").input_shape
        >>> typed({"clusterArn": "a", "VolumeSizeGB": "100"}, shape)
        {'ClusterArn': 'a', 'VolumeSizeGB': 100}
    """
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        members = {name.lower(): name for name in shape.members}
        unknown = [name for name in value if name.lower() not in members]
        if unknown:
            raise ValueError(f"{shape.name} has no {', '.join(unknown)}; it has {', '.join(shape.members)}")
        spelled = {members[name.lower()]: inner for name, inner in value.items() if inner is not None}
        return {name: typed(inner, shape.members[name]) for name, inner in spelled.items()}
    if kind == "list" and isinstance(value, list):
        return [typed(inner, shape.member) for inner in value]
    if kind == "map" and isinstance(value, dict):
        return {str(name): typed(inner, shape.value) for name, inner in value.items()}
    if kind == "boolean":
        return boolean(value)
    if kind in ("integer", "long"):
        return int(value)
    return value.encode() if kind == "blob" and isinstance(value, str) else str(value)
