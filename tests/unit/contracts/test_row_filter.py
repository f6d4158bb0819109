"""Row filters: what Lake Formation takes is kept, anything else is refused with place and mend."""

from __future__ import annotations

import pytest
from contract_files import Contracts
from hypothesis import given
from hypothesis import strategies as st

from data_platform.contracts.errors import ContractError
from data_platform.contracts.model import Column
from data_platform.contracts.odcs import load_dataset
from data_platform.contracts.row_filter import RowFilterError, checked_row_filter
from local.services.lakeformation import row_filter as embedded

TYPES = {
    "state": "string", "views": "bigint", "age": "int", "price": "decimal(10,2)", "score": "double",
    "active": "boolean", "born": "date", "seen": "timestamp", "value": "string",
}  # fmt: skip
COLUMNS = [
    Column(name=name, logical_type="string", physical_type=kind, source_type=kind, description=name)
    for name, kind in TYPES.items()
]
HIVE = embedded.Columns(types=TYPES)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("state = 'VIC'", "state = 'VIC'"),
        ("state in('VIC','TAS')", "state IN ('VIC', 'TAS')"),
        ("state NOT IN ('VIC')", "state NOT IN ('VIC')"),
        ("state like '%I_'", "state LIKE '%I_'"),
        ("state = 'it''s AND (not)'", "state = 'it''s AND (not)'"),
        ("age between 18 and 65 and not active = true", "age BETWEEN 18 AND 65 AND NOT active = true"),
        ("(age >= -1 or score < 1.5e3) and price <> 10", "(age >= -1 OR score < 1.5e3) AND price <> 10"),
        ("state IS NOT NULL\n  OR views IS NULL", "state IS NOT NULL OR views IS NULL"),
        ("active != FALSE", "active != false"),
        ("\"value\" = 'x'", "\"value\" = 'x'"),
        ("views = 9223372036854775807", "views = 9223372036854775807"),
    ],
)
def test_a_filter_is_kept_in_one_form(written, kept):
    assert checked_row_filter(written, COLUMNS) == kept
    assert checked_row_filter(kept, COLUMNS) == kept


