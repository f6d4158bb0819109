"""`make bench`: every benchmark, or the ones named: `python -m benchmarks synth quality local`."""

from __future__ import annotations

import importlib
import sys

BENCHMARKS = {
    "synth": "benchmarks.synth_scaling",
    "guardrails": "benchmarks.guardrails",
    "quality": "benchmarks.quality_gate",
    "local": "benchmarks.local_phases",
    "tokens": "benchmarks.tokens",
    "extraction": "benchmarks.extraction",
    "stream": "benchmarks.stream_loader",
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}: there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or list(BENCHMARKS):
        importlib.import_module(BENCHMARKS[name]).main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
