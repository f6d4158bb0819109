"""The compiled plans of a domain's streams, as files in the assets bucket that their loaders read."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from data_platform.contracts.stream_plan import stream_plan_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from data_platform.contracts.model import Dataset
    from data_platform.contracts.naming import Naming


class StreamPlans(Construct):
    """One plan a dataset with a stream, content-addressed: a changed contract is another key, so another function.

    Args:
        scope: The construct that owns the plans.
        construct_id: Name within its scope.
        datasets: The contracts; each with a stream, one at least.
        naming: Physical names.

    Attributes:
        bucket: Name of the bucket that holds them.
        keys: Object key by dataset.

    Raises:
        ValueError: when a dataset has no stream.
    """

    bucket: str
    keys: Mapping[str, str]

    def __init__(
        self, scope: Construct, construct_id: str, *, datasets: Sequence[Dataset], naming: Naming
    ) -> None:
        super().__init__(scope, construct_id)
        made: dict[str, assets.Asset] = {}
        # CDK copies each file into the cloud assembly at once, so the folder may go.
        with tempfile.TemporaryDirectory() as folder:
            for dataset in datasets:
                file = Path(folder) / f"{dataset.name}.stream.json"
                file.write_text(stream_plan_json(dataset, naming), encoding="utf-8")
                construct = "".join(word.title() for word in dataset.name.replace("-", "_").split("_"))
                made[dataset.name] = assets.Asset(self, construct, path=str(file))
        self.bucket = next(iter(made.values())).s3_bucket_name
        self.keys = MappingProxyType({name: asset.s3_object_key for name, asset in made.items()})

    def object_arn(self, dataset: str) -> str:
        """The exact ARN of one dataset's plan."""
        return f"arn:aws:s3:::{self.bucket}/{self.keys[dataset]}"
