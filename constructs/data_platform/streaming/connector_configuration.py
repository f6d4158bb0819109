"""The configuration of a Debezium connector: what it reads of a database, and how a change looks on its topic.

A change is the flat row in Avro, its key the JSON object of the key columns; a deletion is a record without a value.
The operation and the place in the source's log stand in headers. All of it was found by running the connector.

Source: https://debezium.io/documentation/reference/3.2/connectors/postgresql.html, .../mysql.html and
.../transformations/event-flattening.html.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Literal

# The provider's name in worker configurations, and in references such as ${secretsmanager:name:password}.
SECRETS = "secretsmanager"
HEARTBEAT_SECONDS = 10
# From the headers of a change its place in the source's log is read; `snapshot` tells what a snapshot read.
_HEADERS = {
    "postgres": ("op", "source.lsn", "source.ts_ms", "source.snapshot"),
    "mysql": ("op", "source.file", "source.pos", "source.row", "source.ts_ms", "source.snapshot"),
}
_CLASSES = {
    "postgres": "io.debezium.connector.postgresql.PostgresConnector",
    "mysql": "io.debezium.connector.mysql.MySqlConnector",
}
_AVRO = "com.amazonaws.services.schemaregistry.kafkaconnect.AWSKafkaAvroConverter"
_IAM = {
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "AWS_MSK_IAM",
    "sasl.jaas.config": "software.amazon.msk.auth.iam.IAMLoginModule required;",
    "sasl.client.callback.handler.class": "software.amazon.msk.auth.iam.IAMClientCallbackHandler",
}
_SERVER_IDS, _FIRST_SERVER_ID = 2**20, 2**20


@dataclass(frozen=True, kw_only=True)
class CapturedTable:
    """A table of which each change is sent to a topic.

    Args:
        table: With its schema (PostgreSQL) or database (MySQL), such as `public.orders`.
        topic: Where its changes go.
        columns: The columns that are sent; no other leaves the database.
        key: The columns of the record's key: the primary key, since a deletion tells nothing else.
    """

    table: str
    topic: str
    columns: tuple[str, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CapturedDatabase:
    """A database as its connector sees it.

    Args:
        source: Name of the source; slot, publication and topic prefix follow from it.
        engine: "postgres" or "mysql".
        host: Address.
        port: Port.
        database: The database in the instance.
        schema: Where the platform's own two tables are: a schema of PostgreSQL, or MySQL's database.
        secret: Name of the secret that holds `username` and `password`; a reference has no room for the colons of an
            ARN.
    """

    source: str
    engine: Literal["postgres", "mysql"]
    host: str
    port: str
    database: str
    schema: str
    secret: str


def log_reader(source: str) -> str:
    """The name of a source's publication and replication slot, and the prefix by which Debezium names its tables.

    Example:
        >>> log_reader("shop")
        'dp_shop'
    """
    return f"dp_{source}"


def schema_history(connector: str) -> str:
    """The topic in which Debezium remembers how MySQL's tables looked; PostgreSQL's log tells it by itself."""
    return f"__debezium_schema_history_{connector}"


def connector_configuration(
    database: CapturedDatabase, tables: Sequence[CapturedTable], *, connector: str, registry: str, region: str
) -> dict[str, str]:
    r"""What a connector is told, all but the brokers' addresses, which are asked for when it is made.

    Args:
        database: What it reads.
        tables: Its tables, at least one; among them the platform's `heartbeats` if their freshness is to be measured.
        connector: Public name of the connector.
        registry: The Glue registry in which it registers how the source's rows look.
        region: Where that is.

    Raises:
        ValueError: when there is no table.

    Example:
        >>> shop = CapturedDatabase(source="shop", engine="postgres", host="h", port="5432", database="shop",
        ...                         schema="public", secret="dp-dev-retail-capture-shop")
        >>> table = CapturedTable(table="public.orders", topic="retail.orders.v1", columns=("order_id", "status"),
        ...                       key=("order_id",))
        >>> made = connector_configuration(shop, [table], connector="dp-dev-retail-capture-shop",
        ...                                registry="dp-dev-retail-stream", region="ap-southeast-2")
        >>> made["slot.name"], made["publication.name"], made["database.password"]
        ('dp_shop', 'dp_shop', '${secretsmanager:dp-dev-retail-capture-shop:password}')
        >>> made["transforms.to_public_orders.regex"], made["transforms.to_public_orders.replacement"]
        ('dp_shop\\.public\\.orders', 'retail.orders.v1')
    """
    if not tables:
        raise ValueError(
            f"source {database.source!r} has no table to capture. Mend: write a contract with `cdc`."
        )
    own = _of_postgres(database) if database.engine == "postgres" else _of_mysql(database, connector)
    return {
        "connector.class": _CLASSES[database.engine],
        "tasks.max": "1",
        "topic.prefix": log_reader(database.source),
        "database.hostname": database.host,
        "database.port": database.port,
        "database.user": f"${{{SECRETS}:{database.secret}:username}}",
        "database.password": f"${{{SECRETS}:{database.secret}:password}}",
        **own,
        **_reading(database, tables),
        **_transforms(database, tables),
        **_converters(registry, region),
    }


def _of_postgres(database: CapturedDatabase) -> dict[str, str]:
    return {
        "database.dbname": database.database,
        "database.sslmode": "require",
        "plugin.name": "pgoutput",
        "slot.name": log_reader(database.source),
        "publication.name": log_reader(database.source),
        "publication.autocreate.mode": "disabled",  # the tables' owner makes it: only an owner can
    }


def _of_mysql(database: CapturedDatabase, connector: str) -> dict[str, str]:
    """A number of its own among those who follow the server's log, and a memory of how tables looked.

    It remembers all tables of the database, captured or not: of one that a contract names later it must know how it
    looked at the place where it reads, or it stops.
    """
    place = sum(byte * 31**position for position, byte in enumerate(connector.encode()))
    clients = {
        f"schema.history.internal.{client}.{name}": value
        for client in ("producer", "consumer")
        for name, value in _IAM.items()
    }
    return {
        "database.include.list": database.database,
        "database.ssl.mode": "required",
        "database.server.id": str(_FIRST_SERVER_ID + place % _SERVER_IDS),
        "bigint.unsigned.handling.mode": "precise",
        "include.schema.changes": "false",
        "schema.history.internal.kafka.topic": schema_history(connector),
        "schema.history.internal.store.only.captured.databases.ddl": "true",
        "schema.history.internal.store.only.captured.tables.ddl": "false",
        **clients,
    }


def _reading(database: CapturedDatabase, tables: Sequence[CapturedTable]) -> dict[str, str]:
    """What is read, and how exactly: a decimal stays one, a time is microseconds whatever its column's precision."""
    signals, heartbeats = f"{database.schema}.debezium_signals", f"{database.schema}.heartbeats"
    columns = [(table.table, table.columns) for table in tables]
    columns.append((signals, ("id", "type", "data")))
    now = "now()" if database.engine == "postgres" else "now(6)"
    return {
        "table.include.list": ",".join(_literal(table.table) for table in tables),
        "column.include.list": ",".join(
            f"{_literal(table)}\\.({'|'.join(_literal(name) for name in names)})" for table, names in columns
        ),
        "message.key.columns": ";".join(f"{_literal(table.table)}:{','.join(table.key)}" for table in tables),
        "snapshot.mode": "initial",
        "signal.data.collection": signals,
        "heartbeat.interval.ms": str(HEARTBEAT_SECONDS * 1_000),
        "heartbeat.action.query": f"UPDATE {heartbeats} SET beat_at = {now} WHERE id = 1",
        "decimal.handling.mode": "precise",
        "time.precision.mode": "microseconds",
        "binary.handling.mode": "bytes",
        "schema.name.adjustment.mode": "avro",
        "tombstones.on.delete": "false",  # the deletion itself becomes the record without a value
        "poll.interval.ms": "100",
        "max.batch.size": "2048",
        "max.queue.size": "8192",
        "max.queue.size.in.bytes": str(64 * 1024**2),
        "errors.max.retries": "-1",  # a database that restarts is no fault of the connector's
        "retriable.restart.connector.wait.ms": "5000",
        "config.action.reload": "none",  # else Connect restarts it each time the secret is read
    }


