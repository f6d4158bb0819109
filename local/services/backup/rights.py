"""What the role of a job may do: decided by its policies and by the policies of keys and vaults."""

from __future__ import annotations

from typing import Any

from local import identity
from local.services.refusal import Refusal

SERVICE = "backup.amazonaws.com"


def session(role_arn: str, source_arn: str) -> Any:
    """The session of a job's role, as AWS Backup assumes it.

    Raises:
        Refusal: when the role does not trust AWS Backup.
    """
    try:
        return identity.session_for_role(
            role_arn, service_principal=SERVICE, session_name="AWSBackup", source_arn=source_arn
        )
    except identity.AccessDenied as denied:
        raise Refusal("AccessDeniedException", f"IAM Role {role_arn} cannot be assumed: {denied}") from denied


def require(acting: Any, action: str, resource: str, *, via: str | None = None) -> None:
    """Refuse unless the role may act on the resource, which lies in the current region.

    Args:
        acting: The role's session.
        action: Such as `dynamodb:StartAwsBackupJob`.
        resource: ARN.
        via: The service through which a key is used: `dynamodb`, `backup`.
    """
    from ministack import app
    from ministack.core import iam_evaluator

    if not app.AUTH:
        return
    principal = iam_evaluator.resolve_principal(acting.get_credentials().access_key, identity.account_id())
    if isinstance(principal, iam_evaluator.AuthError):
        raise Refusal("AccessDeniedException", f"{principal.code}: {principal.message}")
    service, _, _ = action.partition(":")
    through = {"kms:viaservice": f"{via}.{identity.region()}.amazonaws.com"}
    context = iam_evaluator.EvalContext(
        principal_arn=principal.arn,
        principal_type=principal.type,
        principal_account=principal.account,
        action=action,
        resource_arn=resource,
        region=identity.region(),
        secure_transport=True,
        service_context={**through, "kms:grantisforawsresource": "true"} if via else {},
        principal_keys=principal.keys,
    )
    decided = iam_evaluator.evaluate(context, principal.policies or [], *principal.limits)
    found = iam_evaluator._resource_policy(service, resource)
    if found is not None:
        decided = iam_evaluator.combine_resource_policy(
            decided, context, *found, required=service == "kms", limits=principal.limits
        )
    if decided.decision != "Allow":
        raise Refusal(
            "AccessDeniedException",
            f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource}",
        )


def require_key(acting: Any, key: str | None, *actions: str, via: str) -> None:
    """Refuse unless the role may use a customer key through a service, and the key can be used."""
    from ministack.services import kms

    if not key or ":alias/aws/" in key:
        return
    account, region = key.split(":")[4], key.split(":")[3]
    record = kms._keys.get_scoped(account, region, key.rsplit("/", 1)[-1])
    if record is None or record["KeyState"] != "Enabled":
        raise Refusal("InvalidRequestException", f"The key {key} cannot be used.")
    for action in actions:
        require(acting, f"kms:{action}", key, via=via)
