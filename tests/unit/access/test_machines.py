"""What the machines of elevation are made of: limits, retries, the plan of the contracts, nothing to forge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_platform.access import (
    ElevationParts,
    access_plan,
    approvers,
    elevation_definition,
    grantable_tables,
    sweep_definition,
)
from data_platform.contracts.naming import Naming
from data_platform.contracts.odcs import load_domains
from data_platform.contracts.table_kinds import table_name, zone_of

NAMES = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
DOMAINS = {domain.name: domain for domain in load_domains(Path(__file__).parents[3] / "domains")}


@pytest.fixture(scope="module")
def parts():
    return ElevationParts(
        organisation="dp",
        domain="aviation",
        account=NAMES.account,
        table="dp-dev-aviation-access",
        index="open-by-end",
        plan=access_plan(DOMAINS["aviation"], NAMES),
        least_seconds=900,
        most_seconds=8 * 3600,
        approval_seconds=24 * 3600,
    )


@pytest.fixture(params=[elevation_definition, sweep_definition], ids=["elevation", "sweeper"])
def states(request, parts):
    definition = request.param(parts)
    inner = [
        state["ItemProcessor"]["States"]
        for state in definition["States"].values()
        if "ItemProcessor" in state
    ]
    return [definition["States"], *inner]


def test_every_task_ends_is_retried_and_is_caught(states):
    lacking = [
        name
        for group in states
        for name, state in group.items()
        if state["Type"] == "Task"
        and not (state.get("TimeoutSeconds") and state.get("Retry") and state.get("Catch"))
    ]
    assert lacking == []


def test_every_state_leads_somewhere_and_none_is_forgotten(states):
    for group in states:
        led = {
            target
            for state in group.values()
            for target in [
                state.get("Next"),
                state.get("Default"),
                *(choice["Next"] for choice in state.get("Choices", [])),
                *(caught["Next"] for caught in state.get("Catch", [])),
            ]
            if target
        }
        assert led <= group.keys()
        assert group.keys() - led == {next(iter(group))}


def test_the_definition_is_small_enough_for_step_functions(parts):
    assert len(json.dumps(elevation_definition(parts))) < 1_000_000
    assert len(json.dumps(parts.plan)) < 200_000  # it is carried as a variable


def test_the_token_leaves_the_records_in_no_message(parts):
    announced = json.dumps(elevation_definition(parts)["States"]["Announce"]["Arguments"])
    assert "$id" in announced
    assert "Token" not in announced


def test_what_will_be_granted_is_written_down_before_it_is_granted(parts):
    states = elevation_definition(parts)["States"]
    assert states["RecordApproval"]["Next"] == "Claim"
    assert states["Claim"]["Next"] == "Grant"
    assert ":open" in states["RecordApproval"]["Arguments"]["UpdateExpression"]
    assert ":entries" in states["RecordApproval"]["Arguments"]["UpdateExpression"]


def test_the_plan_names_what_each_role_of_a_contract_sees():
    plan = access_plan(DOMAINS["aviation"], NAMES)["flights"]
    assert [table["resource"] for table in plan["analyst"]["tables"]] == [
        {"Table": {"DatabaseName": "dp_dev_aviation_curated", "Name": "flights"}}
    ]
    assert {table["zone"] for table in plan["engineer"]["tables"]} == {"raw", "staged", "curated"}
    assert plan["engineer"]["approvers"] == ["operations.owner@example.com", "platform.owner@example.com"]


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=lambda domain: domain.name)
def test_a_role_gets_no_column_and_no_row_that_the_contract_hides_from_it(domain):
    names = Naming(organisation="dp", environment="dev", domain=domain.name, account="111111111111")
    plan = access_plan(domain, names)
    for dataset in domain.datasets:
        for grant in dataset.grants:
            confidential = {
                column.name
                for column in dataset.columns
                if (column.classification or "internal") not in grant.classifications
            }
            for table in plan[dataset.name][grant.role]["tables"]:
                ((kind, named),) = table["resource"].items()
                assert (kind == "DataCellsFilter") == (grant.row_filter is not None)
                if kind == "Table":
                    assert not confidential
                if kind == "TableWithColumns":
                    assert confidential <= set(named["ColumnWildcard"]["ExcludedColumnNames"])


@pytest.mark.parametrize("domain", DOMAINS.values(), ids=lambda domain: domain.name)
def test_the_machine_may_grant_every_table_of_the_plan_and_no_other(domain):
    names = Naming(organisation="dp", environment="dev", domain=domain.name, account="111111111111")
    planned = {
        (named["DatabaseName"], named.get("TableName") or named["Name"])
        for roles in access_plan(domain, names).values()
        for role in roles.values()
        for table in role["tables"]
        for named in table["resource"].values()
    }
    grantable = {
        (names.database(zone_of(kind)), table_name(dataset, kind))
        for kind, dataset in grantable_tables(domain)
    }
    assert planned == grantable


def test_every_role_of_every_contract_can_be_approved_by_somebody():
    for domain in DOMAINS.values():
        assert approvers(domain)
        plan = access_plan(domain, NAMES)
        assert all(role["approvers"] for roles in plan.values() for role in roles.values())


def test_one_call_of_lake_formation_holds_all_grants_of_a_request():
    most = max(
        len(role["tables"])
        for domain in DOMAINS.values()
        for roles in access_plan(domain, NAMES).values()
        for role in roles.values()
    )
    assert most <= 20  # entries that BatchGrantPermissions takes
