"""A new dataset is one YAML file: copied, deployed, loaded and asked, without a line of Python."""

from __future__ import annotations

import pytest
from further_contracts import COPY

pytestmark = pytest.mark.local


def test_a_copied_contract_deploys_loads_and_answers_a_query(extended):
    aviation = extended.aviation
    aviation.deliver(COPY, "2013-01-01", aviation.table_of("airlines"))
    run = aviation.run(COPY, "2013-01-01")

    assert {stack.name for stack in extended.deployed if stack.changed and "aviation" in stack.name.lower()}
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    curated = aviation.names.database("curated")
    assert aviation.query(f'SELECT count(*) FROM "{curated}"."{COPY}"', aviation.as_role("analyst")) == [
        ["16"]
    ]
