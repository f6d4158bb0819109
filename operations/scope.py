"""Which domain and dataset a command means: `aviation` or `aviation.flights`, as the contracts know them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from operations.exit_codes import CommandFailed, ExitCode

if TYPE_CHECKING:
    from data_platform.contracts.model import Dataset, Domain
    from data_platform.contracts.naming import Naming
    from environments import Environment

CONTRACTS = Path(__file__).resolve().parents[1] / "domains"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A domain, and a dataset of it or all of them (None)."""

    domain: Domain
    dataset: Dataset | None


def domains(root: Path = CONTRACTS) -> tuple[Domain, ...]:
    """All domains and their contracts.

    Raises:
        CommandFailed: when a contract is not valid; it says file, line and mend.
    """
    from data_platform.contracts.odcs import ContractError, load_domains

    try:
        return load_domains(root)
    except ContractError as error:
        raise CommandFailed(str(error)) from error


def scope(text: str, root: Path = CONTRACTS) -> Scope:
    """The scope that `domain` or `domain.dataset` names.

    Raises:
        CommandFailed: when a contract has no such name; it says which one was probably meant.
    """
    domain_name, _, dataset_name = text.partition(".")
    known = {domain.name: domain for domain in domains(root)}
    if domain_name not in known:
        raise CommandFailed(unknown("domain", domain_name, list(known)), ExitCode.USAGE)
    domain = known[domain_name]
    if not dataset_name:
        return Scope(domain=domain, dataset=None)
    for dataset in domain.datasets:
        if dataset.name == dataset_name:
            return Scope(domain=domain, dataset=dataset)
    names = [dataset.name for dataset in domain.datasets]
    raise CommandFailed(unknown(f"dataset of {domain_name}", dataset_name, names), ExitCode.USAGE)


def naming(domain: str, environment: Environment) -> Naming:
    """The physical names of a domain in an environment."""
    from data_platform.contracts.naming import Naming

    return Naming(
        organisation=environment.organisation,
        environment=environment.name,
        domain=domain,
        account=environment.account,
        region=environment.region,
    )


def unknown(what: str, given: str, known: list[str]) -> str:
    """Says that a name does not exist, which ones do, and which was probably meant.

    Example:
        >>> unknown("domain", "retal", ["aviation", "retail"])
        "'retal' is no domain. Allowed: aviation, retail. Did you mean retail?"
    """
    close = difflib.get_close_matches(given, known, n=1)
    meant = f" Did you mean {close[0]}?" if close else ""
    return f"{given!r} is no {what}. Allowed: {', '.join(known)}.{meant}"
