"""Sessions of boto3 that share the models of services: each would read EC2's anew, a quarter of a second."""

from __future__ import annotations

import boto3
import botocore.loaders
import botocore.session

_LOADER = botocore.loaders.create_loader()


def session(key_id: str, secret: str, token: str | None = None, *, region: str) -> boto3.Session:
    """A session with these credentials."""
    core = botocore.session.get_session()
    core.register_component("data_loader", _LOADER)
    return boto3.Session(key_id, secret, token, region_name=region, botocore_session=core)
