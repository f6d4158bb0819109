"""Entry point of the dbt image: one `dbt build`, its result in words, and an exit code that tells the truth.

Arguments: `[build] --select <expression> ... [--ingest-date YYYY-MM-DD]... [--run-id ID]`. Exit codes: 0 all passed,
1 a model or a test failed (each is named with its cause), 2 dbt could not start (wrong arguments, project, profile).
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PASSED = frozenset({"success", "pass", "warn", "no-op"})
_SKIPPED = frozenset({"skipped"})
_LONGEST_CAUSE = 600


def arguments(argv: Sequence[str], environment: Mapping[str, str]) -> argparse.Namespace:
    """The command line, completed by DBT_INGEST_DATES (commas) and DBT_RUN_ID."""
    parser = argparse.ArgumentParser(prog="run_dbt", description="dbt build of what depends on some datasets")
    parser.add_argument("command", nargs="?", choices=["build"], default="build")
    parser.add_argument("--select", nargs="+", default=[], metavar="EXPRESSION")
    parser.add_argument(
        "--ingest-date", nargs="+", action="extend", type=_date, default=[], metavar="YYYY-MM-DD"
    )
    parser.add_argument("--run-id", default=environment.get("DBT_RUN_ID", ""))
    parser.add_argument("--full-refresh", action="store_true")
    parsed = parser.parse_args(argv)
    if not parsed.ingest_date:
        given = environment.get("DBT_INGEST_DATES", "")
        parsed.ingest_date = [_date(day) for day in given.split(",") if day.strip()]
    return parsed


def _date(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text.strip()):
        raise argparse.ArgumentTypeError(f"{text!r} is no date, write YYYY-MM-DD")
    return text.strip()


def variables(options: argparse.Namespace) -> dict[str, Any]:
    """The project's vars: the loaded days as a list, and as a condition on staged tables."""
    if not options.ingest_date:
        return {"run_id": options.run_id}
    days = ", ".join(f"date '{day}'" for day in options.ingest_date)
    return {
        "run_id": options.run_id,
        "ingest_date": options.ingest_date,
        "loaded": f"_ingest_date in ({days})",
    }


def command(options: argparse.Namespace, *, project: Path, scratch: Path) -> list[str]:
    """The arguments of dbt; all that it writes goes below `scratch`, since the image is read-only."""
    selected = ["--select", *options.select] if options.select else []
    refreshed = ["--full-refresh"] if options.full_refresh else []
    # A widened selection is for relations that do not exist yet: tests that need still others wait for their day.
    waiting = any(one.startswith("@") for one in options.select)
    tests = ["--indirect-selection", "buildable" if waiting else "eager"]
    return [
        "build",
        *selected,
        *refreshed,
        *tests,
        "--project-dir",
        str(project),
        "--profiles-dir",
        str(project),
        "--target-path",
        str(scratch / "target"),
        "--log-path",
        str(scratch / "logs"),
        "--vars",
        json.dumps(variables(options)),
        "--no-send-anonymous-usage-stats",
        "--no-use-colors",
    ]


def report(results: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """What was built, one line a node, and what failed, one line a node with its cause."""
    lines, failures = [], []
    for result in results.get("results", []):
        name, status = _name(result["unique_id"]), result["status"]
        seconds = float(result.get("execution_time") or 0)
        lines.append(f"{status:>8}  {seconds:6.1f} s  {name}")
        if status not in _PASSED | _SKIPPED:
            failures.append(f"{name}: {_cause(result)}")
    return lines, failures


def _name(unique_id: str) -> str:
    """`test.data_platform.not_null_x.1a2b` reads as `test not_null_x`."""
    kind, _, *rest = unique_id.split(".")
    return f"{kind} {rest[0] if rest else unique_id}"


def _cause(result: Mapping[str, Any]) -> str:
    message = " ".join(str(result.get("message") or "no message").split())
    failures = result.get("failures")
    rows = f"{failures} offending rows; " if failures and str(failures) not in message else ""
    return (rows + message)[:_LONGEST_CAUSE]


def main(argv: Sequence[str] | None = None) -> int:
    """Run dbt; print what it built; the exit code."""
    options = arguments(sys.argv[1:] if argv is None else argv, os.environ)
    os.environ["DO_NOT_TRACK"] = "1"
    share_service_models()
    project = Path(os.environ.get("DBT_PROJECT_DIR") or Path(__file__).resolve().parent / "dbt")
    with tempfile.TemporaryDirectory(prefix="dbt-") as folder:
        outcome, results = _build(options, project=project, scratch=Path(folder))
        if lacks_ancestors(results) and options.select != widened(options.select):
            options.select = widened(options.select)
            _say("a relation that is not built yet is missing: building the ancestors, too")
            outcome, results = _build(options, project=project, scratch=Path(folder))
    return conclude(results, exception=outcome.exception, success=bool(outcome.success))


def share_service_models() -> None:
    """Let all boto3 sessions of this process read endpoints and service models once.

    The adapter makes a session for every node, and each would read and parse megabytes of JSON: a sixth of a build.
    """
    import botocore.session  # noqa: PLC0415 - only the image has it

    botocore.session.create_loader = functools.cache(botocore.session.create_loader)


def _build(options: argparse.Namespace, *, project: Path, scratch: Path) -> tuple[Any, dict[str, Any]]:
    from dbt.cli.main import dbtRunner  # noqa: PLC0415 - only the image has dbt

    found = scratch / "target" / "run_results.json"
    found.unlink(missing_ok=True)
    outcome = dbtRunner().invoke(command(options, project=project, scratch=scratch))
    return outcome, json.loads(found.read_text()) if found.exists() else {}


def lacks_ancestors(results: Mapping[str, Any]) -> bool:
    """Whether a node failed since a relation beside it was never built, as on the first day of a platform."""
    failed = [result for result in results.get("results", []) if result["status"] not in _PASSED | _SKIPPED]
    return any("TABLE_NOT_FOUND" in str(result.get("message")) for result in failed)


def widened(select: Sequence[str]) -> list[str]:
    """The selection with everything that its nodes are made of: `x+` becomes `@x`."""
    return [f"@{one[:-1]}" if one.endswith("+") and one[0] not in "@+" else one for one in select]


def conclude(results: Mapping[str, Any], *, exception: BaseException | None, success: bool) -> int:
    """Print the summary; the failures come last, since that is what a log's reader sees first."""
    lines, failures = report(results)
    _say(f"dbt built {len(lines)} nodes", *lines)
    if success and not failures:
        _say("dbt build passed")
        return 0
    if failures:
        _say(f"dbt build failed: {len(failures)} of {len(lines)} nodes", *failures)
        return 1
    cause = " ".join(str(exception or "it stopped early, see its output above").split())
    if "does not match any enabled nodes" in cause:
        cause += "; the image was built from other contracts than were deployed: build and push it again"
    _say(f"dbt could not start: {cause}")
    return 2


def _say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # noqa: T201 - the log of the task


if __name__ == "__main__":
    sys.exit(main())
