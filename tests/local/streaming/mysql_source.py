"""The laptop with a MySQL for the shop's database: its environment, and retail's captured tables as contracts of it."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from environments import LOCAL

ROOT = Path(__file__).resolve().parents[3]
CAPTURED = ("heartbeats", "stock_levels")
ENVIRONMENT = dataclasses.replace(
    LOCAL,
    databases=tuple(dataclasses.replace(each, engine="mysql", version="8.4.5") for each in LOCAL.databases),
)


def write_contracts(folder: Path) -> Path:
    """Write retail's contracts of captured tables as they are, but for the schema, which is MySQL's database.

    Args:
        folder: Folder of domains that there is nothing in.

    Returns:
        The same folder.
    """
    (folder / "retail").mkdir(parents=True)
    for name in CAPTURED:
        file = f"{name}.odcs.yaml"
        text = (ROOT / "domains" / "retail" / file).read_text(encoding="utf-8")
        text, replaced = re.subn(rf"\btable: public\.{name}\b", f"table: shop.{name}", text)
        if replaced != 1:
            raise ValueError(f"{file} names its table in another way: no contract of MySQL can be made of it")
        (folder / "retail" / file).write_text(text, encoding="utf-8")
    return folder
