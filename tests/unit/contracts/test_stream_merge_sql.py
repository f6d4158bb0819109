"""The merge of a stream's files: late, repeated and re-ordered changes leave exactly what the source holds."""

from __future__ import annotations

import dataclasses

import pytest
from sql_bench import NAMING
from stream_rows import StreamRows, things

from data_platform.contracts.stream_merge_sql import stream_statements


def _both(bench):
    return bench.rows("staged"), bench.rows("curated")


def _merged(*files):
    bench = StreamRows(things())
    for number, rows in enumerate(files):
        bench.write(f"s3://raw/{number}", rows)
        bench.merge(f"s3://raw/{number}")
    return bench


def test_a_row_is_inserted_updated_and_deleted():
    first = [("r", 1, {"id": 1, "what": "a"}), ("c", 2, {"id": 2, "what": "b"}), ("c", 3, {"id": 3})]
    second = [("u", 4, {"id": 2, "what": "c"}), ("d", 5, {"id": 3})]

    assert _both(_merged(first, second)) == ([(1, "a"), (2, "c")], [(1, "a"), (2, "c")])


def test_of_two_changes_in_one_file_the_later_place_wins_wherever_it_stands():
    rows = [("u", 9, {"id": 1, "what": "new"}), ("c", 2, {"id": 1, "what": "old"})]

    assert _both(_merged(rows)) == ([(1, "new")], [(1, "new")])


def test_a_change_from_before_the_rows_end_brings_nothing_back():
    bench = _merged([("c", 1, {"id": 1, "what": "a"})], [("d", 3, {"id": 1})], [("u", 2, {"id": 1})])

    assert _both(bench) == ([], [])


def test_a_row_that_was_deleted_and_made_again_is_there():
    bench = _merged([("d", 3, {"id": 1}), ("c", 4, {"id": 1, "what": "again"})], [("d", 2, {"id": 1})])

    assert _both(bench) == ([(1, "again")], [(1, "again")])


def test_a_row_that_an_incremental_snapshot_reads_changes_no_newer_one_and_fills_a_gap():
    zero = [("r", 0, {"id": 1, "what": "read"}), ("r", 0, {"id": 2, "what": "read"})]
    bench = _merged([("c", 5, {"id": 1, "what": "changed"})], zero)

    assert _both(bench)[0] == [(1, "changed"), (2, "read")]


def test_the_same_files_again_change_nothing():
    bench = _merged([("c", 1, {"id": 1, "what": "a"})], [("d", 2, {"id": 1}), ("c", 3, {"id": 2})])
    before = bench.rows("staged", columns="*")

    bench.merge("s3://raw/0", "s3://raw/1")

    assert bench.rows("staged", columns="*") == before


def test_files_that_are_not_named_are_not_read():
    bench = StreamRows(things())
    bench.write("s3://raw/0", [("c", 1, {"id": 1, "what": "a"})])
    bench.write("s3://raw/1", [("c", 2, {"id": 2, "what": "b"})])

    bench.merge("s3://raw/1")

    assert bench.rows("staged") == [(2, "b")]


def test_staged_knows_the_place_the_moment_the_day_and_the_run():
    bench = _merged([("c", 7, {"id": 1, "what": "a"})])

    [(place, moment, day, run)] = bench.rows(
        "staged", columns='"_position", "_committed_at", "_ingest_date", "_run_id"'
    )
    assert (place, str(moment), str(day), run) == (
        "00000000000000000007",
        "2026-01-05 00:00:00",
        "2026-01-05",
        "run-1",
    )


def test_of_events_with_one_key_the_first_stays():
    bench = StreamRows(things(events=True))
    bench.write("s3://raw/0", [("c", 1, {"id": 1, "what": "first"}), ("c", 2, {"id": 1, "what": "again"})])
    bench.write("s3://raw/1", [("c", 3, {"id": 1, "what": "late"}), ("c", 4, {"id": 2, "what": "other"})])

    bench.merge("s3://raw/0")
    bench.merge("s3://raw/0", "s3://raw/1")

    assert _both(bench) == ([(1, "first"), (2, "other")], [(1, "first"), (2, "other")])


def test_an_erased_person_does_not_come_back_nor_does_the_key():
    bench = StreamRows(things(subject="id"))
    bench.db.execute(
        f'INSERT INTO "{NAMING.database("staged")}"."erasure_register" VALUES '
        "('aviation.things.id', sha256('aviation.things.id:1'), now(), 'somebody', '', NULL)"
    )
    bench.write("s3://raw/0", [("c", 1, {"id": 1, "what": "gone"}), ("c", 2, {"id": 2, "what": "here"})])
    bench.write("s3://raw/1", [("d", 3, {"id": 1}), ("d", 4, {"id": 3})])

    bench.merge("s3://raw/0", "s3://raw/1")

    assert _both(bench) == ([(2, "here")], [(2, "here")])
    assert bench.rows("staged", "things_deleted", '"id"') == [(3,)]


def test_without_a_primary_key_nothing_can_be_kept_current():
    with pytest.raises(ValueError, match="needs a primary key"):
        stream_statements(dataclasses.replace(things(), primary_key=()), NAMING)


class Source:
    """A table, and the log of what happened to it."""

    def __init__(self):
        self.rows, self.log = {}, []

    def happen(self, kind, key, other, what):
        if key not in self.rows:
            self._log("c", key, what)
        elif kind == "update":
            self._log("u", key, what)
        elif kind == "delete" or other in self.rows:
            self._log("d", key, None)
        else:  # the key changes: Debezium tells a deletion and an insertion of one place
            moved = self.rows[key]
            self._log("d", key, None)
            self._log("c", other, moved, place=len(self.log))

    def _log(self, operation, key, what, *, place=None):
        if operation == "d":
            del self.rows[key]
        else:
            self.rows[key] = what
        values = {"id": key} | ({} if operation == "d" else {"what": what})
        self.log.append((operation, (place or len(self.log) + 1) * 10, values))


def _end(source, files, repeated, statements=None):
    bench = StreamRows(things(), statements)
    for number, rows in enumerate(files):
        bench.write(f"s3://raw/{number}", rows)
        bench.merge(f"s3://raw/{number}", *(f"s3://raw/{old}" for old in repeated if old < number))
    for number in repeated:
        bench.merge(f"s3://raw/{number}")
    return _both(bench), sorted(source.rows.items())


@pytest.mark.parametrize(
    ("table", "condition"),
    [
        ("staged", 'WHEN MATCHED AND s."_position" > t."_position"'),
        ("staged", 'OR c."_position" > d."_position"'),
        ("deleted", 'WHEN MATCHED AND s."_position" > t."_position"'),
    ],
)
def test_without_the_place_in_the_log_the_end_would_be_another(table, condition):
    statements = stream_statements(things(), NAMING)
    assert condition in statements[table]
    instead = "OR true" if condition.startswith("OR") else "WHEN MATCHED"
    broken = statements | {table: statements[table].replace(condition, instead)}
    source = Source()
    for step in [
        ("update", 1, 1, "a"),
        ("update", 1, 1, "b"),
        ("delete", 1, 1, ""),
        ("update", 1, 1, "c"),
        ("delete", 1, 1, ""),
        ("update", 2, 2, "a"),
        ("update", 2, 2, "b"),
    ]:
        source.happen(*step)
    late = [[change] for change in sorted(source.log, key=lambda each: (each[0] != "d", -each[1]))]

    assert _end(source, late, [])[0][0] == _end(source, late, [])[1]
    assert _end(source, late, [], broken)[0][0] != _end(source, late, [], broken)[1]
