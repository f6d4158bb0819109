"""The page of what is kept how long says what contracts and settings say, and is current."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from data_platform.contracts.streams import Stream
from environments import DEV, PROD
from operations import retention_page
from operations.scope import domains

PAGES = Path(__file__).resolve().parents[3] / "docs" / "retention"
DOMAINS = {domain.name: domain for domain in domains()}


@pytest.mark.parametrize("name", sorted(DOMAINS))
def test_the_page_of_each_domain_is_current(name):
    mend = f"dp retention {name} -e prod --markdown > docs/retention/{name}.md"

    assert (PAGES / f"{name}.md").read_text() == retention_page.page(DOMAINS[name], PROD), f"Mend: {mend}"


def test_there_is_no_page_of_a_domain_that_is_gone():
    assert {path.stem for path in PAGES.glob("*.md")} == set(DOMAINS)


def test_every_dataset_and_zone_has_its_row():
    for domain in DOMAINS.values():
        rows = retention_page.kept(domain, PROD)
        for dataset in domain.datasets:
            places = {row.place.split(",")[0] for row in rows if row.dataset == dataset.name}
            mirrored = {"deleted"} if dataset.source.method == "cdc" else set()
            assert places == {"raw", "staged"} | mirrored


def test_what_mirrors_a_table_is_kept_as_long_as_the_source_keeps_it_and_no_other():
    retail = DOMAINS["retail"]
    first = retail.datasets[0]
    assert first.stream is None
    stream = Stream(
        topic="t",
        dead_letters="t.dlq",
        partitions=1,
        retention_ms=1,
        dead_letter_retention_ms=1,
        cleanup=("delete",),
        key=first.primary_key,
        format="avro",
        compatibility="BACKWARD",
    )
    changes = dataclasses.replace(
        first, stream=stream, source=dataclasses.replace(first.source, method="cdc")
    )
    mirrored = dataclasses.replace(retail, datasets=(changes, *retail.datasets[1:]))
    rows = {row.place: row.days for row in retention_page.kept(mirrored, PROD) if row.dataset == first.name}

    assert rows == {
        "raw": first.retention.days,
        "staged, curated": "as long as the source has the row",
        "deleted": first.retention.days,
    }


def test_the_line_of_the_contract_is_where_its_promise_stands():
    root = PAGES.parents[1]
    for row in retention_page.kept(DOMAINS["retail"], PROD):
        if row.dataset:
            path, line = row.line.rsplit(":", 1)
            text = (root / path).read_text().splitlines()[int(line) - 1]
            assert "retention" in text


def test_a_lock_is_named_only_where_the_environment_has_one():
    sold = DOMAINS["retail"].of_runs  # what streams asks for no lock
    locked = {row.lock for row in retention_page.kept(sold, PROD) if row.place == "raw"}
    unlocked = {row.lock for row in retention_page.kept(sold, DEV) if row.place == "raw"}

    assert locked == {"14 days, governance", "30 days, governance"}
    assert unlocked == {"none"}


def test_a_changed_contract_changes_the_page():
    domain = DOMAINS["retail"]
    first = domain.datasets[0]
    longer = dataclasses.replace(first, retention=dataclasses.replace(first.retention, days=3000))
    changed = dataclasses.replace(domain, datasets=(longer, *domain.datasets[1:]))

    assert retention_page.page(changed, PROD) != retention_page.page(domain, PROD)
