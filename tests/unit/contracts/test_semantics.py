import pytest
from contract_files import Contracts

from data_platform.contracts.errors import ContractError
from data_platform.contracts.odcs import load_dataset, load_domain


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


def _refusal(path):
    with pytest.raises(ContractError) as refusal:
        load_dataset(path)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("dataset", "old", "new", "message"),
    [
        ("flights", "value: {days: 365}", "value: {days: 3650}", "locks for 3650 days what retention deletes after 2555"),
        ("flights", "glacierFlexibleAfterDays: 365", "glacierFlexibleAfterDays: 100", "glacierInstantAfterDays at day 90 leaves 10 days"),
        ("flights", "glacierFlexibleAfterDays: 365", "glacierFlexibleAfterDays: 60", "90 days or more in each Glacier class"),
        ("flights", "glacierFlexibleAfterDays: 365", "glacierFlexibleAfterDays: 2500", "leaves 55 days until the end"),
        ("flights", "physicalType: int\n", "physicalType: integer\n", "'integer' is not a column type; allowed: boolean, int, bigint"),
        ("flights", "physicalType: int\n", "physicalType: varchar(2)\n", "'varchar(2)' is not a column type"),
        ("flights", "physicalType: int\n", "physicalType: binary\n", "write string: bytes are kept as hexadecimal digits"),
        ("flights", "physicalType: int\n", "physicalType: string\n", "string holds no integer; allowed: int, bigint"),
        ("flights", "property: sourceType, value: string", "property: sourceType, value: boolean", "a boolean cannot become a timestamp"),
        ("flights", "property: sourceType, value: string", "property: sourceType, value: text", "'text' is not a column type"),
        ("flights", 'value: "06:00"', 'value: "6 am"', "'6 am' is no time of day; allowed: HH:MM in quotes"),
        ("flights", 'value: "06:00"', 'value: "24:00"', "'24:00' is no time of day"),
        ("flights", 'value: "06:00"', "value: 600", "600 is no time of day"),
        ("flights", "unit: Australia/Melbourne", "unit: UTC", "'UTC' is not the schedule's time zone"),
        ("flights", "unit: years", "unit: yeras", "unit 'yeras' is not known; allowed: s, second"),
        ("flights", "value: 7\n", "value: -7\n", "-7 is no duration"),
        ("flights", "element: flights.time_hour", "element: flights.carrier", "'flights.carrier' tells no time; allowed: flights.time_hour"),
        ("flights", "primaryKeyPosition: 7", "primaryKeyPosition: 6", "primaryKeyPosition is 6; allowed: 1 to 7, each once"),
        ("flights", "        partitioned: true\n", "", "has partitionTransform 'month' but is not partitioned"),
        ("flights", "domain: aviation\n", "domain: avation\n", "'avation' is not the folder 'aviation'"),
        ("flights", "- name: flights\n", "- name: flight\n", "'flight' is not the file name 'flights'"),
        ("flights", "name: flights\ndescription", "name: Flights\ndescription", "'Flights' is not the dataset's name"),
        ("flights", "- name: air_time", "- name: _run_id", "'_run_id' is reserved"),
        ("flights", "- name: air_time", "- name: ingest_date", "'ingest_date' is reserved"),
        ("flights", "- name: air_time", "- name: airTime", "'airTime' is not a legal name"),
        ("flights", "- name: air_time", f"- name: {'a' * 129}", "at most 128 characters"),
        ("flights", "- name: air_time", "- name: distance", "column 'distance' stands twice, first on line"),
        ("flights", "- name: air_time", "- name: air_time\n        physicalName: airtime", "'airtime' is not the name 'air_time'"),
        ("flights", "- role: engineer", "- role: analyst", "role 'analyst' stands twice"),
        ("flights", 'pattern: "^[0-9A-Z]{3}$"', 'pattern: "[0-9A-Z]{3}"', "would match a part of a value"),
        ("flights", 'pattern: "^[0-9A-Z]{3}$"', 'pattern: "^[0-9A-Z{3}$"', "is no regular expression"),
        ("flights", "{minimum: 1, maximum: 12}", "{minimum: 12, maximum: 1}", "maximum 1 is below minimum 12"),
        ("flights", "mustBeBetween: [500, 1200]", "mustBeBetween: [1200, 500]", "write the smaller number first"),
        ("flights", "mustBeLessThan: 60", "mustBeLessThan: 160", "160 percent cannot be a number of offenders"),
        ("flights", "SELECT count(*) FROM {object} WHERE s", "DELETE FROM {object} WHERE s", "is not one SELECT"),
        ("flights", "SELECT count(*) FROM {object} WHERE s", "SELECT count(*) FROM flights WHERE s", "reads no rows of the dataset"),
        ("flights", "- name: schedule_is_one_time\n        description", "- description", "has no name"),
        ("flights", 'validValues: ["EWR", "JFK", "LGA"]', "validValues: [1, 2]", "1 is no string; allowed: text in quotes"),
        ("flights", "to: airlines.carrier", "to: schema/airlines/properties/carrier", "is not understood; allowed: <dataset>.<column>"),
        ("weather", "arguments: {properties: [origin, year, month, day, hour]}", "arguments: {properties: [origin, yaer]}", "there is no column 'yaer'; did you mean 'year'?"),
        ("weather", "statistic: mean", "statistic: median", "allowed: mean, stddev, null_percent, distinct"),
        ("planes", "{property: severity, value: warning}", "{property: severity, value: {pattern: warning}}", "severity is set for pattern rules, but the column's fields imply none; allowed: range"),
        ("planes", "{property: severity, value: warning}", "{property: severity, value: {rnage: warning}}", "did you mean 'range'?"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_its_mend(contracts, dataset, old, new, message):
    text = _refusal(contracts.replace(dataset, old, new))
    assert message in text, text


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ([{"property": "pii", "value": True}], "is pii and its classification is public"),
        ([{"property": "pii", "value": True}], "is pii but has no masking"),
        (
            [{"property": "masking", "value": {"method": "hash", "when": "landing"}}],
            "hash does not fit int at landing",
        ),
        (
            [{"property": "masking", "value": {"method": "truncate-date", "when": "query"}}],
            "truncate-date does not fit int",
        ),
        ([{"property": "masking", "value": {"method": "sha", "when": "landing"}}], "'sha' is not allowed"),
        ([{"property": "masking", "value": {"method": None, "when": "landing"}}], 'quote it: "null"'),
    ],
)
def test_private_columns_are_classified_and_masked(contracts, extra, message):
    value = contracts.read("planes")
    contracts.column(value, "seats")["customProperties"] = extra
    assert message in _refusal(contracts.write("planes", value))


