"""Masking in Redshift: statements that its grammar takes, masked for everybody whom the contract does not name."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlglot
from sql_bench import NAMING, column, dataset

from data_platform.contracts.masking_redshift import redshift_masking
from data_platform.contracts.model import Grant, Masking


def _dataset(method, physical="string"):
    masked = column(
        "value",
        physical,
        masking=Masking(method=method, when="query"),
        masked_name="value_masked",
        classification="confidential",
    )
    grants = tuple(
        Grant(role=role, access="read", zones=("curated",), approvers=(), classifications=seen)
        for role, seen in (("analyst", ("public", "internal")), ("steward", ("internal", "confidential")))
    )
    return replace(dataset(column("id", "int"), masked), grants=grants)


def _policies(statements):
    return {
        one.split()[3]: one.partition("USING (")[2][:-1] for one in statements if one.startswith("CREATE")
    }


def test_everybody_gets_the_mask_and_only_who_may_see_the_classification_gets_the_value():
    statements = redshift_masking(_dataset("last4"), NAMING)
    attached = [one for one in statements if one.startswith("ATTACH")]

    assert [one.split(" TO ")[1] for one in attached] == [
        "PUBLIC PRIORITY 10",
        'ROLE "dp-dev-aviation-steward" PRIORITY 20',
    ]
    assert _policies(statements)["dp_dev_aviation_things_value_plain"] == "v"


@pytest.mark.parametrize(
    ("method", "physical"),
    [
        ("hash", "string"),
        ("redact", "string"),
        ("last4", "string"),
        ("truncate-date", "date"),
        ("truncate-date", "timestamp"),
        ("null", "decimal(10,2)"),
    ],
)
def test_every_expression_is_redshift_sql(method, physical):
    for expression in _policies(redshift_masking(_dataset(method, physical), NAMING)).values():
        assert sqlglot.parse_one(f"SELECT {expression} FROM t", read="redshift")


def test_a_value_that_cannot_keep_its_type_is_null():
    policies = _policies(redshift_masking(_dataset("hash", "bigint"), NAMING))
    assert policies["dp_dev_aviation_things_value_masked"] == "NULL::bigint"


def test_a_dataset_that_masks_nothing_when_queried_needs_no_policy():
    assert redshift_masking(dataset(column("id", "int")), NAMING) == ()
