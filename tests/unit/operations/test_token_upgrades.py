"""Rotation: one key more, never one less, and of two rotations at once only one."""

from __future__ import annotations

import pytest

from data_platform.contracts.tokens import TokenKeys
from operations import token_upgrades
from operations.exit_codes import CommandFailed
from tests.unit.contracts.sql_bench import NAMING


class Secrets:
    """Secrets Manager with one secret; the same request token may not bring another value."""

    class exceptions:  # noqa: N801 - as boto3 spells it
        class ResourceExistsException(Exception):
            pass

    def __init__(self, text):
        self.versions = {"v1": text}
        self.current = "v1"

    def client(self, service):
        assert service == "secretsmanager"
        return self

    def get_secret_value(self, **_):
        return {"SecretString": self.versions[self.current], "VersionId": self.current}

    def put_secret_value(self, *, SecretString, ClientRequestToken, **_):  # noqa: N803 - as boto3 spells it
        if self.versions.setdefault(ClientRequestToken, SecretString) != SecretString:
            raise self.exceptions.ResourceExistsException
        self.current = ClientRequestToken


def test_a_rotation_adds_a_key_and_keeps_the_old_ones():
    old = TokenKeys(keys={1: "k" * 64})
    secrets = Secrets(old.secret())

    assert token_upgrades.rotate(secrets, NAMING) == 2
    new = TokenKeys.parse(secrets.versions[secrets.current])
    assert new.keys[1] == old.keys[1]
    assert new.upgraded(old.token("ada")) == new.token("ada")


def test_of_two_rotations_at_once_one_is_told_so():
    secrets = Secrets(TokenKeys(keys={1: "k" * 64}).secret())
    assert token_upgrades.rotate(secrets, NAMING) == 2
    secrets.current = "v1"  # the other one read before
    with pytest.raises(CommandFailed, match="is being rotated by somebody else"):
        token_upgrades.rotate(secrets, NAMING)


def test_a_secret_that_holds_no_keys_is_not_overwritten():
    secrets = Secrets("{}")
    with pytest.raises(CommandFailed, match="is no token key"):
        token_upgrades.rotate(secrets, NAMING)
    assert secrets.versions == {"v1": "{}"}
