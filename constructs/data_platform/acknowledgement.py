"""The one door for accepting a finding of a security pack, so that every acceptance can be audited.

cdk-nag accepts empty reasons, unknown rules and whole applications; this door does not, and
`tests/compliance` refuses any acknowledgement that no finding uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk

if TYPE_CHECKING:
    from constructs import IConstruct

# Shorter reasons say "not needed"; a reviewer wants to know what protects instead.
LEAST_REASON_CHARACTERS = 60


class UnacceptableAcknowledgementError(ValueError):
    """An acknowledgement is too wide, too vague or not in the form that the report records."""


def acknowledge(construct: IConstruct, *rules: str, reason: str) -> None:
    """Accept findings of security packs on a construct and what is below it.

    Args:
        construct: The smallest construct that holds exactly the findings.
        rules: Exact ids as the report prints them, pack first: `AwsSolutions::AwsSolutions-S1`, or with the
            finding in brackets `AwsSolutions::AwsSolutions-IAM5[Resource::arn:aws:s3:::bucket/*]`.
        reason: Why the configuration is right and what protects instead, for a security reviewer.

    Raises:
        UnacceptableAcknowledgementError: for an app, stage or stack as scope, an id without its pack, or a
            reason shorter than 60 characters.

    Example:
        >>> from aws_cdk import aws_s3 as s3
        >>> bucket = s3.CfnBucket(cdk.Stack(), "Bucket")
        >>> acknowledge(bucket, "AwsSolutions-S1", reason="." * 60)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        data_platform.acknowledgement.UnacceptableAcknowledgementError: Default/Bucket: 'AwsSolutions-S1' ...
    """
    path = construct.node.path
    if cdk.App.is_app(construct) or cdk.Stage.is_stage(construct) or cdk.Stack.is_stack(construct):
        raise UnacceptableAcknowledgementError(
            f"{path}: an app, stage or stack is too wide a scope; acknowledge on the resource that has the "
            "finding"
        )
    if len(reason.strip()) < LEAST_REASON_CHARACTERS:
        raise UnacceptableAcknowledgementError(
            f"{path}: the reason {reason!r} is too short; say in {LEAST_REASON_CHARACTERS} characters or "
            "more what protects instead"
        )
    for rule in rules:
        if "::" not in rule.split("[", 1)[0]:
            raise UnacceptableAcknowledgementError(
                f"{path}: {rule!r} lacks its pack; write it as the report prints it, "
                f"such as 'AwsSolutions::{rule}', else no report records it"
            )
    cdk.Validations.of(construct).acknowledge(*(cdk.Acknowledgment(id=rule, reason=reason) for rule in rules))


def as_reported(arn: str) -> str:
    """An ARN as findings name it: policy variables in angle brackets.

    Example:
        >>> as_reported("arn:aws:s3:::raw/${aws:PrincipalTag/dataset}/*")
        'arn:aws:s3:::raw/<aws:PrincipalTag/dataset>/*'
    """
    return arn.replace("${", "<").replace("}", ">")
