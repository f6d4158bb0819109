"""Who acts: sessions for roles and for callers, so that the embedded services obey the policies we ship.

A service that acts as a role (Step Functions, Athena, a crawler, an ECS task ...) never reaches into another
service's memory. It asks `session_for_role` and calls back as a client does, with that role's temporary credentials;
then identity policies, bucket policies, key policies and Lake Formation decide as they do in AWS.
Forward access (Athena reading as its caller) uses `session_for_access_key(caller_access_key())`.
"""

from __future__ import annotations

import contextvars
import copy
import functools
import os
import threading
import time
from typing import TYPE_CHECKING, Any

import boto3
import botocore.config
import botocore.hooks
import botocore.loaders
import botocore.session

from local import direct_calls, transport, trust
from local.trust import AccessDenied

if TYPE_CHECKING:
    from botocore.client import BaseClient

__all__ = [
    "AccessDenied",
    "account_id",
    "caller_access_key",
    "caller_key",
    "client",
    "internal_endpoint",
    "invoking_service",
    "region",
    "remember_caller",
    "root_session",
    "session_for_access_key",
    "session_for_role",
]

SESSION_SECONDS = 3600
_RENEW_BEFORE_SECONDS = 900
_CACHED_SESSIONS = 256
_KEPT_SERVICES = 4096

_caller: contextvars.ContextVar[str] = contextvars.ContextVar("local_caller_access_key", default="")
_loader = botocore.loaders.create_loader()
_handlers = botocore.hooks.HierarchicalEmitter()
botocore.session.Session(event_hooks=_handlers)  # registers its own in them, which takes most of its time
_services: dict[str, str] = {}
_role_sessions: dict[tuple[str, str, str, str, str], tuple[float, boto3.Session]] = {}
_clients: dict[tuple[str, str, str], BaseClient] = {}
_clients_lock = threading.Lock()


def internal_endpoint() -> str:
    """The plain-HTTP loopback address on which this process answers its own services."""
    return os.environ.get("LOCAL_AWS_INTERNAL_ENDPOINT", "http://127.0.0.1:4566")


def region() -> str:
    """The region of the current request, or the server's own outside of one."""
    from ministack.core.responses import get_region

    return str(get_region())


def account_id() -> str:
    """The account of the current request, or the server's own outside of one."""
    from ministack.core.responses import get_account_id

    return str(get_account_id())


def caller_access_key() -> str:
    """The access key that signed the current request; the account's root key when nothing signed it.

    It is a context variable: it follows `run_reentrant`, asyncio tasks and copied contexts, but a bare thread
    loses it. Read it while you serve the request and hand it on.
    """
    return _caller.get() or account_id()


def caller_key() -> str:
    """The access key that signed the current request; empty when nothing signed it."""
    return _caller.get()


def invoking_service(access_key_id: str) -> str | None:
    """The service to which `session_for_role` gave this temporary key, such as `states.amazonaws.com`."""
    return _services.get(access_key_id)


def remember_caller(access_key_id: str) -> None:
    """Note the key that signed the request now being served (the gateway calls this once a request)."""
    _caller.set(access_key_id)


def session_for_role(
    role_arn: str,
    *,
    service_principal: str,
    session_name: str,
    source_arn: str | None = None,
    policy: str = "",
) -> boto3.Session:
    """Temporary credentials of `role_arn`, as the service `service_principal` would get them from STS.

    Args:
        role_arn: `arn:aws:iam::<account>:role/<path/name>`.
        service_principal: who assumes it, such as `states.amazonaws.com`; the trust policy must name it.
        source_arn: the resource on whose behalf it acts, for trust policies with `aws:SourceArn`;
            `aws:SourceAccount` is always the role's account.
        session_name: shows up in the assumed-role ARN; characters that STS refuses become `-`.
        policy: a session policy (JSON) beyond which the session has no rights; empty for all of the role's.

    Raises:
        AccessDenied: the role does not exist, or its trust policy does not let this service assume it.
    """
    trust.require_service_may_assume(role_arn, service_principal, source_arn)
    name = trust.session_name(session_name)
    key = (role_arn, service_principal, name, region(), policy)
    cached = _role_sessions.get(key)
    if cached and cached[0] > time.time() and _known(cached[1]):
        return cached[1]
    issued = trust.issue_credentials(role_arn, name, seconds=SESSION_SECONDS, policy=policy)
    while len(_services) >= _KEPT_SERVICES:
        _services.pop(next(iter(_services)), None)
    _services[issued.access_key_id] = service_principal
    session = _session(issued, region())
    while len(_role_sessions) >= _CACHED_SESSIONS:
        _role_sessions.pop(next(iter(_role_sessions)), None)
    _role_sessions[key] = (time.time() + SESSION_SECONDS - _RENEW_BEFORE_SECONDS, session)
    return session


def session_for_access_key(access_key_id: str) -> boto3.Session:
    """The session of whoever owns `access_key_id`: root key, IAM user or temporary credentials.

    Raises:
        AccessDenied: no credential with that id was issued here, or it has expired.
    """
    return _session(trust.credentials_of(access_key_id), region())


def root_session() -> boto3.Session:
    """The account's root session. Only for work that AWS does itself, never for what a role should do."""
    return session_for_access_key(account_id())


def client(session: boto3.Session, service: str) -> Any:
    """A boto3 client of `session` on this process's own endpoint; reused, as making one costs 20-50 ms."""
    credentials = session.get_credentials()
    key = (credentials.access_key if credentials else "", session.region_name or "", service)
    make: Any = session.client
    with _clients_lock:  # boto3 sessions may not create two clients at a time
        found = _clients.get(key)
        if found is None:
            if len(_clients) >= _CACHED_SESSIONS:
                _clients.clear()
            found = make(service, endpoint_url=internal_endpoint(), config=_CONFIG)
            _clients[key] = found
    return found


_CONFIG = botocore.config.Config(
    retries={"max_attempts": 2, "mode": "standard"},
    connect_timeout=5,
    read_timeout=direct_calls.READ_TIMEOUT_SECONDS,
    max_pool_connections=32,
    s3={"addressing_style": "path"},
    user_agent=f"Boto3/{boto3.__version__} embedded-aws",  # else each request puts it together anew
)


@functools.lru_cache(
    maxsize=_CACHED_SESSIONS
)  # making one costs 5 ms of CPU, and each request asks for its caller's
def _session(credentials: trust.Credentials, region_name: str) -> boto3.Session:
    core = botocore.session.Session(event_hooks=copy.copy(_handlers), include_builtin_handlers=False)
    core.register_component("data_loader", _loader)  # shared: service models are read from disk once
    session = boto3.Session(
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        region_name=region_name,
        botocore_session=core,
    )
    transport.mark_internal(session)
    return session


def _known(session: boto3.Session) -> bool:
    credentials = session.get_credentials()
    return credentials is not None and trust.is_issued(credentials.access_key)
