"""AWS::SecretsManager: a secret is referred to by its ARN, has a policy, and is generated as the template asks."""

from __future__ import annotations

import json
import secrets
import string
from typing import TYPE_CHECKING, Any

from local import hooks
from local.cloudformation import registry
from local.cloudformation.extension import boolean

if TYPE_CHECKING:
    from collections.abc import Iterator

_REFUSED = 400
_DEFAULT_LENGTH = 32


def install() -> None:
    """Register the policy's type; replace ministack's generator, which knows one exclusion only, and its names."""
    from ministack.services.cloudformation import provisioners

    hooks.replace(provisioners, "_sm_secret_string", secret_string, parameters="props")
    _refer_by_arn(provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"])
    registry.register("AWS::SecretsManager::ResourcePolicy", create=_create, update=_update, delete=_delete)


def _refer_by_arn(handlers: dict[str, Any]) -> None:
    """Make the ARN the physical id, which is what `Ref` gives, as AWS does; ministack's is the name."""
    create, update, delete = (handlers[verb] for verb in ("create", "update", "delete"))

    def created(logical_id: str, props: dict[str, Any], stack: str) -> tuple[str, dict[str, Any]]:
        _, attributes = create(logical_id, props, stack)
        return attributes["Arn"], attributes

    def updated(physical_id: str, *rest: Any) -> tuple[str, dict[str, Any]]:
        _, attributes = update(_name(physical_id), *rest)
        return attributes["Arn"], attributes

    def deleted(physical_id: str, props: dict[str, Any]) -> None:
        delete(_name(physical_id), props)

    handlers |= {"create": created, "update": updated, "delete": deleted}


def _name(arn: str) -> str:
    return arn.partition(":secret:")[2][:-7] or arn


def secret_string(props: dict[str, Any]) -> str:
    """The value that a template declares: its own text, or a generated one, alone or as a key of a JSON template.

    Raises:
        ValueError: when the generation asks for what Secrets Manager refuses.

    Example:
        >>> asked = {"PasswordLength": 8, "ExcludePunctuation": True, "SecretStringTemplate": '{"n": 1}',
        ...          "GenerateStringKey": "key"}
        >>> made = json.loads(secret_string({"GenerateSecretString": asked}))
        >>> made["n"], len(made["key"]), made["key"].isalnum()
        (1, 8, True)
    """
    asked = props.get("GenerateSecretString")
    if props.get("SecretString") or asked is None:
        return str(props.get("SecretString", ""))
    generated = _generated(asked)
    template, key = asked.get("SecretStringTemplate"), asked.get("GenerateStringKey")
    if (template is None) != (key is None):
        raise ValueError("GenerateSecretString: SecretStringTemplate and GenerateStringKey come together")
    if template is None:
        return generated
    try:
        content = json.loads(template)
    except json.JSONDecodeError as error:
        raise ValueError(f"GenerateSecretString.SecretStringTemplate is no JSON: {error}") from error
    return json.dumps({**content, key: generated})


def _generated(asked: dict[str, Any]) -> str:
    kinds = [
        "".join(c for c in kind if c not in asked.get("ExcludeCharacters", "")) for kind in _kinds(asked)
    ]
    kinds = [kind for kind in kinds if kind]
    length = int(asked.get("PasswordLength", _DEFAULT_LENGTH))
    each = not asked.get("RequireEachIncludedType") or boolean(asked["RequireEachIncludedType"])
    if not kinds or (each and length < len(kinds)):
        raise ValueError(f"GenerateSecretString: {length} characters cannot hold {len(kinds)} kinds of them")
    required = [secrets.choice(kind) for kind in kinds] if each else []
    rest = [secrets.choice("".join(kinds)) for _ in range(length - len(required))]
    characters = [*required, *rest]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def _kinds(asked: dict[str, Any]) -> Iterator[str]:
    for exclusion, kind in (
        ("ExcludeLowercase", string.ascii_lowercase),
        ("ExcludeUppercase", string.ascii_uppercase),
        ("ExcludeNumbers", string.digits),
        ("ExcludePunctuation", string.punctuation),
    ):
        if not boolean(asked.get(exclusion)):
            yield kind
    if boolean(asked.get("IncludeSpace")):
        yield " "


def _create(logical_id: str, props: dict[str, Any], _stack: str) -> tuple[str, dict[str, Any]]:
    policy = props["ResourcePolicy"]
    if boolean(props.get("BlockPublicPolicy")) and _is_public(policy):
        raise ValueError(f"{logical_id}: the policy gives everybody access, which BlockPublicPolicy refuses")
    arn = _call("_put_resource_policy", SecretId=props["SecretId"], ResourcePolicy=json.dumps(policy))["ARN"]
    return str(arn), {"Id": arn}


def _update(
    physical_id: str, _old: dict[str, Any], new: dict[str, Any], stack: str
) -> tuple[str, dict[str, Any]]:
    return _create(physical_id, new, stack)


def _delete(physical_id: str, _props: dict[str, Any]) -> None:
    from ministack.services import secretsmanager

    if secretsmanager._resolve(physical_id)[1]:
        _call("_delete_resource_policy", SecretId=physical_id)


def _is_public(policy: dict[str, Any]) -> bool:
    return any(
        one.get("Effect") == "Allow"
        and one.get("Principal") in ("*", {"AWS": "*"})
        and not one.get("Condition")
        for one in policy.get("Statement", [])
    )


def _call(function: str, **request: Any) -> dict[str, Any]:
    from ministack.services import secretsmanager

    answer = getattr(secretsmanager, function)(request)
    if answer[0] >= _REFUSED:
        raise ValueError(f"AWS::SecretsManager::ResourcePolicy: {answer[2]!r}")
    found: dict[str, Any] = json.loads(answer[2])
    return found
