"""What an AWS service may do by itself: decided by the policy of the resource that it reaches.

An alarm that notifies a topic, or a rule that writes to a queue, has no role: the topic's and the queue's own
policies must name the service, and so must the policy of the key that encrypts them.
"""

from __future__ import annotations

from typing import Any


class ServiceDenied(PermissionError):
    """A resource's policy does not let a service act; the text names all three."""


def require(service: str, action: str, resource_arn: str, *, source_arn: str) -> None:
    """Refuse unless the resource's policy allows the service.

    Args:
        service: Such as `cloudwatch.amazonaws.com`.
        action: Such as `sns:Publish`.
        resource_arn: What is acted on.
        source_arn: On whose behalf: the alarm, the rule.

    Raises:
        ServiceDenied: With authorisation on, the policy does not allow it.
    """
    from ministack import app

    if not app.AUTH:
        return
    namespace = resource_arn.split(":")[2]
    _decide(service, action, resource_arn, namespace=namespace, source_arn=source_arn)
    key = _key_of(namespace, resource_arn)
    if key:
        for needed in ("kms:GenerateDataKey", "kms:Decrypt"):
            _decide(service, needed, key, namespace="kms", source_arn=source_arn)


def _decide(service: str, action: str, resource_arn: str, *, namespace: str, source_arn: str) -> None:
    from ministack.core import iam_evaluator

    found = iam_evaluator._resource_policy(namespace, resource_arn)
    account = _account(source_arn) or _account(resource_arn)
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::aws:service/{service}",  # of no account: root statements do not mean it
        principal_type="Service",
        principal_account=account,
        action=action,
        resource_arn=resource_arn,
        region=resource_arn.split(":")[3],
        secure_transport=True,
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
    )
    policy = found[0] if found else None
    if (
        not policy
        or iam_evaluator.evaluate_resource_policy(policy, context, service=service).decision != "Allow"
    ):
        raise ServiceDenied(
            f"{service} is not authorized to perform: {action} on resource: {resource_arn} because no "
            "resource-based policy allows the action"
        )


def _account(arn: str) -> str:
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else ""  # noqa: PLR2004


def _key_of(namespace: str, resource_arn: str) -> str | None:
    """The ARN of the customer key that encrypts a topic or a queue."""
    attributes: dict[str, Any] = {}
    if namespace == "sns":
        from ministack.services import sns

        attributes = (sns._topics.get(resource_arn) or {}).get("attributes", {})
    if namespace == "sqs":
        from ministack.services import sqs

        attributes = (sqs._queue_by_arn(resource_arn) or {}).get("attributes", {})
    key = attributes.get("KmsMasterKeyId")
    if not key or key.startswith("alias/aws/"):
        return None
    from ministack.services import kms

    record = kms._resolve_key(key)
    return str(record["Arn"]) if record else str(key)
