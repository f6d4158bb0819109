"""The domain's token keys, read when they are first needed and again when they may have been rotated."""

from __future__ import annotations

import time
from typing import Any

from data_platform.contracts.tokens import TokenKeys

_SECONDS = 300.0


class SecretKeys:
    """Gives the keys in a secret.

    Args:
        secrets: Client of Secrets Manager.
        secret: The secret; None when no column is tokenised.
    """

    def __init__(self, secrets: Any, secret: str | None) -> None:
        self._secrets, self._secret = secrets, secret
        self._keys: TokenKeys | None = None
        self._until = 0.0

    def __call__(self) -> TokenKeys:
        """The keys.

        Raises:
            ValueError: when the plan names no secret, or the secret holds no keys.
            botocore.exceptions.ClientError: when it cannot be read.
        """
        if self._secret is None:
            raise ValueError(
                "a column is tokenised, and the plan names no token_key; deploy the contract again"
            )
        if self._keys is None or time.monotonic() > self._until:
            answer = self._secrets.get_secret_value(SecretId=self._secret)
            self._keys = TokenKeys.parse(answer["SecretString"])
            self._until = time.monotonic() + _SECONDS
        return self._keys
