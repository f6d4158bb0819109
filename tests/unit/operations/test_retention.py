"""The page of what is kept how long says what contracts and settings say, and is current."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

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
            assert places == {"raw", "staged"}


def test_the_line_of_the_contract_is_where_its_promise_stands():
    root = PAGES.parents[1]
    for row in retention_page.kept(DOMAINS["retail"], PROD):
        if row.dataset:
            path, line = row.line.rsplit(":", 1)
            text = (root / path).read_text().splitlines()[int(line) - 1]
            assert "retention" in text


def test_a_lock_is_named_only_where_the_environment_has_one():
    locked = {row.lock for row in retention_page.kept(DOMAINS["retail"], PROD) if row.place == "raw"}
    unlocked = {row.lock for row in retention_page.kept(DOMAINS["retail"], DEV) if row.place == "raw"}

    assert locked == {"14 days, governance", "30 days, governance"}
    assert unlocked == {"none"}


def test_a_changed_contract_changes_the_page():
    domain = DOMAINS["retail"]
    first = domain.datasets[0]
    longer = dataclasses.replace(first, retention=dataclasses.replace(first.retention, days=3000))
    changed = dataclasses.replace(domain, datasets=(longer, *domain.datasets[1:]))

    assert retention_page.page(changed, PROD) != retention_page.page(domain, PROD)
