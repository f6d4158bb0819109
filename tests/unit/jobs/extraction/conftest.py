"""Real engines for the whole session; a database and a bucket of its own for each test."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import boto3
import psycopg2
import pymysql
import pytest
from botocore.config import Config

from local.engines import mariadb, postgres
from local.engines.artifacts import EngineUnavailable
from tests.unit.jobs.extraction.shop import KEYS, Aws, Shop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.local.conftest import Aws as EmbeddedAws

Sql = "Callable[..., list[tuple[Any, ...]]]"


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    server = postgres.Server(tmp_path_factory.mktemp("postgres"), parameters={"fsync": "off"})
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def mariadb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mariadb.Server]:
    try:
        mariadb.installed()
    except EngineUnavailable as reason:
        pytest.skip(str(reason))
    server = mariadb.Server(
        tmp_path_factory.mktemp("mariadb"), parameters={"log_bin": "binlog", "max_allowed_packet": "1G"}
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def embedded(aws: EmbeddedAws) -> Aws:
    """The session's embedded AWS with what all shops need: a bucket of plans, and secrets."""
    endpoint = aws.endpoint.plain_endpoint
    config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
    session = boto3.Session("test", "test", region_name="ap-southeast-2")
    clients = {
        name: session.client(name, endpoint_url=endpoint, config=config) for name in ("s3", "secretsmanager")
    }
    place = {"LocationConstraint": "ap-southeast-2"}
    clients["s3"].create_bucket(Bucket="plans", CreateBucketConfiguration=place)
    secrets = clients["secretsmanager"]
    secrets.create_secret(Name="shop-database", SecretString=json.dumps({"password": "open sesame"}))
    secrets.create_secret(Name="token-key", SecretString=KEYS.secret())
    return Aws(endpoint, clients)


@pytest.fixture
def lake(embedded: Aws) -> Aws:
    """A raw bucket of its own."""
    bucket = f"raw-{uuid.uuid4().hex[:12]}"
    place = {"LocationConstraint": "ap-southeast-2"}
    embedded.clients["s3"].create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    return Aws(embedded.endpoint, embedded.clients, bucket)


@pytest.fixture
def shop(postgres_server: postgres.Server, lake: Aws) -> Shop:
    """A schema of its own in PostgreSQL."""
    made = Shop(lake, "postgres", str(postgres_server.socket.parent), 5432, f"s{uuid.uuid4().hex[:8]}")
    _postgres(
        made,
        "DO $$ BEGIN CREATE ROLE extractor LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"CREATE SCHEMA {made.schema}",
        f"GRANT USAGE ON SCHEMA {made.schema} TO extractor",
        f"ALTER DEFAULT PRIVILEGES IN SCHEMA {made.schema} GRANT SELECT ON TABLES TO extractor",
    )
    return made


@pytest.fixture
def sql(shop: Shop) -> Callable[..., list[tuple[Any, ...]]]:
    """Runs statements as the shop itself does."""
    return lambda *statements, parameters=None: _postgres(shop, *statements, parameters=parameters)


@pytest.fixture
def mysql_shop(mariadb_server: mariadb.Server, lake: Aws) -> Shop:
    """A database of its own in MariaDB."""
    made = Shop(lake, "mysql", str(mariadb_server.socket), 3306, f"s{uuid.uuid4().hex[:8]}")
    _mysql(
        made,
        f"CREATE DATABASE {made.schema}",
        "CREATE USER IF NOT EXISTS extractor@localhost IDENTIFIED BY 'open sesame'",
        f"GRANT SELECT, LOCK TABLES ON {made.schema}.* TO extractor@localhost",
        database=None,
    )
    return made


@pytest.fixture
def mysql(mysql_shop: Shop) -> Callable[..., list[tuple[Any, ...]]]:
    """Runs statements as the shop itself does."""
    return lambda *statements, parameters=None: _mysql(
        mysql_shop, *statements, parameters=parameters, database=mysql_shop.schema
    )


def _postgres(shop: Shop, *statements: str, parameters: Any = None) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(host=shop.host, port=shop.port, user="postgres", dbname="postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"SET search_path = {shop.schema}, public")
        for statement in statements:
            if parameters is None:
                cursor.execute(statement)
            else:
                cursor.executemany(statement, parameters)
        rows = cursor.fetchall() if cursor.description else []
    connection.close()
    return rows


def _mysql(
    shop: Shop, *statements: str, parameters: Any = None, database: str | None
) -> list[tuple[Any, ...]]:
    connection = pymysql.connect(
        unix_socket=shop.host, user="root", database=database, autocommit=True, max_allowed_packet=1 << 30
    )
    with connection.cursor() as cursor:
        cursor.execute("SET sql_mode = '', time_zone = '+00:00'")
        for statement in statements:
            if parameters is None:
                cursor.execute(statement)
            else:
                cursor.executemany(statement, parameters)
        rows = list(cursor.fetchall())
    connection.close()
    return rows
