"""Whatever dies between two steps and however batches come again, raw has each record once, and so have dead letters."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient, NewTopic
from hypothesis import given, settings
from hypothesis import strategies as st
from stream_loader.athena import Athena
from stream_loader.backlog import Backlog
from stream_loader.dead_letters import DeadLetters, NotWritten
from stream_loader.event import Batch, batches
from stream_loader.files import Files
from stream_loader.items import Items, Overtaken
from stream_loader.ledger import Ledger, Progress
from stream_loader.loader import Loader, Parts
from stream_loader.merge import Merge
from stream_loader.poison import Poison
from stream_loader.postponement import Postponement

from tests.stream_records import TOPIC, avro, column, event, framed, message, plan_of, record_schema
from tests.waiting import until

if TYPE_CHECKING:
    from local.engines.kafka import Broker

SCHEMA = record_schema(order_id="long")
SECONDS = 240
DYING = 6  # the place after which half of the dead letters are written


class Died(Exception):
    """The function ends here."""


@dataclass
class Fuse:
    """Dies at the n-th place at which a step begins or ends; never at -1."""

    left: int = -1

    def pass_by(self) -> None:
        if self.left == 0:
            raise Died
        self.left -= 1


class Fused:
    """A part of the loader that may die before or after each of some steps."""

    def __init__(self, part: Any, fuse: Fuse, steps: tuple[str, ...]) -> None:
        self._part, self._fuse, self._steps = part, fuse, steps

    def __getattr__(self, name: str) -> Any:
        step = getattr(self._part, name)
        if name not in self._steps:
            return step

        def fused(*arguments: Any, **named: Any) -> Any:
            self._fuse.pass_by()
            result = step(*arguments, **named)
            self._fuse.pass_by()
            return result

        return fused


class DyingLetters(DeadLetters):
    """Dead letters of which only some may be sent before the function ends."""

    fuse: Fuse

    def ends(self) -> dict[int, int]:
        self.fuse.pass_by()
        return super().ends()

    def send(self, letters: Any) -> None:
        self.fuse.pass_by()
        half = (len(letters) + 1) // 2
        for some in (letters[:half], letters[half:]):
            super().send(some)
            self.fuse.pass_by()


@dataclass
class World:
    """One topic's raw, ledger and dead letters, all real."""

    aws: Any
    broker: Broker
    registry: Any
    bucket: str
    dead_letters: str = field(default_factory=lambda: f"dlq-{uuid.uuid4().hex[:8]}")
    table: str = field(default_factory=lambda: f"ledger-{uuid.uuid4().hex[:8]}")

    def __post_init__(self) -> None:
        admin = AdminClient(self.broker.client())
        [made] = admin.create_topics([NewTopic(self.dead_letters, num_partitions=1)]).values()
        made.result(SECONDS)
        keys = {"dataset": "HASH", "ingest_date": "RANGE"}
        self.aws.client("dynamodb").create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in keys],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()],
        )
        self.prefix = f"{self.table}/"
        self.version = self.registry.version(SCHEMA)
        raw = {"bucket": self.bucket, "prefix": self.prefix, "database": "raw", "table": "orders"}
        self.plan = plan_of([column("order_id", "bigint")], raw=raw, dead_letters=self.dead_letters)
        self.judge = self.registry.judge(self.plan)

    def loader(self, fuse: Fuse | None = None) -> Loader:
        fuse = fuse or Fuse()
        items = Items(self.aws.client("dynamodb"), table=self.table, topic=TOPIC)
        letters = DyingLetters(self.broker.client, topic=self.dead_letters, group="loader", loader="test:1")
        letters.fuse = fuse
        files = Fused(Files(items), fuse, ("written", "merged"))
        return Loader(
            Parts(
                plan=self.plan,
                s3=Fused(self.aws.client("s3"), fuse, ("put_object",)),
                judge=self.judge,
                items=items,
                ledger=Fused(Ledger(items), fuse, ("claim", "intend", "commit")),
                files=files,
                dead_letters=letters,
                merge=Merge(self.plan, files, Athena(None, "none")),
                postponement=Postponement(Backlog(self.broker.client, topic=TOPIC, group="loader")),
            )
        )

    def load(self, records: list[dict[str, Any]], fuse: Fuse | None = None) -> dict[str, int]:
        return self.loader(fuse).load(event(*records), call=uuid.uuid4().hex, seconds_left=lambda: SECONDS)

    def record(self, offset: int, *, poison: bool = False) -> dict[str, Any]:
        value = framed(self.version, avro(SCHEMA, {"order_id": offset}))
        key = json.dumps({"order_id": offset}).encode()
        return message(offset, key, b"poison" if poison else value)

    def in_raw(self) -> list[int]:
        """The offsets of all rows in raw, whoever wrote them."""
        s3 = self.aws.client("s3")
        listed = s3.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix).get("Contents", [])
        found = []
        for entry in listed:
            body = s3.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"].read()
            found += pq.read_table(io.BytesIO(body)).column("_offset").to_pylist()
        return sorted(found)

    def letters(self) -> list[Any]:
        """Every dead letter."""
        ends = DeadLetters(self.broker.client, topic=self.dead_letters, group="look", loader="").ends()
        wanted = {**self.broker.client(), "group.id": uuid.uuid4().hex, "auto.offset.reset": "earliest"}
        consumer, found = Consumer(wanted), []
        consumer.subscribe([self.dead_letters])
        until(
            lambda: found.extend(consumer.consume(500, timeout=0.1)) or len(found) >= ends[0], seconds=SECONDS
        )
        consumer.close()
        return found

    def dead(self) -> list[int]:
        return sorted(int(dict(letter.headers())["dp.offset"]) for letter in self.letters())


