"""A source, a cluster and the machine that makes the connector between them, as the platform's own code says."""

from __future__ import annotations

import base64
import io
import json
import uuid
from dataclasses import dataclass
from typing import Any, Literal

import fastavro
from confluent_kafka import Consumer

from data_platform.streaming import (
    CapturedDatabase,
    CapturedTable,
    connector_configuration,
    connector_rights,
    own_names,
    place_rights,
    producer_rights,
)
from data_platform.streaming.connect_plugin import worker_properties
from data_platform.streaming.connector_states import connector_definition
from tests.unit.local.kafkaconnect.conftest import Connected
from tests.unit.local.msk import conftest as msk
from tests.unit.local.rds.conftest import ALLOW_ALL, att
from tests.waiting import until


@dataclass
class Capture(Connected):
    """A source, a cluster and the machine that makes the connector between them.

    Tables in `further` look as orders do; a test that names one changes the machine's definition by `becomes`.
    """

    role: str = ""
    machine_role: str = ""
    plugin: str = ""
    worker: str = ""
    machine: str = ""
    engine: Literal["postgres", "mysql"] = "postgres"
    further: tuple[str, ...] = ()

    @property
    def schema(self) -> str:
        return "public" if self.engine == "postgres" else "shop"

    @property
    def connector(self) -> str:
        return f"{self.name}-capture"

    @property
    def topic(self) -> str:
        return self.topic_of("orders")

    def topic_of(self, table: str) -> str:
        return f"{self.name}.{table}.v1"

    def definition(self, **changes: str) -> dict[str, Any]:
        endpoint = self.database.record["Endpoint"]
        source = CapturedDatabase(
            source="shop",
            engine=self.engine,
            host=endpoint["Address"],
            port=str(endpoint["Port"]),
            database="shop",
            schema=self.schema,
            secret=self.connector,
        )
        tables = [
            *(
                CapturedTable(
                    table=f"{self.schema}.{table}",
                    topic=self.topic_of(table),
                    columns=("shop", "id", "amount", "placed"),
                    key=("shop", "id"),
                )
                for table in ("orders", *self.further)
            ),
            CapturedTable(
                table=f"{self.schema}.heartbeats",
                topic=self.topic_of("heartbeats"),
                columns=("id", "beat_at"),
                key=("id",),
            ),
        ]
        configuration = connector_configuration(
            source, tables, connector=self.connector, registry=self.name, region="ap-southeast-2"
        )
        creation = {
            "ConnectorName": self.connector,
            "Capacity": {"ProvisionedCapacity": {"McuCount": 1, "WorkerCount": 1}},
            "KafkaCluster": {"ApacheKafkaCluster": {"Vpc": self.placed("Extractor")}},
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
            history=self.engine == "mysql",
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

    def made_plugin(self, name: str) -> str:
        """A plug-in of the ZIP."""
        where = self.plugin_location["S3Location"]
        location = {"bucketArn": where["BucketArn"], "fileKey": where["FileKey"]}
        made = self.connect.create_custom_plugin(
            name=f"{self.name}-{name}", contentType="ZIP", location={"s3Location": location}
        )["customPluginArn"]
        read = lambda: self.connect.describe_custom_plugin(customPluginArn=made)  # noqa: E731
        until(lambda: read()["customPluginState"] == "ACTIVE", every=0.5)
        return str(made)

    def records(self, count: int, *, of: str = "orders") -> list[dict[str, Any]]:
        """So many records of a table's topic from its beginning, values decoded by the schemas that they name."""
        wanted = {"group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
        consumer, found = Consumer(self.settings(self.aws.session(), **wanted)), []
        consumer.subscribe([self.topic_of(of)])
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
                "value": self._decoded(one.value(), self.topic_of(of)),
            }
            for one in found
        ]

    def _decoded(self, value: bytes | None, topic: str) -> dict[str, Any] | None:
        if value is None:
            return None
        version = str(uuid.UUID(bytes=value[2:18]))
        schema = self.aws.client("glue").get_schema_version(SchemaVersionId=version)
        assert schema["SchemaArn"].endswith(f"/{topic}")
        parsed = fastavro.parse_schema(json.loads(schema["SchemaDefinition"]))
        return dict(fastavro.schemaless_reader(io.BytesIO(value[18:]), parsed, None))


def resources(name: str, cluster_arn: str, *further: str) -> dict[str, Any]:
    """The topics of two contracts and of further tables, and subjects without a version."""
    made: dict[str, Any] = {"Registry": {"Type": "AWS::Glue::Registry", "Properties": {"Name": name}}}
    for topic in ("orders", "heartbeats", *further):
        made[topic.title()] = msk.topic(f"{name}.{topic}.v1", 1, cluster_arn=cluster_arn)
        made[f"{topic.title()}Subject"] = {
            "Type": "AWS::Glue::Schema",
            "Properties": {
                "Compatibility": "BACKWARD_ALL",
                "DataFormat": "AVRO",
                "Name": f"{name}.{topic}.v1",
                "Registry": {"Arn": att("Registry", "Arn")},
            },
        }
    return made


def equipped(made: Capture, *further: str) -> Capture:
    """The login, the rights, the plug-in, the worker's settings and the machine, which has run once."""
    aws = made.aws
    secret = aws.client("secretsmanager").create_secret(
        Name=made.connector, SecretString=json.dumps({"username": "capture", "password": "first"})
    )["ARN"]
    topics = ("orders", "heartbeats", *further)
    subjects = [aws.resource(made.stack, f"{topic.title()}Subject") for topic in topics]
    arns = [aws.resource(made.stack, "Registry"), *subjects]
    written = producer_rights(made.arn, [made.topic_of(each) for each in topics], registry_arns=arns)
    written.append(place_rights(made.arn, made.connector, history=made.engine == "mysql"))
    own = own_names(
        made.connector,
        source="shop",
        history=made.engine == "mysql",
        cluster=made.foundation.name,
        region="ap-southeast-2",
        account=aws.endpoint.account,
    )
    kept = connector_rights(own, cluster_arn=made.arn, registry_arns=arns, secret_arn=secret, key_arn="*")
    made.role = aws.role(
        *(each.to_statement_json() for each in (*written, *kept)), service="kafkaconnect.amazonaws.com"
    )
    made.machine_role = aws.role(ALLOW_ALL, service="states.amazonaws.com")
    made.plugin = made.made_plugin("first")
    settings = worker_properties(made.connector, "ap-southeast-2")
    text = "".join(f"{key}={value}\n" for key, value in settings.items())
    made.worker = made.connect.create_worker_configuration(
        name=made.connector, propertiesFileContent=base64.b64encode(text.encode()).decode()
    )["workerConfigurationArn"]
    made.machine = aws.client("stepfunctions").create_state_machine(
        name=made.connector, definition=json.dumps(made.definition()), roleArn=made.machine_role
    )["stateMachineArn"]
    ended = made.run()
    assert ended["status"] == "SUCCEEDED", ended
    return made


def ended(made: Capture) -> None:
    """End the connector and what is the capture's own."""
    assert made.run(stop=True)["status"] == "SUCCEEDED"
    made.aws.delete(made.stack)
