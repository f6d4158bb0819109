"""Which datasets roles see differently follows from the contracts, and the table says what each got."""

from __future__ import annotations

from dataclasses import replace

import pytest

from operations.laptop import report
from operations.laptop.sight import Sight, seen_differently
from operations.page import Page
from operations.scope import domains

RETAIL = next(domain for domain in domains() if domain.name == "retail")


def test_a_dataset_that_every_role_sees_alike_is_not_shown():
    assert [dataset.name for dataset in seen_differently(RETAIL)] == ["customers", "orders"]


def test_a_row_filter_alone_makes_a_difference():
    items = next(dataset for dataset in RETAIL.datasets if dataset.name == "order_items")
    first, *others = items.grants
    filtered = replace(items, grants=(replace(first, row_filter="quantity > 0"), *others))
    assert seen_differently(replace(RETAIL, datasets=(filtered,))) == [filtered]


@pytest.mark.parametrize(("file", "refused"), [("AccessDenied", True), ("read", False), ("NoSuchKey", False)])
def test_only_a_refusal_counts_as_refused(file, refused):
    assert Sight(role="analyst", rows=1, sample={}, hidden="", file=file).file_refused is refused


def test_the_table_has_a_column_a_role_and_shows_what_is_not_there(capsys):
    hidden = "COLUMN_NOT_FOUND: line 1:8: Column 'name' cannot be resolved"
    seen = [
        Sight(role="analyst", rows=905, sample={"id": "C1"}, hidden=hidden, file="AccessDenied"),
        Sight(role="steward", rows=3000, sample={"id": "C1", "name": "Zoë"}, hidden="", file="AccessDenied"),
    ]
    report.sights(Page(as_json=False), "retail.customers", seen)
    lines = capsys.readouterr().out.splitlines()
    cells = {
        row[0]: row[1:] for row in ([cell.strip() for cell in line.split("│")[1:-1]] for line in lines) if row
    }
    assert cells["rows counted"] == ["905", "3,000"]
    assert cells["name"] == [report.NOT_THERE, "Zoë"]
    assert cells["a hidden column, by its name"] == ["COLUMN_NOT_FOUND", "nothing is hidden"]
    assert cells["its file, read from S3"] == ["AccessDenied", "AccessDenied"]
