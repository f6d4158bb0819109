"""Which statements an erasure makes, and who it refuses to look for."""

from __future__ import annotations

import pytest
import sqlglot

from operations.erasure_targets import Target, contract_targets, person, raw_conditions
from operations.exit_codes import CommandFailed, ExitCode
from tests.unit.contracts.sql_bench import NAMING


@pytest.fixture(scope="module")
def targets():
    whose = person("retail.customers.customer_id=C00000001")
    return list(contract_targets(whose, NAMING))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("retail.customers.customer_id", "Write it as retail.customers.customer_id=123"),
        ("retail.customers.email=a@b", "Allowed: retail.customers.customer_id"),
        ("retail.orders.order_id=1", "is no subject of a contract"),
        ("retail.custmers.customer_id=1", "Did you mean customers"),
        ("aviation.flights.flight=1", "Allowed: none"),
    ],
)
def test_who_is_no_subject_of_a_contract_is_a_wrong_call(text, message):
    with pytest.raises(CommandFailed, match=message) as refused:
        person(text)
    assert refused.value.code is ExitCode.USAGE


def test_rows_that_lead_to_the_person_come_before_the_persons_own(targets):
    order = list(dict.fromkeys(one.dataset for one in targets))
    assert order[-1] == "customers"
    assert order.index("order_items") < order.index("orders")


def test_every_statement_is_athena_sql_about_one_person_only(targets):
    for target in targets:
        if target.action == "keep":
            with pytest.raises(ValueError, match="is kept"):
                _ = target.statement
            continue
        statement = sqlglot.parse_one(target.statement, read="athena")
        assert "'C00000001'" in statement.args["where"].sql("athena")


def test_an_identifier_is_text_and_nothing_else():
    whose = person("retail.customers.customer_id=x' OR '1'='1")
    (condition,) = set(raw_conditions(whose, NAMING).values())
    where = sqlglot.parse_one(f"SELECT 1 WHERE {condition}", read="athena").args["where"].this
    assert isinstance(where, sqlglot.exp.EQ)


def test_quarantined_values_go_with_the_columns_that_they_repeat(targets):
    emptied = {one.table.replace('"', ""): one.columns for one in targets if one.action == "empty values"}
    assert emptied["dp_dev_aviation_staged.orders_quarantine"] == ("contact_email", "_value")
    assert emptied["dp_dev_aviation_staged.orders"] == ("contact_email",)


def test_a_target_says_its_statement():
    target = Target(dataset="t", table='"d"."t"', action="delete rows", condition='"id" = 1')
    assert target.statement == 'DELETE FROM "d"."t" WHERE "id" = 1'
