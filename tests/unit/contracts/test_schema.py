import re

import pytest
from contract_files import Contracts

from data_platform.contracts.errors import ContractError
from data_platform.contracts.odcs import load_dataset


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


def _refusal(path):
    with pytest.raises(ContractError) as refusal:
        load_dataset(path)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("classification: public", "clasification: public", "'clasification' is not known here; .*did you mean 'classification'?"),
        ("slaProperties:", "slaPropertys:", "'slaPropertys' is not known here; .*did you mean 'slaProperties'?"),
        ("status: active", "status: activ", "status: 'activ' is not allowed; allowed: proposed, draft, active, deprecated, retired; did you mean 'active'?"),
        ('version: "1.0.0"', "version: 1.0", 'version: 1.0 without quotes is a number; allowed: text; quote it: "1.0"'),
        ('version: "1.0.0"', 'version: "1.0"', "version: '1.0' is not allowed; allowed: a semantic version"),
        ("required: true", 'required: "true"', "required: 'true' is a text; allowed: true or false; remove the quotes"),
        ("required: true", "required: yes", "required: yes without quotes is true in YAML 1.1; write true"),
        ("logicalType: integer", "logicalType: int", "logicalType: 'int' is not allowed; allowed: string, integer"),
        ("apiVersion: v3.1.0", "apiVersion: v3.0.2", "apiVersion: 'v3.0.2' is not allowed; allowed: v3.1.0"),
        ("property: loadMode", "property: loadmode", "'loadmode' is not known here; .*did you mean 'loadMode'?"),
        ("value: partition", "value: partitions", "customProperties[loadMode].value: 'partitions' is not allowed"),
        ("delivery: daily", "delivery: dayly", "did you mean 'daily'?"),
        ("property: sourceType", "property: sourcetype", "did you mean 'sourceType'?"),
        ("value: month}", "value: monthly}", "identity, year, month, day, hour, bucket[N], truncate[W]"),
        ("role: analyst", "role: analist", "role: 'analist' is not allowed; allowed: analyst, engineer, steward"),
        ("metric: rowCount", "metric: rowCounts", "did you mean 'rowCount'?"),
        ("mustBeBetween: [500, 1200]", "mustBeBetwen: [500, 1200]", "mustBeBetwen"),
        ("mustBeBetween: [500, 1200]", "mustBe: 5\n        mustNotBe: 6", "has 2 of the comparisons; allowed: exactly one of mustBe"),
        ("{value: 20, unit: percent}", "{value: 20, unit: procent}", "did you mean 'percent'?"),
        ("minimum: 1, maximum: 12}", "minimun: 1, maximum: 12}", "'minimun' is not known here"),
        ("purpose:", "purpos:", "did you mean 'purpose'?"),
        ("tool: slack", "tol: slack", "did you mean 'tool'?"),
        ("name: flights\ndescription", "servers: []\nname: flights\ndescription", "servers: is refused on this platform; the environment decides"),
        ("physicalType: table", "physicalType: view", "allowed: table"),
        ("team:\n  name: aviation-operations\n", "team:\n", "'name' is missing"),
        ("kind: DataContract\n", "", "'kind' is missing; add `kind:`"),
        ("value: partition\n", "value:\n", "is not allowed"),
        ("property: timeOfAvailability", "property: latency", "'latency' is not allowed; allowed: retention, freshness"),
    ],
)  # fmt: skip
def test_a_wrong_key_or_value_is_named_with_line_and_mend(contracts, old, new, message):
    path = contracts.replace("flights", old, new)
    text = _refusal(path)
    assert re.search(".*".join(re.escape(part) for part in message.split(".*")), text), text
    assert all(re.match(rf"{re.escape(str(path))}:\d+: ", line) for line in text.splitlines()), text


def test_the_line_is_the_line_of_the_typo(contracts):
    path = contracts.replace("flights", "status: active", "status: activ")
    line = path.read_text().splitlines().index("status: activ") + 1
    assert f"{path}:{line}: status:" in _refusal(path)


def test_a_typo_is_reported_once(contracts):
    path = contracts.replace("flights", "classification: public", "clasification: public")
    assert len(_refusal(path).splitlines()) == 1


def test_a_custom_property_that_stands_twice_is_refused(contracts):
    path = contracts.replace(
        "flights",
        "  - property: objectLock\n",
        "  - property: loadMode\n    value: snapshot\n  - property: objectLock\n",
    )
    assert "'loadMode' stands here twice" in _refusal(path)


def test_custom_properties_of_the_dataset_belong_to_the_contract(contracts):
    value = contracts.read("planes")
    value["schema"][0]["customProperties"] = [{"property": "loadMode", "value": "snapshot"}]
    assert "write them at the top level" in _refusal(contracts.write("planes", value))


def test_two_datasets_in_one_contract_are_refused(contracts):
    value = contracts.read("planes")
    value["schema"].append(value["schema"][0])
    assert "schema: has too many items, at most 1; allowed: one dataset a contract" in _refusal(
        contracts.write("planes", value)
    )