def test_a_classified_and_masked_private_column_loads(contracts):
    value = contracts.read("planes")
    model = contracts.column(value, "model")
    model["classification"] = "confidential"
    model["customProperties"] = [
        {"property": "pii", "value": True},
        {"property": "masking", "value": {"method": "tokenize", "when": "landing"}},
    ]
    column = load_dataset(contracts.write("planes", value)).column("model")
    assert (column.pii, column.masking.method, column.masking.when) == (True, "tokenize", "landing")


@pytest.mark.parametrize(
    ("column", "transform", "fits"),
    [
        ("seats", "bucket[16]", True),
        ("model", "truncate[4]", True),
        ("model", "identity", True),
        ("model", "month", False),
        ("seats", "hour", False),
    ],
)
def test_a_partition_transform_fits_the_type_of_its_column(contracts, column, transform, fits):
    value = contracts.read("planes")
    contracts.column(value, column).update(
        partitioned=True,
        partitionKeyPosition=1,
        customProperties=[{"property": "partitionTransform", "value": transform}],
    )
    path = contracts.write("planes", value)
    if fits:
        assert transform == load_dataset(path).partition_spec[0].transform
    else:
        assert f"{transform} does not fit a" in _refusal(path)


def test_a_contract_without_a_key_is_refused(contracts):
    value = contracts.read("airlines")
    for key in ("primaryKey", "primaryKeyPosition"):
        del contracts.column(value, "carrier")[key]
    assert "no column is the primary key" in _refusal(contracts.write("airlines", value))


def test_a_key_column_is_required(contracts):
    value = contracts.read("airlines")
    del contracts.column(value, "carrier")["required"]
    assert "is part of the primary key but not required" in _refusal(contracts.write("airlines", value))


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"metric": "nullValues", "mustBe": 0}, "two rules have the id 'aviation.planes.type.null'"),
        ({"metric": "rowCount", "mustBe": 1}, "belongs to the dataset"),
        ({"mustBe": 1}, "says neither metric nor type"),
        ({"metric": "invalidValues", "mustBe": 0}, "needs one argument"),
        ({"metric": "nullValues", "name": "n", "mustBe": "none"}, "'none' is not a number"),
        ({"metric": "nullValues", "name": "n", "mustBeLessThan": 5}, "has no use for a limit"),
        (
            {"metric": "nullValues", "name": "n", "mustBe": 0, "arguments": {"validValues": ["a"]}},
            "'validValues' means nothing to nullValues",
        ),
        (
            {
                "metric": "nullValues",
                "name": "n",
                "mustBe": 0,
                "severity": "warning",
                "customProperties": [{"property": "onFailure", "value": "stop"}],
            },
            "which only measures",
        ),
    ],
)
def test_a_quality_rule_that_cannot_be_checked_is_refused(contracts, rule, message):
    value = contracts.read("planes")
    contracts.column(value, "type")["quality"].append(rule)
    text = _refusal(contracts.write("planes", value))
    assert message in text, text


def test_a_rule_for_people_is_no_check(contracts):
    value = contracts.read("planes")
    contracts.column(value, "type")["quality"].append(
        {"type": "text", "description": "Spelt as the FAA does."}
    )
    before = load_domain(contracts.folder).datasets[2].checks
    assert len(before) == len(load_dataset(contracts.write("planes", value)).checks)


def test_a_pii_column_says_its_classification_itself(contracts):
    pii = "        customProperties:\n          - {property: pii, value: true}\n"
    text = _refusal(contracts.replace("airlines", "        classification: public\n", pii))

    assert "is pii and its classification is missing; allowed: confidential, restricted" in text


def test_the_masked_column_has_a_name_of_its_own(contracts):
    masked = (
        "classification: confidential\n        encryptedName: {0}\n        customProperties:\n"
        "          - {{property: masking, value: {{method: hash, when: {1}}}}}"
    )
    plain = "classification: public\n        logicalTypeOptions: {minLength: 3"

    def written(name, when):
        other = masked.format(name, when) + "\n        logicalTypeOptions: {minLength: 3"
        return contracts.replace("airlines", plain, other)

    path = written("shown_name", "query")
    assert load_dataset(path).columns[1].masked_name == "shown_name"
    path.write_text(path.read_text().replace("shown_name", "carrier"))
    assert "its masked column 'carrier' has the name of another column" in _refusal(path)
    path.write_text(
        path.read_text()
        .replace("encryptedName: carrier", "encryptedName: shown_name")
        .replace("query", "landing")
    )
    assert "names the masked column of one that is not masked when it is queried" in _refusal(path)
