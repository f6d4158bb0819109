"""The keys with which a domain's values become tokens, in a secret that two roles can read.

CloudFormation generates the first key when it makes the secret: no template, no log and no person ever has it. The
form is that of `data_platform.contracts.tokens`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from data_platform.contracts.tokens import KEY_CHARACTERS
from data_platform.generated_secret import generated_secret

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from aws_cdk import aws_kms as kms

    from data_platform.contracts.naming import Naming

LANDING, EXTRACTOR, KEEPER = "landing", "extractor", "token-keeper"
_CHANGES = ("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage")


class TokenKey(Construct):
    """The token keys of a domain.

    Args:
        scope: The construct that owns the secret.
        construct_id: Name within its scope.
        naming: Physical names.
        key: The domain's key.
        removal_policy: Whether the secret outlives its stack. Without it no token can be made again.
        loaders: Duties that load streams and mask what they land.

    Attributes:
        secret: The secret; `ref` is its ARN.

    Example:
        >>> import aws_cdk as cdk
        >>> from aws_cdk import aws_kms as kms
        >>> from data_platform.contracts.naming import Naming
        >>> stack = cdk.Stack()
        >>> names = Naming(organisation="dp", environment="dev", domain="retail", account="111111111111")
        >>> TokenKey(stack, "Tokens", naming=names, key=kms.Key(stack, "Key"),
        ...          removal_policy=cdk.RemovalPolicy.RETAIN).secret.name
        'dp-dev-retail-token-key'
    """

    secret: secretsmanager.CfnSecret

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        naming: Naming,
        key: kms.IKey,
        removal_policy: cdk.RemovalPolicy,
        loaders: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, construct_id)
        self.secret = generated_secret(
            self,
            name=naming.token_key,
            description=f"Token keys of {naming.domain} by version; kept for ever, since old tokens need theirs",
            known=json.dumps({"current": 1}),
            generated="1",
            characters=KEY_CHARACTERS,
            key=key,
            removal_policy=removal_policy,
            without_timer="A timer must not rotate it: from that moment new tokens would join no stored one until "
            "those are upgraded. `dp tokens rotate` and `upgrade` do both, once a year by the runbook; keys are never "
            "replaced, only added, and only roles that mask what lands read them, which the secret's own policy "
            "enforces.",
        )
        secretsmanager.CfnResourcePolicy(
            self,
            "Policy",
            secret_id=self.secret.ref,
            block_public_policy=True,
            resource_policy=iam.PolicyDocument(statements=_refusals(naming, loaders)).to_json(),
        )


def _refusals(naming: Naming, loaders: Sequence[str]) -> list[iam.PolicyStatement]:
    """Nobody else reads or changes the keys, whatever their own policies say."""
    return [
        _refusal(
            "RefuseOtherReaders",
            ("secretsmanager:GetSecretValue",),
            naming,
            *(LANDING, EXTRACTOR, KEEPER, *loaders),
        ),
        _refusal("RefuseOtherWriters", _CHANGES, naming, KEEPER),
    ]


def _refusal(sid: str, actions: tuple[str, ...], naming: Naming, *duties: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        sid=sid,
        effect=iam.Effect.DENY,
        principals=[iam.AnyPrincipal()],
        actions=list(actions),
        resources=["*"],
        conditions={"ArnNotEquals": {"aws:PrincipalArn": [naming.role_arn(duty) for duty in duties]}},
    )
