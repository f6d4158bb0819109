"""Quality gate: ten checks over 10 million generated rows, against Great Expectations in the same run.

Both sides are whole processes that start cold, read the same Parquet file and make the same checks. Great
Expectations gets a venv of its own below .local/bench: it is no dependency of the platform.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb

from benchmarks.results import section
from benchmarks.whole_process import Measured, measure, median

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".local" / "bench"
ROWS = 10_000_000
RUNS = 3
GREAT_EXPECTATIONS = "great_expectations==1.24.1"
# A generator of our own from the row number: the same bytes on any machine, without a random state to keep.
_GENERATE = """
COPY (
    SELECT
        i AS order_id,
        CASE WHEN hash(i) % 200 = 0 THEN NULL ELSE CAST(hash(i + 1) % 1000000 AS INTEGER) END AS customer_id,
        (hash(i + 2) % 100000) / 100.0 AS amount,
        ['NEW', 'PAID', 'SENT', 'DONE'][CAST(1 + hash(i + 3) % 4 AS BIGINT)] AS status,
        'user' || hash(i + 4) % 2000000 || '@example.com' AS email,
        TIMESTAMP '2026-01-01 00:00:00' + to_seconds(CAST(hash(i + 5) % 86400 AS BIGINT)) AS updated_at,
        DATE '2026-01-01' AS _ingest_date, 'run-1' AS _run_id, '2026-01-01' AS ingest_date
    FROM range({rows}) AS r(i)
) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 200000)
"""


def main() -> None:
    """Measure both sides and write the section."""
    data = _data()
    ours = [sys.executable, "-m", "benchmarks.quality_gate_ours", str(data), str(ROWS)]
    peer = [str(_peer()), str(ROOT / "benchmarks" / "quality_gate_gx.py"), str(data), str(ROWS)]
    _same_verdicts(ours, peer)
    # By turns, so that what else the machine does falls on both.
    quiet = {"TQDM_DISABLE": "1"}
    turns = [(measure(ours, cwd=ROOT), measure(peer, cwd=ROOT, environment=quiet)) for _ in range(RUNS)]
    gate, expectations = (median(list(runs)) for runs in zip(*turns, strict=True))
    rows = [
        _row("Great Expectations 1.24.1, pandas (peer)", expectations, expectations),
        _row("compiled gate, DuckDB", gate, expectations),
    ]
    section(
        "Quality gate",
        command="python -m benchmarks quality",
        columns=["what", "time / peer", "memory / peer", "seconds", "peak MB"],
        rows=rows,
        note=(
            f"{ROWS:,} rows, ten checks (null, null percent, unique, range, accepted, pattern, length, mean, "
            f"freshness, volume; the gate adds the reconciliation), median of {RUNS} whole processes, by turns. "
            "Peer with BOOLEAN_ONLY, its cheapest result. "
            f"Aim: a third of the peer's time ({_kept(gate.seconds <= expectations.seconds / 3)}), "
            f"under 600 MB ({_kept(gate.megabytes < 600)})."  # noqa: PLR2004 - the aim
        ),
    )


def _kept(held: bool) -> str:  # noqa: FBT001 - a word for it
    return "kept" if held else "missed"


def _row(what: str, run: Measured, peer: Measured) -> list[str]:
    time, memory = run.seconds / peer.seconds, run.megabytes / peer.megabytes
    return [what, f"{time:.2f}", f"{memory:.2f}", f"{run.seconds:.1f}", f"{run.megabytes:.0f}"]


def _same_verdicts(ours: list[str], peer: list[str]) -> None:
    """Both sides must find the same: that nothing is wrong. It also warms the file cache for both."""
    for command in (ours, peer):
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        verdicts = json.loads(said.strip().splitlines()[-1])
        failed = [verdict for verdict in verdicts if not verdict[-1]]
        if failed or len(verdicts) < 10:  # noqa: PLR2004 - the number of checks
            raise RuntimeError(f"{command[0]}: {len(verdicts)} verdicts, failed: {failed}")


def _data() -> Path:
    path = PLACE / f"orders-{ROWS}.parquet"
    if not path.exists():
        PLACE.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(".new")
        duckdb.execute(_GENERATE.format(rows=ROWS, path=fresh))
        fresh.replace(path)
    return path


def _peer() -> Path:
    """The interpreter of a venv with Great Expectations."""
    python = PLACE / "great_expectations" / "bin" / "python"
    if not (python.parent.parent / ".installed").exists():
        uv = str(ROOT / ".venv" / "bin" / "uv")
        subprocess.run([uv, "venv", "--quiet", "--clear", str(python.parent.parent)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(python), GREAT_EXPECTATIONS, "pyarrow"]
        subprocess.run(install, check=True)
        (python.parent.parent / ".installed").touch()
    return python


if __name__ == "__main__":
    main()
