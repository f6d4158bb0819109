"""`dp contract lint | preview | diff`."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations.connection import environment_named
from operations.exit_codes import CommandFailed, ExitCode
from operations.page import Page
from operations.scope import CONTRACTS, naming, scope

if TYPE_CHECKING:
    from data_platform.contracts.diff import Bump
    from data_platform.contracts.model import Dataset


def lint(paths: list[str], *, as_json: bool) -> ExitCode:
    """Check the given contracts (files or domain folders), or all of them."""
    from data_platform.contracts.odcs import ContractError, load_domain, load_domains

    page = Page(as_json=as_json)
    try:
        if paths:
            found = [load_domain(folder) for folder in sorted({_folder(path) for path in paths})]
        else:
            found = list(load_domains(CONTRACTS))
    except ContractError as error:
        lines = str(error).splitlines()
        page.json({"ok": False, "errors": lines})
        page.line(str(error))
        return ExitCode.FINDINGS
    rows = [
        (f"{domain.name}.{dataset.name}", dataset.version, len(dataset.columns), len(dataset.checks))
        for domain in found
        for dataset in domain.datasets
    ]
    page.json({"ok": True, "contracts": [row[0] for row in rows]})
    page.table(f"{len(rows)} contracts hold", ["contract", "version", "columns", "checks"], rows)
    page.next(*[f"dp contract preview {rows[0][0]}"] if rows else ["docs/adding-a-dataset.md"])
    return ExitCode.OK


def preview(text: str, *, environment: str, as_json: bool) -> ExitCode:
    """Show what a contract yields in an environment."""
    from data_platform.contracts.preview import preview as previewed

    page = Page(as_json=as_json)
    chosen = scope(text)
    if chosen.dataset is None:
        raise CommandFailed(f"{text!r} is a domain: write {text}.<dataset>", ExitCode.USAGE)
    names = naming(chosen.domain.name, environment_named(environment))
    document = _plain(previewed(chosen.dataset, chosen.domain, names))
    page.json(document)
    for section, rows in document.items():
        if section != "sql":  # pages of it: --json has the statements
            _section(page, section, rows)
    page.next(f"dp run {text} --date YYYY-MM-DD", f"make synth ENV={environment}")
    return ExitCode.OK


def diff(old: str, new: str, *, as_json: bool) -> ExitCode:
    """Classify each change from old to new; breaking without a major version is a finding."""
    from data_platform.contracts.diff import diff as compared
    from data_platform.contracts.diff import required_bump

    page = Page(as_json=as_json)
    after = _contract(Path(new))
    before = _contract(Path(old)) if Path(old).is_file() else _at_revision(old, Path(new))
    changes = compared(before, after)
    finding = _version_finding(before, after, required_bump(changes))
    page.json({"changes": [asdict(change) for change in changes], "finding": finding})
    rows = [[change.field, change.what, str(change.breaks), change.reason] for change in changes]
    title = f"{after.domain}.{after.name} {before.version} -> {after.version}"
    page.table(title, ["field", "change", "breaks", "reason"], rows)
    if finding:
        page.messages.print(finding, style="red", markup=False)
    page.next("dp contract lint")
    return ExitCode.FINDINGS if finding else ExitCode.OK


def _version_finding(before: Dataset, after: Dataset, bump: Bump) -> str:
    """Why the new version is too low for its changes; empty when it is not."""
    from data_platform.contracts.diff import version_is_enough

    if version_is_enough(before.version, after.version, bump):
        return ""
    return (
        f"{after.path}: version {after.version} is too low: these changes ask for a new {bump} version "
        f"after {before.version}. Raise `version`, or undo what breaks."
    )


def _folder(path: str) -> Path:
    found = Path(path)
    if not found.exists():
        raise CommandFailed(f"{path}: there is no such file or folder", ExitCode.USAGE)
    return found if found.is_dir() else found.parent


def _contract(path: Path) -> Dataset:
    from data_platform.contracts.odcs import ContractError, load_dataset

    if not path.is_file():
        raise CommandFailed(f"{path}: there is no such contract file", ExitCode.USAGE)
    try:
        return load_dataset(path)
    except ContractError as error:
        raise CommandFailed(str(error)) from error


def _at_revision(revision: str, path: Path) -> Dataset:
    """The same contract as git knows it at a revision, read from a folder of the same name."""
    shown = subprocess.run(
        ["git", "show", f"{revision}:./{path.name}"],
        cwd=path.resolve().parent,
        capture_output=True,
        check=False,
    )
    if shown.returncode != 0:
        raise CommandFailed(
            f"{revision!r} is neither a contract file nor a git revision that holds {path.name}",
            ExitCode.USAGE,
        )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / path.resolve().parent.name / path.name
        file.parent.mkdir()
        file.write_bytes(shown.stdout)
        return _contract(file)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {name: _plain(item) for name, item in asdict(value).items()}
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _section(page: Page, title: str, rows: Any) -> None:
    if isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows):
        columns = list(rows[0])
        page.table(title, columns, [[_cell(row.get(column)) for column in columns] for row in rows])
    elif isinstance(rows, dict):
        page.table(title, ["name", "value"], [[name, _cell(value)] for name, value in rows.items()])
    elif isinstance(rows, list):
        page.line(f"{title}:" if rows else f"{title}: none")
        for row in rows:
            page.line(f"  {row};")
    elif rows:
        page.line(f"{title}: {_cell(rows)}")


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    return value
