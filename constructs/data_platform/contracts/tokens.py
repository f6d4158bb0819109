"""Tokens: what stands in the lake in place of a value that nobody there may know.

A token of version 1 is the HMAC-SHA-256 of the value under the domain's first key, as `t1_` and 64 hex digits. A
token of version n is the HMAC of the token of version n-1 under key n. So an old token becomes a new one without
the value, by whoever holds the keys, and equals what the value would give now: a key can be rotated and joins hold.

The keys are one JSON text in Secrets Manager: `{"current": 2, "1": "<random>", "2": "<random>"}`, the flat form in
which CloudFormation can generate the first.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_CHARACTERS = 64  # of letters and digits: 381 bits
_ALPHABET = string.ascii_letters + string.digits
_TOKEN = re.compile(r"t([1-9][0-9]*)_[0-9a-f]{64}")
_BLOCK = 64  # bytes of SHA-256's block, RFC 2104


class UnusableTokenKeyError(ValueError):
    """The secret does not hold token keys in the form above. The message never repeats what it holds."""


@dataclass(frozen=True, kw_only=True)
class TokenKeys:
    """The keys of a domain by version, 1 to `current`.

    Args:
        keys: Key text by version.

    Example:
        >>> keys = TokenKeys(keys={1: "a" * 64})
        >>> keys.token("ada@example.com")[:8], keys.current
        ('t1_0e252', 1)
        >>> newer = keys.rotated()
        >>> newer.upgraded(keys.token("ada@example.com")) == newer.token("ada@example.com")
        True
    """

    keys: Mapping[int, str]

    def __repr__(self) -> str:
        """Without the keys, which belong in no log."""
        return f"TokenKeys(current={self.current})"

    @property
    def current(self) -> int:
        """The version that new tokens have."""
        return max(self.keys)

    @classmethod
    def parse(cls, secret: str) -> TokenKeys:
        """The keys in the secret's text.

        Raises:
            UnusableTokenKeyError: when it is not what the secret must hold.
        """
        try:
            content = json.loads(secret)
            current = content.pop("current")
            keys = {int(version): key for version, key in content.items()}
        except (ValueError, AttributeError, KeyError, TypeError):
            raise UnusableTokenKeyError(
                'the secret is no token key: it must be JSON like {"current": 1, "1": "<random>"}; restore the '
                "version before it"
            ) from None
        complete = keys and isinstance(current, int) and sorted(keys) == list(range(1, current + 1))
        if not complete or not all(
            isinstance(key, str) and len(key) >= KEY_CHARACTERS for key in keys.values()
        ):
            raise UnusableTokenKeyError(
                f"the secret lacks a key: every version from 1 to `current` needs one of at least {KEY_CHARACTERS} "
                "characters; restore the version before it"
            )
        return cls(keys=keys)

    def secret(self) -> str:
        """The text to store."""
        return json.dumps({"current": self.current, **{str(n): self.keys[n] for n in sorted(self.keys)}})

    def rotated(self) -> TokenKeys:
        """These keys and a new random one, which becomes the current."""
        new = "".join(secrets.choice(_ALPHABET) for _ in range(KEY_CHARACTERS))
        return TokenKeys(keys={**self.keys, self.current + 1: new})

    def token(self, value: str) -> str:
        """The current token of a value."""
        return self._onward(_text(1, _digest(self.keys[1], value)), 1)

    def upgraded(self, token: str) -> str:
        """The current token of what an earlier token stands for.

        Raises:
            ValueError: when it is no token, or of a version whose key is not there.
        """
        match = _TOKEN.fullmatch(token)
        version = int(match[1]) if match else 0
        if version not in self.keys:
            raise ValueError(
                f"{token[:8]!r}... is no token of version 1 to {self.current}; a value in clear in a column of tokens "
                "did not come through landing: find its delivery and erase it"
            )
        return self._onward(token, version)

    def _onward(self, token: str, version: int) -> str:
        for later in range(version + 1, self.current + 1):
            token = _text(later, _digest(self.keys[later], token))
        return token

    def duckdb_sql(self, expression: str, *, prefix: str = "token") -> tuple[str, dict[str, bytes]]:
        """The same tokens as a DuckDB expression and its parameters: HMAC as RFC 2104 spells it, on whole vectors.

        Args:
            expression: A VARCHAR expression; NULL stays NULL.
            prefix: Starts the names of the parameters.

        Example:
            >>> import duckdb
            >>> keys = TokenKeys(keys={1: "a" * 64, 2: "b" * 64})
            >>> sql, parameters = keys.duckdb_sql("v")
            >>> found = duckdb.execute(f"SELECT {sql} FROM (VALUES ('ada'), (NULL)) AS t(v)", parameters).fetchall()
            >>> found == [(keys.token("ada"),), (None,)]
            True
        """
        parameters: dict[str, bytes] = {}
        for version in sorted(self.keys):
            inner, outer = _pads(self.keys[version])
            names = f"{prefix}_inner{version}", f"{prefix}_outer{version}"
            parameters |= dict(zip(names, (inner, outer), strict=True))
            digest = f"sha256(${names[1]} || unhex(sha256(${names[0]} || encode({expression}))))"
            expression = f"'t{version}_' || {digest}"
        return f"({expression})", parameters


def is_token(text: str, version: int) -> bool:
    """Whether a text is a token of that version.

    Example:
        >>> is_token("t2_" + "0" * 64, 2), is_token("ada@example.com", 1)
        (True, False)
    """
    match = _TOKEN.fullmatch(text)
    return match is not None and int(match[1]) == version


def _digest(key: str, message: str) -> str:
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()


def _text(version: int, digest: str) -> str:
    return f"t{version}_{digest}"


def _pads(key: str) -> tuple[bytes, bytes]:
    """The key as the two blocks that HMAC hashes first."""
    raw = key.encode()
    block = (raw if len(raw) <= _BLOCK else hashlib.sha256(raw).digest()).ljust(_BLOCK, b"\0")
    return bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
