"""Whether a trail may write: the policies of its bucket and of its key must name CloudTrail, as AWS requires."""

from __future__ import annotations

from typing import Any

SERVICE = "cloudtrail.amazonaws.com"
Trail = dict[str, Any]


class NoLeave(PermissionError):
    """A trail may not write to its bucket or use its key.

    Args:
        code: The error code of CloudTrail's API.
        message: What is missing.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def require(trail: Trail, *, account: str) -> None:
    """Refuse a trail whose bucket does not exist, or whose bucket or key does not let CloudTrail in.

    Raises:
        NoLeave: With the code and in the words of CloudTrail.
    """
    from ministack import app
    from ministack.services import s3

    bucket, arn = str(trail.get("S3BucketName", "")), trail["TrailARN"]
    if bucket not in s3._buckets:
        raise NoLeave("S3BucketDoesNotExistException", f"S3 bucket {bucket} does not exist!")
    if not app.AUTH:
        return
    policy = s3._bucket_policies.get(bucket)
    place = f"arn:aws:s3:::{bucket}"
    files = f"{place}/{log_prefix(trail, account)}x.json.gz"
    acl = {"s3:x-amz-acl": "bucket-owner-full-control"}
    if not (
        _allows(policy, "s3:GetBucketAcl", place, arn, account, {})
        and _allows(policy, "s3:PutObject", files, arn, account, acl)
    ):
        raise NoLeave(
            "InsufficientS3BucketPolicyException",
            f"Incorrect S3 bucket policy is detected for bucket: {bucket}",
        )
    if trail.get("KmsKeyId"):
        _require_key(trail, account)


def log_prefix(trail: Trail, account: str) -> str:
    """Where the log files of an account begin, ending in a slash.

    Example:
        >>> log_prefix({"S3KeyPrefix": ""}, "111111111111")
        'AWSLogs/111111111111/'
    """
    prefix = f"{trail['S3KeyPrefix']}/" if trail.get("S3KeyPrefix") else ""
    return f"{prefix}AWSLogs/{account}/"


def _require_key(trail: Trail, account: str) -> None:
    from ministack.services import kms

    key = kms._resolve_key(trail["KmsKeyId"])
    if key is None or key["KeyState"] != "Enabled":
        raise NoLeave("KmsKeyNotFoundException", f"The key {trail['KmsKeyId']} does not exist or is disabled")
    context = {"kms:encryptioncontext:aws:cloudtrail:arn": trail["TrailARN"]}
    if not _allows(key.get("Policy"), "kms:GenerateDataKey", key["Arn"], trail["TrailARN"], account, context):
        raise NoLeave(
            "InsufficientEncryptionPolicyException",
            f"Insufficient permissions to access S3 bucket {trail['S3BucketName']} or KMS key {key['Arn']}.",
        )


def _allows(  # noqa: PLR0917 - one question, asked thrice
    policy: Any, action: str, resource: str, trail_arn: str, account: str, context: dict[str, str]
) -> bool:
    from ministack.core import iam_evaluator

    asked = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:iam::aws:service/{SERVICE}",
        principal_type="Service",
        principal_account=account,
        action=action,
        resource_arn=resource,
        region=trail_arn.split(":")[3],
        secure_transport=True,
        service_context={
            "aws:sourceaccount": account,
            "aws:sourcearn": trail_arn,
            "aws:principalisawsservice": "true",
            "aws:principalservicename": SERVICE,
            "s3:tlsversion": "1.3",
            **context,
        },
    )
    return bool(
        policy and iam_evaluator.evaluate_resource_policy(policy, asked, service=SERVICE).decision == "Allow"
    )