@pytest.fixture(scope="module")
def worlds(aws, broker):
    from tests.stream_records import Registry

    bucket = f"raw-{uuid.uuid4().hex[:8]}"
    aws.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "ap-southeast-2"}
    )
    registry = Registry(aws.client("glue"))
    return lambda: World(aws, broker, registry, bucket)


def _story(world, poisons, attempts):
    """Attempts at loading: where the batch begins and how long it is, and where the function dies; then all again."""
    count = len(poisons)
    records = [world.record(offset, poison=poison) for offset, poison in enumerate(poisons)]
    done = 0
    for back, length, fuse in attempts:
        start = max(0, done - back)
        batch = records[start : start + length]
        try:
            if batch:
                world.load(batch, Fuse(fuse))
                done = max(done, start + len(batch))
        except Died:
            pass
        progress = Ledger(Items(world.aws.client("dynamodb"), table=world.table, topic=TOPIC)).progress(0)
        done = max(done, progress.next_offset)
    world.load(records[max(0, done - 1) :])
    assert count


ATTEMPTS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 8), st.integers(-1, 15)), max_size=4)


@settings(max_examples=8)
@given(poisons=st.lists(st.booleans(), min_size=1, max_size=14), attempts=ATTEMPTS)
def test_each_record_is_once_in_raw_or_once_among_dead_letters(worlds, poisons, attempts):
    world = worlds()

    _story(world, poisons, attempts)

    assert world.in_raw() == [offset for offset, poison in enumerate(poisons) if not poison]
    assert world.dead() == [offset for offset, poison in enumerate(poisons) if poison]


POISONS = [False, True, False, True, True, False]
PLACES = 16  # at which the function may die while it loads one batch


def test_the_places_at_which_the_function_dies_are_all_there_are(worlds):
    world, fuse = worlds(), Fuse(1000)

    world.load([world.record(offset, poison=poison) for offset, poison in enumerate(POISONS)], fuse)

    assert 1000 - fuse.left == PLACES


@pytest.mark.parametrize("fuse", range(PLACES))
def test_a_function_that_dies_at_a_step_leaves_nothing_lost_or_doubled(worlds, fuse):
    world = worlds()

    _story(world, POISONS, [(0, 6, fuse)])

    assert (world.in_raw(), world.dead()) == ([0, 2, 5], [1, 3, 4])


@pytest.mark.parametrize("fuse", range(1, PLACES, 3))
def test_the_batch_may_be_cut_elsewhere_when_it_comes_again(worlds, fuse):
    world = worlds()

    _story(world, POISONS, [(0, 6, fuse), (0, 2, -1), (1, 3, fuse)])

    assert (world.in_raw(), world.dead()) == ([0, 2, 5], [1, 3, 4])


