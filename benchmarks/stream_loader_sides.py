"""One side of the loader's benchmark as a whole process: prints its CPU seconds and its peak memory as JSON.

`ours`: from the function's event to the bytes of the Parquet file: base64, headers, keys, Glue's frame, Avro, types,
rules, Parquet; everything but the network. `fastavro`: a bare loop that decodes the same Avro values and keeps nothing.
"""

from __future__ import annotations

import io
import json
import os
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lambda"))

from benchmarks import stream_records

_DIFFERENT = 50_000


def ours(values: list[bytes], total: int) -> float:
    """CPU seconds of our loader's part."""
    from stream_loader import plan
    from stream_loader.change_file import as_raw, parquet
    from stream_loader.event import batches
    from stream_loader.judge import Judge
    from stream_loader.writers import Writers

    class Known:
        """The registry's answer, which a function asks for once."""

        def definition(self, _: bytes) -> str:
            return json.dumps(stream_records.SCHEMA)

    read = plan.read(stream_records.plan())
    judge = Judge(read, Writers(read, Known()), lambda: None)
    spent, rows = 0.0, 0
    for event in stream_records.events(values, total):
        started = time.process_time()
        for batch in batches(event):
            judged = judge.judge(batch)
            assert not judged.poisons
            parquet(as_raw(judged.rows, read.columns))
            rows += judged.rows.num_rows
        spent += time.process_time() - started
    assert rows == total
    return spent


def fastavro_alone(values: list[bytes], total: int) -> float:
    """CPU seconds of a loop that decodes and keeps nothing."""
    import fastavro

    schema = fastavro.parse_schema(stream_records.SCHEMA)
    started = time.process_time()
    for number in range(total):
        fastavro.schemaless_reader(io.BytesIO(values[number % len(values)]), schema, None)
    return time.process_time() - started


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    side, count = sys.argv[1], int(sys.argv[2])
    made = stream_records.bodies(min(count, _DIFFERENT))
    seconds = {"ours": ours, "fastavro": fastavro_alone}[side](made, count)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "megabytes": peak}))
