"""A batch is judged record by record: what is wrong with one costs no other, and what lands is what was written."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
import uuid
from decimal import Decimal

import pytest
from botocore.exceptions import ClientError
from grpc_tools import protoc  # noqa: F401 - what the loader compiles with
from stream_loader.poison import ERROR_CLASSES

from data_platform.contracts.tokens import TokenKeys
from jobs.masking.secret_keys import SecretKeys
from tests.stream_records import (
    TOPIC,
    avro,
    batch,
    column,
    framed,
    headers,
    message,
    plan_of,
    record_schema,
    rule,
)

SCHEMA = record_schema(
    order_id="long",
    status=["null", "string"],
    total=["null", {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2}],
)
COLUMNS = [
    column("order_id", "bigint", required=True),
    column("status", "string"),
    column("total", "decimal(12,2)"),
]
RULES = [rule("required", "order_id"), rule("values", "status", values=["open", "paid"])]
PLAN = plan_of(COLUMNS, rules=RULES)


def _key(order):
    return json.dumps({"order_id": order}).encode()


def _value(version, order, status="open", total="1.50", **more):
    row = {"order_id": order, "status": status, "total": None if total is None else Decimal(total)}
    return framed(version, avro(SCHEMA, row), **more)


@pytest.fixture
def version(registry):
    return registry.version(SCHEMA)


def _classes(judged):
    return {place: poison.error_class for place, poison in judged.poisons.items()}


def test_a_change_lands_with_its_operation_its_place_in_the_log_and_its_schema(registry, version):
    said = headers("u", 123456789)

    judged = registry.judge(PLAN).judge(batch(message(7, _key(1), _value(version, 1), said, partition=2)))

    assert judged.rows.to_pylist() == [
        {
            "order_id": 1,
            "status": "open",
            "total": Decimal("1.50"),
            "_operation": "u",
            "_position": "00000000000123456789",
            "_committed_at": dt.datetime(2026, 1, 1, 12),  # noqa: DTZ001
            "_topic": TOPIC,
            "_partition": 2,
            "_offset": 7,
            "_schema_version": version,
        }
    ]
    assert [str(kind) for kind in judged.rows.schema.types[2:]] == [
        "decimal128(12, 2)", "string", "string", "timestamp[us]", "string", "int32", "int64", "string",
    ]  # fmt: skip


def test_a_change_of_mysql_has_the_place_in_its_binlog(registry, version):
    said = headers("c", None, __source_file="mysql-bin.000012", __source_pos="4711", __source_row="3")

    judged = registry.judge(PLAN).judge(batch(message(0, _key(1), _value(version, 1), said)))

    assert judged.rows.column("_position").to_pylist() == ["0000000012.00000000000000004711.000003"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (headers("r", 8), "00000000000000000007"),  # what was read is as of before a change in the same place
        (headers("c", 8), "00000000000000000008"),
        (headers("r", 0), "00000000000000000000"),
        (headers("r", None, __source_snapshot="incremental"), "0" * 20),
        (
            headers("r", None, __source_snapshot="incremental", __source_file=""),
            "0000000000.00000000000000000000.000000",
        ),
        (
            headers("r", None, __source_file="mysql-bin.000012", __source_pos="157", __source_row="0"),
            "0000000012.00000000000000000156.000000",
        ),
    ],
)
def test_what_a_snapshot_read_comes_before_the_changes_after_it(registry, version, said, expected):
    judged = registry.judge(PLAN).judge(batch(message(0, _key(1), _value(version, 1), said)))

    assert judged.rows.column("_position").to_pylist() == [expected]


def test_a_deletion_lands_with_its_key_alone_and_in_its_place(registry, version):
    judged = registry.judge(PLAN).judge(
        batch(
            message(0, _key(1), _value(version, 1)),
            message(1, _key(1), None, headers("d", 8)),
            message(2, _key(2), _value(version, 2, compressed=True)),
        )
    )

    rows = judged.rows.select(
        ["order_id", "status", "total", "_operation", "_offset", "_schema_version"]
    ).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        (1, "open", Decimal("1.50"), "c", 0, version),
        (1, None, None, "d", 1, None),
        (2, "open", Decimal("1.50"), "c", 2, version),
    ]
    assert judged.poisons == {}


def _poisons(version):
    good = _value(version, 1)
    broken = {
        "BadMagic": message(0, _key(1), b"\x00" * 40),
        "UnknownSchema": message(0, _key(1), framed(str(uuid.uuid4()), b"row")),
        "TruncatedValue": message(0, _key(1), good[:-1]),
        "UndecodableValue": message(0, _key(1), good + b"\0"),
        "MissingKey": message(0, None, good),
        "MissingPosition": message(0, _key(1), good, {}),
        "RuleViolation": message(0, _key(1), _value(version, 1, "lost")),
        "RecordTooLarge": message(0, _key(1), good + bytes(1 << 20)),
        "UnavailableValue": message(0, _key(1), _value(version, 1, "__debezium_unavailable_value")),
    }
    more = [
        ("MissingPosition", message(0, _key(1), None, {})),  # a plain tombstone
        ("MissingPosition", message(0, _key(1), good, headers("x"))),
        ("MissingPosition", message(0, _key(1), good, headers("c", None))),
        ("MissingPosition", message(0, _key(1), good, headers("c", __source_ts_ms="soon"))),
        ("MissingKey", message(0, b"7", good)),
        ("MissingKey", message(0, b"7", None, headers("d"))),
        ("MissingKey", message(0, b'{"id": 7}', None, headers("d"))),
        ("MissingKey", message(0, None, None, headers("d"))),
        ("UndecodableValue", message(0, b'{"order_id": "seven"}', None, headers("d"))),
        ("TruncatedValue", message(0, _key(1), None)),
    ]
    return [*broken.items(), *more]


def test_each_kind_of_poison_is_named_and_stops_no_other_record(registry, version):
    mismatch = registry.version(record_schema(order_id="string"))
    registry.version({**SCHEMA, "doc": "The newest one, by which keys of deletions are read."})
    poisons = [*_poisons(version), ("SchemaMismatch", message(0, _key(1), framed(mismatch, b"\x02a")))]
    records = []
    for _, poison in poisons:
        records += [poison, message(0, _key(9), _value(version, 9))]
    for offset, record in enumerate(records):
        record["offset"] = offset

    judged = registry.judge(PLAN).judge(batch(*records))

    assert _classes(judged) == {2 * place: name for place, (name, _) in enumerate(poisons)}
    assert set(_classes(judged).values()) == set(ERROR_CLASSES)
    assert judged.rows.column("_offset").to_pylist() == list(range(1, len(records), 2))
    assert judged.rows.column("order_id").to_pylist() == [9] * len(poisons)


def test_poison_says_its_schema_where_it_is_known_and_its_column_but_no_value(registry, version):
    judged = registry.judge(PLAN).judge(batch(message(0, _key(1), _value(version, 1, "secret"))))

    [poison] = judged.poisons.values()
    assert (poison.column, poison.schema_version) == ("status", version)
    assert "secret" not in poison.reason


def test_a_broken_rule_of_severity_warning_is_counted_and_the_row_lands(registry, version):
    rules = [rule("values", "status", "warning", values=["paid"])]

    judged = registry.judge(plan_of(COLUMNS, rules=rules)).judge(
        batch(*(message(offset, _key(1), _value(version, 1)) for offset in range(3)))
    )

    assert judged.warnings == {"retail.orders.status.values": 3}
    assert judged.rows.num_rows == 3


def test_rows_of_several_schemas_come_out_by_offset(registry, version):
    later = registry.version(record_schema(order_id="long", status=["null", "string"]))
    old = record_schema(order_id="long", status=["null", "string"])
    records = [
        message(offset, _key(offset), _value(version, offset) if offset % 2 else framed(later, avro(old, {"order_id": offset, "status": None})))
        for offset in range(6)
    ]  # fmt: skip

    judged = registry.judge(PLAN).judge(batch(*records))

    assert judged.rows.column("order_id").to_pylist() == list(range(6))
    assert judged.rows.column("_schema_version").to_pylist() == [later, version] * 3


def test_a_version_of_another_subject_is_unknown(registry, aws):
    glue = aws.client("glue")
    answer = glue.create_schema(
        RegistryId={"RegistryName": registry.name},
        SchemaName="another",
        DataFormat="AVRO",
        Compatibility="NONE",
        SchemaDefinition=json.dumps(SCHEMA),
    )
    registry.version(SCHEMA)

    judged = registry.judge(PLAN).judge(batch(message(0, _key(1), _value(answer["SchemaVersionId"], 1))))

    assert _classes(judged) == {0: "UnknownSchema"}


def test_a_registry_that_does_not_answer_stops_the_batch(registry, version, aws):
    glue = aws.client("glue")
    registry.judge(PLAN)
    denied = type("Denied", (), {"get_schema_version": staticmethod(lambda **_: _denied())})()
    schemas = registry.schemas()
    schemas._glue = denied

    with pytest.raises(ClientError):
        schemas.definition(uuid.UUID(version).bytes)
    assert glue.get_schema_version(SchemaVersionId=version)["SchemaVersionId"] == version


def _denied():
    answer = {"Error": {"Code": "AccessDeniedException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    raise ClientError(answer, "GetSchemaVersion")


def test_deletions_before_any_value_was_written_have_keys_as_the_contract_says(registry):
    columns = [
        column("order_id", "decimal(5,2)"),
        column("day", "date"),
        column("at", "timestamp"),
        column("name", "string"),
    ]
    key = {
        "order_id": base64.b64encode((150).to_bytes(2, "big")).decode(),
        "day": 1,
        "at": 1_000_001,
        "name": "a",
    }
    plan = plan_of(columns, key=list(key))

    judged = registry.judge(plan).judge(batch(message(0, json.dumps(key).encode(), None, headers("d"))))

    [row] = judged.rows.to_pylist()
    assert [row[name] for name in key] == [
        Decimal("1.50"),
        dt.date(1970, 1, 2),
        dt.datetime(1970, 1, 1, 0, 0, 1, 1),  # noqa: DTZ001
        "a",
    ]


def test_a_deletions_key_has_the_unit_that_the_newest_schema_says(registry):
    millis = {"type": "long", "connect.name": "io.debezium.time.Timestamp"}
    registry.version(record_schema(at=millis))
    plan = plan_of([column("at", "timestamp")])

    judged = registry.judge(plan).judge(batch(message(0, b'{"at": 1001}', None, headers("d"))))

    assert judged.rows.column("at").to_pylist() == [dt.datetime(1970, 1, 1, 0, 0, 1, 1000)]  # noqa: DTZ001


def test_masked_columns_land_masked_and_deletions_with_them(registry, aws):
    secret = f"tokens-{uuid.uuid4().hex[:6]}"
    keys = TokenKeys(keys={1: "k" * 64})
    aws.client("secretsmanager").create_secret(Name=secret, SecretString=keys.secret())
    schema = record_schema(order_id="long", email=["null", "string"], card="string", name=["null", "string"])
    methods = {"email": "tokenize", "card": "last4", "name": "hash"}
    columns = [column("order_id", "bigint")]
    columns += [
        column(name, "string", masking={"method": how, "when": "landing"}) for name, how in methods.items()
    ]
    version = registry.version(schema)
    value = avro(
        schema, {"order_id": 1, "email": "ada@example.com", "card": "4111111111111111", "name": None}
    )

    judged = registry.judge(plan_of(columns), SecretKeys(aws.client("secretsmanager"), secret)).judge(
        batch(message(0, _key(1), framed(version, value)), message(1, _key(1), None, headers("d")))
    )

    first, deleted = judged.rows.select(["email", "card", "name"]).to_pylist()
    assert first == {"email": keys.token("ada@example.com"), "card": "*" * 12 + "1111", "name": None}
    assert deleted == {"email": None, "card": None, "name": None}


def test_events_land_as_creations_at_their_place_in_the_topic(registry):
    version = registry.version(SCHEMA)
    plan = plan_of(COLUMNS, kind="events", rules=RULES)

    judged = registry.judge(plan).judge(
        batch(
            message(3, b"\x03\x00", _value(version, 1), {}, partition=1),
            message(4, None, _value(version, 2), {}, partition=1),
        )
    )

    [row] = judged.rows.to_pylist()
    assert (row["_operation"], row["_position"], row["order_id"]) == ("c", "p1-o00000000000000000003", 1)
    assert row["_committed_at"] == dt.datetime(2026, 1, 1, 12)  # noqa: DTZ001
    assert _classes(judged) == {1: "MissingKey"}


PROTO = """syntax = "proto3";

