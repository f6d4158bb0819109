"""The tags that say whose a role is: of which domain, duty and dataset, and the policy that leads each to its own.

One policy serves all domains and duties: it names tables, workgroups and results by these tags, so that it grows with
neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

if TYPE_CHECKING:
    from constructs import Construct

    from data_platform.contracts.naming import Naming

_DUTY, _DOMAIN, _DATASET = "duty", "domain", "dataset"
# What a policy writes for the duty and the domain of whoever asks. IAM fills it in: a role cannot choose it, as no role
# of the platform may tag roles and no trust policy lets a session bring these tags.
OWN_DUTY = f"${{aws:PrincipalTag/{_DUTY}}}"
OWN_DOMAIN = f"${{aws:PrincipalTag/{_DOMAIN}}}"
OWN_DATASET = f"${{aws:PrincipalTag/{_DATASET}}}"
# The ends of the shared policies' names.
OWN_TABLES, OWN_COMMITS, OWN_MODELS, OWN_RUNS = "own-tables", "own-commits", "own-models", "own-runs"


def tag_duty(role: iam.Role, duty: str, naming: Naming) -> None:
    """Say what a role's domain and duty are, and let it see the tables of its domain and its own results.

    Args:
        role: Who asks Athena.
        duty: In whose workgroup, with whose results.
        naming: Names of the domain.

    Example:
        >>> from data_platform.contracts.naming import Naming
        >>> names = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
        >>> stack = cdk.Stack()
        >>> tag_duty(iam.Role(stack, "Analyst", assumed_by=iam.AccountRootPrincipal()), "analyst", names)
        >>> OWN_DUTY, OWN_DOMAIN
        ('${aws:PrincipalTag/duty}', '${aws:PrincipalTag/domain}')
    """
    cdk.Tags.of(role).add(_DUTY, duty)
    cdk.Tags.of(role).add(_DOMAIN, naming.domain)
    role.add_managed_policy(shared_policy(role, "OwnTables", OWN_TABLES, naming))


def tag_dataset(role: iam.Role, dataset: str) -> None:
    """Say which dataset's files are a role's own, for a policy that names them by `OWN_DATASET`.

    Args:
        role: Who writes files of one dataset.
        dataset: Its name.

    Example:
        >>> tag_dataset(iam.Role(cdk.Stack(), "Loader", assumed_by=iam.AccountRootPrincipal()), "orders")
        >>> OWN_DATASET
        '${aws:PrincipalTag/dataset}'
    """
    cdk.Tags.of(role).add(_DATASET, dataset)


def shared_policy(scope: Construct, construct_id: str, name: str, naming: Naming) -> iam.IManagedPolicy:
    """A policy that all domains share, by its name: stacks of domains come after the one that makes it.

    Example:
        >>> from data_platform.contracts.naming import Naming
        >>> names = Naming(organisation="dp", environment="dev", domain="aviation", account="111111111111")
        >>> shared_policy(cdk.Stack(), "Commits", OWN_COMMITS, names).managed_policy_arn
        'arn:aws:iam::111111111111:policy/dp-dev-own-commits'
    """
    arn = f"arn:aws:iam::{naming.account}:policy/{naming.platform_prefix}-{name}"
    return iam.ManagedPolicy.from_managed_policy_arn(scope, construct_id, arn)
