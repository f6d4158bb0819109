"""Writes changed copies of the real contracts for the tests of the loader."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import yaml

AVIATION = Path(__file__).resolve().parents[3] / "domains" / "aviation"


class Contracts:
    """A folder `aviation` with copies of the real contracts, to be changed by a test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "aviation"
        shutil.copytree(AVIATION, self.folder)

    def path(self, dataset: str) -> Path:
        return self.folder / f"{dataset}.odcs.yaml"

    def replace(self, dataset: str, old: str, new: str, *, count: int = 1) -> Path:
        """Change the text of a contract; the old text must be there."""
        text = self.path(dataset).read_text()
        assert old in text, f"{old!r} is not in {dataset}"
        self.path(dataset).write_text(text.replace(old, new, count))
        return self.path(dataset)

    def read(self, dataset: str) -> dict[str, Any]:
        return yaml.safe_load(self.path(dataset).read_text())

    def write(self, dataset: str, value: Any) -> Path:
        """Write a contract as JSON, which is YAML with every text quoted."""
        self.path(dataset).write_text(json.dumps(value, indent=1))
        return self.path(dataset)

    def column(self, value: dict[str, Any], name: str) -> dict[str, Any]:
        return next(column for column in value["schema"][0]["properties"] if column["name"] == name)
