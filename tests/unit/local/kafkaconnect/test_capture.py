"""A source is captured as the platform's own configuration, rights and machine say: each change once, and exactly."""

from __future__ import annotations

import base64
import io
import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fastavro
import pytest
from confluent_kafka import Consumer

from data_platform.streaming import connector_rights, own_names, producer_rights
from data_platform.streaming.connect_plugin import worker_properties
from data_platform.streaming.connector_configuration import (
    CapturedDatabase,
    CapturedTable,
    connector_configuration,
)
from data_platform.streaming.connector_states import connector_definition
from jobs.connect_plugin.build import build
from local.engines import java
from tests.unit.local.kafkaconnect.conftest import foundation
from tests.unit.local.msk import conftest as msk
from tests.unit.local.rds import conftest as rds
from tests.waiting import until

if TYPE_CHECKING:
    from tests.unit.local.conftest import Aws

OWNER_SQL = (
    "CREATE TABLE orders (shop text, id bigint, amount numeric(12,2) NOT NULL, placed timestamp, secret text)",
    "ALTER TABLE orders ADD PRIMARY KEY (shop, id)",
    "ALTER TABLE orders REPLICA IDENTITY FULL",
    "CREATE TABLE heartbeats (id int PRIMARY KEY, beat_at timestamptz NOT NULL)",
    "ALTER TABLE heartbeats REPLICA IDENTITY FULL",
    "INSERT INTO heartbeats VALUES (1, now())",
    "CREATE TABLE debezium_signals (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048))",
    "CREATE PUBLICATION dp_shop FOR TABLE orders, heartbeats, debezium_signals",
    "CREATE ROLE capture LOGIN PASSWORD 'first'",
    "GRANT rds_replication TO capture",
    "GRANT SELECT ON orders, heartbeats, debezium_signals TO capture",
    "GRANT UPDATE (beat_at) ON heartbeats TO capture",
    "GRANT INSERT ON debezium_signals TO capture",
    "INSERT INTO orders SELECT 'a', n, n + 0.05, '2026-11-28 01:02:03.123456', 'no' FROM generate_series(1, 3) AS n",
)


