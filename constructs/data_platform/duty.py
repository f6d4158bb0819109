"""The tag that says which duty a role has. One policy for all duties leads each to its own workgroup and results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from aws_cdk import aws_iam as iam

_KEY = "duty"
# What a policy writes for the duty of whoever asks. IAM fills it in: a role cannot choose it, as no role of the
# platform may tag roles and no trust policy lets a session bring this tag.
OWN_DUTY = f"${{aws:PrincipalTag/{_KEY}}}"


def tag_duty(role: iam.Role, duty: str) -> None:
    """Say what a role's duty is.

    Args:
        role: Who asks Athena.
        duty: In whose workgroup, with whose results.

    Example:
        >>> from aws_cdk import aws_iam as iam
        >>> stack = cdk.Stack()
        >>> tag_duty(iam.Role(stack, "Analyst", assumed_by=iam.AccountRootPrincipal()), "analyst")
        >>> OWN_DUTY
        '${aws:PrincipalTag/duty}'
    """
    cdk.Tags.of(role).add(_KEY, duty)
