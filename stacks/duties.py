"""The duties that people take, as contracts and the environment ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from data_platform.access import ELEVATED
from data_platform.contracts.erasure import subjects
from data_platform.contracts.lake_rights import consumer_roles
from data_platform.contracts.masking import tokenised_columns

if TYPE_CHECKING:
    from data_platform.contracts.model import Domain
    from environments.model import Environment


def keepers(domain: Domain) -> tuple[str, ...]:
    """Who works with personal data of a domain; nobody where it has none."""
    tokenises = any(tokenised_columns(dataset) for dataset in domain.datasets)
    return (*(["eraser"] if subjects(domain) else []), *(["token-keeper"] if tokenises else []))


def asking_duties(domain: Domain, environment: Environment) -> tuple[str, ...]:
    """The duties of people that ask Athena about a domain, each in a workgroup of its own.

    Example:
        >>> from environments import ENVIRONMENTS
        >>> from operations.scope import domains
        >>> local = next(each for each in ENVIRONMENTS if each.name == "local")
        >>> asking_duties(next(each for each in domains() if each.name == "aviation"), local)
        ('analyst', 'engineer', 'steward', 'elevated')
    """
    elevated = [ELEVATED] if environment.access.just_in_time else []
    return (*consumer_roles(domain), *elevated, *keepers(domain))
