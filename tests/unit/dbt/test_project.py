"""The dbt project parses offline, and every table that people read is described and tested."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from data_platform.contracts.dbt_sources import write_dbt_sources
from data_platform.contracts.odcs import load_domains

ROOT = Path(__file__).parents[3]
DBT = ROOT / ".local" / "images" / "dbt" / "bin" / "dbt"
MARTS = (
    "fct_flights",
    "agg_delays_by_carrier_origin_day",
    "planes_history",
    "fct_orders",
    "fct_order_items",
    "dim_customers",
    "agg_revenue_by_state_day_channel",
)
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "DBT_SCHEMA": "dp_dev_aviation_curated",
    "DBT_STAGED_SCHEMA": "dp_dev_aviation_staged",
    "DBT_WORK_GROUP": "dp-dev-aviation",
    "DBT_S3_STAGING_DIR": "s3://results/",
    "DBT_S3_DATA_DIR": "s3://curated/dbt/",
}


@pytest.fixture(scope="module")
def parsed(tmp_path_factory):
    if not DBT.exists():
        pytest.fail("the dbt image's venv is missing: make setup")
    project = tmp_path_factory.mktemp("dbt") / "dbt"
    shutil.copytree(
        ROOT / "jobs" / "dbt", project, ignore=shutil.ignore_patterns("target", "logs", "sources")
    )
    write_dbt_sources(load_domains(ROOT / "domains"), project / "models" / "sources")
    command = [DBT, "parse", "--project-dir", project, "--profiles-dir", project, "--show-all-deprecations"]
    done = subprocess.run(
        [str(word) for word in command],
        env=ENVIRONMENT | {"HOME": str(project)},
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout, json.loads((project / "target" / "manifest.json").read_text())


def nodes(manifest, kind):
    return {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == kind}


def data_tests_of(manifest, name):
    return [
        test["name"]
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test"
        and any(one.endswith(f".{name}") for one in test["depends_on"]["nodes"])
    ]


def test_the_project_parses_without_an_account_and_without_warnings(parsed):
    assert "Warning" not in parsed[0]
    assert "Deprecat" not in parsed[0]


def test_no_relation_of_dbt_is_named_like_a_contract_table(parsed):
    _, manifest = parsed
    made = {*nodes(manifest, "model"), *nodes(manifest, "snapshot")}
    tables = {dataset.name for domain in load_domains(ROOT / "domains") for dataset in domain.datasets}
    assert made & tables == set()


@pytest.mark.parametrize("mart", MARTS)
def test_every_mart_has_tests(parsed, mart):
    assert len(data_tests_of(parsed[1], mart)) >= 2


def test_every_model_snapshot_and_column_is_described(parsed):
    _, manifest = parsed
    for node in (*nodes(manifest, "model").values(), *nodes(manifest, "snapshot").values()):
        assert node["description"], node["name"]
        assert node["columns"], node["name"]
        for column in node["columns"].values():
            assert column["description"], f"{node['name']}.{column['name']}"


def test_marts_are_iceberg(parsed):
    _, manifest = parsed
    for mart in MARTS:
        node = {**nodes(manifest, "model"), **nodes(manifest, "snapshot")}[mart]
        assert node["config"]["table_type"] == "iceberg"
        assert node["config"]["native_drop"] is True


def test_nothing_that_dbt_makes_has_a_column_that_tells_about_a_person(parsed):
    _, manifest = parsed
    personal = {
        column.name
        for domain in load_domains(ROOT / "domains")
        for dataset in domain.datasets
        for column in dataset.columns
        if column.pii
    }
    assert {"email", "phone", "date_of_birth", "address_line", "loyalty_card", "contact_email"} <= personal
    for kind in ("model", "snapshot"):
        for node in nodes(manifest, kind).values():
            if "retail" in node["path"]:
                words = set(re.findall(r"\w+", node["raw_code"])) | set(node["columns"])
                assert words & personal == set(), node["name"]


def test_every_source_of_the_domains_has_its_key_tested(parsed):
    _, manifest = parsed
    for domain in load_domains(ROOT / "domains"):
        for dataset in domain.datasets:
            assert any("unique_combination" in name for name in data_tests_of(manifest, dataset.name)), (
                dataset.name
            )


def test_every_failing_test_fails_the_run(parsed):
    _, manifest = parsed
    severities = {test["config"]["severity"].lower() for test in nodes(manifest, "test").values()}
    assert severities == {"error"}
