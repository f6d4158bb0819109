"""What a request says about browser, outcome and place: tables to look up in, no state and no clock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

UNKNOWN = "unknown"
SERVER_ERRORS = 500
_HUNDRED = 100
# In this order: a robot calls itself a browser, and each browser calls itself the ones before it.
_AGENTS = (
    (re.compile(r"bot\b|crawl|spider|slurp", re.IGNORECASE), "robot"),
    (re.compile(r"\bcurl/|\bpython-requests/|\bGo-http-client/|\bOkHttp/", re.IGNORECASE), "program"),
    (re.compile(r"\bEdgA?/"), "Edge"),
    (re.compile(r"\bOPR/|\bOpera\b"), "Opera"),
    (re.compile(r"\bSamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"\bFirefox/|\bFxiOS/"), "Firefox"),
    (re.compile(r"\bChrome/|\bCriOS/|\bChromium/"), "Chrome"),
    (re.compile(r"\bVersion/[\d.]+.*\bSafari/"), "Safari"),
)
# Australia Post's ranges, those within another's first.
# Source: https://auspost.com.au/about-us/about-our-site/postcode-boundaries-and-state-allocation
_STATES = (
    (200, 299, "ACT"),
    (2600, 2618, "ACT"),
    (2900, 2920, "ACT"),
    (1000, 2999, "NSW"),
    (3000, 3999, "VIC"),
    (8000, 8999, "VIC"),
    (4000, 4999, "QLD"),
    (9000, 9999, "QLD"),
    (5000, 5999, "SA"),
    (6000, 6999, "WA"),
    (7000, 7999, "TAS"),
    (800, 999, "NT"),
)


def enriched(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request without what is looked up by, and with what was found.

    The request's own id is the event's id: whatever is read twice is written under one key, and is one row.

    Args:
        request: A row of web_requests.

    Raises:
        KeyError: when a column that is looked up by is missing.

    Example:
        >>> found = enriched({"request_id": "a", "status": 503, "postcode": "3000", "user_agent": "curl/8.1"})
        >>> found["status_class"], found["agent_family"], found["state"]
        ('5xx', 'program', 'VIC')
    """
    kept = {name: value for name, value in request.items() if name not in ("postcode", "user_agent")}
    return kept | {
        "status_class": f"{request['status'] // _HUNDRED}xx",
        "agent_family": agent_family(request["user_agent"]),
        "state": state(request["postcode"]),
    }


def failed(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """The event of a request that the servers failed to answer; None of any other.

    Args:
        row: An enriched request.

    Example:
        >>> failed({"request_id": "a", "status": 404, "status_class": "4xx"}) is None
        True
    """
    if row["status"] < SERVER_ERRORS:
        return None
    return {name: value for name, value in row.items() if name != "status_class"}


def agent_family(user_agent: str | None) -> str:
    """The browser, app or robot, without its version.

    Example:
        >>> agent_family("Mozilla/5.0 (compatible; Googlebot/2.1)"), agent_family(None)
        ('robot', 'unknown')
    """
    if not user_agent:
        return UNKNOWN
    return next((family for pattern, family in _AGENTS if pattern.search(user_agent)), "other")


def state(postcode: str | None) -> str:
    """The state of a postcode.

    Example:
        >>> state("2601"), state("2000"), state("0800"), state("0100"), state(None)
        ('ACT', 'NSW', 'NT', 'unknown', 'unknown')
    """
    if not postcode or not postcode.isdigit():
        return UNKNOWN
    number = int(postcode)
    return next((name for low, high, name in _STATES if low <= number <= high), UNKNOWN)
