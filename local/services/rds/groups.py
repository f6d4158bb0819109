"""Parameter groups: a changed parameter reaches the running engines, and only parameters that exist can be set."""

from __future__ import annotations

from typing import Any

from local import hooks
from local.services.rds import engines, instances, parameters, requests

# Of RDS for PostgreSQL itself: acted on (the first two) or recorded.
_OF_RDS = (
    "rds.",
    "apg_",
    "pgaudit.",
    "pglogical.",
    "cron.",
    "auto_explain.",
    "pg_stat_statements.",
    "plan_cache",
)


def install() -> None:
    """Wrap the function through which every change of a group goes, and the actions on groups in use."""
    from ministack.services import rds

    hooks.replace(rds, "_apply_parameter_group_changes", apply, parameters="group_name changes refuse_static")
    old_modify = hooks.replace(rds, "_modify_param_group", None, parameters="p")
    old_delete = hooks.replace(rds, "_delete_param_group", None, parameters="p")

    def modify(p: dict[str, Any]) -> Any:
        made = old_modify(p)
        if made[0] < 300:  # noqa: PLR2004 - HTTP's errors
            _tell_engines(rds._p(p, "DBParameterGroupName"))
        return made

    def delete(p: dict[str, Any]) -> Any:
        name = rds._p(p, "DBParameterGroupName")
        users = [one["DBInstanceIdentifier"] for one in _using(name)]
        if users:
            return requests.refused(
                "InvalidDBParameterGroupState",
                f"One or more database instances are still members of this parameter group {name}: {', '.join(users)}",
            )
        return old_delete(p)

    for action, name, new in (
        ("ModifyDBParameterGroup", "_modify_param_group", modify),
        ("DeleteDBParameterGroup", "_delete_param_group", delete),
    ):
        setattr(rds, name, new)
        rds._ACTION_MAP[action] = new


def apply(group_name: str, changes: list[tuple[str, str, str]], refuse_static: bool = True) -> Any:  # noqa: FBT001, FBT002 - the signature of what it replaces
    """Check a change of a group before it is made; gives the API's refusal or None."""
    from ministack.services import rds

    del refuse_static
    family = str((rds._param_groups.get(group_name) or {}).get("DBParameterGroupFamily", ""))
    for name, _, _ in changes:
        if family.startswith("postgres17") and not _exists(name):
            return requests.refused("InvalidParameterValue", f"Could not find parameter with name: {name}")
    for instance in _using(group_name):
        if any(method != "immediate" for _, _, method in changes):
            instance["DBParameterGroups"][0]["ParameterApplyStatus"] = "pending-reboot"
    return None


def _exists(name: str) -> bool:
    return name.startswith(_OF_RDS) or name in parameters.known_to_postgres()


def _using(group_name: str) -> list[dict[str, Any]]:
    from ministack.services import rds

    return [
        instance
        for instance in list(rds._instances.values())
        if any(
            one.get("DBParameterGroupName") == group_name for one in instance.get("DBParameterGroups") or []
        )
    ]


def _tell_engines(group_name: str) -> None:
    for instance in _using(group_name):
        running = instances.find(instance)
        if running is not None:
            engines.take_parameters(instance, running.server)
