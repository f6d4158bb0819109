"""The ECS API where ministack answers otherwise than AWS: RunTask's checks and StopTask's gentleness."""

from __future__ import annotations

from typing import Any

from local.services.ecs import network, tasks


def install() -> None:
    """Wrap RunTask and StopTask in the table of actions."""
    from ministack.services import ecs

    from local import hooks

    def run_task(data: dict[str, Any]) -> Any:
        refused = _refusal(data)
        if refused:
            return refused
        answer = old_run(data)
        network.remember(data, answer)
        return answer

    def stop_task(data: dict[str, Any]) -> Any:
        cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
        task = ecs._resolve_task(data.get("task", ""), cluster) if cluster else None
        if task is None or task["lastStatus"] == "STOPPED":
            return old_stop(data)
        if not tasks.stop(task["taskArn"], data.get("reason", "Task stopped by user")):
            return old_stop(data)
        task["stoppingAt"] = ecs._iso()
        # Only in the answer: in the record it would mean that the end has been noted already.
        return ecs.json_response({"task": {**ecs._sanitize(task), "desiredStatus": "STOPPED"}})

    old_run = hooks.replace(ecs, "_run_task", run_task, parameters="data")
    old_stop = hooks.replace(ecs, "_stop_task", stop_task, parameters="data")
    ecs._ACTION_MAP["RunTask"] = run_task
    ecs._ACTION_MAP["StopTask"] = stop_task


def _refusal(data: dict[str, Any]) -> Any:
    """What AWS refuses before a task exists."""
    from ministack.services import ecs

    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    if cluster is None or cluster not in ecs._clusters:
        return ecs.error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
    definition = ecs._task_defs.get(ecs._resolve_td_key(data.get("taskDefinition", "")))
    if definition is None:
        return None  # ministack answers as AWS
    network = (data.get("networkConfiguration") or {}).get("awsvpcConfiguration") or {}
    if definition.get("networkMode") == "awsvpc" and not network.get("subnets"):
        message = "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        return ecs.error_response_json("InvalidParameterException", message, 400)
    named = {container["name"] for container in definition.get("containerDefinitions", [])}
    for override in (data.get("overrides") or {}).get("containerOverrides", []):
        if override.get("name") not in named:
            message = f"Override for container named {override.get('name')} is not a container in the TaskDefinition."
            return ecs.error_response_json("InvalidParameterException", message, 400)
    return None
