"""A DB instance of a template is a real PostgreSQL: users, TLS, parameters, logs and metrics as RDS has them."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import time
import uuid
from pathlib import Path

import psycopg2
import pytest

from tests.unit.local.rds.conftest import Shop, database
from tests.waiting import until


def test_the_stack_answers_with_the_endpoint_that_describe_says(shop):
    from tests.unit.local.rds.conftest import att

    outputs = {
        name: {"Value": att("Instance", attribute)}
        for name, attribute in {
            "Host": "Endpoint.Address",
            "Port": "Endpoint.Port",
            "Id": "DbiResourceId",
            "Arn": "DBInstanceArn",
            "Secret": "MasterUserSecret.SecretArn",
        }.items()
    }
    shop.aws.deploy(database(shop.name), stack=shop.stack, Outputs=outputs)
    stack = shop.aws.client("cloudformation").describe_stacks(StackName=shop.stack)["Stacks"][0]
    told = {entry["OutputKey"]: entry["OutputValue"] for entry in stack["Outputs"]}
    record = shop.record
    assert told == {
        "Host": "localhost",
        "Port": str(record["Endpoint"]["Port"]),
        "Id": record["DbiResourceId"],
        "Arn": record["DBInstanceArn"],
        "Secret": record["MasterUserSecret"]["SecretArn"],
    }
    assert record["Endpoint"]["Port"] != 15432


def test_the_master_user_logs_in_with_the_managed_secret_over_verified_tls(shop):
    assert shop.rows("SELECT current_user, current_database()") == [("master", "shop")]


def test_the_master_user_is_no_superuser_and_makes_users_and_hands_on_rds_iam(shop):
    assert shop.rows("SELECT rolsuper FROM pg_roles WHERE rolname = 'master'") == [(False,)]
    shop.rows("CREATE ROLE keeper LOGIN PASSWORD 'kept'; GRANT rds_iam TO keeper")
    shop.rows("REVOKE rds_iam FROM keeper")
    assert shop.rows("SELECT current_user", user="keeper", password="kept") == [("keeper",)]


def test_parameters_of_the_group_are_those_of_the_engine(shop):
    assert shop.rows("SHOW wal_level") == [("logical",)]


def test_plain_text_is_refused_where_tls_is_forced(shop):
    with pytest.raises(psycopg2.OperationalError, match=r"no pg_hba\.conf entry .* no encryption"):
        shop.connect(sslmode="disable")


def test_a_wrong_password_is_refused_by_the_engine_and_stands_in_the_log_group(shop):
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        shop.connect(user="master", password="wrong")
    with pytest.raises(psycopg2.OperationalError):
        shop.connect(sslmode="disable", user="master", password="wrong")
    logs = shop.aws.client("logs")
    group = f"/aws/rds/instance/{shop.name}/postgresql"

    def exported():
        streams = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        events = logs.filter_log_events(logGroupName=group)["events"] if streams else []
        lines = [event["message"] for event in events]
        return all(
            any(what in line for line in lines)
            for what in (
                'password authentication failed for user "master"',
                'no pg_hba.conf entry for host "127.0.0.1", user "master"',
            )
        )

    assert until(exported)


def test_nobody_logs_in_as_rdsadmin(shop):
    with pytest.raises(psycopg2.OperationalError, match=r"pg_hba\.conf rejects connection"):
        shop.connect(user="rdsadmin", password="x")


def test_a_parameter_that_postgresql_lacks_is_refused(secured_aws):
    template = database(f"shop-{uuid.uuid4().hex[:6]}", parameters={"no_such_parameter": "1"})
    only = {name: template[name] for name in ("Parameters",)}
    with pytest.raises(AssertionError, match="Could not find parameter with name: no_such_parameter"):
        secured_aws.deploy(only)


def test_a_changed_parameter_reaches_the_running_engine_and_a_static_one_waits_for_the_reboot(shop):
    changed = {"log_min_duration_statement": "1234", "max_connections": "77"}
    shop.aws.deploy(database(shop.name, parameters=changed), stack=shop.stack)
    assert until(lambda: shop.rows("SHOW log_min_duration_statement") == [("1234ms",)])
    assert shop.rows("SHOW max_connections") != [("77",)]
    shop.aws.client("rds").reboot_db_instance(DBInstanceIdentifier=shop.name)
    shop.becomes("available")
    assert shop.rows("SHOW max_connections") == [("77",)]


def test_rotating_the_secret_changes_the_password_in_the_engine(shop):
    before = shop.secret
    arn = shop.record["MasterUserSecret"]["SecretArn"]
    shop.aws.client("secretsmanager").rotate_secret(SecretId=arn)
    assert shop.secret["password"] != before["password"]
    assert shop.rows("SELECT 1") == [(1,)]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        shop.connect(user="master", password=before["password"])
    rds = shop.aws.client("rds")
    after = shop.secret
    rds.modify_db_instance(
        DBInstanceIdentifier=shop.name, RotateMasterUserPassword=True, ApplyImmediately=True
    )
    assert shop.secret["password"] != after["password"]
    assert shop.rows("SELECT 1") == [(1,)]


def test_rds_rotates_the_secret_by_itself_after_a_week(shop):
    before = shop.secret["password"]
    clock = Path(shop.aws.endpoint.state_dir) / "clock-offset"
    clock.write_text(str(8 * 86_400))
    try:
        until(lambda: shop.secret["password"] != before)
        after = shop.secret["password"]
        time.sleep(2.5)
        assert shop.secret["password"] == after
    finally:
        clock.unlink()
    assert shop.rows("SELECT 1") == [(1,)]


def test_a_stopped_instance_refuses_and_a_started_one_has_its_rows(shop):
    rds = shop.aws.client("rds")
    shop.rows("CREATE TABLE IF NOT EXISTS kept AS SELECT 7 AS seven")
    rds.stop_db_instance(DBInstanceIdentifier=shop.name)
    shop.becomes("stopped")
    with pytest.raises(psycopg2.OperationalError):
        shop.connect()
    rds.start_db_instance(DBInstanceIdentifier=shop.name)
    shop.becomes("available")
    assert shop.rows("SELECT seven FROM kept") == [(7,)]


def test_metrics_come_from_the_real_engine(shop):
    def figures():
        metrics = shop.aws.client("cloudwatch").list_metrics(
            Namespace="AWS/RDS", Dimensions=[{"Name": "DBInstanceIdentifier", "Value": shop.name}]
        )["Metrics"]
        return {one["MetricName"] for one in metrics}

    wanted = {
        *("CPUUtilization", "DatabaseConnections", "FreeStorageSpace", "FreeableMemory", "DiskQueueDepth"),
        *("ReadLatency", "WriteLatency", "MaximumUsedTransactionIDs"),
    }
    assert until(lambda: wanted <= figures())


def test_a_snapshot_taken_under_load_is_restored_as_a_new_instance(shop):
    rds = shop.aws.client("rds")
    shop.rows("CREATE TABLE IF NOT EXISTS orders (id int PRIMARY KEY)")
    shop.rows("INSERT INTO orders SELECT generate_series(1, 5000) ON CONFLICT DO NOTHING")
    rds.create_db_snapshot(DBSnapshotIdentifier=f"{shop.name}-s", DBInstanceIdentifier=shop.name)
    shop.rows("DELETE FROM orders")
    groups = [one["VpcSecurityGroupId"] for one in shop.record["VpcSecurityGroups"]]
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier=f"{shop.name}-drill",
        DBSnapshotIdentifier=f"{shop.name}-s",
        VpcSecurityGroupIds=groups,
        PubliclyAccessible=True,
    )
    drill = Shop(shop.aws, shop.stack, f"{shop.name}-drill")
    drill.becomes("available")
    secret = shop.secret
    rows = drill.rows("SELECT count(*) FROM orders", user=secret["username"], password=secret["password"])
    assert rows == [(5000,)]
    assert shop.rows("SELECT count(*) FROM orders") == [(0,)]
    rds.delete_db_instance(DBInstanceIdentifier=drill.name, SkipFinalSnapshot=True)


def test_a_template_makes_an_instance_of_a_snapshot_with_a_secret_of_its_own(shop):
    rds, name = shop.aws.client("rds"), f"{shop.name}-copy"
    shop.rows("CREATE TABLE IF NOT EXISTS in_template AS SELECT 3 AS three")
    rds.create_db_snapshot(DBSnapshotIdentifier=f"{name}-s", DBInstanceIdentifier=shop.name)
    template = database(name)
    for given in ("DBName", "MasterUsername", "StorageEncrypted", "EngineVersion", "AllocatedStorage"):
        del template["Instance"]["Properties"][given]
    template["Instance"]["Properties"]["DBSnapshotIdentifier"] = f"{name}-s"
    copy = Shop(shop.aws, shop.aws.deploy(template), name)
    assert copy.secret["password"] != shop.secret["password"]
    assert copy.rows("SELECT three FROM in_template") == [(3,)]
    assert copy.record["IAMDatabaseAuthenticationEnabled"]
    shop.aws.delete(copy.stack)


def test_deletion_asks_for_a_final_snapshot_and_takes_it(shop):
    rds = shop.aws.client("rds")
    name = f"gone-{uuid.uuid4().hex[:6]}"
    stack = shop.aws.deploy(database(name))
    with pytest.raises(rds.exceptions.ClientError, match="FinalDBSnapshotIdentifier is required"):
        rds.delete_db_instance(DBInstanceIdentifier=name)
    secret = Shop(shop.aws, stack, name).record["MasterUserSecret"]["SecretArn"]
    rds.delete_db_instance(DBInstanceIdentifier=name, FinalDBSnapshotIdentifier=f"{name}-last")
    [snapshot] = rds.describe_db_snapshots(DBSnapshotIdentifier=f"{name}-last")["DBSnapshots"]
    assert snapshot["Status"] == "available"
    secrets = shop.aws.client("secretsmanager")
    with pytest.raises(secrets.exceptions.ResourceNotFoundException):
        secrets.get_secret_value(SecretId=secret)
    shop.aws.delete(stack)


def test_a_cancelled_query_ends(shop):
    connection = shop.connect()
    threading.Timer(0.5, connection.cancel).start()
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.QueryCanceled):
        cursor.execute("SELECT pg_sleep(30)")
    connection.close()


def test_large_results_pass_unchanged_both_ways(shop):
    connection = shop.connect()
    target = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE big AS SELECT i, repeat(md5(i::text), 20) t FROM generate_series(1, 50000) i"
        )
        cursor.copy_expert("COPY (SELECT * FROM big ORDER BY i) TO STDOUT", target)
        cursor.execute(
            "SELECT encode(sha256(convert_to(string_agg(i || chr(9) || t || chr(10), '' ORDER BY i), 'UTF8')), 'hex')"
            " FROM big"
        )
        assert hashlib.sha256(target.getvalue()).hexdigest() == cursor.fetchone()[0]
        target.seek(0)
        cursor.execute("CREATE TABLE copied (LIKE big)")
        cursor.copy_expert("COPY copied FROM STDIN", target)
        cursor.execute("SELECT count(*) FROM copied")
        assert cursor.fetchone() == (50_000,)
    connection.close()


def test_what_the_template_only_records_is_listed(shop):
    import urllib.request

    with urllib.request.urlopen(f"{shop.aws.endpoint.plain_endpoint}/_local/recorded") as page:
        listed = {(one["type"], one["property"]) for one in json.load(page)}
    assert ("AWS::RDS::DBInstance", "StorageEncrypted") in listed


def test_an_engine_that_is_not_here_is_refused_with_what_is(secured_aws):
    with pytest.raises(AssertionError, match=r"no engine for postgres 12\.1; it has postgres 17"):
        secured_aws.deploy(database(f"old-{uuid.uuid4().hex[:6]}", EngineVersion="12.1"))


def test_an_engine_that_does_not_start_fails_the_stack_with_its_own_words_and_leaves_nothing(secured_aws):
    name = f"bad-{uuid.uuid4().hex[:6]}"
    template = database(name, parameters={"max_connections": "0"})
    with pytest.raises(AssertionError, match="outside the valid range for parameter"):
        secured_aws.deploy(template)
    rds = secured_aws.client("rds")
    assert name not in [one["DBInstanceIdentifier"] for one in rds.describe_db_instances()["DBInstances"]]
