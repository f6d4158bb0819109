"""As whom a connector logs in to a database: a user of its own, whose password is made and kept in Secrets Manager."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from constructs import Construct

from data_platform.generated_secret import generated_secret

if TYPE_CHECKING:
    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms
    from aws_cdk import aws_secretsmanager as secretsmanager

USER = "capture"


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
        self.secret = generated_secret(
            self,
            name=name,
            description=f"Login of the connector: user {USER} of {source}",
            known=json.dumps({"username": USER}),
            key=key,
            removal_policy=removal_policy,
            without_timer="A timer that changed the password would need a function inside the network with the rights "
            "of a master user. The database's owner rotates it by docs/capture.md; the connector takes a new version "
            "over within a quarter of an hour, and only the owner and the connector can decrypt it.",
        )
