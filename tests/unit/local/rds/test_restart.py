"""Databases outlive the embedded AWS: a stop and a crash end every engine, a start brings all rows back."""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import psycopg2
import pytest

from local import process
from tests.unit.local.conftest import Aws
from tests.waiting import until


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    yield folder
    process.stop(folder)


@pytest.fixture
def aws(folder):
    """A server with a database that runs and has an empty table, whatever became of both in the test before."""
    aws = _started(folder)
    rds = aws.client("rds")
    found = rds.describe_db_instances()["DBInstances"]
    if not found:
        _created(aws)
    elif found[0]["DBInstanceStatus"] == "stopped":
        rds.start_db_instance(DBInstanceIdentifier="kept")
    _run(aws, "DROP TABLE IF EXISTS t")
    _run(aws, "CREATE TABLE t (one int)")
    return aws


def _started(folder):
    return Aws(endpoint=process.start(folder, auth=False))


def _group(aws):
    ec2 = aws.client("ec2")
    group = ec2.create_security_group(GroupName="database", Description="d")["GroupId"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "IpRanges": [{"CidrIp": "127.0.0.1/32"}],
    }
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    return group


def _created(aws):
    aws.client("rds").create_db_instance(
        DBInstanceIdentifier="kept",
        Engine="postgres",
        EngineVersion="17.6",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="owner",
        ManageMasterUserPassword=True,
        DBName="kept",
        PubliclyAccessible=True,
        VpcSecurityGroupIds=[_group(aws)],
    )


def _available(aws):
    rds = aws.client("rds")
    read = lambda: rds.describe_db_instances(DBInstanceIdentifier="kept")["DBInstances"][0]  # noqa: E731
    until(lambda: read()["DBInstanceStatus"] == "available")
    return read()


def _run(aws, statement):
    found = _available(aws)
    secret = aws.client("secretsmanager").get_secret_value(SecretId=found["MasterUserSecret"]["SecretArn"])
    connection = psycopg2.connect(
        host="localhost",
        port=found["Endpoint"]["Port"],
        user="owner",
        password=json.loads(secret["SecretString"])["password"],
        dbname="kept",
        sslmode="require",
    )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def _engines(folder):
    return [
        one.pid
        for one in psutil.process_iter(["name", "cwd"])
        if one.info["name"].startswith("postgres") and str(one.info["cwd"]).startswith(str(folder))
    ]


def test_a_stop_ends_every_engine_and_a_start_brings_rows_and_port_back(aws, folder):
    _run(aws, "INSERT INTO t VALUES (1)")
    port = _available(aws)["Endpoint"]["Port"]
    assert _engines(folder)
    [log] = Path(folder).glob("rds/*/engine.log")
    before = log.stat().st_size

    process.stop(folder)

    assert not _engines(folder)
    assert b"database system is shut down" in log.read_bytes()[before:]
    aws = _started(folder)
    assert _run(aws, "SELECT one FROM t") == [(1,)]
    assert _available(aws)["Endpoint"]["Port"] == port


def test_a_crash_leaves_no_engine_and_loses_no_committed_row(aws, folder):
    until(lambda: any((folder / "state" / "checkpoints").glob("rds-*")))
    _run(aws, "INSERT INTO t VALUES (1)")

    process.kill(folder)

    until(lambda: not _engines(folder))
    aws = _started(folder)
    assert _run(aws, "SELECT one FROM t") == [(1,)]


def test_an_engine_that_is_killed_comes_back_by_itself(aws, folder):
    _run(aws, "INSERT INTO t VALUES (1)")
    for pid in _engines(folder):
        psutil.Process(pid).kill()

    def answers():
        try:
            return _run(aws, "SELECT one FROM t")
        except psycopg2.OperationalError:
            return []

    assert until(answers) == [(1,)]


def test_a_stopped_instance_stays_stopped_over_a_restart(aws, folder):
    aws.client("rds").stop_db_instance(DBInstanceIdentifier="kept")
    read = lambda: aws.client("rds").describe_db_instances()["DBInstances"][0]["DBInstanceStatus"]  # noqa: E731
    until(lambda: read() == "stopped")
    process.stop(folder)
    aws = _started(folder)
    assert until(
        lambda: aws.client("rds").describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "stopped"
    )
    assert not _engines(folder)