@dataclass
class Capture(msk.Shop):
    """A source, a cluster and the machine that makes the connector between them."""

    role: str = ""
    machine_role: str = ""
    plugin: str = ""
    worker: str = ""
    machine: str = ""

    @property
    def connector(self) -> str:
        return f"{self.name}-capture"

    @property
    def topic(self) -> str:
        return f"{self.name}.orders.v1"

    @property
    def database(self) -> rds.Shop:
        return rds.Shop(self.aws, self.stack, self.name)

    @property
    def connect(self) -> Any:
        return self.aws.client("kafkaconnect")

    def definition(self, **changes: str) -> dict[str, Any]:
        endpoint = self.database.record["Endpoint"]
        source = CapturedDatabase(
            source="shop",
            engine="postgres",
            host=endpoint["Address"],
            port=str(endpoint["Port"]),
            database="shop",
            schema="public",
            secret=self.connector,
        )
        tables = [
            CapturedTable(
                table="public.orders",
                topic=self.topic,
                columns=("shop", "id", "amount", "placed"),
                key=("shop", "id"),
            ),
            CapturedTable(
                table="public.heartbeats",
                topic=f"{self.name}.heartbeats.v1",
                columns=("id", "beat_at"),
                key=("id",),
            ),
        ]
        configuration = connector_configuration(
            source, tables, connector=self.connector, registry=self.name, region="ap-southeast-2"
        )
        network = {
            "SecurityGroups": [self.aws.resource(self.stack, "Extractor")],
            "Subnets": [self.aws.resource(self.stack, f"Subnet{index}") for index in (0, 1)],
        }
        creation = {
            "ConnectorName": self.connector,
            "Capacity": {"ProvisionedCapacity": {"McuCount": 1, "WorkerCount": 1}},
            "KafkaCluster": {"ApacheKafkaCluster": {"Vpc": network}},
            "KafkaClusterClientAuthentication": {"AuthenticationType": "IAM"},
            "KafkaClusterEncryptionInTransit": {"EncryptionType": "TLS"},
            "KafkaConnectVersion": "3.7.x",
            "Plugins": [{"CustomPlugin": {"CustomPluginArn": self.plugin, "Revision": 1}}],
            "ServiceExecutionRoleArn": self.role,
            "WorkerConfiguration": {"WorkerConfigurationArn": self.worker, "Revision": 1},
        }
        return connector_definition(
            creation,
            {**configuration, **changes},
            cluster_arn=self.arn,
            secret=self.connector,
            history=False,
        )

    def run(self, **given: bool) -> dict[str, Any]:
        """Run the machine to its end."""
        states = self.aws.client("stepfunctions")
        began = states.start_execution(stateMachineArn=self.machine, input=json.dumps(given))["executionArn"]
        read = lambda: states.describe_execution(executionArn=began)  # noqa: E731
        until(lambda: read()["status"] != "RUNNING", seconds=400, every=0.5)
        return dict(read())

    def becomes(self, **changes: str) -> None:
        """The machine's definition as a deployment changes it."""
        self.aws.client("stepfunctions").update_state_machine(
            stateMachineArn=self.machine, definition=json.dumps(self.definition(**changes))
        )

    def described(self) -> dict[str, Any]:
        [one] = self.connect.list_connectors(connectorNamePrefix=self.connector)["connectors"]
        told = self.connect.describe_connector(connectorArn=one["connectorArn"])
        return {field: value for field, value in told.items() if field != "ResponseMetadata"}

    def upload(self, name: str, content: Path) -> str:
        """A plug-in of this ZIP."""
        s3, bucket = self.aws.client("s3"), f"assets-{self.name}"
        s3.upload_file(str(content), bucket, f"connect-plugins/{name}.zip")
        where = {"bucketArn": f"arn:aws:s3:::{bucket}", "fileKey": f"connect-plugins/{name}.zip"}
        made = self.connect.create_custom_plugin(
            name=f"{self.name}-{name}", contentType="ZIP", location={"s3Location": where}
        )["customPluginArn"]
        read = lambda: self.connect.describe_custom_plugin(customPluginArn=made)  # noqa: E731
        until(lambda: read()["customPluginState"] == "ACTIVE", seconds=60)
        return str(made)

    def records(self, count: int) -> list[dict[str, Any]]:
        """So many records of the topic from its beginning, values decoded by the schemas that they name."""
        wanted = {"group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
        consumer, found = Consumer(self.settings(self.aws.session(), **wanted)), []
        consumer.subscribe([self.topic])
        until(
            lambda: found.extend(consumer.consume(count, timeout=0.2)) or len(found) >= count,
            seconds=msk.SECONDS,
        )
        found.extend(consumer.consume(100, timeout=2))
        consumer.close()
        return [
            {
                "key": json.loads(one.key()),
                "headers": dict(one.headers()),
                "value": self._decoded(one.value()),
            }
            for one in found
        ]

    def _decoded(self, value: bytes | None) -> dict[str, Any] | None:
        if value is None:
            return None
        version = str(uuid.UUID(bytes=value[2:18]))
        schema = self.aws.client("glue").get_schema_version(SchemaVersionId=version)
        assert schema["SchemaArn"].endswith(f"/{self.topic}")
        parsed = fastavro.parse_schema(json.loads(schema["SchemaDefinition"]))
        return dict(fastavro.schemaless_reader(io.BytesIO(value[18:]), parsed, None))


@pytest.fixture(scope="module")
def capture(secured_aws: Aws, tmp_path_factory: pytest.TempPathFactory) -> Capture:
    """All is deployed, the machine has run once, three orders are in the topic."""
    name = f"cap{uuid.uuid4().hex[:6]}"
    resources = foundation(name)
    del resources["Topic"]
    for topic in ("orders", "heartbeats"):
        resources[topic.title()] = msk.topic(f"{name}.{topic}.v1", 1)
        resources[f"{topic.title()}Subject"] = {
            "Type": "AWS::Glue::Schema",
            "Properties": {
                "Compatibility": "BACKWARD_ALL",
                "DataFormat": "AVRO",
                "Name": f"{name}.{topic}.v1",
                "Registry": {"Arn": {"Fn::GetAtt": ["Registry", "Arn"]}},
            },
        }
    made = Capture(secured_aws, secured_aws.deploy(resources), name, resources)
    msk.made_public(made)
    for statement in OWNER_SQL:
        made.database.rows(statement)
    secret = secured_aws.client("secretsmanager").create_secret(
        Name=made.connector, SecretString=json.dumps({"username": "capture", "password": "first"})
    )["ARN"]
    registry = secured_aws.resource(made.stack, "Registry")
    subjects = [secured_aws.resource(made.stack, f"{topic}Subject") for topic in ("Orders", "Heartbeats")]
    arns = [registry, *subjects]
    written = producer_rights(made.arn, [made.topic, f"{name}.heartbeats.v1"], registry_arns=arns)
    own = own_names(
        made.connector,
        source="shop",
        history=False,
        cluster=name,
        region="ap-southeast-2",
        account=secured_aws.endpoint.account,
    )
    kept = connector_rights(own, cluster_arn=made.arn, registry_arns=arns, secret_arn=secret, key_arn="*")
    made.role = secured_aws.role(
        *(each.to_statement_json() for each in (*written, *kept)), service="kafkaconnect.amazonaws.com"
    )
    made.machine_role = secured_aws.role(rds.ALLOW_ALL, service="states.amazonaws.com")
    secured_aws.client("s3").create_bucket(
        Bucket=f"assets-{name}", CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
    )
    runtime = str(java.installed() / "bin" / "java")
    made.plugin = made.upload("first", build(tmp_path_factory.mktemp("plugin"), java=runtime))
    text = "".join(
        f"{key}={value}\n" for key, value in worker_properties(made.connector, "ap-southeast-2").items()
    )
    made.worker = made.connect.create_worker_configuration(
        name=made.connector, propertiesFileContent=base64.b64encode(text.encode()).decode()
    )["workerConfigurationArn"]
    made.machine = secured_aws.client("stepfunctions").create_state_machine(
        name=made.connector, definition=json.dumps(made.definition()), roleArn=made.machine_role
    )["stateMachineArn"]
    ended = made.run()
    assert ended["status"] == "SUCCEEDED", ended
    return made


def test_a_row_that_was_there_arrives_once_with_its_columns_of_the_contract_and_no_other(capture):
    found = capture.records(3)
    assert [one["headers"]["__op"] for one in found] == [b"r"] * 3
    assert [one["key"] for one in found] == [{"shop": "a", "id": number} for number in (1, 2, 3)]
    assert sorted(found[0]["value"]) == ["amount", "id", "placed", "shop"]
    assert str(found[0]["value"]["amount"]) == "1.05"
    assert found[0]["value"]["placed"] == 1795827723123456


def test_a_deletion_has_no_value_and_a_place_in_the_log_behind_the_change_before_it(capture):
    before = len(capture.records(3))
    capture.database.rows("UPDATE orders SET amount = 7 WHERE id = 1")
    capture.database.rows("DELETE FROM orders WHERE id = 1")
    update, delete = capture.records(before + 2)[before:]
    assert (update["headers"]["__op"], str(update["value"]["amount"])) == (b"u", "7.00")
    assert (delete["headers"]["__op"], delete["value"], delete["key"]) == (b"d", None, {"shop": "a", "id": 1})
    assert int(delete["headers"]["__source_lsn"]) > int(update["headers"]["__source_lsn"])


def test_a_changed_key_is_a_deletion_of_the_old_one_and_a_new_row(capture):
    before = len(capture.records(3))
    capture.database.rows("UPDATE orders SET id = 20 WHERE id = 2")
    old, new = capture.records(before + 2)[before:]
    assert (old["headers"]["__op"], old["value"], old["key"]["id"]) == (b"d", None, 2)
    assert (new["headers"]["__op"], new["value"]["id"], new["key"]["id"]) == (b"c", 20, 20)


def test_the_machine_that_runs_again_changes_nothing(capture):
    before = capture.described()
    assert capture.run()["status"] == "SUCCEEDED"
    assert capture.described() == before


def test_a_snapshot_by_signal_reads_all_rows_again_while_changes_go_on(capture):
    before = len(capture.records(3))
    [(rows,)] = capture.database.rows("SELECT count(*) FROM orders")
    signal = '{"type": "incremental", "data-collections": ["public.orders"]}'
    capture.database.rows(f"INSERT INTO debezium_signals VALUES ('again', 'execute-snapshot', '{signal}')")
    read = capture.records(before + rows)[before:]
    assert {(one["headers"]["__op"], one["headers"]["__source_snapshot"]) for one in read} == {
        (b"r", b"incremental")
    }
    assert len(read) == rows


def test_a_new_password_is_taken_over_and_no_row_is_read_again(capture):
    before, arn = len(capture.records(3)), capture.described()["connectorArn"]
    capture.database.rows("ALTER ROLE capture PASSWORD 'second'")
    login = json.dumps({"username": "capture", "password": "second"})
    capture.aws.client("secretsmanager").put_secret_value(SecretId=capture.connector, SecretString=login)
    capture.database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'capture'")
    assert capture.run()["status"] == "SUCCEEDED"
    capture.database.rows("INSERT INTO orders VALUES ('b', 1, 1)")
    found = capture.records(before + 1)
    assert [one["key"] for one in found[before:]] == [{"shop": "b", "id": 1}]
    assert capture.described()["connectorArn"] == arn


def test_another_plugin_is_another_connector_that_reads_on_where_the_last_one_was(capture, tmp_path):
    before, arn = len(capture.records(3)), capture.described()["connectorArn"]
    capture.plugin = capture.upload("second", build(tmp_path, java=str(java.installed() / "bin" / "java")))
    capture.becomes()
    capture.database.rows("INSERT INTO orders VALUES ('b', 2, 2)")
    assert capture.run()["status"] == "SUCCEEDED"
    found = capture.records(before + 1)
    assert [one["key"] for one in found[before:]] == [{"shop": "b", "id": 2}]
    assert capture.described()["connectorArn"] != arn
    assert capture.described()["plugins"][0]["customPlugin"]["customPluginArn"] == capture.plugin


def test_a_change_that_the_registry_refuses_stops_the_connector_and_is_lost_by_nobody(capture):
    before = len(capture.records(3))
    capture.database.rows("ALTER TABLE orders ALTER COLUMN placed TYPE text USING placed::text")
    capture.database.rows("INSERT INTO orders VALUES ('c', 1, 1, 'later')")
    running = capture.described()["connectorArn"].rsplit("/", 1)[-1]
    log = Path(capture.aws.endpoint.state_dir) / "kafkaconnect" / "connectors" / running / "engine.log"
    until(lambda: "Call failed when registering the schema" in log.read_text(), seconds=60)
    assert len(capture.records(before)) == before
    glue = capture.aws.client("glue")
    subject = {"SchemaArn": capture.aws.resource(capture.stack, "OrdersSubject")}
    glue.update_schema(SchemaId=subject, Compatibility="NONE", SchemaVersionNumber={"LatestVersion": True})
    assert capture.run(restart=True)["status"] == "SUCCEEDED"
    assert capture.records(before + 1)[-1]["value"]["placed"] == "later"


def test_a_connector_that_is_stopped_is_gone_and_its_place_is_kept(capture):
    before = len(capture.records(3))
    assert capture.run(stop=True)["status"] == "SUCCEEDED"
    assert capture.connect.list_connectors(connectorNamePrefix=capture.connector)["connectors"] == []
    capture.database.rows("INSERT INTO orders VALUES ('d', 1, 1, 'meanwhile')")
    assert capture.run()["status"] == "SUCCEEDED"
    assert [one["key"] for one in capture.records(before + 1)[before:]] == [{"shop": "d", "id": 1}]
