"""Roles of an RDS PostgreSQL: rdsadmin's own, the master user's, and who logs in by IAM."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import psycopg2
from psycopg2 import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.engines.postgres import Server

ADMIN = "rdsadmin"
_RDS_ROLES = ("rds_superuser", "rds_replication", "rds_iam", "rds_password")
_GRANTED = (
    *("pg_monitor", "pg_signal_backend", "pg_checkpoint", "pg_read_all_data", "pg_write_all_data"),
    *(
        "pg_maintain",
        "pg_create_subscription",
        "pg_use_reserved_connections",
        "rds_replication",
        "rds_password",
    ),
)
# Neither inherited nor settable: who may hand the role on does not log in by it.
_HAND_ON = "GRANT rds_iam TO rds_superuser WITH ADMIN TRUE, INHERIT FALSE, SET FALSE"
_MEMBERSHIP = """
WITH RECURSIVE members AS (
    SELECT roleid AS top, member FROM pg_auth_members
    WHERE roleid IN ('rds_iam'::regrole, 'rds_replication'::regrole) AND (inherit_option OR set_option)
    UNION
    SELECT members.top, further.member FROM pg_auth_members further
    JOIN members ON further.roleid = members.member AND (further.inherit_option OR further.set_option)
)
SELECT coalesce(bool_or(members.top = 'rds_iam'::regrole), false),
       coalesce(bool_or(members.top = 'rds_replication'::regrole), false),
       (SELECT rolreplication FROM pg_roles WHERE rolname = %(user)s),
       (SELECT rolsuper FROM pg_roles WHERE rolname = %(user)s)
FROM members JOIN pg_roles ON pg_roles.oid = members.member WHERE pg_roles.rolname = %(user)s
"""


@contextlib.contextmanager
def admin(server: Server, database: str = "postgres") -> Iterator[Any]:
    """A cursor of rdsadmin, each statement committed at once."""
    connection = psycopg2.connect(
        host=str(server.socket.parent),
        user=ADMIN,
        dbname=database,
        application_name=ADMIN,
        connect_timeout=10,
    )
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield cursor
    finally:
        connection.close()


def make(server: Server, *, master: str, password: str, database: str | None) -> None:
    """Make the roles and the first database of a new instance; safe to repeat."""
    with admin(server) as cursor:
        for role in (*_RDS_ROLES, master):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        for role in _GRANTED:
            cursor.execute(
                sql.SQL("GRANT {} TO rds_superuser WITH ADMIN OPTION").format(sql.Identifier(role))
            )
        cursor.execute(_HAND_ON)
        owner = sql.Identifier(master)
        cursor.execute(sql.SQL("GRANT rds_superuser TO {} WITH ADMIN OPTION").format(owner))
        cursor.execute(
            sql.SQL(
                "ALTER ROLE {} LOGIN CREATEROLE CREATEDB REPLICATION VALID UNTIL 'infinity' PASSWORD %s"
            ).format(owner),
            (password,),
        )
        cursor.execute(sql.SQL("GRANT ALL ON DATABASE postgres TO {}").format(owner))
        if database and database != "postgres":
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,))
            if cursor.fetchone() is None:
                cursor.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), owner))


def set_password(server: Server, user: str, password: str) -> None:
    """Change the password of a user."""
    with admin(server) as cursor:
        cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD %s").format(sql.Identifier(user)), (password,))


def logs_in_by_iam(server: Server, user: str) -> bool:
    """Whether a user is in rds_iam. One in rds_replication gets the attribute that the role stands for on RDS."""
    with admin(server) as cursor:
        cursor.execute(_MEMBERSHIP, {"user": user})
        by_iam, replicates, has_attribute, is_super = cursor.fetchone()
        if replicates and has_attribute is False and not is_super:
            cursor.execute(sql.SQL("ALTER ROLE {} REPLICATION").format(sql.Identifier(user)))
    return bool(by_iam)