def _transforms(database: CapturedDatabase, tables: Sequence[CapturedTable]) -> dict[str, str]:
    """Flat rows, each to the topic of its contract; what has no topic is dropped: heartbeats' own, signals."""
    routes = {f"to_{re.sub('[^a-z0-9]+', '_', table.table.lower())}": table for table in tables}
    chain: dict[str, str] = {
        "transforms": ",".join(("unwrap", *routes, "drop")),
        "transforms.unwrap.type": "io.debezium.transforms.ExtractNewRecordState",
        "transforms.unwrap.delete.tombstone.handling.mode": "delete-to-tombstone",
        "transforms.unwrap.add.headers": ",".join(_HEADERS[database.engine]),
    }
    for name, table in routes.items():
        chain |= {
            f"transforms.{name}.type": "org.apache.kafka.connect.transforms.RegexRouter",
            f"transforms.{name}.regex": _literal(f"{log_reader(database.source)}.{table.table}"),
            f"transforms.{name}.replacement": table.topic,
        }
    return {
        **chain,
        "transforms.drop.type": "org.apache.kafka.connect.transforms.Filter",
        "transforms.drop.predicate": "routed",
        "transforms.drop.negate": "true",
        "predicates": "routed",
        "predicates.routed.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches",
        "predicates.routed.pattern": "|".join(_literal(table.topic) for table in tables),
    }


def _converters(registry: str, region: str) -> dict[str, str]:
    """Keys in JSON need no schema; values in Avro, as the registry knows them under the topic's name."""
    return {
        "key.converter": "org.apache.kafka.connect.json.JsonConverter",
        "key.converter.schemas.enable": "false",
        "header.converter": "org.apache.kafka.connect.storage.SimpleHeaderConverter",
        "value.converter": _AVRO,
        "value.converter.region": region,
        "value.converter.registry.name": registry,
        "value.converter.schemaAutoRegistrationEnabled": "true",
        "value.converter.avroRecordType": "GENERIC_RECORD",
        "value.converter.dataFormat": "AVRO",
        "value.converter.compatibility": "BACKWARD_ALL",
    }


def _literal(text: str) -> str:
    r"""Text that a pattern of Java matches and nothing else: names have letters, digits, underscores, dots, hyphens.

    Example:
        >>> _literal("public.orders")
        'public\\.orders'
    """
    return text.replace(".", "\\.").replace("$", "\\$")
