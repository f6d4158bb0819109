"""Only whom the security groups admit reaches a database, and IAM decides who logs in without a password."""

from __future__ import annotations

import pytest

from tests.unit.local.rds.conftest import att, database, rule
from tests.waiting import until

_KNOCK = """
import os, psycopg2
connection = psycopg2.connect(
    host="localhost", port={port}, dbname="shop", user="{user}", password={password},
    sslmode="verify-full", sslrootcert=os.environ["RDS_CA_BUNDLE"], connect_timeout=20,
)
cursor = connection.cursor()
cursor.execute("SELECT current_user")
print("I am", cursor.fetchone()[0])
"""
_TOKEN = """
import boto3, os
token = boto3.client("rds", region_name=os.environ["AWS_REGION"]).generate_db_auth_token("localhost", {port}, "{user}")
"""


def _by_password(shop):
    return _KNOCK.format(port=shop.port, user="master", password=repr(shop.secret["password"]))


def _by_token(shop, user="extractor"):
    names = {"port": shop.port, "user": user}
    return _TOKEN.format(**names) + _KNOCK.format(**names, password="token")


def _may_connect(shop, user="extractor"):
    resource = f"arn:aws:rds-db:ap-southeast-2:000000000000:dbuser:{shop.record['DbiResourceId']}/{user}"
    return {"Effect": "Allow", "Action": "rds-db:connect", "Resource": resource}


@pytest.fixture(scope="module")
def groups(shop):
    return {name: shop.aws.resource(shop.stack, name) for name in ("Database", "Extractor", "Stranger")}


@pytest.fixture(scope="module")
def extractor(shop):
    shop.rows("CREATE ROLE extractor LOGIN; GRANT rds_iam TO extractor")
    return shop.aws.role(_may_connect(shop), service="ecs-tasks.amazonaws.com")


def test_a_task_of_the_admitted_group_reaches_the_database(shop, tasks, groups):
    code, said = tasks.run(_by_password(shop), group=groups["Extractor"])
    assert (code, said) == (0, "I am master")


def test_a_task_of_a_foreign_group_is_refused_at_once(shop, tasks, groups):
    code, said = tasks.run(_by_password(shop), group=groups["Stranger"])
    assert code == 1
    assert "server closed the connection unexpectedly" in said


def test_a_child_of_a_tasks_process_is_of_the_tasks_group(shop, tasks, groups):
    program = f"import subprocess, sys\nsys.exit(subprocess.run([sys.executable, '-c', {_by_password(shop)!r}]).returncode)"
    code, said = tasks.run(program, group=groups["Extractor"])
    assert (code, said) == (0, "I am master")


def test_a_token_of_a_role_that_may_connect_logs_in_without_a_password(shop, tasks, groups, extractor):
    code, said = tasks.run(_by_token(shop), group=groups["Extractor"], role=extractor)
    assert (code, said) == (0, "I am extractor")


def test_a_role_without_the_right_to_connect_is_refused_and_told_which(shop, tasks, groups, extractor):
    role = shop.aws.role(_may_connect(shop, "another"), service="ecs-tasks.amazonaws.com")
    code, said = tasks.run(_by_token(shop), group=groups["Extractor"], role=role)
    assert code == 1
    assert 'PAM authentication failed for user "extractor"' in said
    assert "not authorized to perform: rds-db:connect" in said


def test_a_token_for_one_user_is_none_for_another(shop, tasks, groups, extractor):
    shop.rows("CREATE ROLE other LOGIN; GRANT rds_iam TO other")
    program = _TOKEN.format(port=shop.port, user="extractor") + _KNOCK.format(
        port=shop.port, user="other", password="token"
    )
    code, said = tasks.run(program, group=groups["Extractor"], role=extractor)
    assert code == 1
    assert "PAM authentication failed" in said


def test_an_iam_user_does_not_log_in_with_a_password(shop, tasks, groups, extractor):
    shop.rows("ALTER ROLE extractor PASSWORD 'known'")
    program = _KNOCK.format(port=shop.port, user="extractor", password="'known'")
    code, said = tasks.run(program, group=groups["Extractor"])
    assert code == 1
    assert "PAM authentication failed" in said


def test_who_is_no_iam_user_any_more_needs_the_password_again(shop, tasks, groups, extractor):
    shop.rows("CREATE ROLE former LOGIN PASSWORD 'former'; GRANT rds_iam TO former")
    role = shop.aws.role(_may_connect(shop, "former"), service="ecs-tasks.amazonaws.com")
    token = _by_token(shop, "former")
    assert tasks.run(token, group=groups["Extractor"], role=role)[0] == 0
    shop.rows("REVOKE rds_iam FROM former")
    code, said = tasks.run(token, group=groups["Extractor"], role=role)
    assert code == 1
    assert "password authentication failed" in said
    assert shop.rows("SELECT 1", user="former", password="former") == [(1,)]


def test_a_changed_rule_counts_at_the_next_connection(shop, tasks, groups):
    template = database(shop.name)
    del template["FromExtractor"]
    shop.aws.deploy(template, stack=shop.stack)
    assert tasks.run(_by_password(shop), group=groups["Extractor"])[0] == 1
    template["FromStranger"] = rule("Ingress", "Database", SourceSecurityGroupId=att("Stranger", "GroupId"))
    shop.aws.deploy(template, stack=shop.stack)
    assert tasks.run(_by_password(shop), group=groups["Stranger"])[0] == 0
    shop.aws.deploy(database(shop.name), stack=shop.stack)
    assert tasks.run(_by_password(shop), group=groups["Extractor"])[0] == 0


def test_outside_of_the_network_nobody_reaches_a_private_instance(shop):
    import psycopg2

    rds = shop.aws.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier=shop.name, PubliclyAccessible=False, ApplyImmediately=True)
    with pytest.raises(psycopg2.OperationalError, match="server closed the connection"):
        shop.connect()
    rds.modify_db_instance(DBInstanceIdentifier=shop.name, PubliclyAccessible=True, ApplyImmediately=True)
    assert until(lambda: shop.rows("SELECT 1"))
