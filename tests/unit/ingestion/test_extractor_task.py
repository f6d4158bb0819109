"""The extractor's task: small, closed, and told nothing that would make each change a new definition."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from data_platform.ingestion import EXTRACTOR_CONTAINER, ExtractorTask


@pytest.fixture
def template(stack):
    agent = iam.Role(stack, "Agent", assumed_by=iam.ServicePrincipal("ecs-tasks.amazonaws.com"))
    ExtractorTask(
        stack,
        "Shop",
        family="dp-dev-retail-extract-shop",
        repository=ecr.Repository(stack, "Images"),
        image_tag="0.1.0",
        cpu=1024,
        memory_mib=2048,
        task_role=agent,
        execution_role=agent,
        log_key=kms.Key(stack, "Key"),
        log_retention_days=30,
        removal_policy=cdk.RemovalPolicy.DESTROY,
    )
    return Template.from_stack(stack)


@pytest.fixture
def definition(template):
    (found,) = template.find_resources("AWS::ECS::TaskDefinition").values()
    return found["Properties"]


def test_it_runs_on_fargate_arm(definition):
    assert definition["RequiresCompatibilities"] == ["FARGATE"]
    assert definition["RuntimePlatform"]["CpuArchitecture"] == "ARM64"


def test_its_root_is_read_only_and_scratch_is_a_volume_of_the_task(definition):
    (container,) = definition["ContainerDefinitions"]

    assert container["Name"] == EXTRACTOR_CONTAINER
    assert container["ReadonlyRootFilesystem"] is True
    (mount,) = container["MountPoints"]
    assert (mount["ContainerPath"], mount["ReadOnly"]) == ("/tmp", False)


def test_what_it_is_told_comes_with_each_run(definition):
    assert "Environment" not in definition["ContainerDefinitions"][0]


def test_its_log_is_encrypted_and_named_after_the_family(template):
    template.has_resource_properties("AWS::Logs::LogGroup", {"LogGroupName": "/dp-dev-retail-extract-shop"})
    (group,) = template.find_resources("AWS::Logs::LogGroup").values()
    assert "KmsKeyId" in group["Properties"]


def test_its_rights_stand_in_no_inline_policy(template):
    assert template.find_resources("AWS::IAM::Policy") == {}
