"""The master user's password: who manages it, and that a rotation changes it in the engine first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local import hooks
from local.services.rds import engines, instances, master_secret

if TYPE_CHECKING:
    from collections.abc import Callable

Parameters = dict[str, Any]


def install() -> None:
    """Wrap RotateSecret, for secrets that RDS manages, and ministack's change of a password."""
    from ministack.services import rds, secretsmanager

    hooks.replace(rds, "_rotate_instance_password", _set_password, parameters="instance old_pass new_pass")
    old_rotate = hooks.replace(secretsmanager, "_rotate_secret", None, parameters="data")
    secretsmanager._rotate_secret = _rotating(old_rotate)


def change(record: dict[str, Any], p: Parameters) -> None:
    """What ModifyDBInstance says of the managed secret: begin, end, rotate."""
    from ministack.services import rds

    wanted = rds._p(p, "ManageMasterUserPassword")
    if wanted == "true" and not record.get("MasterUserSecret"):
        password = master_secret.new_password()
        key = rds._p(p, "MasterUserSecretKmsKeyId") or None
        record["MasterUserSecret"] = master_secret.make(record, password, key)
        _set_password(record, "", password)
    elif wanted == "false" and record.get("MasterUserSecret"):
        master_secret.delete(record)
        record.pop("MasterUserSecret")
    elif rds._p(p, "RotateMasterUserPassword") == "true" and record.get("MasterUserSecret"):
        rotate(record)


def rotate(record: dict[str, Any]) -> str:
    """Give the master user a new password, in the engine first and then in the secret; gives the version's id."""
    password = master_secret.new_password()
    _set_password(record, "", password)
    return master_secret.store(record, password)


def _set_password(instance: dict[str, Any], old_pass: str, new_pass: str) -> None:
    del old_pass
    running = instances.find(instance)
    if running is None:
        instance["_MasterUserPassword"] = new_pass  # the next start sets it
        return
    engines.set_password(instance, running.server, new_pass)
    instance["_MasterUserPassword"] = ""


def _rotating(old: Callable[[Parameters], Any]) -> Callable[[Parameters], Any]:
    def rotate_secret(data: Parameters) -> Any:
        from ministack.core.responses import json_response
        from ministack.services import secretsmanager

        secret = secretsmanager._resolve(data.get("SecretId"))[1]
        owner = master_secret.owner(secret["ARN"]) if secret else None
        if secret is None or owner is None:
            return old(data)
        rules = data.get("RotationRules")
        if rules:
            secret["RotationRules"] = rules
        version = rotate(owner) if data.get("RotateImmediately", True) else ""
        return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": version})

    return rotate_secret
