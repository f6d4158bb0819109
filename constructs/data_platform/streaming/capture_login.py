"""As whom a connector logs in to a database: a user of its own, whose password is made and kept in Secrets Manager."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from data_platform.acknowledgement import acknowledge

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms

USER = "capture"
_CHARACTERS = 40
_PACKS_ON_ROTATION = {
    "AwsSolutions": "SMG4",
    "HIPAA.Security": "SecretsManagerRotationEnabled",
    "NIST.800.53.R5": "SecretsManagerRotationEnabled",
}


class CaptureLogin(Construct):
    """The secret that a connector logs in with.

    Args:
        scope: The construct that owns the secret.
        construct_id: Name within its scope.
        name: Public name of the secret.
        source: The database.
        key: Encrypts the secret; its policy names who reads it.
        removal_policy: Whether the secret outlives its stack.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> stack = cdk.Stack()
        >>> login = CaptureLogin(stack, "Login", name="dp-dev-retail-capture-shop", source="shop",
        ...                      key=kms.Key(stack, "Key"), removal_policy=cdk.RemovalPolicy.DESTROY)
        >>> login.secret.name
        'dp-dev-retail-capture-shop'
    """

    secret: secretsmanager.CfnSecret

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        source: str,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self.secret = secretsmanager.CfnSecret(
            self,
            "Secret",
            name=name,
            description=f"Login of the connector: user {USER} of {source}",
            kms_key_id=key.key_arn,
            generate_secret_string=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                secret_string_template=json.dumps({"username": USER}),
                generate_string_key="password",
                password_length=_CHARACTERS,
                exclude_punctuation=True,
                include_space=False,
            ),
        )
        self.secret.apply_removal_policy(removal_policy)
        acknowledge(
            self.secret,
            *(f"{pack}::{pack}-{rule}" for pack, rule in _PACKS_ON_ROTATION.items()),
            reason="A timer that changed the password would need a function inside the network with the rights of a "
            "master user. The database's owner rotates it by docs/capture.md; the connector takes a new version over "
            "within a quarter of an hour, and only the owner and the connector can decrypt it.",
        )
