"""`dp environments`."""

from __future__ import annotations

from operations.exit_codes import ExitCode
from operations.page import Page


def run(*, as_json: bool, markdown: bool) -> ExitCode:
    """Show the settings in which environments differ, or all of them as JSON."""
    from environments import ENVIRONMENTS, differences, settings_of

    page = Page(as_json=as_json)
    page.json({environment.name: settings_of(environment) for environment in ENVIRONMENTS})
    names = [environment.name for environment in ENVIRONMENTS]
    rows = [
        [setting, *(_text(values.get(name)) for name in names)]
        for setting, values in differences(ENVIRONMENTS).items()
    ]
    if markdown:
        _markdown(page, ["setting", *names], rows)
        return ExitCode.OK
    page.table("Settings that differ", ["setting", *names], rows)
    page.next("make synth ENV=dev", "environments/*.py")
    return ExitCode.OK


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return ", ".join(str(item) for item in value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key}={item}" for key, item in value.items())
    return str(value)


def _markdown(page: Page, columns: list[str], rows: list[list[str]]) -> None:
    page.line("| " + " | ".join(columns) + " |")
    page.line("|" + "---|" * len(columns))
    for row in rows:
        page.line("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
