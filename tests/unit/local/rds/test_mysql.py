"""An instance of MySQL 8.4 is a real MariaDB behind the same door: secret, forced TLS, parameters, snapshots."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pymysql
import pytest

from tests.unit.local.rds.conftest import Shop, database
from tests.waiting import until


class Books(Shop):
    def connect(self, **given):
        secret = self.secret
        chosen = {
            "host": "localhost",
            "port": self.port,
            "user": secret["username"],
            "password": secret["password"],
            "ssl_ca": str(Path(self.aws.endpoint.state_dir) / "tls" / "ca.pem"),
            "ssl_verify_identity": True,
            **given,
        }
        return pymysql.connect(autocommit=True, **chosen)

    def rows(self, query, **given):
        connection = self.connect(**given)
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return list(cursor.fetchall())
        finally:
            connection.close()


def template(name, **changes):
    made = database(
        name,
        **{
            "Engine": "mysql",
            "EngineVersion": "8.4.5",
            "DBName": "books",
            "EnableCloudwatchLogsExports": ["error"],
            **changes,
        },
    )
    made["Parameters"]["Properties"] |= {
        "Family": "mysql8.4",
        "Parameters": {"require_secure_transport": "1", "binlog_format": "ROW", "max_connections": "66"},
    }
    return made


@pytest.fixture(scope="module")
def books(secured_aws):
    name = f"books-{uuid.uuid4().hex[:6]}"
    return Books(secured_aws, secured_aws.deploy(template(name)), name)


def test_the_master_user_logs_in_over_verified_tls_with_the_parameters_of_the_group(books):
    assert books.rows("SELECT @@binlog_format, @@max_connections, @@log_bin") == [("ROW", 66, 1)]
    assert books.rows("SHOW STATUS LIKE 'Ssl_version'")[0][1].startswith("TLS")


def test_plain_text_is_refused_where_tls_is_forced(books):
    with pytest.raises(pymysql.err.OperationalError, match="insecure transport are prohibited"):
        books.connect(ssl_ca=None, ssl_verify_identity=None, ssl_disabled=True)


@pytest.mark.parametrize("user", ["root", "rdsadmin"])
def test_nobody_logs_in_as_the_administrator(books, user):
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        books.connect(user=user, password="")


def test_the_master_user_makes_users_and_tables(books):
    books.rows("CREATE TABLE books.t (a int PRIMARY KEY)")
    books.rows("INSERT INTO books.t VALUES (1), (2)")
    books.rows("CREATE USER reader IDENTIFIED BY 'r'")
    books.rows("GRANT SELECT ON books.* TO reader")
    assert books.rows("SELECT count(*) FROM books.t", user="reader", password="r") == [(2,)]


def test_rotating_the_secret_changes_the_password_in_the_engine(books):
    before = books.secret["password"]
    books.aws.client("secretsmanager").rotate_secret(SecretId=books.record["MasterUserSecret"]["SecretArn"])
    assert books.rows("SELECT 1") == [(1,)]
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        books.connect(password=before)


def test_a_snapshot_brings_tables_and_users_back(books):
    rds = books.aws.client("rds")
    books.rows("CREATE TABLE IF NOT EXISTS books.kept AS SELECT 7 AS seven")
    rds.create_db_snapshot(DBSnapshotIdentifier=f"{books.name}-s", DBInstanceIdentifier=books.name)
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier=f"{books.name}-drill",
        DBSnapshotIdentifier=f"{books.name}-s",
        VpcSecurityGroupIds=[one["VpcSecurityGroupId"] for one in books.record["VpcSecurityGroups"]],
        PubliclyAccessible=True,
    )
    drill = Books(books.aws, books.stack, f"{books.name}-drill")
    drill.becomes("available")
    secret = books.secret
    given = {
        "host": "localhost",
        "port": drill.port,
        "user": secret["username"],
        "password": secret["password"],
    }
    ca = str(Path(books.aws.endpoint.state_dir) / "tls" / "ca.pem")
    with pymysql.connect(**given, ssl_ca=ca) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT seven FROM books.kept")
        assert cursor.fetchall() == ((7,),)
    rds.delete_db_instance(DBInstanceIdentifier=drill.name, SkipFinalSnapshot=True)


def test_refused_logins_stand_in_the_log_group_of_errors(books):
    with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
        books.connect(password="wrong")
    logs, group = books.aws.client("logs"), f"/aws/rds/instance/{books.name}/error"

    def exported():
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            return False
        events = logs.filter_log_events(logGroupName=group)["events"]
        return any("Access denied for user 'master'" in event["message"] for event in events)

    assert until(exported)


def test_what_stands_in_for_mysql_is_said(books):
    import urllib.request

    with urllib.request.urlopen(f"{books.aws.endpoint.plain_endpoint}/_local/recorded") as page:
        reasons = [one["reason"] for one in json.load(page) if one["property"] == "EngineVersion"]
    assert any("MariaDB" in reason for reason in reasons)
