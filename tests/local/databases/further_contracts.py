"""What tests add to the platform by one deployment more: a copy of a dataset, and tables with every type and fault."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from checkout import ROOT, copied_checkout

from data_platform.contracts.odcs import load_domains
from operations.laptop import cdk, image
from operations.laptop.shop_database import shop_database
from tests.unit.jobs.extraction.random_rows import POSTGRES
from tests.unit.jobs.extraction.shop import column

if TYPE_CHECKING:
    from pathlib import Path

COPY = "carriers"
# Tables of the tests' own in the shop's database, and what their contracts say of them.
FINE = ("fine_moment", "fine_instant")


def _moment(name: str) -> dict[str, Any]:
    """A timestamp that raw holds as text, since Athena reads those of plain files to the millisecond."""
    source = {"property": "sourceType", "value": "string"}
    return column(name, "timestamp") | {"customProperties": [source]}


TABLES = {
    "every_type": [
        column("id", "int"),
        *(
            _moment(name) if name in FINE else column(name, physical)
            for name, (_, physical, _) in POSTGRES.items()
        ),
    ],
    "no_rows": [column("id", "bigint"), column("note")],
    "large_values": [column("id", "bigint"), column("note"), column("content")],
}


@dataclass(frozen=True, kw_only=True)
class Extended:
    """The platform after that deployment."""

    deployed: list[cdk.DeployedStack]
    aviation: Any
    retail: Any


def extend(platform: Any, folder: Path) -> Extended:
    """Make the tables, and deploy this checkout with the further contracts in it: nothing else of it differs."""
    checkout = copied_checkout(folder / "checkout")
    (checkout / "domains" / "aviation" / f"{COPY}.odcs.yaml").write_text(_copied_contract())
    for name in TABLES:
        (checkout / "domains" / "retail" / f"{name}.odcs.yaml").write_text(_contract(name))
    aviation, retail = platform.of("aviation"), platform.of("retail")
    with shop_database(retail.connection, "shop", on_progress=print) as (database, _):
        database.prepare()
        _make_tables(database)
    deployed = cdk.deploy(
        stage="local",
        environment=platform.cli_environment(),
        on_line=print,
        output=folder / "cdk.out",
        checkout=checkout,
    )
    image.build(prefix="dp-local", contracts=checkout / "domains", state=platform.state)
    domains = {domain.name: domain for domain in load_domains(checkout / "domains")}
    aviation.domain, retail.domain = domains["aviation"], domains["retail"]
    return Extended(deployed=deployed, aviation=aviation, retail=retail)


def _copied_contract() -> str:
    """The contract of airlines under another name, without a line of Python."""
    text = (ROOT / "domains" / "aviation" / "airlines.odcs.yaml").read_text()
    text = re.sub(r"\bairlines\b", COPY, text)
    return re.sub(r"(?m)^id: .*$", "id: 5d1f6a0e-6a0b-4a55-9d0c-1b0d5f0c2a77", text)


def _contract(name: str) -> str:
    """The contract of one of the tables: a neighbour's, with other columns and no rule but its key."""
    text: dict[str, Any] = yaml.safe_load((ROOT / "domains/retail/order_items.odcs.yaml").read_text())
    own = {"source": _source(name), "loadMode": "snapshot"}
    columns = [dict(each) for each in TABLES[name]]
    columns[0] |= {"required": True, "primaryKey": True, "primaryKeyPosition": 1}
    return yaml.safe_dump(
        text
        | {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, name)),
            "name": name,
            "slaProperties": [each for each in text["slaProperties"] if each["property"] == "retention"],
            "customProperties": [
                each | {"value": own.get(each["property"], each["value"])}
                for each in text["customProperties"]
                if each["property"] != "objectLock"
            ],
            "schema": [
                {
                    "name": name,
                    "physicalType": "table",
                    "description": f"The table {name}.",
                    "properties": columns,
                }
            ],
        },
        sort_keys=False,
    )


def _source(name: str) -> dict[str, Any]:
    return {
        "name": "shop", "format": "parquet", "delivery": "daily",
        "method": "extractor", "table": f"public.{name}", "read": "full",
    }  # fmt: skip


def _make_tables(database: Any) -> None:
    ask = database._database.execute
    ask("CREATE TYPE mood AS ENUM ('sad', 'ok', 'Straße')")
    listed = ", ".join(f'"{name}" {kind}' for name, (kind, _, _) in POSTGRES.items())
    ask(f"CREATE TABLE every_type (id integer PRIMARY KEY, {listed})")
    ask("CREATE TABLE no_rows (id bigint PRIMARY KEY, note text)")
    ask("CREATE TABLE large_values (id bigint PRIMARY KEY, note text, content bytea)")
    ask("ALTER TABLE large_values ALTER content SET STORAGE EXTERNAL")
    ask(f"GRANT SELECT ON {', '.join(TABLES)} TO extractor")
