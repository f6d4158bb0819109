"""Whatever dies and however often it is called again, each dead letter is sent once and none is lost."""

from __future__ import annotations

import time
from typing import Any

import pytest

from operations.exit_codes import CommandFailed
from operations.streams.bounds import Bound, Range
from operations.streams.letters import REPLAY_OF, Skipped
from operations.streams.marks import LEASE_SECONDS, SENDING, SENT, Place
from operations.streams.sending import Sender

EVERY = Range()


class Died(BaseException):
    """The command ends here."""


class Fused:
    """A part of a replay that dies before or after the n-th of its steps."""

    def __init__(self, part: Any, fuse: list[int], steps: tuple[str, ...]) -> None:
        self._part, self._fuse, self._steps = part, fuse, steps

    def _pass_by(self) -> None:
        if self._fuse[0] == 0:
            raise Died
        self._fuse[0] -= 1

    def __getattr__(self, name: str) -> Any:
        step = getattr(self._part, name)
        if name not in self._steps:
            return step

        def fused(*arguments: Any, **named: Any) -> Any:
            self._pass_by()
            result = step(*arguments, **named)
            self._pass_by()
            return result

        return fused


def _fused(world, fuse):
    return world.replay(
        marks=Fused(world.marks(), fuse, ("acquire", "intend", "complete")),
        sender=Fused(Sender(world.broker.client, topic=world.topic, rate=5000), fuse, ("send",)),
    )


def test_a_replay_that_dies_at_any_step_and_is_called_again_sends_each_once(world):
    world.fail(*(b"%d" % number for number in range(5)))
    deaths = 0
    for step in range(40):
        world.fail(b"more %d" % step)
        try:
            _fused(world, [step]).run(EVERY)
        except Died:
            deaths += 1
        else:
            break

    assert deaths >= 12, "it died in the second chunk's marks, too"
    assert world.replay().run(EVERY).clean
    sent = world.times_sent()
    assert set(sent.values()) == {1}
    assert len(sent) == 5 + deaths + 1
    assert {record.value for record in world.sent()} >= {b"%d" % number for number in range(5)}
    assert {mark.state for mark in world.marks().all("dlq").values()} == {SENT}


def test_a_replay_that_was_killed_holds_the_topic_until_its_lease_ends(world):
    world.fail(b"one")
    world.marks("killed").acquire()

    with pytest.raises(CommandFailed, match="another replay is at work"):
        world.replay().run(EVERY)
    assert world.sent() == []

    later = world.marks("next", now=lambda: time.time() + LEASE_SECONDS + 2)
    assert len(world.replay(marks=later).run(EVERY).replayed) == 1


def test_a_replay_that_lost_its_lease_sends_nothing_more(world):
    world.fail(b"one")
    slow = world.marks("slow")
    slow.acquire()
    world.marks("next", now=lambda: time.time() + LEASE_SECONDS + 2).acquire()

    with pytest.raises(CommandFailed, match="another replay has begun meanwhile"):
        slow.intend([Place(0, 0)], {0: 0})
    assert world.marks().all("dlq") == {}


def test_marks_that_are_made_twice_are_as_if_made_once_and_keep_where_the_topic_ended_first(world):
    marks, place = world.marks(), Place(1, 7)
    marks.acquire()
    for ends in ({0: 3}, {0: 9}):
        marks.intend([place], ends)
    assert marks.all("dlq")[place].ends == {0: 3}
    assert marks.all("dlq")[place].state == SENDING

    for _ in range(2):
        marks.complete({place: (0, 5)})
    assert marks.all("dlq")[place].state == SENT
    with pytest.raises(CommandFailed):
        marks.intend([place], {0: 9})
    with pytest.raises(CommandFailed):
        marks.complete({place: (0, 6)})


def test_a_dead_letter_goes_back_to_its_partition_as_it_came_without_our_headers(world):
    world.fail(b"\x00raw", None)

    world.replay().run(EVERY)

    found = sorted(world.sent(), key=lambda record: record.partition)
    assert [(record.partition, record.key, record.value) for record in found] == [
        (0, b'{"order_id":1}', b"\x00raw"),
        (1, b'{"order_id":1}', None),
    ]
    assert [record.headers for record in found] == [
        (("__op", b"u"), (REPLAY_OF, b"0:0")),
        (("__op", b"u"), (REPLAY_OF, b"1:0")),
    ]


def test_nothing_of_the_dead_letters_goes_or_comes(world):
    world.fail(b"one", b"two", b"three")
    before = world.records(world.dead_letters).bounds()

    world.replay().run(EVERY)

    assert world.records(world.dead_letters).bounds() == before


def test_a_dry_run_sends_and_marks_nothing_and_shows_what_the_fix_would_do(world):
    world.fail(b'{"price": -1}', b'{"price": 5}')

    found = list(world.replay(chosen="value.price < 0", fix='{"value": {"price": 0}}').preview(EVERY))

    [resent] = [each for each in found if not isinstance(each, Skipped)]
    assert (resent.before["value"], resent.after["value"]) == ({"price": -1}, {"price": 0})
    assert world.sent() == []
    assert world.marks().all("dlq") == {}


