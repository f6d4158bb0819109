"""The merge of a stream's files, as the loader sends it, on the embedded Athena: Parquet in S3, Iceberg tables."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from data_platform.contracts.model import Masking

sys.path.insert(0, str(Path(__file__).parents[2] / "contracts"))

from sql_bench import column
from stream_rows import things

from tests.unit.local.athena.stream_lake import SECOND, Lake


@pytest.fixture
def lake(athena: Any) -> Lake:
    return Lake(
        athena,
        things(
            columns=(
                column("id", "int", "string", required=True, primary_key_position=1),
                column("what"),
                column("mail", masking=Masking(method="redact", when="query"), masked_name="mail_masked"),
            )
        ),
    )


def row(key: int, what: str | None = None, mail: str | None = None) -> dict[str, Any]:
    return {"id": str(key), "what": what, "mail": mail}


def test_changes_of_two_days_leave_in_staged_and_curated_what_the_source_holds(lake):
    first = lake.write(0, [("r", 9, row(1, "a", "a@b")), ("r", 9, row(2, "b")), ("c", 11, row(3, "c"))])
    lake.merge(first)
    second = lake.write(3, [("u", 20, row(1, "A", "a@b")), ("d", 21, row(2)), ("d", 22, row(3))], day=SECOND)
    third = lake.write(6, [("c", 22, row(4, "c"))], day=SECOND)
    lake.merge(second, third, days=(SECOND,), run="run-2")

    assert lake.rows("staged", '"id", "what", "mail", "_position", "_ingest_date", "_run_id"') == [
        ["1", "A", "a@b", f"{20:020d}", SECOND, "run-2"],
        ["4", "c", None, f"{22:020d}", SECOND, "run-2"],
    ]
    assert lake.rows("curated", '"id", "what", "mail", "mail_masked"') == [
        ["1", "A", "a@b", "[redacted]"],
        ["4", "c", None, None],
    ]
    assert lake.rows("deleted", '"id", "_position"') == [["2", f"{21:020d}"], ["3", f"{22:020d}"]]


def test_late_and_repeated_changes_change_nothing(lake):
    newer = lake.write(0, [("u", 20, row(1, "new")), ("d", 21, row(2))])
    lake.merge(newer)
    before = [lake.rows(kind, "*") for kind in ("staged", "curated", "deleted")]
    late = lake.write(2, [("c", 10, row(1, "old")), ("u", 15, row(2, "old")), ("d", 5, row(1))])
    lake.merge(late, newer, run="run-2")

    deleted = lake.rows("deleted", '"id", "_position"')
    assert [lake.rows(kind, "*") for kind in ("staged", "curated")] == before[:2]
    assert deleted == [["1", f"{5:020d}"], ["2", f"{21:020d}"]]


def test_only_the_files_that_are_named_are_read(lake):
    named = lake.write(0, [("c", 1, row(1, "a"))])
    lake.write(1, [("c", 2, row(number, "b" * 5_000)) for number in range(2, 200)])
    answers = lake.merge(named)

    assert lake.rows("staged", '"id"') == [["1"]]
    assert [answer.count for answer in answers] == [0, 1, 1]


def test_a_committed_moment_is_kept(lake):
    lake.merge(lake.write(0, [("c", 1, row(1, "a"))]))

    assert lake.rows("staged", '"_committed_at"') == [["2026-01-05 10:00:00.000000"]]
