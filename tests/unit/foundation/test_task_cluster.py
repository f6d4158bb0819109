"""Where tasks run, and a repository for each image: closed to overwriting, scanned, under the key."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from data_platform.foundation import TaskCluster

IMAGES = ("dbt", "extractor")


def task_cluster(stack, *images):
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-0a1b2c3d", availability_zones=["ap-southeast-2a"]
    )
    return TaskCluster(
        stack,
        "Tasks",
        name="dp-dev",
        images=images,
        vpc=vpc,
        key=kms.Key(stack, "Key"),
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )


@pytest.fixture
def cluster(stack):
    return task_cluster(stack, *IMAGES)


@pytest.fixture
def template(stack, cluster):
    return Template.from_stack(stack)


@pytest.fixture
def repositories(template):
    """Repositories by their names."""
    found = template.find_resources("AWS::ECR::Repository").values()
    return {each["Properties"]["RepositoryName"]: each for each in found}


def test_the_cluster_is_watched(template):
    template.has_resource_properties(
        "AWS::ECS::Cluster",
        {"ClusterName": "dp-dev", "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]},
    )


def test_each_image_has_a_repository_of_its_own(repositories):
    assert set(repositories) == {"dp-dev/dbt", "dp-dev/extractor"}


def test_repositories_are_handed_on_by_the_names_of_images(stack, cluster):
    names = {image: stack.resolve(each.repository_name) for image, each in cluster.repositories.items()}

    assert names == {"dbt": "dp-dev/dbt", "extractor": "dp-dev/extractor"}


@pytest.mark.parametrize("image", IMAGES)
def test_a_pushed_image_cannot_be_overwritten(repositories, image):
    assert repositories[f"dp-dev/{image}"]["Properties"]["ImageTagMutability"] == "IMMUTABLE"


@pytest.mark.parametrize("image", IMAGES)
def test_images_are_scanned_and_under_the_key(repositories, image):
    properties = repositories[f"dp-dev/{image}"]["Properties"]

    assert properties["ImageScanningConfiguration"] == {"ScanOnPush": True}
    assert properties["EncryptionConfiguration"]["EncryptionType"] == "KMS"
    assert "KmsKey" in properties["EncryptionConfiguration"]


@pytest.mark.parametrize("image", IMAGES)
def test_images_outlive_their_stack_where_they_are_kept(repositories, image):
    assert repositories[f"dp-dev/{image}"]["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize("images", [("dbt",), IMAGES])
def test_the_first_images_repository_keeps_the_id_that_it_was_deployed_with(stack, images):
    task_cluster(stack, *images)

    (logical_id,) = Template.from_stack(stack).find_resources(
        "AWS::ECR::Repository", {"Properties": {"RepositoryName": "dp-dev/dbt"}}
    )

    assert logical_id.startswith("TasksRepository")
