"""Services whose API is REST with JSON: requests and answers by botocore's model, handlers by operation.

A handler gets the request's parameters under the names that boto3 uses, wherever they travel (path, query or
body), and answers under the same names; the model knows how they are spelled on the wire.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from local.services.refusal import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

logger = logging.getLogger("local.rest_json")

Request = dict[str, Any]
_VARIABLE = re.compile(r"\{(?P<name>[^}+]+)(?P<greedy>\+)?\}")


def mount(
    service: str,
    operations: Mapping[str, Any],
    *,
    signing_name: str | None = None,
    resource: Callable[[str], str | None] | None = None,
) -> None:
    """Route a service's requests to these handlers and check them against its IAM actions.

    Args:
        service: Name of the service in boto3.
        operations: Handler by operation: parameters in, answer out; it refuses by `Refusal`.
        signing_name: Its name in signatures, endpoints and IAM actions, where that is another one.
        resource: The ARN that a path is about, for IAM; None (or without this) leaves it to ministack.
    """
    from ministack import app
    from ministack.core import iam_actions, router
    from ministack.core.concurrency import run_reentrant

    async def handle_request(method: str, path: str, _: Any, body: bytes, query: Any) -> Answer:
        found: Answer = await run_reentrant(
            answer, service, operations, method, path, body, query, thread_name=f"local-{service}"
        )
        return found

    name = signing_name or service
    app.SERVICE_HANDLERS[name] = handle_request
    router.SERVICE_PATTERNS[name] = {
        "host_patterns": [rf"{re.escape(name)}\."],
        "credential_scope": name,
    }
    iam_actions.SERVICE_TO_IAM_NAMESPACE[name] = name
    iam_actions._BOTOCORE_SERVICE_MAP[name] = [service]
    if resource is not None:
        _tell_resources(name, resource)


def _tell_resources(name: str, resource: Callable[[str], str | None]) -> None:
    from ministack.core import iam_actions

    from local import hooks

    old = hooks.replace(iam_actions, "extract_resource_arn", None)

    def extract(service: str, method: str, path: str, *rest: Any) -> str:
        found = resource(unquote(path)) if service == name else None
        return found or str(old(service, method, path, *rest))

    iam_actions.extract_resource_arn = extract


def answer(  # noqa: PLR0917 - the parts of a request in their usual order
    service: str, operations: Mapping[str, Any], method: str, path: str, body: bytes, query: Any
) -> Answer:
    """The answer to a request; an operation that is not built is refused by its name."""
    try:
        name, parameters = read(service, method, path, body, query)
        found = _handler(service, operations, name)(parameters) or {}
    except Refusal as refusal:
        return refusal.answer()
    except KeyError as missing:
        return Refusal("ValidationException", f"{service}: {missing.args[0]} is missing.").answer()
    shape = _model(service).operation_model(name).output_shape
    wire = _to_wire(found, shape) if shape else {}
    return 200, {"Content-Type": "application/json"}, json.dumps(wire).encode()


def _handler(service: str, operations: Mapping[str, Any], name: str) -> Any:
    if name not in operations:
        built = ", ".join(sorted(operations))
        text = f"The embedded AWS has no {service}:{name}; it has {built}."
        raise Refusal("OperationNotSupportedException", text, 501)
    return operations[name]


def read(service: str, method: str, path: str, body: bytes, query: Any) -> tuple[str, Request]:
    """The operation and the parameters of a request, under boto3's names.

    Raises:
        Refusal: for a request that the service's model does not have, or a body that is no JSON.

    Example:
        >>> read("backup", "GET", "/backup-vaults/dp-dev", b"", {})
        ('DescribeBackupVault', {'BackupVaultName': 'dp-dev'})
    """
    for route_method, pattern, name, _ in _routes(service):
        match = pattern.fullmatch(path.rstrip("/") or "/") if route_method == method else None
        if match is None:
            continue
        shape = _model(service).operation_model(name).input_shape
        given = {key: unquote(value) for key, value in match.groupdict().items()}
        return name, _parameters(shape, given, query, _json(body)) if shape else {}
    raise Refusal("UnknownOperationException", f"{service} has no {method} {path}.", 404)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except json.JSONDecodeError as error:
        raise Refusal("SerializationException", f"The request is not JSON: {error}") from error


def _parameters(shape: Any, path: dict[str, str], query: Any, body: Any) -> Request:
    found: Request = {}
    for member, inner in shape.members.items():
        wire, place = inner.serialization.get("name", member), inner.serialization.get("location")
        if place == "uri":
            found[member] = path[_group(wire)]
        elif place == "querystring" and wire in (query or {}):
            value = query[wire]
            texts = value if isinstance(value, list) else [value]
            found[member] = texts if inner.type_name == "list" else _scalar(texts[0], inner)
        elif place is None and wire in body:
            found[member] = _from_wire(body[wire], inner)
    return found


def _scalar(text: str, shape: Any) -> Any:
    if shape.type_name in ("integer", "long"):
        return int(text)
    return text.lower() == "true" if shape.type_name == "boolean" else text


def _from_wire(value: Any, shape: Any) -> Any:
    if shape.type_name == "structure" and isinstance(value, dict):
        return {
            member: _from_wire(value[wire], inner)
            for member, inner in shape.members.items()
            if (wire := inner.serialization.get("name", member)) in value
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [_from_wire(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: _from_wire(item, shape.value) for key, item in value.items()}
    return value


def _to_wire(value: Any, shape: Any) -> Any:
    if shape.type_name == "structure":
        return {
            inner.serialization.get("name", member): _to_wire(value[member], inner)
            for member, inner in shape.members.items()
            if value.get(member) is not None
        }
    if shape.type_name == "list":
        return [_to_wire(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: _to_wire(item, shape.value) for key, item in value.items()}
    if shape.type_name == "timestamp" and isinstance(value, int | float):
        iso = shape.serialization.get("timestampFormat") == "iso8601"
        return dt.datetime.fromtimestamp(value, dt.UTC).isoformat() if iso else value
    return value


def _group(name: str) -> str:
    return re.sub(r"\W", "_", name)


@lru_cache
def _model(service: str) -> Any:
    import botocore.session

    return botocore.session.get_session().get_service_model(service)


@lru_cache
def _routes(service: str) -> list[tuple[str, re.Pattern[str], str, int]]:
    """Method, path, operation and number of literal characters; the most literal path comes first."""
    found = []
    for name in _model(service).operation_names:
        http = _model(service).operation_model(name).http
        uri = http["requestUri"].split("?", 1)[0]
        literal = len(_VARIABLE.sub("", uri))
        found.append((http["method"], re.compile(_pattern(uri.rstrip("/") or "/")), name, literal))
    return sorted(found, key=lambda route: -route[3])


def _pattern(uri: str) -> str:
    """A path's pattern; ARNs hold slashes and colons, sent as they are or quoted.

    Example:
        >>> re.fullmatch(_pattern("/tags/{arn}"), "/tags/arn:aws:x:1")["arn"]
        'arn:aws:x:1'
    """
    pieces, position = [], 0
    for variable in _VARIABLE.finditer(uri):
        pieces.append(re.escape(uri[position : variable.start()]))
        greedy = variable["greedy"] or "arn" in variable["name"].lower()
        pieces.append(f"(?P<{_group(variable['name'])}>{'.+' if greedy else '[^/]+'})")
        position = variable.end()
    return "".join(pieces) + re.escape(uri[position:])
