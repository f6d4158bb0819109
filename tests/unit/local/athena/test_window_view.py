"""The view by windows, as the loader keeps it, on the embedded Athena: late rows, closed windows, a merge that comes again."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "contracts"))

from sql_bench import column
from stream_rows import things

from data_platform.contracts.windows import Measure, Window
from tests.unit.local.athena.stream_lake import Lake

NOON = dt.datetime(2026, 1, 5, 12)  # noqa: DTZ001 - tables hold UTC without saying so
SHOWN = '"window_start", "what", "events", "seats", "mean", "late_rows"'


@pytest.fixture
def lake(athena: Any) -> Lake:
    window = Window(
        name="per_minute",
        size_seconds=60,
        time="at",
        lateness_seconds=120,
        by=("what",),
        measures=(
            Measure(name="events", function="count"),
            Measure(name="seats", function="sum", column="seats"),
            Measure(name="mean", function="avg", column="seats"),
        ),
    )
    return Lake(
        athena,
        things(
            events=True,
            windows=(window,),
            columns=(
                column("id", "bigint", required=True, primary_key_position=1),
                column("what", required=True),
                column("at", "timestamp", required=True, instant=True),
                column("seats", "bigint"),
            ),
        ),
    )


def event(number: int, second: int, seats: int | None, what: str = "a") -> tuple[str, int, dict[str, Any]]:
    at = NOON + dt.timedelta(seconds=second)
    values = {"id": number, "what": what, "at": at, "seats": seats, "_committed_at": at}
    return "c", number, values


def test_open_windows_are_counted_anew_closed_ones_keep_their_figures_and_count_what_came_late(lake):
    lake.merge(lake.write(0, [event(1, 0, 2**62), event(2, 59, 2**62), event(3, 60, 1)]))
    lake.merge(lake.write(3, [event(4, 30, 1), event(5, 400, None, "b")]))  # late, and in time
    too_late = lake.write(5, [event(6, 31, 5), event(7, 119, 5), event(8, 410, 7, "b")])
    lake.merge(too_late)
    lake.merge(too_late, run="run-2")  # again

    assert lake.rows("window_per_minute", SHOWN) == [
        ["2026-01-05 12:00:00.000000", "a", "3", str(2**63 + 1), "3.0744573456182584E18", "1"],
        ["2026-01-05 12:01:00.000000", "a", "1", "1", "1.0", "1"],
        ["2026-01-05 12:06:00.000000", "b", "2", "7", "7.0", "0"],
    ]
    assert [row[0] for row in lake.rows("staged", '"id"')] == [str(number) for number in range(1, 9)]
