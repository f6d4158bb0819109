"""The landing job runs with the landing role's credentials and no others, and its refusal is told."""

from __future__ import annotations

import boto3
import pytest

from operations.connection import Connection, environment_named
from operations.exit_codes import CommandFailed
from operations.laptop import landing
from operations.scope import domains, naming

DOMAIN = next(domain for domain in domains() if domain.name == "retail")


class Assuming(Connection):
    """Becomes any role without asking."""

    def assume(self, role_arn):
        assert role_arn.endswith(":role/dp-local-retail-landing")
        return self


@pytest.fixture
def connection():
    return Assuming(
        environment=environment_named("local"),
        session=boto3.Session("ROLE", "secret", "token", region_name="ap-southeast-2"),
        endpoint="https://localhost:1",
        verify="/ca.pem",
    )


def test_the_job_gets_the_roles_credentials_and_none_of_the_callers(connection, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "mine")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "CALLER")
    found = landing._environment(connection)
    assert {name: value for name, value in found.items() if name.startswith("AWS_")} == {
        "AWS_ACCESS_KEY_ID": "ROLE",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_SESSION_TOKEN": "token",
        "AWS_REGION": "ap-southeast-2",
        "AWS_DEFAULT_REGION": "ap-southeast-2",
        "AWS_ENDPOINT_URL": "https://localhost:1",
        "AWS_CA_BUNDLE": "/ca.pem",
    }


def test_a_refused_delivery_says_dataset_day_and_reason(connection, tmp_path):
    orders = next(dataset for dataset in DOMAIN.datasets if dataset.name == "orders")
    broken = tmp_path / "orders.parquet"
    broken.write_bytes(b"no Parquet")
    with pytest.raises(CommandFailed, match=r"retail\.orders 2026-01-05: .*orders\.parquet"):
        landing.land(connection, naming("retail", connection.environment), orders, "2026-01-05", [broken])
