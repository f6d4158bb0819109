"""Pairs of the extraction benchmark: a side right after a COPY of the same rows, with the CPU seconds of everybody.

Other work on the machine slows both of a pair; seconds of CPU say what a side costs whoever else runs.
"""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

import psutil

from benchmarks.process_tree import measure_tree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_REAPED_SECONDS = 0.5  # until PostgreSQL has waited for its backends


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run: wall seconds, CPU seconds of PostgreSQL's backends, of the reader and of the sink, peak megabytes."""

    seconds: float
    server: float
    reader: float
    sink: float
    megabytes: float

    @property
    def cpu(self) -> float:
        """The CPU seconds of all."""
        return self.server + self.reader + self.sink


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A run and the COPY before it."""

    copy: Run
    run: Run


class Meter:
    """Runs commands and counts what they cost.

    Args:
        server: PostgreSQL's first process.
        sink: The process in the place of S3.
        cwd: Where commands run.
        environment: Beside our own.
    """

    def __init__(self, server: int, sink: int, *, cwd: Path, environment: Mapping[str, str]) -> None:
        self._server, self._sink = psutil.Process(server), psutil.Process(sink)
        self._cwd, self._environment = cwd, environment

    def pair(self, copy: Sequence[str], command: Sequence[str]) -> Pair:
        """COPY, then the command.

        Raises:
            subprocess.CalledProcessError: when one fails.
        """
        return Pair(copy=self.run(copy), run=self.run(command))

    def run(self, command: Sequence[str]) -> Run:
        """One run.

        Raises:
            subprocess.CalledProcessError: when it fails.
        """
        before = self._spent()
        measured = measure_tree(command, cwd=self._cwd, environment=self._environment)
        time.sleep(_REAPED_SECONDS)
        server, reader, sink = (now - then for now, then in zip(self._spent(), before, strict=True))
        return Run(
            seconds=measured.seconds, server=server, reader=reader, sink=sink, megabytes=measured.megabytes
        )

    def _spent(self) -> tuple[float, float, float]:
        backends, ours = self._server.cpu_times(), resource.getrusage(resource.RUSAGE_CHILDREN)
        sink = self._sink.cpu_times()
        return (
            backends.children_user + backends.children_system,
            ours.ru_utime + ours.ru_stime,
            sink.user + sink.system,
        )


def typical(runs: Sequence[Run]) -> Run:
    """The run with the median time."""
    return sorted(runs, key=lambda run: run.seconds)[len(runs) // 2]


def throughput_share(pairs: Sequence[Pair]) -> float:
    """The throughput as a share of COPY's: the median of the pairs."""
    return median(pair.copy.seconds / pair.run.seconds for pair in pairs)


def cpu_times_copy(pairs: Sequence[Pair]) -> float:
    """How many times COPY's CPU seconds it costs: the median of the pairs."""
    return median(pair.run.cpu / pair.copy.cpu for pair in pairs)
