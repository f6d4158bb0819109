"""IAM database authentication: is the token that stands for a password genuine, and may its owner connect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.services.rds.instances import Running


def problem(running: Running, user: str, token: str) -> str | None:
    """Why a token does not log a user in; None when it does.

    Args:
        running: the instance.
        user: the database user.
        token: what `GenerateDBAuthToken` made for the instance's endpoint.
    """
    from ministack.core import rds_iam

    record = running.record
    if not record.get("IAMDatabaseAuthenticationEnabled"):
        return "IAM database authentication is not enabled on this DB instance"
    verified = rds_iam.verify_rds_iam_token(
        token,
        hostname=str(record["Endpoint"]["Address"]),
        port=int(record["Endpoint"]["Port"]),
        db_user=user,
        region=running.region,
        account_id=running.account,
    )
    if isinstance(verified, rds_iam.RdsIamTokenError):
        return (
            f"the token is not valid: {verified.code}; make one for {record['Endpoint']['Address']}:"
            f"{record['Endpoint']['Port']}, user {user}, region {running.region}, not older than 15 minutes"
        )
    return _not_allowed(running, verified, user)


def _not_allowed(running: Running, verified: object, user: str) -> str | None:
    from ministack import app
    from ministack.core import iam_evaluator
    from ministack.core.responses import request_scope

    arn = f"arn:aws:rds-db:{running.region}:{running.account}:dbuser:{running.record['DbiResourceId']}/{user}"
    with request_scope(running.account, running.region):
        principal = iam_evaluator.resolve_principal(
            verified.access_key_id,  # type: ignore[attr-defined]
            running.account,
        )
        if isinstance(principal, iam_evaluator.AuthError):
            return "the owner of the token is not known"
        if not app.AUTH or principal.policies is None:
            return None
        context = iam_evaluator.EvalContext(
            principal_arn=principal.arn,
            principal_type=principal.type,
            principal_account=running.account,
            action="rds-db:connect",
            resource_arn=arn,
            region=running.region,
            principal_keys=principal.keys,
        )
        decided = iam_evaluator.evaluate(context, principal.policies, *principal.limits)
    if decided.decision == "Allow":
        return None
    return f"{principal.arn} is not authorized to perform: rds-db:connect on resource: {arn}"