package retail.v1;

// Orders.
message Orders {
  message Status {
    enum Value {
      VALUE_UNSPECIFIED = 0;
      open = 1;
      paid = 2;
    }
  }
  int64 order_id = 1 [json_name = "order_id"];
  optional Status.Value status = 2;
  // A decimal(12,2) as text: all digits behind the point, no exponent.
  optional string total = 3;
  // Days since 1970-01-01.
  optional int32 day = 4;
  // Microseconds since 1970-01-01T00:00:00Z.
  optional int64 at = 5;
}
"""


def test_protobuf_events_land_by_the_contracts_own_message(registry):
    # order_id 7, status paid, total "1.50", day 1, at 1_000_001; and one with order_id alone.
    full = bytes([0, 8, 7, 16, 2, 26, 4]) + b"1.50" + bytes([32, 1, 40, 0xC1, 0x84, 0x3D])
    version = registry.version(PROTO, "PROTOBUF")
    columns = [*COLUMNS, column("day", "date"), column("at", "timestamp", instant=True)]
    plan = plan_of(columns, kind="events", format="protobuf", protobuf=PROTO, rules=RULES)
    bodies = [full, bytes([0, 8, 9]), bytes([0]) + b"\xff", bytes([0, 8, 9, 26, 1]) + b"x", bytes([1])]

    judged = registry.judge(plan).judge(
        batch(*(message(offset, b"k", framed(version, body), {}) for offset, body in enumerate(bodies)))
    )

    assert [tuple(row.values())[:5] for row in judged.rows.to_pylist()] == [
        (7, "paid", Decimal("1.50"), dt.date(1970, 1, 2), dt.datetime(1970, 1, 1, 0, 0, 1, 1)),  # noqa: DTZ001
        (9, None, None, None, None),
    ]
    assert _classes(judged) == dict.fromkeys((2, 3, 4), "UndecodableValue")


def test_every_reason_tells_how_to_mend_it(registry, version):
    records = [message(offset, _key(1), None, {}) for offset in range(2)]

    judged = registry.judge(PLAN).judge(batch(*records))

    assert all(re.search(r"[:;] ", poison.reason) for poison in judged.poisons.values())
