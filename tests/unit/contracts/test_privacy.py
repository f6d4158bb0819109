"""Which masking fits which column and moment: what cannot work is refused with what can."""

from __future__ import annotations

import pytest
from contract_files import Contracts

from data_platform.contracts.odcs import ContractError, load_dataset


@pytest.fixture
def contracts(tmp_path):
    return Contracts(tmp_path)


def _loaded(contracts, name, **changes):
    """planes with one column as described by `changes`; its refusal, or the column."""
    value = contracts.read("planes")
    masking = changes.pop("masking", None)
    written = contracts.column(value, name)
    kept = [one for one in written.get("customProperties", []) if one["property"] not in ("pii", "masking")]
    written |= changes
    written["customProperties"] = kept
    if masking:
        written["customProperties"] = [
            *kept,
            {"property": "pii", "value": True},
            {"property": "masking", "value": dict(zip(("method", "when"), masking, strict=True))},
        ]
    path = contracts.write("planes", value)
    try:
        return load_dataset(path).column(name)
    except ContractError as error:
        return str(error)


@pytest.mark.parametrize(
    ("column", "masking"),
    [
        ("manufacturer", ("tokenize", "landing")),
        ("manufacturer", ("hash", "landing")),
        ("manufacturer", ("last4", "query")),
        ("manufacturer", ("redact", "landing")),
        ("seats", ("hash", "query")),
        ("seats", ("redact", "query")),
        ("seats", ("null", "landing")),
    ],
)
def test_a_method_that_fits_is_read(contracts, column, masking):
    found = _loaded(contracts, column, masking=masking, classification="confidential", required=False)
    assert (found.masking.method, found.masking.when) == masking
    assert found.masked_name == (f"{column}_masked" if masking[1] == "query" else None)


@pytest.mark.parametrize(
    ("column", "masking", "message"),
    [
        ("manufacturer", ("tokenize", "query"), "the key would have to stand in SQL"),
        ("seats", ("hash", "landing"), "hash does not fit int at landing, where the column keeps its type"),
        ("seats", ("tokenize", "landing"), "tokenize does not fit int"),
        ("seats", ("last4", "query"), "last4 does not fit int"),
        ("manufacturer", ("truncate-date", "landing"), "allowed: a column of date, timestamp"),
        ("tailnum", ("redact", "landing"), "makes different values equal, and the column tells rows apart"),
        ("tailnum", ("null", "landing"), "allowed: tokenize, hash"),
    ],
)
def test_a_method_that_cannot_work_is_refused_with_what_can(contracts, column, masking, message):
    assert message in _loaded(contracts, column, masking=masking, classification="confidential")


def test_nothing_cannot_stand_in_a_required_column(contracts):
    found = _loaded(
        contracts, "manufacturer", masking=("null", "landing"), classification="confidential", required=True
    )
    assert "null at landing leaves nothing in a column that is required" in found


@pytest.mark.parametrize(
    ("masking", "classification", "allowed"),
    [
        (("tokenize", "landing"), "internal", True),
        (("tokenize", "landing"), "public", False),
        (("hash", "landing"), "internal", False),
        (("hash", "query"), "internal", False),
        (("hash", "query"), "restricted", True),
    ],
)
def test_a_column_of_tokens_may_be_internal_and_no_other_personal_column(
    contracts, masking, classification, allowed
):
    found = _loaded(contracts, "manufacturer", masking=masking, classification=classification)
    assert isinstance(found, str) is not allowed
    assert allowed or f"is pii and its classification is {classification}" in found
