"""The compiled plans of a domain's datasets, as files in the assets bucket that the state machine reads."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from data_platform.contracts.compile_plan import plan_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.contracts.model import Domain
    from data_platform.contracts.naming import Naming

# Step Functions hands at most 256 KiB from state to state; the rest of a run's variables are counted apart.
MOST_BYTES = 200_000


class PlanTooLargeError(ValueError):
    """A contract compiles to more SQL than the state machine can carry."""


class DatasetPlans(Construct):
    """One plan a dataset, content-addressed: what a run followed can be told by its name.

    Args:
        scope: The construct that owns the plans.
        construct_id: Name within its scope.
        domain: The contracts.
        naming: Physical names.

    Raises:
        PlanTooLargeError: when a plan is larger than Step Functions can carry; it names the contract.

    Attributes:
        bucket: Name of the bucket that holds them; empty in a domain of streams alone, which has no plan.
        keys: Object key by dataset.
    """

    bucket: str
    keys: Mapping[str, str]

    def __init__(self, scope: Construct, construct_id: str, *, domain: Domain, naming: Naming) -> None:
        super().__init__(scope, construct_id)
        made: dict[str, assets.Asset] = {}
        # CDK copies each file into the cloud assembly at once, so the folder may go.
        with tempfile.TemporaryDirectory() as folder:
            for dataset in domain.of_runs.datasets:
                text = plan_json(dataset, domain, naming)
                _check_size(dataset.path, text)
                file = Path(folder) / f"{dataset.name}.json"
                file.write_text(text, encoding="utf-8")
                made[dataset.name] = assets.Asset(self, _id(dataset.name), path=str(file))
        self.bucket = next((asset.s3_bucket_name for asset in made.values()), "")
        self.keys = MappingProxyType({name: asset.s3_object_key for name, asset in made.items()})

    def object_arns(self) -> Sequence[str]:
        """The plans' exact ARNs."""
        return [self.object_arn(dataset) for dataset in self.keys]

    def object_arn(self, dataset: str) -> str:
        """The exact ARN of one dataset's plan."""
        return f"arn:aws:s3:::{self.bucket}/{self.keys[dataset]}"


def _check_size(path: str, text: str) -> None:
    size = len(text.encode())
    if size > MOST_BYTES:
        raise PlanTooLargeError(
            f"{path}: the contract compiles to a plan of {size:,} bytes; Step Functions carries {MOST_BYTES:,}. "
            "Mend: split the dataset or take checks away."
        )


def _id(dataset: str) -> str:
    return "".join(word.title() for word in dataset.replace("-", "_").split("_"))
