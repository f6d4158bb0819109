"""Both writers of raw give a column the type that its Hive table reads."""

from __future__ import annotations

import pyarrow as pa
import pytest

from data_platform.contracts.column_types import PLAIN_TYPES
from data_platform.contracts.types import hive_type
from jobs.raw.arrow_types import arrow_type, decimal_of


@pytest.mark.parametrize("name", [*PLAIN_TYPES, "timestamp with time zone", "decimal(38,9)"])
def test_a_column_is_the_same_in_raw_under_the_contracts_name_and_under_hives(name):
    assert arrow_type(name) == arrow_type(hive_type(name))


@pytest.mark.parametrize(
    ("name", "bits"), [("tinyint", 8), ("smallint", 16), ("int", 32), ("bigint", 64), ("float", 32)]
)
def test_a_number_is_as_wide_as_its_name_says(name, bits):
    assert arrow_type(name).bit_width == bits


def test_a_timestamp_keeps_microseconds_and_no_zone():
    assert arrow_type("timestamp") == pa.timestamp("us")


def test_a_decimal_keeps_all_its_digits():
    assert decimal_of("decimal(38,9)") == (38, 9)
    assert arrow_type("decimal(38,9)") == pa.decimal128(38, 9)


def test_a_nested_type_is_none_that_raw_holds():
    with pytest.raises(KeyError, match="array<int>"):
        arrow_type("array<int>")
