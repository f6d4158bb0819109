from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from data_platform.foundation import TaskCluster


@pytest.fixture
def template(stack):
    vpc = ec2.Vpc.from_vpc_attributes(
        stack, "Vpc", vpc_id="vpc-0a1b2c3d", availability_zones=["ap-southeast-2a"]
    )
    TaskCluster(
        stack,
        "Tasks",
        name="dp-dev",
        image="dbt",
        vpc=vpc,
        key=kms.Key(stack, "Key"),
        removal_policy=cdk.RemovalPolicy.RETAIN,
    )
    return Template.from_stack(stack)


def test_the_cluster_is_watched(template):
    template.has_resource_properties(
        "AWS::ECS::Cluster",
        {"ClusterName": "dp-dev", "ClusterSettings": [{"Name": "containerInsights", "Value": "enabled"}]},
    )


def test_a_pushed_image_cannot_be_overwritten(template):
    template.has_resource_properties(
        "AWS::ECR::Repository", {"RepositoryName": "dp-dev/dbt", "ImageTagMutability": "IMMUTABLE"}
    )


def test_images_are_scanned_and_under_the_key(template):
    template.has_resource_properties(
        "AWS::ECR::Repository",
        {
            "ImageScanningConfiguration": {"ScanOnPush": True},
            "EncryptionConfiguration": {"EncryptionType": "KMS"},
        },
    )
