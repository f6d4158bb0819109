"""Who makes resources: the role that `cdk bootstrap` makes for CloudFormation, by its name."""

from __future__ import annotations

# The CDK's own default; a bootstrap with another qualifier changes every name.
BOOTSTRAP_QUALIFIER = "hnb659fds"


def deployment_role_arn(*, account: str, region: str) -> str:
    """The ARN of the role with which CloudFormation makes, changes and deletes resources.

    Example:
        >>> deployment_role_arn(account="111111111111", region="ap-southeast-2")
        'arn:aws:iam::111111111111:role/cdk-hnb659fds-cfn-exec-role-111111111111-ap-southeast-2'
    """
    return f"arn:aws:iam::{account}:role/cdk-{BOOTSTRAP_QUALIFIER}-cfn-exec-role-{account}-{region}"
