"""A batch of requests on real Kafka: fanned out, poison kept with its reason, and the same ids when it comes again."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import pytest
from event_producer import NotAcknowledged
from log_enrichment.handler import enricher

from tests.conftest import ROOT
from tests.unit.examples.event_producer.conftest import Stream, request

CONTRACTS = ROOT / "examples" / "log_enrichment" / "retail"


class World:
    """The three topics, and the function."""

    def __init__(self, server, kafka):
        self.requests = Stream(server, kafka, "avro")
        self.enriched, self.failed = (
            Stream(
                server,
                kafka,
                "avro",
                contract=CONTRACTS / f"{name}.odcs.yaml",
                registry=self.requests.registry,
            )
            for name in ("enriched_requests", "failed_requests")
        )
        self.function = self.made()

    def made(self):
        """The function as it starts."""
        return enricher(
            self.requests.glue,
            self.requests.broker.client(),
            registry=self.requests.registry,
            topics=(self.enriched.topic, self.failed.topic),
            function="enrich:1",
        )

    def event(self, *rows, poison=()):
        """The rows as the mapping sends them, the poison in their places."""
        with self.requests.producer() as producer:
            for row in rows:
                producer.send(row, headers={"trace": "t-1"})
        records = [
            {
                "topic": self.requests.topic,
                "partition": 0,
                "offset": place,
                "timestamp": each.timestamp()[1],
                "timestampType": "CREATE_TIME",
                "key": base64.b64encode(each.key()).decode(),
                "value": base64.b64encode(each.value()).decode(),
                "headers": [{name: list(value)} for name, value in each.headers()],
            }
            for place, each in enumerate(self.requests.records(len(rows)))
        ]
        for place, value in poison:
            broken = records[0] | {"offset": 100 + place, "headers": [{"trace": [-61, -92]}]}
            records.insert(place, broken | {"value": base64.b64encode(value).decode()})
        return {"eventSource": "aws:kafka", "records": {f"{self.requests.topic}-0": records}}


@pytest.fixture(scope="module")
def world(aws, broker):
    return World(aws, broker)


def ids(stream, least):
    judged = stream.loaded(stream.records(least))
    assert judged.poisons == {}
    return judged.rows.column("request_id").to_pylist()


def test_every_request_goes_on_and_what_failed_goes_to_a_second_topic_and_twice_is_one_row(world):
    rows = [request(number, status=status) for number, status in enumerate([200, 404, 500, 503, 301])]
    event = world.event(*rows)

    first = world.function.enrich(event)
    again = world.made().enrich(event)  # the function died before the batch was committed

    assert first == again == {"enriched": 5, "failed": 2, "dead_letters": 0}
    records = world.enriched.records(10)
    judged = world.enriched.loaded(records)
    assert judged.poisons == {}
    found = judged.rows.select(["request_id", "status_class", "agent_family", "state"]).to_pylist()
    assert sorted((row["status_class"], row["state"]) for row in found) == sorted(
        2 * [("2xx", "VIC"), ("4xx", "VIC"), ("5xx", "VIC"), ("5xx", "VIC"), ("3xx", "VIC")]
    )
    assert sorted(ids(world.failed, 4)) == sorted(2 * [request(number)["request_id"] for number in (2, 3)])
    # Whatever came twice is the same to the last byte: which one stays does not matter.
    assert len({(each.key(), each.value()) for each in records}) == 5


def test_poison_goes_to_the_inputs_dead_letters_as_it_came_and_holds_nothing_up(aws, broker):
    world = World(aws, broker)
    torn = world.event(request(7))["records"][f"{world.requests.topic}-0"][0]
    half = base64.b64decode(torn["value"])[:25]
    event = world.event(
        request(8), poison=[(0, b"no frame"), (1, half), (2, bytes([3, 0]) + bytes(16) + b"x")]
    )

    done = world.function.enrich(event)

    assert done["dead_letters"] == 3
    letters = world.requests.records(3, topic=f"{world.requests.topic}.dlq")
    told = [dict(each.headers()) for each in letters]
    assert [each["dp.error.class"] for each in told] == [b"BadMagic", b"UndecodableValue", b"UnknownSchema"]
    assert [each.value() for each in letters][:2] == [b"no frame", half]
    assert {each["trace"] for each in told} == {"ä".encode()}
    assert {each["dp.loader"] for each in told} == {b"enrich:1"}
    assert told[0]["dp.offset"] == b"100"


def test_what_is_not_acknowledged_is_asked_for_again(world):
    def lost():
        raise NotAcknowledged("no answer")

    function = type(world.function)(
        reader=world.function.reader,
        all_requests=world.function.all_requests,
        failures=SimpleNamespace(send=lambda _: None, flush=lost),
        letters=world.function.letters,
    )

    with pytest.raises(NotAcknowledged):
        function.enrich(world.event(request(20, status=500)))
