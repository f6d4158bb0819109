"""The secret that RDS manages for a master user: made with the instance, rotated by RDS, deleted with it."""

from __future__ import annotations

import json
import secrets
import string
import uuid
from typing import Any

_LENGTH = 28
# RDS uses no / @ " and space; these are also safe in a URL.
_CHARACTERS = string.ascii_letters + string.digits + "-_.~!*"
ROTATION_DAYS = 7


def new_password() -> str:
    """A random password.

    Example:
        >>> len(new_password())
        28
    """
    return "".join(secrets.choice(_CHARACTERS) for _ in range(_LENGTH))


def make(instance: dict[str, Any], password: str, kms_key: str | None) -> dict[str, str]:
    """Store a new secret for an instance and give the record's `MasterUserSecret`."""
    from ministack.services import secretsmanager

    name = f"rds!db-{uuid.uuid4()}"
    arn, _ = secretsmanager._store_new_secret(
        name,
        secret_string=_content(instance, password),
        description=f"Secret associated with primary RDS DB instance: {instance['DBInstanceArn']}",
        tags=[
            {"Key": "aws:rds:primaryDBInstanceArn", "Value": instance["DBInstanceArn"]},
            {"Key": "aws:secretsmanager:owningService", "Value": "rds"},
        ],
        kms_key_id=kms_key,
        rotation_rules={"AutomaticallyAfterDays": ROTATION_DAYS},
    )
    secretsmanager._secrets[name] |= {"OwningService": "rds", "RotationEnabled": True}
    told = {"SecretArn": arn, "SecretStatus": "active"}
    return told | ({"KmsKeyId": kms_key} if kms_key else {})


def store(instance: dict[str, Any], password: str) -> str:
    """Put a new password into the instance's secret; gives the id of the version."""
    from ministack.services import secretsmanager

    secret = secretsmanager._resolve(instance["MasterUserSecret"]["SecretArn"])[1]
    return str(secretsmanager._publish_new_version(secret, secret_string=_content(instance, password)))


def delete(instance: dict[str, Any]) -> None:
    """Delete the instance's secret, if it has one, without a time to recover it."""
    from ministack.services import secretsmanager

    managed = instance.get("MasterUserSecret")
    if managed and secretsmanager._resolve(managed["SecretArn"])[1]:
        secretsmanager._delete_secret({"SecretId": managed["SecretArn"], "ForceDeleteWithoutRecovery": True})


def changed_at(instance: dict[str, Any]) -> float | None:
    """When the secret's value was changed last; None without a secret."""
    from ministack.services import secretsmanager

    managed = instance.get("MasterUserSecret")
    secret = secretsmanager._resolve(managed["SecretArn"])[1] if managed else None
    return float(secret["LastChangedDate"]) if secret else None


def owner(secret_arn: str) -> dict[str, Any] | None:
    """The instance whose master secret this is."""
    from ministack.services import rds

    return next(
        (
            instance
            for instance in list(rds._instances.values())
            if (instance.get("MasterUserSecret") or {}).get("SecretArn") == secret_arn
        ),
        None,
    )


def _content(instance: dict[str, Any], password: str) -> str:
    return json.dumps({"username": instance["MasterUsername"], "password": password})
