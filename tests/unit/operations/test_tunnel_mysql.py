"""A tunnel to MySQL: its server speaks first, and its clients verify the authority."""

from __future__ import annotations

import dataclasses
import json

import pymysql
import pytest

from operations.tunnel import open_tunnel
from tests.unit.operations.conftest import template


@pytest.fixture(scope="module")
def resources():
    made = template()
    made["Instance"]["Properties"] |= {
        "Engine": "mysql",
        "EngineVersion": "8.4.5",
        "EnableCloudwatchLogsExports": ["error"],
    }
    made["Parameters"]["Properties"] = {
        "Family": "mysql8.4",
        "Description": "of the test",
        "Parameters": {"require_secure_transport": "1"},
    }
    return made


def test_mysql_answers_over_the_tunnel_by_an_authority_that_is_verified(connection, cloud):
    environment = connection.environment
    shop = dataclasses.replace(environment.databases[0], engine="mysql", version="8.4.5")
    here = dataclasses.replace(connection, environment=dataclasses.replace(environment, databases=(shop,)))
    with open_tunnel(here, "shop") as tunnel:
        secret = cloud.client("secretsmanager").get_secret_value(SecretId=tunnel.secret_arn)
        master = json.loads(secret["SecretString"])
        session = pymysql.connect(
            host=tunnel.host,
            port=tunnel.port,
            user=master["username"],
            password=master["password"],
            database=tunnel.database_name,
            ssl={"ca": tunnel.ca_bundle, "check_hostname": False},
        )
        with session, session.cursor() as cursor:
            cursor.execute("SELECT 40 + 2")
            assert cursor.fetchone() == (42,)
