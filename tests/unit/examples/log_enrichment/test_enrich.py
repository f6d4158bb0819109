"""What is looked up: browsers that call themselves each other, states within states, and nothing that a clock decides."""

from __future__ import annotations

import pytest
from log_enrichment.enrich import agent_family, enriched, failed, state

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
REQUEST = {"request_id": "a", "status": 200, "postcode": "7000", "user_agent": CHROME, "path": "/"}


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        (CHROME, "Chrome"),
        (f"{CHROME} Edg/131.0.0.0", "Edge"),
        (f"{CHROME} OPR/116.0.0.0", "Opera"),
        (
            "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
            "Safari",
        ),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox"),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (compatible; bingbot/2.0) Chrome/116.0.1938.76 Safari/537.36",
            "robot",
        ),
        ("curl/8.10.1", "program"),
        ("Lynx/2.9.2", "other"),
        ("", "unknown"),
    ],
)
def test_a_browser_is_told_from_those_that_it_calls_itself(agent, family):
    assert agent_family(agent) == family


@pytest.mark.parametrize(
    ("postcode", "name"),
    [("2600", "ACT"), ("2619", "NSW"), ("2599", "NSW"), ("9726", "QLD"), ("8001", "VIC"), ("0872", "NT"), ("12a4", "unknown")],
)  # fmt: skip
def test_a_postcode_is_of_the_narrowest_range_that_holds_it(postcode, name):
    assert state(postcode) == name


def test_what_is_looked_up_by_does_not_go_on_and_the_id_stays():
    row = enriched(REQUEST)

    assert row == {
        "request_id": "a",
        "status": 200,
        "path": "/",
        "status_class": "2xx",
        "agent_family": "Chrome",
        "state": "TAS",
    }


@pytest.mark.parametrize(("status", "goes"), [(499, False), (500, True), (599, True)])
def test_only_what_the_servers_failed_to_answer_is_a_failure(status, goes):
    found = failed(enriched(REQUEST | {"status": status}))

    assert (found is not None) == goes
    assert found is None or "status_class" not in found
