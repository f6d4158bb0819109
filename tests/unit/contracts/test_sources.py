"""A contract says where its rows come from, and what does not fit together is refused by field."""

from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from contract_files import Contracts
from sql_bench import NAMING

from data_platform.contracts.compile_plan import compile_plan
from data_platform.contracts.diff import Breaks, diff
from data_platform.contracts.errors import ContractError
from data_platform.contracts.model import Watermark
from data_platform.contracts.odcs import load_dataset, load_domains
from data_platform.contracts.sources import extraction

DOMAINS = {each.name: each for each in load_domains(Path(__file__).parents[3] / "domains")}
ORDERS = next(each for each in DOMAINS["retail"].datasets if each.name == "orders")
AIRLINES = next(each for each in DOMAINS["aviation"].datasets if each.name == "airlines")


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


def rewritten(contracts, source):
    """The contract of airlines with another source."""
    value = contracts.read("airlines")
    for item in value["customProperties"]:
        if item["property"] == "source":
            item["value"] = source
    return contracts.write("airlines", value)


def source_of(**more):
    return {"name": "shop", "format": "parquet", "delivery": "daily"} | more


TABLE = {"method": "extractor", "table": "public.airlines"}
WATERMARK = {"read": "watermark", "watermark": {"column": "changed_at", "overlapMinutes": 60}}


def test_files_are_delivered_unless_the_contract_says_otherwise():
    assert not AIRLINES.extracted
    assert "extract" not in compile_plan(AIRLINES, DOMAINS["aviation"], NAMING)


def test_a_table_of_a_database_is_read_by_its_watermark():
    assert ORDERS.extracted
    assert (ORDERS.source.table, ORDERS.source.read) == ("public.orders", "watermark")
    assert ORDERS.source.watermark == Watermark(column="changed_at", overlap_minutes=60)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (source_of(table="public.airlines"), "table belongs to a table of a database"),
        (source_of(method="extractor"), "method extractor reads a table, and none is named"),
        (source_of(**TABLE, format="csv"), "method extractor writes Parquet, not csv"),
        (source_of(**TABLE, read="watermark"), "needs to know the column that tells what is new"),
        (source_of(**TABLE, watermark=WATERMARK["watermark"]), "a watermark stands beside read: full"),
        (source_of(**TABLE, **WATERMARK), "loadMode snapshot takes a day for the whole state"),
        (source_of(**TABLE | {"method": "dms"}, **WATERMARK), "method dms knows no watermark"),
        (source_of(**TABLE, read="changes"), "method extractor reads tables and no log of changes"),
        (source_of(**TABLE | {"method": "dms"}, read="changes"), "promises one; write `delivery: onChange`"),
        (
            source_of(**TABLE | {"method": "dms"}, read="changes", watermark=WATERMARK["watermark"]),
            "a watermark stands beside read: changes",
        ),
        (source_of(**TABLE | {"table": "airlines"}), "table"),
        (source_of(**TABLE | {"method": "extracter"}), "extracter"),
        (source_of(**TABLE, wattermark=WATERMARK["watermark"]), "wattermark"),
    ],
)
def test_what_does_not_fit_together_is_refused_where_it_stands(contracts, source, message):
    with pytest.raises(ContractError, match=r"airlines\.odcs\.yaml:\d+: .*source") as refusal:
        load_dataset(rewritten(contracts, source))
    assert message in str(refusal.value)


def test_a_column_of_changes_cannot_be_one_of_the_contract(contracts):
    source = source_of(**TABLE | {"method": "dms", "delivery": "onChange"}, read="changes")
    value = yaml.safe_load(rewritten(contracts, source).read_text())
    value["schema"][0]["properties"][1]["name"] = "op"
    for item in value["customProperties"]:
        if item["property"] == "loadMode":
            item["value"] = "partition"
    with pytest.raises(ContractError, match="and op is taken"):
        load_dataset(contracts.write("airlines", value))


def test_dms_cannot_take_what_is_masked_at_landing(tmp_path):
    folder = tmp_path / "retail"
    folder.mkdir()
    text = Path(ORDERS.path).read_text()
    start = text.index("      method: extractor")
    end = text.index("  - property: loadMode")
    copy = folder / "orders.odcs.yaml"
    copy.write_text(f"{text[:start]}      method: dms\n      table: public.orders\n{text[end:]}")
    with pytest.raises(ContractError, match="method dms would land contact_email in clear"):
        load_dataset(copy)


def test_the_plan_tells_the_extractor_all_that_it_needs():
    plan = compile_plan(ORDERS, DOMAINS["retail"], NAMING)
    told = plan["extract"]
    assert plan["method"] == "extractor"
    assert told["contract"] == Path(ORDERS.path).read_text()
    assert {
        key: told[key] for key in ("source", "table", "read", "watermark", "raw_prefix", "token_key")
    } == {
        "source": "shop",
        "table": "public.orders",
        "read": "watermark",
        "watermark": {"column": "changed_at", "overlap_minutes": 60},
        "raw_prefix": "orders/source=shop/",
        "token_key": NAMING.token_key,
    }


def test_a_dataset_without_tokens_needs_no_token_key():
    items = next(each for each in DOMAINS["retail"].datasets if each.name == "order_items")
    assert extraction(items, NAMING)["token_key"] is None


def test_another_way_to_read_the_same_rows_loads_nothing_again():
    slower = replace(ORDERS, source=replace(ORDERS.source, read="full", watermark=None))
    hashes = {compile_plan(each, DOMAINS["retail"], NAMING)["plan_hash"] for each in (ORDERS, slower)}
    assert len(hashes) == 1


def test_delivered_files_are_no_extraction():
    with pytest.raises(ValueError, match="its files are delivered, nothing extracts them"):
        extraction(AIRLINES, NAMING)


def test_another_table_asks_the_producer_and_another_overlap_nobody():
    moved = replace(ORDERS, source=replace(ORDERS.source, table="public.orders_2"))
    longer = replace(
        ORDERS, source=replace(ORDERS.source, watermark=Watermark(column="changed_at", overlap_minutes=90))
    )
    assert [(one.field, one.breaks) for one in diff(ORDERS, moved)] == [("source", Breaks.PRODUCERS)]
    assert [(one.field, one.breaks) for one in diff(ORDERS, longer)] == [("source read", Breaks.NOBODY)]
