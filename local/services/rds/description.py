"""What DescribeDBInstances says beyond ministack: the master's secret and the exported logs."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from local import hooks

_EXPORTS = "<EnabledCloudwatchLogsExports/>"


def install() -> None:
    """Wrap the function that writes an instance as XML."""
    from ministack.services import rds

    def instance_xml(i: dict[str, Any]) -> str:
        return complete(str(old(i)), i)

    old = hooks.replace(rds, "_instance_xml", instance_xml, parameters="i")


def complete(xml: str, instance: dict[str, Any]) -> str:
    """The XML that ministack makes of an instance, with what it leaves out.

    Example:
        >>> complete("<EnabledCloudwatchLogsExports/>", {"EnabledCloudwatchLogsExports": ["postgresql"]})
        '<EnabledCloudwatchLogsExports><member>postgresql</member></EnabledCloudwatchLogsExports>'
    """
    exports = "".join(
        f"<member>{escape(one)}</member>" for one in instance.get("EnabledCloudwatchLogsExports") or []
    )
    name = _EXPORTS.strip("</>")
    return xml.replace(_EXPORTS, f"<{name}>{exports}</{name}>") + _secret(instance.get("MasterUserSecret"))


def _secret(secret: dict[str, str] | None) -> str:
    if not secret:
        return ""
    fields = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in secret.items())
    return f"<MasterUserSecret>{fields}</MasterUserSecret>"
