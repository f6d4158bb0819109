"""A writer goes on while everything dies in turn: staged is the source, each poison is one dead letter, all is mended.

CHAOS_SECONDS and CHAOS_CHANGES say how long and how much: 20 seconds and 5,000 changes unless they do; the run of the
issue is 900 and 2,000,000. It lasts so long at the least, until so much is written, and until all went wrong once.
CHAOS_ENGINE=mysql has MySQL for the source (`sources.py`).
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field

import pytest
from poison import mend, mistakes, of_every_kind
from writing import Writer

from operations.exit_codes import CommandFailed
from operations.laptop import capture_source
from operations.streams.marks import SENT, Marks
from tests.waiting import until

pytestmark = pytest.mark.local
CHANGES = int(os.environ.get("CHAOS_CHANGES", "5000"))
LENGTH = float(os.environ.get("CHAOS_SECONDS", "20"))
SETTLES = 300 + 2 * LENGTH
RECENT = 10_000  # records of a partition's end
VICTIMS = ("loader", "broker", "worker", "database", "aws")


@dataclass
class Chaos:
    """What was done, to be compared with what came of it."""

    poison: dict = field(default_factory=dict)
    killed: list = field(default_factory=list)
    writer: Writer | None = None
    left: list = field(default_factory=list)
    letters_before: int = 0


def again(work, *, seconds=180):
    """Do something that needs what may just be dead; the last failure when it never comes back."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return work()
        except Exception:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def poisoned(shop, chaos, round_):
    """One of each kind, into another partition each round."""
    version, schema = again(shop.schema_version)
    for poison in of_every_kind(version, schema, first=9_000 + 10 * round_, place=shop.source.place):
        record = (poison.key, poison.value, list(poison.headers))
        [place] = again(lambda record=record: shop.send([record], partition=round_ % 3))
        chaos.poison[place] = poison


def sent_again(shop, most=300):
    """Records of the topic once more, as they are: late, and of a place that was there before."""
    known = [one for one in again(lambda: shop.read(shop.topic, last=RECENT)) if shop.captured(one)]
    good = [one for one in known[:most] if one.key() and b"XXX" not in one.key()]
    for partition in {one.partition() for one in good}:
        records = [(one.key(), one.value(), one.headers()) for one in good if one.partition() == partition]
        again(lambda records=records, partition=partition: shop.send(records, partition=partition))


def another_password(shop):
    """The owner rotates the connector's password: secret, database, machine."""
    secret = shop.names.role("capture-shop")
    given = json.dumps({"username": "capture", "password": secrets.token_urlsafe(24)})
    again(
        lambda: shop.connection.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=given)
    )

    def changed():
        word = capture_source.password(shop.connection, "shop")
        with shop.database() as database:
            capture_source.prepare(database, source="shop", password=word, tables=[shop.dataset.source.table])

    again(changed)
    again(shop.captures)


def another_schema(shop, round_):
    with shop.database() as database, database.transaction() as open_:
        open_.execute(f"ALTER TABLE {shop.table} ADD COLUMN IF NOT EXISTS shelf{round_} text")
        shop.retype(open_, "quantity", "bigint")


@pytest.fixture(scope="module")
def chaos(shop):
    """The run: all that goes wrong, in turn, until the time is over."""
    done = Chaos(writer=Writer(shop, seconds=LENGTH, changes=CHANGES, seed=int(time.time())))
    done.letters_before = len(shop.read(shop.dead_letters))  # of a platform that ran before
    done.writer.start()
    round_ = 0
    until(lambda: done.writer.transactions > 0)
    until(lambda: shop.loading().next_offset)
    while done.writer.is_alive() and done.writer.goes_on():
        poisoned(shop, done, round_)
        again(lambda number=round_: another_schema(shop, number))
        for victim in VICTIMS:
            until(lambda victim=victim: again(lambda: shop.kill(victim)), every=0.2)
            done.killed.append(victim)
            time.sleep(max(1.0, LENGTH / 40))
        another_password(shop)
        sent_again(shop, 50)
        done.writer.seen_all.set()
        round_ += 1
    done.writer.join()
    with suppress(CommandFailed):
        again(shop.captures)
    done.left = shop.settles(seconds=SETTLES)
    told = (
        f"{done.writer.changes:,} changes in {LENGTH:.0f} s, {len(done.poison)} poisons, killed {done.killed}"
    )
    sys.stdout.write(f"{told}\n{done.writer.interruptions} interruptions: {done.writer.stopped[-3:]}\n")
    return done


