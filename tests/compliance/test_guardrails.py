"""Guardrails run in every environment, find nothing, and their pages are current."""

from __future__ import annotations

import json
from pathlib import Path

from data_platform.guardrails import read_estate
from data_platform.guardrails.catalogue import catalogue
from data_platform.guardrails.key_edges import key_edges

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "guardrails.md"
START, END = (
    "<!-- catalogue: python -m pytest tests/compliance --record-pages -->\n",
    "<!-- end of catalogue -->\n",
)


def templates_of(assembly):
    return sorted(map(str, assembly.directory.rglob("*.template.json")))


def test_the_guardrails_find_nothing(assembly):
    found = [
        f"{finding['ruleName']} {place['constructPath']}: {finding['description']}"
        for finding in assembly.findings()
        if finding["plugin"] == "DataPlatform"
        for place in finding["violatingConstructs"]
    ]

    assert found == []


def test_every_service_that_needs_a_key_is_let_in(assembly, capsys):
    found = key_edges(read_estate(templates_of(assembly)))
    edges = {(edge.key.arn, edge.user.arn, edge.service) for edge in found}
    refused = [finding for finding in assembly.findings() if finding["ruleName"] == "DP-KMS-EDGE"]
    with capsys.disabled():
        print(  # noqa: T201 - the figure is asked for
            f"\n{assembly.environment}: {len(edges)} uses of keys by services, {len(refused)} not allowed"
        )

    assert edges
    assert refused == []


def test_the_catalogue_page_is_current(pytestconfig):
    before, _, rest = PAGE.read_text().partition(START)
    current, _, after = rest.partition(END)
    if pytestconfig.getoption("--record-pages"):
        current = catalogue()
        PAGE.write_text(f"{before}{START}{current}{END}{after}")

    assert current == catalogue(), (
        "python -m pytest tests/compliance --record-pages, then read the difference"
    )


def test_every_acknowledgement_of_a_guardrail_has_its_reason_on_the_page(assembly):
    accepted = {
        finding["ruleName"]
        for finding in assembly.findings("suppressedViolations")
        if finding["plugin"] == "DataPlatform"
    }
    explained = json.dumps(PAGE.read_text().partition(END)[2])

    assert [rule for rule in accepted if rule not in explained] == []
