"""The demo source of retail: the seeded retailer of the embedded AWS, three days of a small shop."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from operations.exit_codes import CommandFailed

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset

REPOSITORY_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, kw_only=True)
class Shop:
    """A retailer of some size.

    Args:
        days: What it delivers.
        customers: Customers at the end of the last day.
        orders: Orders in all days together.
        seed: Another seed makes another retailer.
    """

    days: tuple[str, ...] = ("2026-01-05", "2026-01-06", "2026-01-07")
    customers: int = 1_000
    orders: int = 3_000
    seed: int = 7

    def files(self, dataset: Dataset, day: str, folder: Path) -> list[Path]:
        """What it writes to a table on a day: a file, and once a second one with sales of the day before.

        Raises:
            CommandFailed: with the generator's own reason.
        """
        out = folder / "retail"
        if not out.exists():
            self._generate(out)
        files = [out / dataset.name / f"ingest_date={day}" / "part-00000.parquet"]
        # The tills of a state that was offline bring the day before.
        before = date.fromisoformat(day) - timedelta(days=1)
        files.append(out / dataset.name / f"ingest_date={before}" / "late-00000.parquet")
        return [file for file in files if file.exists()]

    def _generate(self, out: Path) -> None:
        command = [sys.executable, "-m", "local.retail", "--out", str(out)]
        command += ["--customers", str(self.customers), "--orders", str(self.orders)]
        command += ["--seed", str(self.seed), "--days", f"{self.days[0]}..{self.days[-1]}"]
        ended = subprocess.run(command, cwd=REPOSITORY_ROOT, capture_output=True, text=True, check=False)
        if ended.returncode != 0:
            raise CommandFailed(f"the retailer delivered nothing: {ended.stderr.strip()}")
