"""A domain's token key is rotated on the embedded AWS: joins hold, nobody else reads it, a killed upgrade goes on."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError

from operations import token_upgrades

pytestmark = pytest.mark.local


def _keeper(retail):
    return retail.connection.assume(retail.names.role_arn("token-keeper"))


def _joined(retail):
    """Orders with a mailbox that is a customer's, by the version of their tokens."""
    curated = retail.names.database("curated")
    return retail.query(
        "SELECT split_part(o.contact_email, '_', 1), count(*) "
        f'FROM "{curated}".orders o JOIN (SELECT DISTINCT email FROM "{curated}".customers) c '
        "ON c.email = o.contact_email GROUP BY 1 ORDER BY 1",
        retail.as_role("steward"),
    )


def _upgrade(retail, on_step=lambda _: None):
    return token_upgrades.upgrade(_keeper(retail), retail.names, retail.domain, on_step=on_step)


@pytest.mark.parametrize("duty", ["analyst", "engineer", "steward", "eraser"])
def test_nobody_but_landing_and_the_keeper_reads_the_keys(retail, duty):
    with pytest.raises(ClientError, match="AccessDenied"):
        retail.client("secretsmanager", retail.as_role(duty)).get_secret_value(
            SecretId=retail.names.token_key
        )


def test_landing_reads_the_keys_and_cannot_change_them(retail):
    client = retail.client("secretsmanager", retail.as_role("landing"))
    assert (
        json.loads(client.get_secret_value(SecretId=retail.names.token_key)["SecretString"])["current"] >= 1
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        client.put_secret_value(SecretId=retail.names.token_key, SecretString="{}")


def test_a_rotated_key_keeps_joins_also_when_the_upgrade_was_killed(retail):
    ((old, joined),) = _joined(retail)
    version = token_upgrades.rotate(_keeper(retail), retail.names)
    assert f"t{version - 1}" == old

    tables = []

    def killed(step):
        tables.append(step)
        if len(tables) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _upgrade(retail, killed)
    assert _upgrade(retail)
    assert _joined(retail) == [[f"t{version}", joined]]
    assert _upgrade(retail) == []


def test_old_days_that_are_loaded_again_are_upgraded_again(retail):
    ((version, joined),) = _joined(retail)
    assert retail.run("orders", retail.days[0], force=True).status == "SUCCEEDED"
    assert {table.table.partition(".")[2].strip('"') for table in _upgrade(retail)} >= {"orders"}
    assert _joined(retail) == [[version, joined]]


def test_no_key_stands_in_any_query(retail):
    secret = retail.client("secretsmanager", retail.as_role("token-keeper")).get_secret_value(
        SecretId=retail.names.token_key
    )
    keys = [key for version, key in json.loads(secret["SecretString"]).items() if version != "current"]
    client = retail.client("athena")
    groups = (retail.names.workgroup, retail.names.workgroup_of("token-keeper"))
    pages = client.get_paginator("list_query_executions").paginate
    for page in (page for group in groups for page in pages(WorkGroup=group)):
        ids = page["QueryExecutionIds"]
        for start in range(0, len(ids), 50):
            found = client.batch_get_query_execution(QueryExecutionIds=ids[start : start + 50])
            for execution in found["QueryExecutions"]:
                assert not any(key in execution["Query"] for key in keys)
