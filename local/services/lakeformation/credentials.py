"""Vended data access: who may ask for it, and the session that reads and writes a registered location."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.services import glue

from local import identity
from local.services.lakeformation.decisions import permissions_for, selection_for
from local.services.lakeformation.locations import registered_role
from local.services.lakeformation.principals import role_of
from local.services.lakeformation.resources import location_key
from local.services.refusal import Refusal

if TYPE_CHECKING:
    import boto3

ACTION = "lakeformation:GetDataAccess"
_SERVICE = "lakeformation.amazonaws.com"


def principal_of(session: boto3.Session) -> str:
    """The ARN behind a session's credentials: the account's root, a user, or an assumed-role session.

    Raises:
        AccessDenied: when the credentials are unknown here or have expired.
    """
    return str(_principal(session).arn)


def require_get_data_access(session: boto3.Session) -> None:
    """Refuses a session whose identity policies do not allow `lakeformation:GetDataAccess`.

    Engines such as Athena need it of their caller before Lake Formation hands out data access.

    Raises:
        AccessDenied: in AWS's words.
    """
    if not app.AUTH:
        return
    principal = _principal(session)
    if principal.policies is None:
        return
    context = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=ACTION,
        resource_arn="*",
        region=identity.region(),
        service_context={},
        principal_keys=principal.keys,
    )
    decision = iam_evaluator.evaluate(context, principal.policies, *principal.limits).decision
    if decision != "Allow":
        kind = "with an explicit deny in an" if decision == "Deny" else "because no"
        tail = "" if decision == "Deny" else f" allows the {ACTION} action"
        raise identity.AccessDenied(
            f"User: {principal.arn} is not authorized to perform: {ACTION} on resource: * "
            f"{kind} identity-based policy{tail}"
        )


def location_session(location: str, *, principal: str) -> boto3.Session | None:
    """The session of the role that a location is registered with; None when it is not registered.

    As on AWS it reaches that location and nothing else of what the role may: neither an entry of the catalogue that
    points elsewhere nor a partition outside its table opens the data of another table.

    Args:
        location: s3:// address or ARN of a table or prefix.
        principal: ARN on whose behalf it acts; shows up in the session's name.

    Raises:
        AccessDenied: when Lake Formation may not assume the role.
    """
    role = registered_role(location)
    if role is None:
        return None
    if "/aws-service-role/" in role:
        return identity.root_session()
    name = f"AWSLF-{role_of(principal).rsplit('/', 1)[-1]}"
    return identity.session_for_role(
        role, service_principal=_SERVICE, session_name=name, policy=_scoped_to(location)
    )


def temporary_table_credentials(request: dict[str, Any], *, caller: str) -> dict[str, Any]:
    """Credentials of the registered role, for the location of a table that the caller may SELECT.

    Raises:
        Refusal: when the table is unknown, its location not registered, the caller lacks permissions, or may see
            some columns or rows only.
    """
    database, _, table = request["TableArn"].split(":table/", 1)[-1].partition("/")
    entry = glue._tables.get(f"{database}/{table}")
    if entry is None:
        raise Refusal("EntityNotFoundException", f"Table not found: {database}.{table}.")
    wanted = set(request.get("Permissions") or ["SELECT"])
    if not wanted <= permissions_for(caller, database, table):
        raise Refusal("AccessDeniedException", f"Insufficient Lake Formation permission(s) on {table}")
    selection = selection_for(caller, database, table)
    if selection is not None and "SELECT" in wanted:
        kind = "CELL_FILTER_PERMISSION" if selection.is_filtered else "COLUMN_PERMISSION"
        raise Refusal(
            "PermissionTypeMismatchException",
            f"The caller sees {table} through a filter ({kind}): credentials, which reach whole files, are vended for "
            "tables of which the caller may SELECT everything.",
        )
    location = (entry.get("StorageDescriptor") or {}).get("Location", "")
    try:
        session = location_session(location, principal=caller)
    except identity.AccessDenied as denied:
        raise Refusal("AccessDeniedException", str(denied)) from denied
    if session is None:
        raise Refusal("InvalidInputException", f"Location {location} is not registered with Lake Formation.")
    credentials = session.get_credentials()
    if credentials is None:
        raise Refusal(
            "InternalServiceException", "The registered role's session carries no credentials.", 500
        )
    return {
        "AccessKeyId": credentials.access_key,
        "SecretAccessKey": credentials.secret_key,
        "SessionToken": credentials.token,
        "Expiration": identity.SESSION_SECONDS,
    }


def _scoped_to(location: str) -> str:
    """A session policy for one location; the registered role's own policy still has to allow each request."""
    bucket, _, prefix = location_key(location).partition("/")
    inside = f"{prefix}/*" if prefix else "*"
    statements = [
        {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{bucket}/{inside}"},
        {
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": f"arn:aws:s3:::{bucket}",
            "Condition": {"StringLike": {"s3:prefix": [prefix, inside]}},
        },
        {"Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": f"arn:aws:s3:::{bucket}"},
        {"Effect": "Allow", "Action": "kms:*", "Resource": "*"},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _principal(session: boto3.Session) -> Any:
    credentials = session.get_credentials()
    key = credentials.access_key if credentials else identity.account_id()
    found = iam_evaluator.resolve_principal(key, identity.account_id())
    if isinstance(found, iam_evaluator.AuthError):
        raise identity.AccessDenied(f"{found.code}: {found.message}")
    return found
