"""The password for each new connection: a fresh IAM token, or the secret's current password."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import boto3

from jobs.extraction.outcome import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from jobs.extraction.settings import SourceSettings


def password_of(settings: SourceSettings) -> Callable[[], str]:
    """What gives the password, asked again for every connection: tokens expire, secrets rotate."""
    if settings.auth == "secret":
        return lambda: _secret(settings)
    client = boto3.client("rds", region_name=settings.region)
    return lambda: str(
        client.generate_db_auth_token(
            DBHostname=settings.host, Port=settings.port, DBUsername=settings.user, Region=settings.region
        )
    )


def _secret(settings: SourceSettings) -> str:
    client = boto3.client("secretsmanager", region_name=settings.region)
    answer = client.get_secret_value(SecretId=settings.secret or "")
    try:
        return str(json.loads(answer["SecretString"])["password"])
    except (KeyError, TypeError, ValueError):
        raise Refused(
            f"SOURCE_SECRET_ARN {settings.secret}: the secret holds no JSON with a `password`; let RDS manage it"
        ) from None
