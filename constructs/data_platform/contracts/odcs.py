"""Loads ODCS v3.1 contracts: one file, one domain, or all of them, with every error of every file at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from data_platform.contracts.contract import Contract, read_contract
from data_platform.contracts.erasure import check_erasable
from data_platform.contracts.errors import ContractError, Finding
from data_platform.contracts.model import Dataset, Domain
from data_platform.contracts.references import check_references, in_dependency_order
from data_platform.contracts.semantics import SUFFIX
from data_platform.contracts.window_checks import window_findings

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ContractError", "load_dataset", "load_domain", "load_domains"]


def load_dataset(path: Path) -> Dataset:
    """Read one contract.

    Foreign keys are not followed: only a domain knows the datasets that they refer to.

    Args:
        path: The `<dataset>.odcs.yaml` file, in the folder of its domain.

    Raises:
        ContractError: when anything in the file is wrong; it lists everything that is.
    """
    return read_contract(Path(path)).dataset


def load_domain(folder: Path) -> Domain:
    """Read the contracts of one domain folder, in dependency order.

    Raises:
        ContractError: with the findings of all files.
    """
    return _assemble([Path(folder)])[0]


def load_domains(root: Path) -> tuple[Domain, ...]:
    """Read the contracts of every domain below `root`, by name.

    Raises:
        ContractError: with the findings of all files of all domains.
    """
    root = Path(root)
    if not root.is_dir():
        raise ContractError(
            [_finding(root, "is not a folder", "give the folder that holds one folder a domain")]
        )
    stray = [
        _finding(path, "is not in a domain's folder", "move it to domains/<domain>/")
        for path in sorted(root.glob(f"*{SUFFIX}"))
    ]
    folders = [path for path in sorted(root.iterdir()) if path.is_dir() and (_files(path) or _strays(path))]
    return _assemble(folders, stray)


def _assemble(folders: Iterable[Path], findings: Iterable[Finding] = ()) -> tuple[Domain, ...]:
    found = list(findings)
    domains = []
    for folder in folders:
        domain, more = _domain(folder)
        domains.append(domain)
        found += more
    if found:
        raise ContractError(found)
    return tuple(domains)


def _domain(folder: Path) -> tuple[Domain, list[Finding]]:
    found = _strays(folder)
    read: list[Contract] = []
    broken: set[str] = set()
    for path in _files(folder):
        try:
            read.append(read_contract(path))
        except ContractError as error:
            found += error.findings
            broken.add(path.name.removesuffix(SUFFIX))
    if not read and not broken:
        found.append(_finding(folder, "holds no contract", f"put <dataset>{SUFFIX} files there"))
    datasets = tuple(one.dataset for one in read)
    links = [link for one in read for link in one.references]
    found += check_references(datasets, links, broken)
    if not found:
        datasets, found = in_dependency_order(datasets, links)
    if not found:
        found = check_erasable(Domain(name=folder.resolve().name, datasets=datasets))
        found += window_findings(datasets)
    return Domain(name=folder.resolve().name, datasets=datasets), found


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []


def _strays(folder: Path) -> list[Finding]:
    """Files that look like contracts but would be passed over."""
    paths = [path for pattern in ("*.yaml", "*.yml") for path in sorted(folder.glob(pattern))]
    mend = f"name it <dataset>{SUFFIX}, or move it out of the domain's folder"
    return [_finding(path, "would be passed over", mend) for path in paths if not path.name.endswith(SUFFIX)]


def _finding(path: Path, what: str, mend: str) -> Finding:
    return Finding(file=str(path), line=1, field="", what=what, mend=mend)
