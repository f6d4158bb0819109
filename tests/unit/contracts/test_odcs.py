from pathlib import Path

import pytest
from contract_files import AVIATION, Contracts

from data_platform.contracts.errors import ContractError
from data_platform.contracts.model import CheckKind, Delivery, LoadMode, OnFailure, PartitionField, Severity
from data_platform.contracts.odcs import load_dataset, load_domain, load_domains


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


@pytest.fixture(scope="module")
def aviation():
    return load_domain(AVIATION)


def _check(domain, check_id):
    checks = [check for dataset in domain.datasets for check in dataset.checks]
    return next(check for check in checks if check.id == check_id)


def test_the_real_contracts_load_without_a_finding():
    assert [domain.name for domain in load_domains(AVIATION.parent)] == ["aviation", "retail"]


def test_a_referenced_dataset_comes_before_the_one_that_refers(aviation):
    assert [one.name for one in aviation.datasets] == ["airlines", "airports", "planes", "flights", "weather"]
    assert len(aviation.waves()) == 2


def test_the_primary_key_follows_its_positions_not_the_column_order(aviation):
    flights = aviation.datasets[3]
    assert flights.primary_key == ("year", "month", "day", "carrier", "flight", "origin", "sched_dep_time")


def test_a_contract_says_how_its_data_arrives_ages_and_is_promised(aviation):
    flights = aviation.datasets[3]
    assert (
        flights.load_mode,
        flights.source.delivery,
        flights.source.name,
    ) == (LoadMode.PARTITION, Delivery.DAILY, "nycflights13")
    assert (
        flights.retention.days,
        flights.retention.glacier_instant_after_days,
        flights.retention.glacier_flexible_after_days,
        flights.object_lock.days,
    ) == (7 * 365, 90, 365, 365)
    assert (flights.deadline, flights.freshness_seconds) == ("06:00", 86_400)
    assert (PartitionField(column="time_hour", transform="month"),) == flights.partition_spec


def test_a_required_column_implies_a_null_check_that_quarantines(aviation):
    check = _check(aviation, "aviation.airlines.name.null")
    assert (check.severity, check.on_failure, check.limit) == (Severity.ERROR, OnFailure.QUARANTINE, None)


def test_a_column_that_is_cast_implies_a_type_check(aviation):
    assert CheckKind.TYPE is _check(aviation, "aviation.flights.time_hour.type").kind


def test_bounds_imply_a_range_check(aviation):
    assert _check(aviation, "aviation.weather.wind_speed.range").parameters == {"minimum": 0, "maximum": 200}


def test_a_column_may_soften_the_rules_that_it_implies(aviation):
    assert Severity.WARNING is _check(aviation, "aviation.planes.speed.range").severity


def test_a_relationship_becomes_a_foreign_key_and_a_check_with_its_limit(aviation):
    check = _check(aviation, "aviation.flights.tailnum.referential")
    assert (check.parameters["dataset"], check.parameters["columns"]) == ("planes", ("tailnum",))
    assert (check.limit.operator, check.limit.value, check.limit.unit) == ("<=", 20, "percent")
    assert (check.severity, check.on_failure) == (Severity.WARNING, None)


def test_a_volume_check_can_only_stop_the_run(aviation):
    check = _check(aviation, "aviation.flights.volume")
    assert (
        check.on_failure,
        check.limit.operator,
        check.limit.value,
        check.limit.upper,
    ) == (OnFailure.STOP, "between", 500, 1200)


def test_check_ids_are_unique_over_the_domain(aviation):
    ids = [check.id for dataset in aviation.datasets for check in dataset.checks]
    assert len(ids) == len(set(ids))


def test_approvers_of_both_levels_are_listed(aviation):
    engineer = next(grant for grant in aviation.datasets[3].grants if grant.role == "engineer")
    assert engineer.approvers == ("operations.owner@example.com", "platform.owner@example.com")


def test_every_file_with_an_error_is_named_at_once(contracts):
    contracts.replace("airlines", "status: active", "status: activ")
    contracts.replace("planes", "status: active", "status: activ")
    with pytest.raises(ContractError) as refusal:
        load_domains(contracts.folder.parent)
    assert {"airlines.odcs.yaml", "planes.odcs.yaml"} == {
        Path(one.file).name for one in refusal.value.findings
    }


def test_a_reference_to_a_broken_contract_is_not_reported_as_well(contracts):
    contracts.replace("airlines", "status: active", "status: activ")
    with pytest.raises(ContractError) as refusal:
        load_domain(contracts.folder)
    assert [one.field for one in refusal.value.findings] == ["status"]


def test_one_contract_loads_without_its_neighbours(contracts):
    assert load_dataset(contracts.path("flights")).name == "flights"


def test_a_folder_without_contracts_is_refused(tmp_path):
    with pytest.raises(ContractError, match="holds no contract"):
        load_domain(tmp_path)


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(ContractError, match="is not a folder"):
        load_domains(tmp_path / "nowhere")


def test_a_contract_with_another_suffix_is_not_passed_over_in_silence(contracts):
    contracts.path("planes").rename(contracts.folder / "planes.yaml")
    with pytest.raises(ContractError, match=r"planes\.yaml:1: would be passed over"):
        load_domain(contracts.folder)


def test_a_cycle_of_foreign_keys_is_named_in_order(contracts):
    value = contracts.read("airlines")
    contracts.column(value, "carrier")["relationships"] = [{"to": "flights.carrier"}]
    contracts.write("airlines", value)
    flights = contracts.read("flights")
    contracts.column(flights, "carrier")["unique"] = True
    contracts.write("flights", flights)
    with pytest.raises(ContractError, match="in a circle: airlines -> flights -> airlines"):
        load_domain(contracts.folder)


def test_a_dataset_may_refer_to_itself(contracts):
    value = contracts.read("airports")
    contracts.column(value, "faa")["relationships"] = [{"to": "airports.faa"}]
    contracts.write("airports", value)
    assert len(load_domain(contracts.folder).datasets) == 5


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("airlnes.carrier", r"there is no dataset 'airlnes' in the domain; .*did you mean 'airlines'\?"),
        ("airlines.carier", r"airlines has no column 'carier'; .*did you mean 'carrier'\?"),
        ("planes.seats", "carrier is string, planes.seats is int"),
        ("airlines.name", "name does not tell the rows of airlines apart"),
    ],
)
def test_a_foreign_key_leads_to_a_key_of_the_same_type(contracts, to, message):
    contracts.replace("flights", "to: airlines.carrier", f"to: {to}")
    with pytest.raises(ContractError, match=message):
        load_domain(contracts.folder)


def test_two_contracts_with_one_id_are_refused(contracts):
    contracts.replace("planes", "6f1f6f2a7c03", "6f1f6f2a7c02")
    with pytest.raises(ContractError, match="is also the id of"):
        load_domain(contracts.folder)
