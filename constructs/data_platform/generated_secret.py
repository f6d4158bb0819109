"""Secrets as every room makes them: CloudFormation makes up the secret part, and no timer changes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_secretsmanager as secretsmanager

from data_platform.acknowledgement import acknowledge

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from constructs import Construct

PASSWORD, PASSWORD_CHARACTERS = "password", 40
_PACKS_ON_ROTATION = {
    "AwsSolutions": "SMG4",
    "HIPAA.Security": "SecretsManagerRotationEnabled",
    "NIST.800.53.R5": "SecretsManagerRotationEnabled",
}


def generated_secret(
    scope: Construct,
    *,
    name: str,
    description: str,
    known: str,
    generated: str = PASSWORD,
    characters: int = PASSWORD_CHARACTERS,
    key: kms.IKey,
    removal_policy: cdk.RemovalPolicy,
    without_timer: str,
) -> secretsmanager.CfnSecret:
    """A secret, as `Secret` of a construct, whose secret part no template, no log and no person has had.

    Args:
        scope: The construct that owns the secret.
        name: Public name of the secret.
        description: Whose it is, and what it opens.
        known: What of it is no secret, as a JSON object.
        generated: The member that is added: letters and digits, made up.
        characters: How many.
        key: Encrypts the secret; its policy names who reads it.
        removal_policy: Whether the secret outlives its stack.
        without_timer: Why no timer rotates it and who does, for the reviewer of the packs that want one.

    Raises:
        UnacceptableAcknowledgementError: when `without_timer` is shorter than 60 characters.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> secret = generated_secret(
        ...     stack, name="dp-dev-retail-capture-shop", description="Login of the connector",
        ...     known='{"username": "capture"}', key=kms.Key(stack, "Key"), removal_policy=cdk.RemovalPolicy.DESTROY,
        ...     without_timer="The database's owner rotates it by hand, as docs/capture.md says, once a year.")
        >>> secret.node.path
        'Default/Secret'
    """
    secret = secretsmanager.CfnSecret(
        scope,
        "Secret",
        name=name,
        description=description,
        kms_key_id=key.key_arn,
        generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
            secret_string_template=known,
            generate_string_key=generated,
            password_length=characters,
            exclude_punctuation=True,
            include_space=False,
        ),
    )
    secret.apply_removal_policy(removal_policy)
    acknowledge(
        secret, *(f"{pack}::{pack}-{rule}" for pack, rule in _PACKS_ON_ROTATION.items()), reason=without_timer
    )
    return secret
