"""Whatever order events come in and wherever a merge dies, a window is what its rows in staged say, until it is closed."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sql_bench import NAMING, column
from stream_rows import StreamRows, things

from data_platform.contracts.windows import Measure, Window

SIZE, LATENESS = 60, 120
NOON = dt.datetime(2026, 1, 5, 12)  # noqa: DTZ001 - tables hold UTC without saying so
TABLES = (("staged", "things"), ("curated", "things"), ("curated", "things_per_minute"), ("raw", "things"))
PER_MINUTE = Window(
    name="per_minute",
    size_seconds=SIZE,
    time="at",
    lateness_seconds=LATENESS,
    by=("what",),
    measures=(
        Measure(name="events", function="count"),
        Measure(name="priced", function="count", column="price"),
        Measure(name="price", function="sum", column="price"),
        Measure(name="mean", function="avg", column="price"),
        Measure(name="first_at", function="min", column="at"),
        Measure(name="most", function="max", column="seats"),
    ),
)
SHOWN = '"window_start", "what", "events", "priced", "price", "mean", "first_at", "most", "late_rows"'


def events_bench() -> StreamRows:
    return StreamRows(
        things(
            events=True,
            windows=(PER_MINUTE,),
            columns=(
                column("id", "bigint", required=True, primary_key_position=1),
                column("what", required=True),
                column("at", "timestamp", required=True, instant=True),
                column("price", "decimal(10,2)"),
                column("seats", "bigint"),
            ),
        )
    )


@pytest.fixture(scope="module")
def bench():
    return events_bench()


def event(
    number: int, second: int, what: str = "a", price: str | None = None, seats: int | None = None
) -> Any:
    at = NOON + dt.timedelta(seconds=second)
    return {
        "id": number,
        "what": what,
        "at": at,
        "price": None if price is None else Decimal(price),
        "seats": seats,
        "_committed_at": at + dt.timedelta(seconds=1),
    }


def deliver(bench: StreamRows, files: list[list[Any]], merges: list[tuple[list[int], int | None]]) -> None:
    """Files, and which of them each merge takes and after how many statements it dies (None: it does not)."""
    for zone, table in TABLES:
        bench.db.execute(f'DELETE FROM "{NAMING.database(zone)}"."{table}"')
    for number, rows in enumerate(files):
        bench.write(f"s3://raw/{number}", [("c", number, row) for row in rows])
    every = bench.statements
    for taken, dies in merges:
        bench.statements = dict(list(every.items())[:dies])
        bench.merge(*(f"s3://raw/{number}" for number in taken))
    bench.statements = every


def view(bench: StreamRows) -> list[tuple[Any, ...]]:
    return bench.rows("curated", "things_per_minute", SHOWN)


def start(row: Any) -> dt.datetime:
    return row["at"].replace(second=0, microsecond=0)


def figures(rows: list[Any]) -> tuple[Any, ...]:
    """What the view must say of some rows: computed here, not by the statement."""
    prices = [row["price"] for row in rows if row["price"] is not None]
    seats = [row["seats"] for row in rows if row["seats"] is not None]
    return (
        len(rows),
        len(prices),
        sum(prices) if prices else None,
        float(sum(prices)) / len(prices) if prices else None,
        min(row["at"] for row in rows),
        max(seats) if seats else None,
    )


NOTHING = (0, 0, None, None, None, None)


def expected(files: list[list[Any]], merges: list[tuple[list[int], int | None]]) -> list[tuple[Any, ...]]:
    """The view, by the rule: a window takes rows until what was counted has passed its end by the lateness."""
    staged: dict[int, Any] = {}
    counted: dict[tuple[dt.datetime, str], list[Any]] = {}
    late: dict[tuple[dt.datetime, str], int] = defaultdict(int)
    seen: dt.datetime | None = None
    for taken, dies in merges:
        rows = [row for number in taken for row in files[number]]
        if dies is None or dies >= 1:
            for row in rows:
                staged.setdefault(row["id"], row)
        if dies is not None:
            continue
        watermark, touched = seen, {start(row) for row in rows}
        for window in touched:
            groups = defaultdict(list)
            for row in staged.values():
                if start(row) == window:
                    groups[window, row["what"]].append(row)
            is_open = watermark is None or window + dt.timedelta(seconds=SIZE + LATENESS) > watermark
            for key, found in groups.items():
                if is_open:
                    counted[key] = found
                    seen = max([row["at"] for row in found] + ([seen] if seen else []))
                else:
                    late[key] = len(found) - len(counted.get(key, []))
    return sorted(
        (
            (*key, *(figures(counted[key]) if key in counted else NOTHING), late[key])
            for key in counted.keys() | late.keys()
        ),
        key=lambda row: row[:2],
    )


EVENTS = st.lists(
    st.builds(
        event,
        number=st.just(0),
        second=st.integers(-400, 400),
        what=st.sampled_from(["a", "b"]),
        price=st.sampled_from([None, "1.10", "0.01", "99999999.99"]),
        seats=st.sampled_from([None, 1, 2**62]),
    ),
    max_size=14,
)


@st.composite
def deliveries(draw):
    rows = [row | {"id": number} for number, row in enumerate(draw(EVENTS))]
    told = draw(st.permutations(rows))
    told += draw(st.lists(st.sampled_from(rows), max_size=4)) if rows else []  # sent again
    files, merges, first = [], [], 0
    while told:
        size = draw(st.integers(1, 4))
        files.append(told[:size])
        told = told[size:]
        dies = draw(st.sampled_from([None, None, 0, 1, 2]))
        merges.append((list(range(first, len(files))), dies))
        if dies is None:
            first = len(files)
    if merges and merges[-1][1] is not None:
        merges.append((list(range(first, len(files))), None))
    return files, merges


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(deliveries())
def test_every_row_is_in_its_window_or_counted_as_late_whatever_order_they_come_in(bench, delivery):
    files, merges = delivery
    deliver(bench, files, merges)

    assert view(bench) == expected(files, merges)
    rows = {row["id"]: row for file in files for row in file}
    by_window = defaultdict(int)
    for row in rows.values():
        by_window[start(row), row["what"]] += 1
    assert {row[:2]: row[2] + row[8] for row in view(bench)} == by_window


@st.composite
def punctual(draw):
    """Events of which none is later than the lateness allows: a shuffle of those that are close in time."""
    rows = [row | {"id": number} for number, row in enumerate(draw(EVENTS))]
    delayed = [(row["at"] + dt.timedelta(seconds=draw(st.integers(0, LATENESS))), row["id"]) for row in rows]
    told = [rows[number] for _, number in sorted(delayed)]
    cuts = draw(st.lists(st.integers(1, 4), min_size=len(told), max_size=len(told)))
    files = []
    for size in cuts:
        if told:
            files.append(told[:size])
            told = told[size:]
    return files


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(punctual())
def test_what_is_late_by_no_more_than_the_lateness_ends_as_one_batch_of_all_would(bench, files):
    deliver(bench, files, [([number], None) for number in range(len(files))])
    in_parts = view(bench)
    deliver(bench, files, [(list(range(len(files))), None)] if files else [])

    assert in_parts == view(bench)
    assert all(row[8] == 0 for row in in_parts)


def test_a_backlog_that_is_merged_at_once_closes_no_window_before_it_was_counted(bench):
    deliver(bench, [[event(number, number * 600) for number in range(5)]], [([0], None)])

    assert [(row[2], row[8]) for row in view(bench)] == [(1, 0)] * 5


def test_a_clock_that_runs_ahead_closes_no_window(bench):
    ahead = event(1, 86_400) | {"_committed_at": NOON}
    deliver(bench, [[ahead], [event(2, 0)]], [([0], None), ([1], None)])

    assert [(row[0], row[2], row[8]) for row in view(bench)] == [
        (NOON, 1, 0),
        (NOON + dt.timedelta(days=1), 1, 0),
    ]


def test_what_comes_too_late_is_counted_beside_the_figures_once_and_stays_in_staged(bench):
    files = [[event(1, 0)], [event(2, 600)], [event(3, 1), event(5, 3), event(4, 2, "b")]]
    merges = [([0], None), ([1], None), ([2], None), ([2], None)]
    deliver(bench, files, merges)

    assert [(row[1], row[2], row[8]) for row in view(bench) if row[0] == NOON] == [("a", 1, 2), ("b", 0, 1)]
    assert len(bench.rows("staged", columns='"id"')) == 5


def test_an_event_before_1970_is_in_the_window_that_it_falls_in(bench):
    old = event(1, 0) | {"at": dt.datetime(1969, 12, 31, 23, 59, 30), "_committed_at": None}  # noqa: DTZ001
    deliver(bench, [[old]], [([0], None)])

    assert view(bench)[0][0] == dt.datetime(1969, 12, 31, 23, 59)  # noqa: DTZ001


def test_nothing_but_the_touched_windows_is_written(bench):
    deliver(bench, [[event(1, 0)], [event(2, 60)]], [([0], None)])
    bench.statements, every = (
        {name: sql.replace("{run}", "'run-2'") for name, sql in bench.statements.items()},
        bench.statements,
    )
    bench.merge("s3://raw/1")
    bench.statements = every

    runs = bench.rows("curated", "things_per_minute", '"window_start", "_run_id"')
    assert runs == [(NOON, "run-1"), (NOON + dt.timedelta(minutes=1), "run-2")]
