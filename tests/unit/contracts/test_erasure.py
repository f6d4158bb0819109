"""Erasure by contract: whose rows go, whose values go, and that a forced load of old files brings nothing back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sql_bench import NAMING, Bench, check, column, dataset

from data_platform.contracts.erasure import (
    REGISTER,
    belongs_sql,
    can_follow,
    check_erasable,
    emptied_columns,
    subject_hash,
    subject_name,
    subject_paths,
)
from data_platform.contracts.model import Domain, ForeignKey


def _key(columns, target, target_columns):
    return ForeignKey(columns=columns, domain="aviation", dataset=target, target_columns=target_columns)


def _refers(name, target, column_name):
    return check(
        "referential",
        name,
        domain="aviation",
        dataset=target,
        columns=(column_name,),
        name=f"{name}_{target}",
    )


PEOPLE = replace(
    dataset(column("id", "int", "string"), column("email", pii=True), name="people", mode="snapshot"),
    subject="id",
)
TRIPS = dataset(
    column("id", "int"),
    column("person", "int"),
    column("phone", pii=True),
    name="trips",
    checks=[_refers("person", "people", "id")],
    foreign_keys=(_key(("person",), "people", ("id",)),),
)
BAGS = dataset(
    column("id", "int"),
    column("trip", "int"),
    column("label", pii=True),
    column("grams", "int", "string"),
    name="bags",
    foreign_keys=(_key(("trip",), "trips", ("id",)),),
)
DOMAIN = Domain(name="aviation", datasets=(PEOPLE, TRIPS, BAGS))


def _erase(bench, person):
    hashed = subject_hash(PEOPLE, str(person))
    bench.db.execute(
        f'INSERT INTO "{NAMING.database("staged")}"."{REGISTER}" VALUES (?, ?, now()::timestamp, ?, ?, NULL)',
        [subject_name(PEOPLE), hashed, "me", "{}"],
    )


@pytest.fixture
def bench():
    bench = Bench(PEOPLE, TRIPS, BAGS)
    bench.deliver("people", [("1", "ada@x"), ("002", "bob@x"), (None, "no key")])
    bench.deliver("trips", [(10, 1, "0411"), (20, 2, "0422"), (30, 9, "0499"), (40, None, "0400")])
    bench.deliver("bags", [(100, 10, "ada's", "1"), (200, 20, "bob's", "2"), (300, None, "left", "x")])
    for name in ("people", "trips", "bags"):
        bench.load(name)
    return bench


def test_foreign_keys_lead_from_the_subject_to_whatever_refers_to_it():
    steps = {one.name: [len(path.steps) for path in subject_paths(one, DOMAIN)] for one in DOMAIN.datasets}
    assert steps == {"people": [0], "trips": [1], "bags": [2]}
    assert emptied_columns(TRIPS, subject_paths(TRIPS, DOMAIN)[0]) == ("phone",)
    assert emptied_columns(PEOPLE, subject_paths(PEOPLE, DOMAIN)[0]) == ()


@pytest.mark.parametrize(("name", "ids"), [("people", [1]), ("trips", [10]), ("bags", [100])])
def test_the_condition_finds_the_rows_of_one_person(bench, name, ids):
    one = bench.datasets[name]
    condition = belongs_sql(subject_paths(one, DOMAIN)[0], "1", NAMING)
    table = f'"{NAMING.database("staged")}"."{name}"'
    assert [row["id"] for row in bench.athena(f'SELECT "id" FROM {table} WHERE {condition}')] == ids


def test_a_forced_load_of_old_files_brings_no_erased_person_back_and_adds_up(bench):
    _erase(bench, 2)
    for name in ("people", "trips", "bags"):
        verdicts = bench.judge(name, run_id="run-2")
        assert verdicts[f"aviation.{name}.reconciliation"]["passed"]
        counts = bench.load(name, run_id="run-2")
        assert counts["raw"] == counts["staged"] + counts["quarantined"]

    assert bench.rows("people", '"id"') == [(1,)]
    assert bench.rows("people", '"id"', zone="curated") == [(1,)]
    assert bench.rows("trips", '"id", "phone"') == [(10, "0411"), (20, None), (40, "0400")]
    assert bench.rows("bags", '"id", "label"') == [(100, "ada's"), (200, None)]
    assert bench.rows("trips_quarantine", '"id", "phone"') == [(30, "0499")]  # refers to nobody, ever


def test_rows_in_quarantine_lose_the_values_too(bench):
    _erase(bench, 1)
    bench.deliver("bags", [(400, 10, "ada's", "heavy")])
    bench.load("bags", run_id="run-2")

    assert bench.rows("bags_quarantine", '"id", "label", "grams"') == [
        (300, "left", "x"),
        (400, None, "heavy"),
    ]


def test_a_dataset_about_nobody_reads_no_register():
    plain = Bench(dataset(column("id", "int")))
    assert REGISTER not in str(plain.plans)


def test_the_register_holds_a_hash_of_the_number_however_it_was_written():
    assert subject_hash(PEOPLE, "002") == subject_hash(PEOPLE, "2") != subject_hash(PEOPLE, "1")
    with pytest.raises(ValueError, match="invalid literal"):
        subject_hash(PEOPLE, "two")


def test_a_personal_value_that_could_not_be_emptied_is_refused():
    copied = replace(TRIPS, columns=(*TRIPS.columns[:2], column("phone", pii=True, required=True)))
    (finding,) = check_erasable(Domain(name="aviation", datasets=(PEOPLE, copied)))
    assert "trips].properties[phone]: is personal data of aviation.people.id and required" in str(finding)
    assert check_erasable(DOMAIN) == []


def test_a_subject_without_an_exact_text_is_refused():
    people = replace(PEOPLE, columns=(column("id", "double"),))
    (finding,) = check_erasable(Domain(name="aviation", datasets=(people,)))
    assert "its type has no exact text" in str(finding)


def test_a_reference_of_several_columns_that_erasure_cannot_follow_is_refused():
    trips = replace(TRIPS, columns=(*TRIPS.columns, column("leg", "int")))
    bags = replace(BAGS, foreign_keys=(_key(("trip", "grams"), "trips", ("id", "leg")),))
    findings = check_erasable(Domain(name="aviation", datasets=(PEOPLE, trips, bags)))
    assert any("cannot follow the reference trip, grams to trips" in str(finding) for finding in findings)


def test_a_reference_to_something_else_of_a_person_than_the_subject_is_refused():
    trips = replace(TRIPS, columns=(*TRIPS.columns, column("nickname")))
    trips = replace(trips, foreign_keys=(_key(("nickname",), "people", ("email",)),))
    (finding,) = check_erasable(Domain(name="aviation", datasets=(PEOPLE, trips)))
    assert "cannot follow the reference nickname to people: refer to id" in str(finding)


def test_a_dataset_without_personal_columns_may_refer_as_it_likes():
    trips = replace(TRIPS, columns=(*TRIPS.columns[:2], column("nickname")))
    trips = replace(trips, foreign_keys=(_key(("nickname",), "people", ("email",)),))
    domain = Domain(name="aviation", datasets=(PEOPLE, trips))
    assert check_erasable(domain) == []
    assert not can_follow(subject_paths(trips, domain)[0])