def test_everything_was_killed_while_it_wrote(chaos):
    assert set(chaos.killed) == set(VICTIMS)
    assert chaos.writer.changes >= CHANGES


def test_staged_is_the_source_row_by_row(chaos):
    assert chaos.left == []


def test_every_poison_is_one_dead_letter_with_its_own_bytes_and_nothing_else_is(shop, chaos):
    until(lambda: len(letters(shop, chaos)) >= len(chaos.poison), every=2)
    assert mistakes(chaos.poison, letters(shop, chaos)) == []


def test_raw_has_no_record_twice_and_misses_none(shop, chaos):
    from operations.queries import ask

    reader = shop.connection.assume(shop.names.role_arn("engineer"))
    raw = f'"{shop.names.database("raw")}"."{shop.dataset.name}"'
    [[rows, places]] = ask(
        reader,
        f'SELECT count(*), count(DISTINCT CAST("_partition" AS varchar) || \'-\' || CAST("_offset" AS varchar)) FROM {raw}',
        workgroup=shop.names.workgroup_of("engineer"),
    ).rows
    told = shop.loading().counts
    assert int(rows) == int(places) == told["rows"]
    assert told["records"] == told["rows"] + told["dead_letters"] == len(shop.read(shop.topic))


def test_records_that_the_group_reads_once_more_are_known(shop, chaos):
    before, known = shop.loading().counts, shop.measured("Duplicates")
    shop.read_again()
    until(lambda: shop.measured("Duplicates") - known >= before["records"], seconds=180 + 2 * LENGTH, every=2)
    assert shop.settles(seconds=120) == []
    after = shop.loading().counts
    assert (after["rows"], after["dead_letters"]) == (before["rows"], before["dead_letters"])


def test_a_replay_that_is_killed_and_called_again_mends_every_dead_letter_once(shop, chaos):
    every = len(shop.read(shop.dead_letters))
    command = ("replay", shop.topic, "--fix", mend(shop.source.mended), "--json")
    before, marked = len(replayed(shop)), len(sent(shop))
    first = shop.dp(*command, "--rate", "0.5")
    until(
        lambda: len(sent(shop)) > marked or first.poll() is not None, every=0.2
    )  # a mark is read in no time
    first.kill()
    finished(first)
    assert before < len(replayed(shop)) < every
    assert finished(shop.dp(*command)) != 0  # the lease of the killed one is not over
    until(lambda: nobody_replays(shop), seconds=400, every=2)
    assert finished(shop.dp(*command)) == 0
    assert len(sent(shop)) == len(replayed(shop)) == len(set(replayed(shop))) == every
    assert mistakes(chaos.poison, letters(shop, chaos)) == []
    assert shop.settles(seconds=120) == []


def letters(shop, chaos):
    """The dead letters of this run."""
    return shop.read(shop.dead_letters)[chaos.letters_before :]


def replayed(shop):
    """Which dead letters lie in the topic again, as often as they do."""
    found = [dict(one.headers() or []).get("dp.replay.of") for one in shop.read(shop.topic, last=RECENT)]
    return [each for each in found if each]


def marks(shop):
    dynamodb = shop.connection.client("dynamodb")
    return Marks(dynamodb, table=shop.names.run_ledger, topic=shop.topic, owner="tests")


def sent(shop):
    return [place for place, mark in marks(shop).all("dlq").items() if mark.state == SENT]


def nobody_replays(shop):
    lease = marks(shop)
    with suppress(CommandFailed):
        lease.acquire()
        lease.release()
        return True
    return False


def finished(process):
    out, said = process.communicate(timeout=300)
    sys.stdout.write(f"{process.returncode} {out[-2000:]} {said[-2000:]}\n")
    return process.returncode
