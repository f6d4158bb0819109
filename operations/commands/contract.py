"""`dp contract lint | preview | diff`."""

from __future__ import annotations

from dataclasses import asdict, dataclass, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operations.connection import environment_named
from operations.contract_history import History, at_revision, changed_since, read, up_to
from operations.exit_codes import CommandFailed, ExitCode
from operations.page import Page
from operations.scope import CONTRACTS, naming, scope

if TYPE_CHECKING:
    from data_platform.contracts.diff import Bump, Change
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
        if section not in ("sql", "schemas"):  # pages of it: --json has the text
            _section(page, section, rows)
    loads = "dp streams" if chosen.dataset.stream else f"dp run {text} --date YYYY-MM-DD"
    page.next(loads, f"make synth ENV={environment}")
    return ExitCode.OK


def diff(old: str, new: str | None, *, as_json: bool) -> ExitCode:
    """Classify each change from old to new, and whether schemas of a stream fit together.

    Breaking without a major version is a finding, and so is a schema that its registry would refuse. Without `new`,
    every contract that changed since the revision `old` is compared.
    """
    page = Page(as_json=as_json)
    if new is not None:
        comparison = _between(old, Path(new))
        page.json(comparison.plain())
        _tell(page, comparison)
        page.next("dp contract lint")
        return ExitCode.FINDINGS if comparison.findings else ExitCode.OK
    changed, gone = changed_since(old, CONTRACTS)
    comparisons = [_between(old, path) for path in changed]
    lost = [finding for path in gone if (finding := _gone(old, path))]
    page.json({"contracts": [comparison.plain() for comparison in comparisons], "findings": lost})
    for comparison in comparisons:
        _tell(page, comparison)
    for finding in lost:
        page.messages.print(finding, style="red", markup=False)
    page.line(f"{len(changed)} contracts changed, {len(gone)} are gone since {old}")
    return ExitCode.FINDINGS if lost or any(one.findings for one in comparisons) else ExitCode.OK


@dataclass(frozen=True, kw_only=True)
class _Comparison:
    """What two versions of a contract differ in, and what is wrong with it."""

    before: Dataset
    after: Dataset
    changes: tuple[Change, ...]
    finding: str
    incompatible: tuple[str, ...]
    unreadable: tuple[str, ...]

    @property
    def findings(self) -> bool:
        return bool(self.finding or self.incompatible)

    def plain(self) -> dict[str, Any]:
        return {
            "contract": f"{self.after.domain}.{self.after.name}",
            "changes": [asdict(change) for change in self.changes],
            "finding": self.finding,
            "incompatible": self.incompatible,
            "not_judged": self.unreadable,
        }


def _between(old: str, path: Path) -> _Comparison:
    from data_platform.contracts.diff import diff as compared
    from data_platform.contracts.diff import required_bump
    from operations.compatibility import incompatibilities

    after = read(path)
    file = Path(old).is_file()
    before = read(Path(old)) if file else at_revision(old, path)
    changes = compared(before, after)
    history = History(versions=(before,), unreadable=())
    if after.stream and after.stream.compatibility.endswith("_ALL") and not file:
        history = up_to(old, path)
    return _Comparison(
        before=before,
        after=after,
        changes=changes,
        finding=_version_finding(before, after, required_bump(changes)),
        incompatible=incompatibilities(after, history.versions),
        unreadable=history.unreadable,
    )


def _tell(page: Page, comparison: _Comparison) -> None:
    after = comparison.after
    rows = [[change.field, change.what, str(change.breaks), change.reason] for change in comparison.changes]
    title = f"{after.domain}.{after.name} {comparison.before.version} -> {after.version}"
    page.table(title, ["field", "change", "breaks", "reason"], rows)
    if comparison.finding:
        page.messages.print(comparison.finding, style="red", markup=False)
    if comparison.incompatible and after.stream:
        mend = (
            f"{after.path}: the registry would refuse the schema of {after.stream.topic} under "
            f"{after.stream.compatibility}. Undo it, or raise the major version: a new topic begins."
        )
        for line in (*comparison.incompatible, mend):
            page.messages.print(line, style="red", markup=False)
    for revision in comparison.unreadable:
        page.messages.print(
            f"{after.path}: not compared with {revision}, which today's language cannot read", markup=False
        )


def _gone(revision: str, path: Path) -> str:
    """Why a contract may not go; nobody keeps a retired one."""
    before = at_revision(revision, path)
    if before.status == "retired":
        return ""
    return (
        f"{path}: {before.domain}.{before.name} is gone, and its status was {before.status}: whoever reads it loses "
        "it. Set `status: retired` with a new major version first, and remove it later."
    )


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
