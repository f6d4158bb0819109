"""A merge waits only as long as a later call must come, and what waits is little and young."""

from __future__ import annotations

import pytest
from stream_loader.postponement import Postponement


class Topic:
    """A topic that holds more, or not; it remembers what it was asked."""

    def __init__(self, more=True):
        self.more, self.asked = more, []

    def holds_more(self, offsets):
        self.asked.append(offsets)
        return self.more


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def merged(topic, clock):
    made = Postponement(topic, most_rows=100, most_seconds=30.0, clock=clock)
    made.merged()
    return made


def test_a_process_that_has_never_merged_merges_first(clock):
    assert not Postponement(Topic(), clock=clock).allows({0: 1}, rows=1)


def test_a_merge_waits_while_every_partition_of_the_call_has_more(clock):
    topic = Topic()

    assert merged(topic, clock).allows({0: 5, 2: 9}, rows=10)
    assert topic.asked == [{0: 5, 2: 9}]


def test_the_end_of_the_topic_is_merged_at_once(clock):
    assert not merged(Topic(more=False), clock).allows({0: 5}, rows=10)


def test_rows_of_many_calls_wait_until_they_are_many(clock):
    postponement = merged(Topic(), clock)

    assert [postponement.allows({0: 1}, rows=40) for _ in range(3)] == [True, True, False]
    postponement.merged()
    assert postponement.allows({0: 1}, rows=40)


def test_nothing_waits_longer_than_it_may(clock):
    postponement = merged(Topic(), clock)
    clock.now = 29.9
    assert postponement.allows({0: 1}, rows=1)
    clock.now = 30.0
    assert not postponement.allows({0: 1}, rows=1)
