"""A topic of events on a real broker, its schemas in a registry of the embedded AWS, and the loader that decodes it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient, NewTopic
from event_producer import EventProducer, Subjects
from stream_loader import plan
from stream_loader.judge import Judge
from stream_loader.schemas import Schemas
from stream_loader.writers import Writers

from data_platform.contracts.avro_schema import avro_key_schema, avro_schema
from data_platform.contracts.naming import Naming
from data_platform.contracts.odcs import load_dataset
from data_platform.contracts.protobuf_schema import protobuf_key_schema, protobuf_schema
from data_platform.contracts.stream_plan import stream_plan
from tests.stream_records import batch, message
from tests.waiting import until

if TYPE_CHECKING:
    from local.engines import kafka
    from tests.unit.local.conftest import Aws

CONTRACT = Path(__file__).resolve().parents[4] / "domains/retail/web_requests.odcs.yaml"
NAMING = Naming(organisation="dp", environment="test", domain="retail", account="111111111111")
SECONDS = 240


def request(number: int, **changes: Any) -> dict[str, Any]:
    """A request to the site; its id follows from its number."""
    row = {
        "request_id": uuid.uuid5(uuid.NAMESPACE_URL, str(number)).hex,
        "requested_at": dt.datetime(2026, 11, 1, 9, 30, 0, 123456, tzinfo=dt.UTC),
        "method": "GET",
        "path": "/",
        "status": 200,
        "duration_ms": 12,
        "bytes_sent": 2**40 + number,
        "postcode": "3000",
        "user_agent": None,
    }
    return row | changes


class Stream:
    """A topic, its subjects, and its loader's judge."""

    def __init__(
        self,
        server: Aws,
        broker: kafka.Broker,
        data_format: str,
        *,
        contract: Path = CONTRACT,
        registry: str = "",
    ) -> None:
        self.broker, self.glue, self.account = broker, server.client("glue"), server.endpoint.account
        glue = self.glue
        dataset = load_dataset(contract)
        assert dataset.stream is not None
        self.topic = f"retail.{dataset.name}_{uuid.uuid4().hex[:8]}.v1"
        stream = dataclasses.replace(dataset.stream, format=data_format, topic=self.topic)
        self.dataset = dataclasses.replace(dataset, stream=stream)
        self.registry = registry or f"registry-{uuid.uuid4().hex[:8]}"
        if not registry:
            glue.create_registry(RegistryName=self.registry)
        if data_format == "avro":
            texts = [json.dumps(avro_schema(self.dataset)), json.dumps(avro_key_schema(self.dataset))]
        else:
            texts = [protobuf_schema(self.dataset), protobuf_key_schema(self.dataset)]
        for name, text in zip((self.topic, f"{self.topic}.key"), texts, strict=True):
            glue.create_schema(
                RegistryId={"RegistryName": self.registry},
                SchemaName=name,
                DataFormat=data_format.upper(),
                Compatibility="BACKWARD_ALL",
                SchemaDefinition=text,
            )
        admin = AdminClient(broker.client())
        topics = [NewTopic(self.topic, num_partitions=3), NewTopic(f"{self.topic}.dlq", num_partitions=1)]
        for made in admin.create_topics(topics).values():
            made.result(SECONDS)

    def producer(self, **more: Any) -> EventProducer:
        return EventProducer(self.topic, Subjects(self.glue, self.registry), self.broker.client(), **more)

    def records(self, least: int, *, topic: str = "") -> list[Any]:
        """What is in the topic (or another), at least so many records, by partition and offset."""
        settings = {**self.broker.client(), "group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
        consumer, found = Consumer(settings), []
        consumer.subscribe([topic or self.topic])
        until(
            lambda: found.extend(consumer.consume(500, timeout=0.2)) or len(found) >= least, seconds=SECONDS
        )
        while more := consumer.consume(500, timeout=0.5):
            found += more
        consumer.close()
        return sorted(found, key=lambda each: (each.partition(), each.offset()))

    def loaded(self, records: list[Any]) -> Any:
        """The rows and the poison that the loader makes of records."""
        made = stream_plan(self.dataset, NAMING) | {"registry": self.registry}
        read = plan.read(json.loads(json.dumps(made)))
        schemas = Schemas(self.glue, registry=self.registry, subject=self.topic, data_format=read.format)
        judge = Judge(read, Writers(read, schemas), lambda: None)
        told = [message(place, each.key(), each.value(), {}) for place, each in enumerate(records)]
        return judge.judge(batch(*told))


@pytest.fixture(params=["avro", "protobuf"])
def stream(request, aws, broker):
    return Stream(aws, broker, request.param)


@pytest.fixture
def avro(aws, broker):
    return Stream(aws, broker, "avro")
