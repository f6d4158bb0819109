"""A worker acts as its connector's service execution role, with keys that are renewed before they end.

The AWS SDK inside of the worker runs `credential_process` of its profile whenever its keys end, and that prints a
file which is written anew in time.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from local import identity

if TYPE_CHECKING:
    from pathlib import Path

PRINCIPAL = "kafkaconnect.amazonaws.com"
_LIFE_SECONDS = 1800  # half of the keys' own life, which is renewed a quarter before its end


def write(connector: dict[str, Any], folder: Path) -> Path:
    """Write keys of the connector's role, and the profile that names them; gives the profile's file.

    Raises:
        local.identity.AccessDenied: The role does not trust MSK Connect.
    """
    arn = connector["connectorArn"]
    session = identity.session_for_role(
        connector["serviceExecutionRoleArn"],
        service_principal=PRINCIPAL,
        session_name=connector["connectorName"],
        source_arn=arn,
    )
    keys = session.get_credentials()
    if keys is None:
        raise RuntimeError("a session without credentials")
    ends = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=_LIFE_SECONDS)
    told = {
        "Version": 1,
        "AccessKeyId": keys.access_key,
        "SecretAccessKey": keys.secret_key,
        "SessionToken": keys.token,
        "Expiration": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    written, profile = folder / "credentials.json", folder / "profile"
    for file, text in (
        (written, json.dumps(told)),
        (profile, f"[default]\nregion = {identity.region()}\ncredential_process = /bin/cat {written}\n"),
    ):
        beside = file.with_name(f".{file.name}")
        beside.touch(mode=0o600)
        beside.write_text(text)
        beside.replace(file)
    return profile
