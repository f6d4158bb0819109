"""What each role sees of the same tables, on the deployed platform: contracts decide, Athena and S3 hold to it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from operations.laptop import sight

pytestmark = pytest.mark.local
ROLES = ("analyst", "engineer", "steward")
OPEN = {
    "customer_id", "suburb", "state", "postcode", "loyalty_tier", "marketing_consent", "created_at", "_ingest_date",
    "name_masked", "phone_masked", "date_of_birth_masked", "address_line_masked", "loyalty_card_masked",
}  # fmt: skip
CONFIDENTIAL = {"name", "email", "phone"}
RESTRICTED = {"date_of_birth", "address_line", "loyalty_card"}


def customers(retail):
    return f'"{retail.names.database("curated")}"."customers"'


def columns(retail, role):
    return set(retail.answer(f"SELECT * FROM {customers(retail)} LIMIT 1", retail.as_role(role))[0])


def test_each_role_has_the_columns_of_its_classifications(retail):
    assert columns(retail, "analyst") == OPEN
    assert columns(retail, "engineer") == OPEN | CONFIDENTIAL
    assert columns(retail, "steward") == OPEN | CONFIDENTIAL | RESTRICTED


@pytest.mark.parametrize("table", ["customers", "orders"])
def test_analysts_count_the_rows_of_their_states_only(retail, table):
    relation = f'"{retail.names.database("curated")}"."{table}"'
    everything = f"SELECT state, count(*) FROM {relation} GROUP BY state ORDER BY state"
    seen = retail.query(everything, retail.as_role("analyst"))
    whole = retail.query(everything, retail.as_role("steward"))
    assert {state for state, _ in seen} == {"TAS", "VIC"}
    assert len(whole) == 8
    assert seen == [row for row in whole if row[0] in ("TAS", "VIC")]
    assert retail.query(everything, retail.as_role("engineer")) == whole


@pytest.mark.parametrize(
    ("role", "hidden"), [("analyst", "name"), ("analyst", "date_of_birth"), ("engineer", "date_of_birth")]
)
def test_a_hidden_column_does_not_exist(retail, role, hidden):
    with pytest.raises(RuntimeError, match="COLUMN_NOT_FOUND"):
        retail.query(f"SELECT {hidden} FROM {customers(retail)}", retail.as_role(role))


def test_masked_columns_show_what_their_method_leaves(retail):
    names = "name, name_masked, phone, phone_masked, date_of_birth, date_of_birth_masked, address_line_masked"
    rows = retail.query(
        f"SELECT {names}, loyalty_card, loyalty_card_masked FROM {customers(retail)} LIMIT 200",
        retail.as_role("steward"),
    )
    for name, masked_name, phone, masked_phone, born, masked_born, address, card, masked_card in rows:
        assert name not in masked_name
        if phone is None:
            assert masked_phone is None
        else:
            assert (masked_phone[-4:], set(masked_phone[:-4])) == (phone[-4:], {"*"})
        assert masked_born == f"{born[:4]}-01-01"
        assert address is None
        assert (card is None) == (masked_card is None)
        assert card is None or card not in masked_card


@pytest.mark.parametrize("zone", ["raw", "staged"])
def test_analysts_find_nothing_before_curated(retail, zone):
    with pytest.raises(RuntimeError, match=r"(?i)permission|not authorized|does not exist"):
        retail.query(
            f'SELECT count(*) FROM "{retail.names.database(zone)}"."customers"', retail.as_role("analyst")
        )


@pytest.mark.parametrize("mart", ["fct_orders", "dim_customers", "agg_revenue_by_state_day_channel"])
def test_what_is_derived_from_personal_data_is_the_stewards_until_a_contract_says_otherwise(retail, mart):
    question = f'SELECT count(*) FROM "{retail.names.database("curated")}"."{mart}"'
    assert int(retail.query(question, retail.as_role("steward"))[0][0]) > 0
    for role in ("analyst", "engineer"):
        with pytest.raises(RuntimeError, match=r"(?i)permission|not authorized|does not exist"):
            retail.query(question, retail.as_role(role))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("zone", ["raw", "staged", "curated"])
def test_no_role_reads_a_file_behind_the_tables(retail, role, zone):
    bucket = retail.names.bucket(zone)
    listed = retail.client("s3").list_objects_v2(Bucket=bucket, Prefix="customers/")["Contents"]
    key = next(entry["Key"] for entry in listed if entry["Key"].endswith(".parquet"))
    s3 = retail.client("s3", retail.as_role(role))

    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=bucket, Key=key)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_objects_v2(Bucket=bucket)


@pytest.mark.parametrize("dataset", ["customers", "orders"])
def test_make_local_shows_the_roles_side_by_side(retail, dataset):
    seen = sight.look(retail.connection, retail.names, retail.domain_dataset(dataset))
    assert [one.role for one in seen] == list(ROLES)
    assert seen[0].rows < seen[1].rows == seen[2].rows
    assert set(seen[0].sample) < set(seen[1].sample) <= set(seen[2].sample)
    assert seen[0].hidden.startswith("COLUMN_NOT_FOUND")
    assert {one.file for one in seen} == {"AccessDenied"}
