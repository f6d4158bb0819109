"""What a request asks rights for: resources and condition keys that ministack does not read from it.

ministack answers `*` for a query that is named by its id, and knows no condition keys of ECS and CloudWatch; a
policy that names the workgroup, the cluster or the namespace, as AWS recommends, would deny everything.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from local import hooks

Request = dict[str, Any]
_EQUALS = re.compile(r"([#\w.-]+)\s*=\s*(:\w+)")


def install() -> None:
    """Wrap the two functions from which ministack takes a request's resource and its condition keys."""
    from ministack.core import iam_actions

    old_arn = hooks.replace(iam_actions, "extract_resource_arn", None)
    old_keys = hooks.replace(
        iam_actions, "request_tag_context", None, parameters="service iam_action body params"
    )

    def extract(  # noqa: PLR0917 - the signature of what it wraps
        service: str,
        method: str,
        path: str,
        headers: Any,
        body: bytes,
        query_params: Any,
        region: str,
        account_id: str,
    ) -> str:
        known = _RESOURCES.get(service)
        request = _form(body) if service == "monitoring" and not _json(body) else _json(body)
        found = known(request, region, account_id) if known else None
        return found or str(old_arn(service, method, path, headers, body, query_params, region, account_id))

    def keys(service: str, iam_action: str, body: bytes, params: Request) -> Request:
        found = dict(old_keys(service, iam_action, body, params))
        if service == "monitoring" and iam_action == "cloudwatch:PutMetricData":
            found |= _of_metrics(body, params)
        if iam_action == "events:PutEvents":
            found |= _of_events(_json(body))
        if service == "ecs":
            found |= _of_tasks(_json(body))
        if service == "dynamodb":
            found |= _of_items(_json(body))
        return found

    iam_actions.extract_resource_arn = extract
    iam_actions.request_tag_context = keys


def query_resource(request: Request, region: str, account: str) -> str | None:
    """The workgroup behind ids of queries or saved queries; None when the request names it itself.

    Ids of several workgroups ask for all workgroups: who may see one of them does not see the others along with it.
    """
    from ministack.services import athena

    queries = [request.get("QueryExecutionId"), *(request.get("QueryExecutionIds") or [])]
    saved = [request.get("NamedQueryId"), *(request.get("NamedQueryIds") or [])]
    records = [athena._executions.get(one or "") for one in queries]
    records += [athena._named_queries.get(one or "") for one in saved]
    found = {record.get("WorkGroup") or "primary" for record in records if record is not None}
    if not found:
        return None
    name = found.pop() if len(found) == 1 else "*"
    return f"arn:aws:athena:{region}:{account}:workgroup/{name}"


def task_resource(request: Request, region: str, account: str) -> str | None:
    """The task or the task definition of a request, which AWS asks for, not the cluster."""
    tasks = request.get("tasks") or [request.get("task")]
    if tasks[0]:
        name = str(tasks[0])
        cluster = str(request.get("cluster") or "default").rsplit("/", 1)[-1]
        return name if name.startswith("arn:") else f"arn:aws:ecs:{region}:{account}:task/{cluster}/{name}"
    definition = request.get("taskDefinition")
    if definition and "cluster" in request:
        text = str(definition)
        return text if text.startswith("arn:") else f"arn:aws:ecs:{region}:{account}:task-definition/{text}"
    return None


def log_resource(request: Request, region: str, account: str) -> str | None:
    """The stream of a request: AWS asks for `...:log-group:<name>:log-stream:<stream>`, with an empty stream at most.

    So it is that policies name a log group with `:*` at its end, the form in which CloudFormation gives its ARN.
    """
    group = request.get("logGroupName")
    if not group:
        return None
    stream = request.get("logStreamName") or ""
    return f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:{stream}"


def task_token_resource(request: Request, _region: str, _account: str) -> str | None:
    """The state machine that waits for a token, which is what AWS asks SendTaskSuccess for; None without a token."""
    from ministack.services import stepfunctions

    waiting = stepfunctions._task_tokens.get(request.get("taskToken") or "")
    return str(waiting["machine"]) if waiting and waiting.get("machine") else None


def alarm_resource(request: Request, region: str, account: str) -> str | None:
    """The alarm that a request names; of several the first stands for all."""
    names = request.get("AlarmNames") or []
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:{names[0]}" if names else None


_RESOURCES = {
    "monitoring": alarm_resource,
    "states": task_token_resource,
    "logs": log_resource,
    "athena": query_resource,
    "ecs": task_resource,
}


def _of_tasks(request: Request) -> Request:
    from local import identity

    cluster = request.get("cluster")
    if not cluster:
        return {}
    arn = f"arn:aws:ecs:{identity.region()}:{identity.account_id()}:cluster/{str(cluster).rsplit('/', 1)[-1]}"
    return {"ecs:cluster": arn}


def _of_items(request: Request) -> Request:
    """The partition keys of the items that a request reads or writes, by which policies give each their own."""
    whole = [next(iter(each.values())) for each in request.get("TransactItems") or []] or [request]
    keys = [_partition_key(each) for each in whole]
    return {"dynamodb:leadingkeys": sorted(filter(None, set(keys)))} if None not in keys else {}


def _partition_key(request: Request) -> str | None:
    from ministack.services import dynamodb

    table = dynamodb._tables.get(str(request.get("TableName") or "").rsplit("/", 1)[-1])
    if not table:
        return None
    item = request.get("Key") or request.get("Item")
    value = item.get(table["pk_name"]) if isinstance(item, dict) else _queried(request, table["pk_name"])
    return str(next(iter(value.values()))) if isinstance(value, dict) and len(value) == 1 else None


def _queried(request: Request, key: str) -> Any:
    """The value of the partition key for which a Query asks; None when it is no Query."""
    names, values = (
        request.get("ExpressionAttributeNames") or {},
        request.get("ExpressionAttributeValues") or {},
    )
    for name, value in _EQUALS.findall(str(request.get("KeyConditionExpression") or "")):
        if names.get(name, name) == key:
            return values.get(value)
    return None


def _of_events(request: Request) -> Request:
    entries = [entry for entry in request.get("Entries") or [] if isinstance(entry, dict)]
    found = {}
    for key, member in (("events:source", "Source"), ("events:detail-type", "DetailType")):
        values = sorted({str(entry.get(member, "")) for entry in entries})
        found[key] = values[0] if len(values) == 1 else values
    return found


def _of_metrics(body: bytes, params: Request) -> Request:
    """The namespace, in a form or in JSON; the third protocol, CBOR, is not installed."""
    given = params.get("Namespace")
    namespace = (given[0] if isinstance(given, list) else given) or _json(body).get("Namespace")
    return {"cloudwatch:namespace": str(namespace)} if namespace else {}


def _form(body: bytes) -> Request:
    """A query's members that are lists of texts, without their numbers."""
    found: Request = {}
    for name, value in parse_qsl(body.decode("utf-8", errors="replace")):
        found.setdefault(name.split(".", 1)[0], []).append(value)
    return found


def _json(body: bytes) -> Request:
    try:
        found = json.loads(body or b"{}")
    except (json.JSONDecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
