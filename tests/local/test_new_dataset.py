"""A new dataset is one YAML file: copied, deployed, loaded and asked, without a line of Python."""

from __future__ import annotations

import re

import pytest
from checkout import copied_checkout

from data_platform.contracts.odcs import load_domains
from operations.laptop import cdk, image

pytestmark = pytest.mark.local


def test_a_copied_contract_deploys_loads_and_answers_a_query(platform, tmp_path):
    checkout = copied_checkout(tmp_path / "checkout")
    folder = checkout / "domains" / "aviation"
    text = (folder / "airlines.odcs.yaml").read_text()
    text = re.sub(r"\bairlines\b", "carriers", text)
    text = re.sub(r"(?m)^id: .*$", "id: 5d1f6a0e-6a0b-4a55-9d0c-1b0d5f0c2a77", text)
    (folder / "carriers.odcs.yaml").write_text(text)

    deployed = cdk.deploy(
        stage="local",
        environment=platform.cli_environment(),
        on_line=print,
        output=tmp_path / "cdk.out",
        checkout=checkout,
    )
    image.build(prefix="dp-local", contracts=checkout / "domains", state=platform.state)
    known = platform.domain
    platform.domain = next(d for d in load_domains(checkout / "domains") if d.name == "aviation")
    try:
        platform.deliver("carriers", "2013-01-01", platform.table_of("airlines"))
        run = platform.run("carriers", "2013-01-01")
    finally:
        platform.domain = known

    assert {stack.name for stack in deployed if stack.changed}
    assert (run.status, run.cause) == ("SUCCEEDED", "")
    curated = platform.names.database("curated")
    assert platform.query(f'SELECT count(*) FROM "{curated}"."carriers"', platform.as_role("analyst")) == [
        ["16"]
    ]
