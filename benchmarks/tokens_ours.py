"""The landing job's side of the token benchmark: a contract's masking over a Parquet file, without AWS at its end."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks.quality_gate_ours import contract
from data_platform.contracts.model import Column, Masking
from data_platform.contracts.tokens import TokenKeys
from jobs.landing.masked_file import MaskedFile


def main(path: str, rows: int) -> None:
    """Write the file with its only column as tokens."""
    email = Column(
        name="email",
        logical_type="string",
        physical_type="string",
        source_type="string",
        description="email",
        pii=True,
        masking=Masking(method="tokenize", when="landing"),
    )
    dataset = replace(contract(rows), columns=(email,))
    with tempfile.TemporaryDirectory() as folder:
        written = MaskedFile(dataset, [Path(path)], Path(folder)).write(TokenKeys(keys={1: "k" * 64}))
    if written != rows:
        raise RuntimeError(f"{written} rows of {rows}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