@pytest.mark.parametrize(
    ("written", "what", "mend"),
    [
        ("stat = 'VIC'", "at character 1: there is no column 'stat'", "did you mean 'state'?"),
        ("State = 'VIC'", "there is no column 'State'", "did you mean 'state'?"),
        ("state = VIC", "VIC is no constant", "write 'VIC'"),
        ("state = 'VIC", "at character 9: \"'VIC\" is not understood", "close the quote with '"),
        ("state = 3", "3 is no text, as state is", "write '3'"),
        ("age = '3'", "'3' is no whole number, as age is", ""),
        ("age = 3.5", "3.5 is no whole number", ""),
        ("age = 2147483648", "outside what a int can hold", ""),
        ("price = true", "true is no number", ""),
        ("state = NULL", "nothing equals NULL", "write state IS NULL"),
        ("upper(state) = 'VIC'", "'upper' is a word of PartiQL", ""),
        ("substr(state) = 'VIC'", "substr is a function; Lake Formation calls none", ""),
        ("state = upper", "'upper' is a word of PartiQL", ""),
        ("state = value", "'value' is a word of PartiQL", 'if it is a column, write "value" in double quotes'),
        ("views = age", "age is no constant; columns are compared with constants only", ""),
        ("'VIC' = state", "'VIC' is no column", "write the column first, then the value"),
        ("1 = 1", "1 is no column", "write the column first, then the value"),
        ("TRUE", "true is no column", ""),
        ("active", "the end follows the column active", "write active = true"),
        ("born > '2000-01-01'", "born is a date, by which Lake Formation filters no rows", ""),
        ("seen IS NULL", "seen is a timestamp", ""),
        ("age LIKE '1%'", "LIKE needs text, age is a int", ""),
        ("state = 'a' state = 'b'", "'state' follows a condition", ""),
        ("state = 'a'; DROP TABLE x", "is not understood", ""),
        ("state = 'a' -- all", "at character 13: '-- all' is not understood", ""),
        ("state = 'a' OR (age = 1", "the end stands where ) must", "write )"),
        ("state IN ()", ") stands where a value must", ""),
        ("state IN (SELECT 1)", "'SELECT' is a word of PartiQL", ""),
        ("state IN ('a',)", ") stands where a value must", ""),
        ("age BETWEEN 1 OR 2", "OR stands where AND must", "write AND"),
        ("state IS 'a'", "'a' stands where NULL must", "write NULL"),
        ("state NOT 'a'", "'a' follows the column state", ""),
        ("state || 'a' = 'b'", "at character 7: ", ""),
        ("", "the end is no column", ""),
        ("(" * 30 + "age = 1" + ")" * 30, "nested too deeply", ""),
        ("NOT " * 400 + "age = 1", "nested too deeply", ""),
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_its_place_and_mend(written, what, mend):
    with pytest.raises(RowFilterError) as refusal:
        checked_row_filter(written, COLUMNS)
    assert what in refusal.value.what
    assert mend in refusal.value.mend


def test_a_column_by_which_rows_are_partitioned_is_never_asked_for_null():
    with pytest.raises(RowFilterError, match="by which rows are partitioned"):
        checked_row_filter("state IS NULL", COLUMNS, ["state"])


def test_a_filter_that_grows_too_long_is_refused():
    with pytest.raises(RowFilterError, match="characters with one space"):
        checked_row_filter("age=1 or " * 200 + "age=1", COLUMNS)


WORDS = st.sampled_from(
    [*TYPES, "AND", "OR", "NOT", "IN", "BETWEEN", "LIKE", "IS", "NULL", "TRUE", "false", "(", ")", ",", "=", "<>", "!=", "<", "<=",
     ">", ">=", "'VIC'", "''", "'o''x'", '"value"', "1", "-2", "1.5", "1e400", "99999999999999999999", ";", "--", "*", "'", '"', "select"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(WORDS, max_size=14).map(" ".join)))
def test_whatever_is_written_is_kept_or_refused(text):
    try:
        kept = checked_row_filter(text, COLUMNS)
    except RowFilterError:
        return
    assert checked_row_filter(kept, COLUMNS) == kept


@st.composite
def conditions(draw, depth=0):
    if depth < 3 and draw(st.booleans()):
        left, right = draw(conditions(depth + 1)), draw(conditions(depth + 1))
        joined = f"({left}) {draw(st.sampled_from(['AND', 'or']))} {right}"
        return f"NOT ({joined})" if draw(st.booleans()) else joined
    letters = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=8)
    values = {
        "state": letters.map(lambda text: "'" + text.replace("'", "''") + "'"),
        "age": st.integers(-(2**31), 2**31 - 1).map(str),
        "price": st.decimals(-999, 999, places=2).map(str),
        "active": st.sampled_from(["true", "FALSE"]),
    }
    name = draw(st.sampled_from(sorted(values)))
    value = values[name]
    first, second = draw(value), draw(value)
    form = draw(st.sampled_from(["=", "<>", "<=", "IN", "BETWEEN", "IS NULL", "is not null"]))
    if form == "IN":
        return f"{name} {form} ({first}, {second})"
    if form == "BETWEEN":
        return f"{name} NOT {form} {first} AND {second}"
    return f"{name} {form}" if "null" in form.lower() else f"{name} {form} {first}"


@given(conditions())
def test_what_is_kept_is_what_lake_formation_takes(text):
    kept = checked_row_filter(text, COLUMNS)

    assert embedded.check(kept, HIVE).sql() == embedded.check(text, HIVE).sql()


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


def _role(contracts, **properties):
    written = "".join(f"\n      - {{property: {name}, value: {value}}}" for name, value in properties.items())
    return contracts.replace("airlines", "\n      - {property: zones, value: [curated]}", written)


def _refusal(path):
    with pytest.raises(ContractError) as refusal:
        load_dataset(path)
    return str(refusal.value)


def test_a_contract_says_which_classes_and_rows_a_role_sees(contracts):
    path = _role(
        contracts, zones="[curated]", classifications="[internal, public]", rowFilter="\"carrier='UA'\""
    )
    (analyst, *_) = load_dataset(path).grants

    assert analyst.classifications == ("public", "internal")
    assert analyst.row_filter == "carrier = 'UA'"


def test_a_bad_filter_is_refused_where_it_stands(contracts):
    text = _refusal(_role(contracts, zones="[curated]", rowFilter="\"carier = 'UA'\""))

    assert "airlines.odcs.yaml:29: roles[analyst].customProperties[rowFilter].value: at character 1:" in text
    assert "there is no column 'carier'; allowed: carrier, name; did you mean 'carrier'?" in text


def test_raw_files_cannot_be_filtered(contracts):
    text = _refusal(_role(contracts, zones="[raw, curated]", rowFilter="\"carrier = 'UA'\""))

    assert "raw files have no types yet" in text


def test_an_unknown_class_of_a_role_is_refused(contracts):
    text = _refusal(_role(contracts, zones="[curated]", classifications="[publik]"))

    assert (
        "'publik' is not allowed; allowed: public, internal, confidential, restricted; did you mean 'public'?"
        in text
    )


def test_an_unknown_class_of_a_column_is_refused(contracts):
    text = _refusal(contracts.replace("airlines", "classification: public", "classification: confidental"))

    assert "did you mean 'confidential'?" in text


def test_a_column_without_a_class_is_internal(contracts):
    path = contracts.replace("airlines", "        classification: public\n", "")

    assert load_dataset(path).columns[0].classification == "internal"


def test_the_data_subject_is_a_column_of_the_dataset(contracts):
    subject = "customProperties:\n  - {{property: subject, value: {0}}}\n  - property: source"
    place = "customProperties:\n  - property: source"

    assert load_dataset(contracts.replace("airlines", place, subject.format("carrier"))).subject == "carrier"
    text = _refusal(contracts.replace("airlines", "value: carrier}", "value: carriers}"))
    assert "there is no column 'carriers'; allowed: carrier, name; did you mean 'carrier'?" in text
