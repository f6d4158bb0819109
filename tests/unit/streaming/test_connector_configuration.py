"""What a connector is told: only the contract's tables and columns, exact values, each change to its topic."""

from __future__ import annotations

import re

import pytest

from data_platform.streaming import CapturedDatabase, CapturedTable, connector_configuration

ORDERS = CapturedTable(
    table="public.orders", topic="retail.orders.v1", columns=("order_id", "status"), key=("order_id",)
)
BEATS = CapturedTable(
    table="public.heartbeats", topic="retail.heartbeats.v1", columns=("id", "beat_at"), key=("id",)
)


def configuration(engine="postgres", tables=(ORDERS, BEATS), **given):
    database = CapturedDatabase(
        **{
            "source": "shop",
            "engine": engine,
            "host": "h",
            "port": "5432",
            "database": "shop",
            "schema": "public" if engine == "postgres" else "shop",
            "secret": "dp-dev-retail-capture-shop",
            **given,
        }
    )
    return connector_configuration(database, tables, connector="c", registry="r", region="ap-southeast-2")


@pytest.mark.parametrize(
    ("column", "sent"),
    [
        ("public.orders.order_id", True),
        ("public.orders.status", True),
        ("public.orders.secret", False),
        ("public.ordersXstatus", False),
        ("public.orders_old.status", False),
        ("public.debezium_signals.data", True),
    ],
)
def test_a_column_leaves_the_database_only_if_a_contract_names_it(column, sent):
    patterns = configuration()["column.include.list"].split(",")

    assert any(re.fullmatch(pattern, column) for pattern in patterns) is sent


def test_each_table_goes_to_the_topic_of_its_contract_and_no_other():
    made = configuration()
    routes = {
        made[f"transforms.{name}.regex"]: made[f"transforms.{name}.replacement"]
        for name in made["transforms"].split(",")
        if name.startswith("to_")
    }
    found = {
        table: [topic for pattern, topic in routes.items() if re.fullmatch(pattern, f"dp_shop.{table}")]
        for table in ("public.orders", "public.heartbeats", "public.debezium_signals", "publicxorders")
    }

    assert found == {
        "public.orders": ["retail.orders.v1"],
        "public.heartbeats": ["retail.heartbeats.v1"],
        "public.debezium_signals": [],
        "publicxorders": [],
    }


@pytest.mark.parametrize(
    ("topic", "kept"),
    [
        ("retail.orders.v1", True),
        ("retail.orders.v10", False),
        ("__debezium-heartbeat.dp_shop", False),
        ("dp_shop.public.debezium_signals", False),
    ],
)
def test_what_has_no_topic_of_a_contract_is_dropped(topic, kept):
    made = configuration()

    assert made["transforms"].endswith(",drop")
    assert made["transforms.drop.negate"] == "true"
    assert bool(re.fullmatch(made["predicates.routed.pattern"], topic)) is kept


def test_the_password_is_a_reference_that_has_no_colon_but_its_own():
    user, password = (configuration()[f"database.{part}"] for part in ("user", "password"))

    assert (user, password) == (
        "${secretsmanager:dp-dev-retail-capture-shop:username}",
        "${secretsmanager:dp-dev-retail-capture-shop:password}",
    )


def test_a_key_is_what_the_contract_says_even_where_the_table_has_another():
    assert configuration()["message.key.columns"] == "public\\.orders:order_id;public\\.heartbeats:id"


def test_postgresql_tells_its_log_sequence_number_and_mysql_file_and_place():
    told = {
        engine: configuration(engine)["transforms.unwrap.add.headers"].split(",")
        for engine in ("postgres", "mysql")
    }

    assert told["postgres"] == ["op", "source.lsn", "source.ts_ms", "source.snapshot"]
    assert told["mysql"] == [
        "op",
        "source.file",
        "source.pos",
        "source.row",
        "source.ts_ms",
        "source.snapshot",
    ]


def test_mysqls_memory_of_tables_is_kept_by_iam_and_its_brokers_are_told_later():
    made = configuration("mysql")

    assert made["schema.history.internal.kafka.topic"] == "__debezium_schema_history_c"
    assert made["schema.history.internal.producer.sasl.mechanism"] == "AWS_MSK_IAM"
    assert made["schema.history.internal.consumer.security.protocol"] == "SASL_SSL"
    assert "schema.history.internal.kafka.bootstrap.servers" not in made


def test_two_connectors_of_mysql_have_different_server_ids_that_do_not_change():
    made = [
        connector_configuration(
            CapturedDatabase(
                source="s", engine="mysql", host="h", port="1", database="d", schema="d", secret="s"
            ),
            [ORDERS],
            connector=name,
            registry="r",
            region="ap-southeast-2",
        )["database.server.id"]
        for name in ("dp-dev-retail-capture-a", "dp-dev-retail-capture-b", "dp-dev-retail-capture-a")
    ]

    assert made[0] == made[2] != made[1]
    assert all(0 < int(number) < 2**32 for number in made)


def test_a_source_without_a_table_is_refused():
    with pytest.raises(ValueError, match=r"source 'shop' has no table to capture\. Mend"):
        configuration(tables=())
