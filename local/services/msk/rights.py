"""Who may do what to a cluster and its topics by IAM's actions of Kafka (`kafka-cluster:*`)."""

from __future__ import annotations

from local import identity
from local.services.refusal import Refusal


def require(action: str, resource_arn: str) -> None:
    """Refuse unless the caller's policies allow an action.

    Raises:
        Refusal: `ForbiddenException`, in IAM's words.
    """
    denied = problem(identity.caller_access_key(), action, resource_arn)
    if denied:
        raise Refusal("ForbiddenException", denied, 403)


def problem(access_key_id: str, action: str, resource_arn: str, *, of: str = "") -> str:
    """Why the owner of a key may not do this; empty when it may, or with authorisation off.

    Args:
        access_key_id: whose rights are asked for.
        action: of IAM.
        resource_arn: what it is done to; `*` for an action without a resource.
        of: an ARN of the account and region in which it is asked; that of the resource without it.
    """
    from ministack import app
    from ministack.core import iam_evaluator
    from ministack.core.responses import request_scope

    region, account = (of or resource_arn).split(":")[3:5]
    with request_scope(account, region):
        principal = iam_evaluator.resolve_principal(access_key_id, account)
        if isinstance(principal, iam_evaluator.AuthError):
            return "the owner of the credentials is not known" if app.AUTH else ""
        if not app.AUTH or principal.policies is None:
            return ""
        context = iam_evaluator.EvalContext(
            principal_arn=principal.arn,
            principal_type=principal.type,
            principal_account=account,
            action=action,
            resource_arn=resource_arn,
            region=region,
            principal_keys=principal.keys,
        )
        decided = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
    if decided.decision == "Allow":
        return ""
    return f"User: {principal.arn} is not authorized to perform: {action} on resource: {resource_arn}"