def test_a_letter_of_who_else_reads_the_topic_is_not_taken_for_ones_own_whatever_the_version(worlds):
    world = worlds()

    def letters(loader):
        return DeadLetters(world.broker.client, topic=world.dead_letters, group="loader", loader=loader)

    [only] = batches(event(world.record(1)))
    letters("enrich:1").send([(only.record(0), Poison("SchemaMismatch", "no such state"))])

    assert letters("test:1").offsets_since({}, TOPIC, 0) == set()
    assert letters("enrich:2").offsets_since({}, TOPIC, 0) == {1}


def _without(monkeypatch, safeguard):
    if safeguard == "dedup":
        monkeypatch.setattr(Batch, "since", lambda self, _: self)
    else:
        monkeypatch.setattr(Ledger, "intend", lambda *_, **__: None)
        monkeypatch.setattr(Ledger, "progress", lambda self, partition: Progress())


@pytest.mark.parametrize("safeguard", ["dedup", "intent"])
def test_without_a_safeguard_records_are_doubled(worlds, monkeypatch, safeguard):
    world = worlds()
    records = [world.record(offset, poison=poison) for offset, poison in enumerate(POISONS)]
    if safeguard == "dedup":
        _without(monkeypatch, safeguard)
        world.load(records[:3])
        world.load(records[1:])
        assert world.in_raw() != [0, 2, 5]
        return
    _without(monkeypatch, safeguard)
    with pytest.raises(Died):
        world.load(records, Fuse(DYING))
    world.load(records)
    assert world.dead() != [1, 3, 4]


def test_a_dead_letter_is_the_record_as_it_came_and_says_why(worlds):
    world = worlds()
    record = world.record(5, poison=True)

    world.load([record])

    [letter] = world.letters()
    assert (letter.key(), letter.value()) == (b'{"order_id": 5}', b"poison")
    headers = letter.headers()
    assert headers[:4] == [(name, bytes(value)) for each in record["headers"] for name, value in each.items()]
    said = {name: value.decode() for name, value in headers[4:]}
    assert said.pop("dp.failed.at").startswith("20")
    assert "0x70" in said.pop("dp.error.reason")
    assert said == {
        "dp.error.class": "BadMagic",
        "dp.error.column": "",
        "dp.topic": TOPIC,
        "dp.partition": "0",
        "dp.offset": "5",
        "dp.timestamp": str(record["timestamp"]),
        "dp.loader": "test:1",
    }


def test_a_record_that_is_a_dead_letter_stays_one_though_it_could_be_loaded_when_it_comes_again(worlds):
    world = worlds()
    records = [world.record(0, poison=True), world.record(1)]
    with pytest.raises(Died):
        world.load(records, Fuse(DYING))
    mended = [{**world.record(0)}, records[1]]

    done = world.load(mended)

    assert (world.in_raw(), world.dead()) == ([1], [0])
    assert (done["rows"], done["dead_letters"]) == (1, 1)


def test_many_dead_letters_of_one_batch_are_written_once(worlds):
    world = worlds()
    records = [world.record(offset, poison=True) for offset in range(300)]

    with pytest.raises(Died):
        world.load(records, Fuse(DYING))
    world.load(records)

    assert world.dead() == list(range(300))


def test_a_topic_of_dead_letters_that_takes_nothing_stops_the_batch(worlds, monkeypatch):
    world = worlds()
    huge = {**world.record(0), "value": "A" * (12 << 20)}

    with pytest.raises(NotWritten):
        world.load([huge])

    assert world.in_raw() == []
    assert (
        Ledger(Items(world.aws.client("dynamodb"), table=world.table, topic=TOPIC)).progress(0).next_offset
        == 0
    )


def test_an_attempt_that_was_overtaken_cannot_write_over_the_others_file(worlds):
    world = worlds()
    records = [world.record(offset) for offset in range(4)]
    slow = world.loader()
    put = slow._parts.s3._part.put_object

    class Slow:
        """An S3 that is so slow that another attempt loads more meanwhile."""

        def __getattr__(self, name):
            return getattr(world.aws.client("s3"), name)

        def put_object(self, **arguments):
            slow_s3.put_object = put
            world.load(records)
            return put(**arguments)

    slow_s3 = Slow()
    object.__setattr__(slow._parts, "s3", slow_s3)

    with pytest.raises(Overtaken):
        slow.load(event(*records[:2]), call="slow", seconds_left=lambda: SECONDS)

    assert world.in_raw() == [0, 1, 2, 3]
