"""--from and --to mean a moment, an age or an offset, and nothing else."""

from __future__ import annotations

import contextlib
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.exit_codes import CommandFailed
from operations.streams.bounds import Bound, bound, chosen

NOON = dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC)


@given(st.integers(0, 4_000_000_000_000).map(lambda ms: dt.datetime.fromtimestamp(ms / 1000, dt.UTC)))
def test_a_moment_is_read_to_the_millisecond(moment):
    assert bound(moment.isoformat(), "--from", NOON).at_ms == round(moment.timestamp() * 1000)


@given(st.integers(0, 10**18 - 1), st.none() | st.integers(0, 10**9 - 1))
def test_an_offset_is_of_all_partitions_or_of_the_one_before_the_colon(offset, partition):
    text = f"{offset}" if partition is None else f"{partition}:{offset}"

    assert bound(text, "--from", NOON) == Bound(offset=offset, partition=partition)


@given(st.text(max_size=12))
def test_any_word_is_a_bound_or_refused_as_a_wrong_call(text):
    with contextlib.suppress(CommandFailed):
        found = bound(text, "--to", NOON)
        assert (found.at_ms is None) != (found.offset is None)


def test_a_word_that_means_nothing_is_refused_with_what_is_allowed():
    with pytest.raises(
        CommandFailed, match=r"--to 'soon' is no place in a topic. Allowed: a moment"
    ) as refused:
        bound("soon", "--to", NOON)
    assert refused.value.code == 2


@given(st.integers(0, 50), st.integers(1, 50), st.integers(0, 100))
def test_a_range_holds_its_first_offset_and_not_its_last(first, length, offset):
    found = chosen(str(first), str(first + length), NOON)

    assert found.holds(0, offset, 0) == (first <= offset < first + length)


def test_an_age_counts_from_now():
    assert bound("90m", "--from", NOON).at_ms == (NOON - dt.timedelta(minutes=90)).timestamp() * 1000


@pytest.mark.parametrize(("first", "last"), [("9", "9"), ("2026-11-29", "2026-11-28"), ("0:1", "1:5")])
def test_a_range_in_which_nothing_can_be_is_refused(first, last):
    with pytest.raises(CommandFailed):
        chosen(first, last, NOON)
