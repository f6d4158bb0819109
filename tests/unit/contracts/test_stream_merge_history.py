"""However a stream tells a table's history, and wherever a merge dies, staged and curated end as the table did."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from sql_bench import NAMING, column
from stream_histories import History, histories
from stream_rows import StreamRows, things

from data_platform.contracts.model import Masking

TABLES = (("staged", "things"), ("staged", "things_deleted"), ("curated", "things"), ("raw", "things"))


@pytest.fixture(scope="module")
def bench():
    """A key and a value that are cast, and a column that is masked when queried."""
    return StreamRows(
        things(
            columns=(
                column("id", "int", "string", required=True, primary_key_position=1),
                column("name"),
                column("seats", "int", "string"),
                column("email", masking=Masking(method="redact", when="query"), masked_name="email_masked"),
            )
        )
    )


def _deliver(bench: StreamRows, history: History) -> None:
    for zone, table in TABLES:
        bench.db.execute(f'DELETE FROM "{NAMING.database(zone)}"."{table}"')
    paths = [f"s3://raw/{number}" for number in range(len(history.files))]
    for path, rows in zip(paths, history.files, strict=True):
        bench.write(path, rows)
    every = bench.statements
    for files, dies in history.merges:
        bench.statements = dict(list(every.items())[:dies])
        bench.merge(*(paths[number] for number in files))
    bench.statements = every


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(histories())
def test_snapshots_changes_moves_and_deaths_in_any_order_end_as_the_source(bench, history):
    _deliver(bench, history)

    final = sorted(
        (key, name, None if seats is None else int(seats), email)
        for key, (name, seats, email) in history.final.items()
    )
    masked = [(*row, None if row[3] is None else "[redacted]") for row in final]
    assert bench.rows("staged", columns='"id", "name", "seats", "email"') == final
    assert bench.rows("curated", columns='"id", "name", "seats", "email", "email_masked"') == masked