def test_what_the_filter_does_not_choose_stays_open(world):
    world.fail(b"late", reason="late")
    world.fail(b"odd", reason="odd")

    outcome = world.replay(chosen="error.reason = 'odd'").run(EVERY)

    assert [record.value for record in world.sent()] == [b"odd"]
    assert outcome.skipped.total() == 1
    assert [record.value for record in world.replay().open(EVERY)] == [b"late"]


def test_what_a_fix_cannot_mend_is_told_and_stays_open(world):
    world.fail(b'{"price": -1}', b'{"name": "x"}')

    outcome = world.replay(fix='value.price ? {"value": {"price": 0}} : 7').run(EVERY)

    assert [record.value for record in world.sent()] == [b'{"price":0}']
    assert [why.partition(";")[0] for why in outcome.refused.values()] == [
        '--fix: the result must be an object with key, value or headers, such as {"value": $merge([value, {"price": 0}])}'
    ]
    assert not outcome.clean
    assert [record.value for record in world.replay().open(EVERY)] == [b'{"name": "x"}']


def test_a_range_of_offsets_or_moments_is_replayed_and_no_more(world):
    now = int(time.time() * 1000)
    for minutes in (30, 20, 10):
        world.fail(b"%d minutes ago" % minutes, timestamp=now - minutes * 60_000)

    first = Range(first=Bound(at_ms=now - 25 * 60_000), last=Bound(at_ms=now - 15 * 60_000))
    world.replay().run(first)
    assert [record.value for record in world.sent()] == [b"20 minutes ago"]

    world.replay().run(Range(first=Bound(offset=2, partition=0)))
    assert {record.value for record in world.sent()} == {b"20 minutes ago", b"10 minutes ago"}


def test_what_comes_back_as_a_dead_letter_is_told_and_what_is_loaded_is_not(world):
    world.fail(b"bad", b"good")
    letters = world.records(world.dead_letters)
    ends = letters.ends()
    replay = world.replay()
    outcome = replay.run(EVERY)
    [bad] = [record for record in world.sent() if record.value == b"bad"]
    world.fail(b"bad", at=[(bad.partition, bad.offset)])

    replay.watch(outcome, ends, seconds=20, loaded=lambda: {0: 100, 1: 100})

    assert outcome.poisoned == {Place(0, 0): "RuleViolation: price"}
    assert outcome.unseen == 0
    assert [record.value for record in world.replay().open(EVERY)] == [b"bad"], "the new one is open"


def test_what_nothing_is_heard_of_is_not_called_loaded(world):
    world.fail(b"one")
    replay = world.replay()
    ends = world.records(world.dead_letters).ends()
    outcome = replay.run(EVERY)

    replay.watch(outcome, ends, seconds=0, loaded=dict)

    assert outcome.unseen == 1


def test_what_kafka_does_not_take_is_told_and_the_others_are_sent(world):
    world.fail(b"small", b"large")
    grown = 'value.text = "large" ? {"value": {"base64": $pad("", 100000, "A")}} : {"key": key}'

    outcome = world.replay(fix=grown).run(EVERY)

    assert list(outcome.failed) == [Place(1, 0)]
    assert [record.value for record in world.sent()] == [b"small"]
    assert not outcome.clean
    assert world.replay().run(EVERY).replayed.keys() == {Place(1, 0)}, "it is open, and goes once it is small"


def test_a_replay_that_is_stopped_within_a_chunk_sends_the_rest_of_it_later(world):
    world.fail(*(b"%d" % number for number in range(6)))
    for waits in (1, 2):

        def stop(seconds: float, left: list[int] = [waits]) -> None:  # noqa: B006 - its own count
            left[0] -= 1
            if left[0] == 0:
                raise Died

        with pytest.raises(Died):
            world.replay(sender=Sender(world.broker.client, topic=world.topic, rate=20, sleep=stop)).run(
                EVERY
            )

    assert world.replay().run(EVERY).clean
    assert len(world.times_sent()) == 6
    assert set(world.times_sent().values()) == {1}


def test_a_topic_is_sent_again_from_itself_once(world):
    world.fail(b"one", b"two")
    world.replay().run(EVERY)
    ends = world.records(world.topic).ends()
    bounded = Range(last=Bound(offset=max(ends.values())))

    for _ in range(2):
        world.replay(source="topic").run(bounded)

    assert sorted(world.times_sent()) == ["0:0", "1:0", "topic-0:0", "topic-1:0"]
    assert set(world.times_sent().values()) == {1}


def test_records_are_sent_no_faster_than_the_rate(world):
    world.fail(*(b"%d" % number for number in range(6)))
    slept: list[float] = []
    sender = Sender(
        world.broker.client, topic=world.topic, rate=20, sleep=lambda s: (slept.append(s), time.sleep(s))
    )

    world.replay(sender=sender).run(EVERY)

    assert sum(slept) > 0.05
    stamps = sorted(record.timestamp for record in world.sent())
    assert len(stamps) == 6
    assert stamps[-1] - stamps[0] >= 240
