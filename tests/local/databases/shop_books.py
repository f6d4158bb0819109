"""The shop's database and the lake side by side: every row of one must be the row of the other."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# What is masked before it lands cannot be compared with the source; that it is a token is.
TOKEN = "^t[1-9][0-9]*_[0-9a-f]{64}$"
_IN_SQL = {
    "timestamp": "to_char({0}, 'YYYY-MM-DD HH24:MI:SS.US')",
    "date": "to_char({0}, 'YYYY-MM-DD')",
    "boolean": "CASE WHEN {0} THEN 'true' WHEN NOT {0} THEN 'false' END",
}


class Books:
    """Reads both sides.

    Args:
        retail: The platform, looking at retail.
        database: The shop's database, through an open tunnel.
        written: SQL by column, where PostgreSQL's own text is not what the lake keeps of a type: bytes as hex.
        digested: Columns whose values are too large to be fetched: their SHA-256 is compared.
    """

    def __init__(
        self,
        retail: Any,
        database: Any,
        written: Mapping[str, str] | None = None,
        digested: Collection[str] = (),
    ) -> None:
        self.retail = retail
        self.database = database
        self._written = written or {}
        self._digested = digested

    def source(self, dataset: str) -> dict[tuple[str, ...], tuple[str | None, ...]]:
        """The rows of the database by their key, as Athena would write them; masked columns say only whether they are empty."""
        contract = self.retail.domain_dataset(dataset)
        columns = [
            f"({column.name} IS NULL)::text" if _lands_masked(column) else self._sql(column)
            for column in contract.columns
        ]
        found = self.database.ask(f"SELECT {', '.join(columns)} FROM {contract.source.table}")
        return self._by_key(contract, found)

    def curated(self, dataset: str) -> dict[tuple[str, ...], tuple[str | None, ...]]:
        """The rows of curated in the same way."""
        contract = self.retail.domain_dataset(dataset)
        columns = [
            f"{column.name} IS NULL" if _lands_masked(column) else self._athena(column.name)
            for column in contract.columns
        ]
        table = f'"{self.retail.names.database("curated")}"."{dataset}"'
        found = self.retail.query(f"SELECT {', '.join(columns)} FROM {table}", self.retail.as_role("steward"))
        return self._by_key(contract, found)

    def quarantined(self, dataset: str) -> set[tuple[str | None, ...]]:
        """The keys that some run has set aside."""
        contract = self.retail.domain_dataset(dataset)
        key = ", ".join(f"CAST({name} AS varchar)" for name in contract.primary_key)
        table = f'"{self.retail.names.database("staged")}"."{dataset}_quarantine"'
        return {
            tuple(row)
            for row in self.retail.query(f"SELECT {key} FROM {table}", self.retail.as_role("steward"))
        }

    def differences(self, dataset: str) -> list[str]:
        """What is in one side only or otherwise there, a line each; what was quarantined is told apart by its rule."""
        source, curated, aside = self.source(dataset), self.curated(dataset), self.quarantined(dataset)
        missing = [f"lost: {key}" for key in source.keys() - curated.keys() - aside]
        invented = [f"invented: {key}" for key in curated.keys() - source.keys()]
        other = [
            f"differs: {key}: {source[key]} is {curated[key]}"
            for key in source.keys() & curated.keys()
            if source[key] != curated[key] and key not in aside
        ]
        return sorted(missing + invented + other)

    def rows_of_the_day(self, dataset: str, day: str) -> int:
        """How many rows raw has of a day."""
        return int(self.retail.count("raw", dataset, day))

    def _by_key(self, contract: Any, rows: Any) -> dict[tuple[str, ...], tuple[str | None, ...]]:
        places = [[column.name for column in contract.columns].index(name) for name in contract.primary_key]
        found: dict[tuple[str, ...], tuple[str | None, ...]] = {}
        for row in rows:
            key = tuple(str(row[place]) for place in places)
            assert key not in found, f"{key} stands twice"
            found[key] = tuple(
                cell if cell is None or _lands_masked(column) else _value(column.physical_type, str(cell))
                for column, cell in zip(contract.columns, row, strict=True)
            )
        return found

    def _sql(self, column: Any) -> str:
        form = _IN_SQL.get(column.physical_type, "{0}::text")
        text = self._written.get(column.name) or form.format(f'"{column.name}"')
        if column.name in self._digested:
            return f"encode(sha256(convert_to({text}, 'UTF8')), 'hex')"
        return text

    def _athena(self, name: str) -> str:
        return f'lower(to_hex(sha256(to_utf8("{name}"))))' if name in self._digested else f'"{name}"'


def _lands_masked(column: Any) -> bool:
    return column.masking is not None and column.masking.when == "landing"


def _value(physical_type: str, text: str) -> str:
    """The one spelling of a value, which engines write differently: 1e300 and 1.0E300, -200 and -200.00."""
    if physical_type == "double":
        return repr(float(text))
    if physical_type == "float":
        return repr(struct.unpack("f", struct.pack("f", float(text)))[0])
    if physical_type.startswith("decimal"):
        whole, _, fraction = text.partition(".")
        return f"{whole}.{fraction.rstrip('0')}"
    return text
