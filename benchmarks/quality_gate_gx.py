"""The peer's side of the quality gate benchmark: the same checks as Great Expectations expectations over pandas.

A whole process, run in a venv of its own that holds great_expectations.
"""

from __future__ import annotations

import datetime as dt
import json
import sys

import great_expectations as gx
import pandas as pd

COLUMNS = ["order_id", "customer_id", "amount", "status", "email", "updated_at"]


def main(path: str, rows: int) -> None:
    """Validate the file and print the verdict of each expectation."""
    frame = pd.read_parquet(path, columns=COLUMNS)
    context = gx.get_context(mode="ephemeral")
    source = context.data_sources.add_pandas("bench")
    whole = source.add_dataframe_asset("orders").add_batch_definition_whole_dataframe("day")
    expect = gx.expectations
    suite = context.suites.add(
        gx.ExpectationSuite(
            name="orders",
            expectations=[
                expect.ExpectColumnValuesToNotBeNull(column="order_id"),
                expect.ExpectColumnValuesToNotBeNull(column="customer_id", mostly=0.99),
                expect.ExpectColumnValuesToBeUnique(column="order_id"),
                expect.ExpectColumnValuesToBeBetween(column="amount", min_value=0, max_value=100000),
                expect.ExpectColumnValuesToBeInSet(
                    column="status", value_set=["NEW", "PAID", "SENT", "DONE"]
                ),
                expect.ExpectColumnValuesToMatchRegex(column="email", regex="^[a-z0-9]+@[a-z]+[.]com$"),
                expect.ExpectColumnValueLengthsToBeBetween(column="email", min_value=5, max_value=40),
                expect.ExpectColumnMeanToBeBetween(column="amount", min_value=100, max_value=900),
                expect.ExpectColumnMaxToBeBetween(column="updated_at", min_value=dt.datetime(2026, 1, 1)),  # noqa: DTZ001
                expect.ExpectTableRowCountToBeBetween(min_value=rows, max_value=rows),
            ],
        )
    )
    # The cheapest format: counts only, no list of the offending values.
    found = whole.get_batch({"dataframe": frame}).validate(suite, result_format="BOOLEAN_ONLY")
    print(json.dumps([[one.expectation_config.type, bool(one.success)] for one in found.results]))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
