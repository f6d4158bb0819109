"""`dp doctor`."""

from __future__ import annotations

from dataclasses import asdict

from operations.doctor import examine
from operations.exit_codes import ExitCode
from operations.page import Page


def run(*, as_json: bool) -> ExitCode:
    """Show what this machine has and lacks."""
    page = Page(as_json=as_json)
    findings = examine()
    page.json([asdict(finding) for finding in findings])
    rows = [
        (
            finding.what,
            "ok" if finding.ok else ("optional" if finding.optional else "MISSING"),
            finding.found,
            "" if finding.ok else finding.mend,
        )
        for finding in findings
    ]
    page.table("This machine", ["what", "state", "found", "mend"], rows)
    failed = [finding for finding in findings if not finding.ok and not finding.optional]
    page.next("make setup" if failed else "make local")
    return ExitCode.FINDINGS if failed else ExitCode.OK
